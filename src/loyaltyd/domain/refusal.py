"""What loyaltyd says no to: a value with a reason from a fixed list. A refusal stores nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Reason(StrEnum):
    """Every reason that an API error can carry; the sentence for each is in the catalogue."""

    # what was sent can't be read
    REQUEST_INVALID = "request_invalid"
    AT_OUT_OF_WINDOW = "at_out_of_window"
    WALLET_UNKNOWN = "wallet_unknown"
    REWARD_UNKNOWN = "reward_unknown"
    LINE_INCOMPLETE = "line_incomplete"
    AMOUNT_TOO_LARGE = "amount_too_large"
    CARD_INVALID = "card_invalid"
    # nothing of that name
    CARD_UNKNOWN = "card_unknown"
    RECEIPT_UNKNOWN = "receipt_unknown"
    RESERVATION_UNKNOWN = "reservation_unknown"
    LINE_UNKNOWN = "line_unknown"
    READ_UNKNOWN = "read_unknown"
    NOT_FOUND = "not_found"
    # refused by state
    ID_REUSED = "id_reused"
    CARD_BLOCKED = "card_blocked"
    CARD_REPLACED = "card_replaced"
    CARDS_DIFFER = "cards_differ"
    PHONE_TAKEN = "phone_taken"
    PHONE_SHARED = "phone_shared"
    CARD_EXISTS = "card_exists"
    COUPON_AS_CARD = "coupon_as_card"
    CARD_NOT_ISSUED = "card_not_issued"
    CARD_REPEATED = "card_repeated"
    CARD_NOT_LOADABLE = "card_not_loadable"
    CARD_NOT_PAYING = "card_not_paying"
    PIN_MISSING = "pin_missing"
    PIN_WRONG = "pin_wrong"
    PIN_LOCKED = "pin_locked"
    LOAD_SPENT = "load_spent"
    DAY_OPEN = "day_open"
    DAY_CLOSED = "day_closed"
    NO_PROGRAM = "no_program"
    PAYMENTS_MISMATCH = "payments_mismatch"
    QUOTE_CHANGED = "quote_changed"
    QUOTE_EXPIRED = "quote_expired"
    QUOTE_INVALID = "quote_invalid"
    RECEIPT_CANCELLED = "receipt_cancelled"
    RECEIPT_RETURNED = "receipt_returned"
    RETURN_EXCEEDS_SOLD = "return_exceeds_sold"
    RESERVATION_EXPIRED = "reservation_expired"
    RESERVATION_CANCELLED = "reservation_cancelled"
    RESERVATION_CONFIRMED = "reservation_confirmed"
    # who may call
    TOKEN_MISSING = "token_missing"  # noqa: S105 - a reason, no secret
    TOKEN_SCOPE = "token_scope"  # noqa: S105 - a reason, no secret
    ORIGIN_REFUSED = "origin_refused"
    HOST_REFUSED = "host_refused"
    # how it was called
    METHOD_REFUSED = "method_refused"
    CONTENT_TYPE = "content_type"
    BODY_TOO_LARGE = "body_too_large"
    TOO_MANY_REQUESTS = "too_many_requests"
    # not here, or not now
    NOT_BUILT = "not_built"
    LEDGER_FULL = "ledger_full"
    LEDGER_UNAVAILABLE = "ledger_unavailable"
    FOLDER_UNAVAILABLE = "folder_unavailable"
    # what a reader saw
    READ_GARBLED = "read_garbled"
    READ_INCOMPLETE = "read_incomplete"
    UID_RANDOM = "uid_random"
    PAYMENT_CARD = "payment_card"
    NOT_A_CARD = "not_a_card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A no that trade expects: why, and what the cashier's sentence names."""

    reason: Reason
    names: Mapping[str, str] = field(default_factory=dict)  # of the sentence's placeholders


def refused(reason: Reason, **names: str) -> Refusal:
    """Return the refusal for reason; names fill the placeholders of its sentence."""
    return Refusal(reason=reason, names=names)
