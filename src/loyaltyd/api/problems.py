"""RFC 9457 problem details: each reason has a status and a title, each error has a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse

from loyaltyd.domain.errors import LinkError, LoyaltyError, StoreFull
from loyaltyd.domain.refusal import Reason, Refusal
from loyaltyd.messages import sentence

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Row:
    """How HTTP says a reason; retry_s: when asking again may help."""

    status: int
    title: str
    retry_s: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A member that can't be read: its path in the body, and what is allowed there."""

    path: str
    allowed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A refusal as HTTP sends it, with what a program may want beside the cashier's sentence."""

    refusal: Refusal
    faults: Sequence[Fault] = ()
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


ROWS: dict[Reason, Row] = {
    Reason.REQUEST_INVALID: Row(422, "The request can't be read"),
    Reason.AT_OUT_OF_WINDOW: Row(422, "The receipt's time is too far from the clock"),
    Reason.WALLET_UNKNOWN: Row(422, "The program has no such wallet"),
    Reason.REWARD_UNKNOWN: Row(422, "The program has no such reward"),
    Reason.LINE_INCOMPLETE: Row(422, "A line lacks what a rule needs"),
    Reason.AMOUNT_TOO_LARGE: Row(422, "An amount is too large"),
    Reason.CARD_INVALID: Row(422, "The card number is not valid"),
    Reason.CARD_UNKNOWN: Row(404, "No such card"),
    Reason.RECEIPT_UNKNOWN: Row(404, "No such receipt"),
    Reason.RESERVATION_UNKNOWN: Row(404, "No such reservation"),
    Reason.LINE_UNKNOWN: Row(404, "No such line on the receipt"),
    Reason.READ_UNKNOWN: Row(404, "No such read, or too long ago"),
    Reason.NOT_FOUND: Row(404, "Nothing here"),
    Reason.ID_REUSED: Row(409, "The id belongs to another request"),
    Reason.CARD_BLOCKED: Row(409, "The card is blocked"),
    Reason.CARD_REPLACED: Row(409, "The card was replaced"),
    Reason.CARDS_DIFFER: Row(409, "The cards are of kinds that don't go together"),
    Reason.PHONE_TAKEN: Row(409, "The phone number is another customer's"),
    Reason.PHONE_SHARED: Row(409, "The phone number is several customers'"),
    Reason.CARD_EXISTS: Row(409, "The card is issued already"),
    Reason.COUPON_AS_CARD: Row(409, "The card is a coupon"),
    Reason.CARD_NOT_ISSUED: Row(409, "The card must be issued first"),
    Reason.CARD_REPEATED: Row(409, "One account would pay twice"),
    Reason.CARD_NOT_LOADABLE: Row(409, "The card can't be loaded"),
    Reason.CARD_NOT_PAYING: Row(409, "The card is none to pay with"),
    Reason.PIN_MISSING: Row(409, "The card pays with its PIN"),
    Reason.PIN_WRONG: Row(409, "The PIN is wrong"),
    Reason.PIN_LOCKED: Row(409, "Too many wrong PINs for now"),
    Reason.LOAD_SPENT: Row(409, "What was loaded is spent"),
    Reason.DAY_OPEN: Row(409, "A business day is still open"),
    Reason.DAY_CLOSED: Row(409, "The business day is closed"),
    Reason.NO_PROGRAM: Row(409, "No program is in force"),
    Reason.PAYMENTS_MISMATCH: Row(409, "The payments don't sum to what is payable"),
    Reason.QUOTE_CHANGED: Row(409, "The amounts have changed since the quote"),
    Reason.QUOTE_EXPIRED: Row(409, "The quote has expired"),
    Reason.QUOTE_INVALID: Row(409, "The quote is not of this basket"),
    Reason.RECEIPT_CANCELLED: Row(409, "The receipt is cancelled"),
    Reason.RECEIPT_RETURNED: Row(409, "Goods of the receipt are returned"),
    Reason.RETURN_EXCEEDS_SOLD: Row(409, "More comes back than was sold"),
    Reason.RESERVATION_EXPIRED: Row(409, "The reservation has expired"),
    Reason.RESERVATION_CANCELLED: Row(409, "The reservation is cancelled"),
    Reason.RESERVATION_CONFIRMED: Row(409, "The reservation is a receipt by now"),
    Reason.TOKEN_MISSING: Row(401, "A token is needed"),
    Reason.TOKEN_SCOPE: Row(403, "The token may not do this"),
    Reason.ORIGIN_REFUSED: Row(403, "This web page may not call the till"),
    Reason.HOST_REFUSED: Row(421, "The till is not called that"),
    Reason.METHOD_REFUSED: Row(405, "The method is not for this path"),
    Reason.CONTENT_TYPE: Row(415, "The body must be application/json"),
    Reason.BODY_TOO_LARGE: Row(413, "The body is too large"),
    Reason.TOO_MANY_REQUESTS: Row(429, "Too many requests", 1),
    Reason.NOT_BUILT: Row(501, "Not built in this version"),
    Reason.LEDGER_FULL: Row(503, "The ledger's disk is full or read-only", 5),
    Reason.LEDGER_UNAVAILABLE: Row(503, "The ledger can't promise to keep a record", 5),
    Reason.FOLDER_UNAVAILABLE: Row(503, "The folder of the nightly files can't be used", 60),
    Reason.READ_GARBLED: Row(422, "The read was garbled"),
    Reason.READ_INCOMPLETE: Row(422, "The card left before it was read"),
    Reason.UID_RANDOM: Row(422, "The card names itself anew each time"),
    Reason.PAYMENT_CARD: Row(422, "This is a bank card"),
    Reason.NOT_A_CARD: Row(422, "This is no card of the program"),
}

# The nearest class in an error's ancestry decides.
ERRORS: dict[type[LoyaltyError], Reason] = {
    StoreFull: Reason.LEDGER_FULL,
    LinkError: Reason.FOLDER_UNAVAILABLE,
    LoyaltyError: Reason.LEDGER_UNAVAILABLE,  # whatever else fails, nothing was promised
}


def reason_of(error: LoyaltyError) -> Reason:
    """Return the reason that a caller is told when error stopped the call."""
    return next(ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS)


def said(problem: Problem, language: str) -> dict[str, Any]:
    """Return the problem's members; detail is the cashier's sentence."""
    reason = problem.refusal.reason
    body: dict[str, Any] = {
        "type": f"/docs#{reason}",
        "title": ROWS[reason].title,
        "status": ROWS[reason].status,
        "detail": sentence(problem.refusal, language),
        "reason": str(reason),
    }
    if problem.faults:
        body["errors"] = [{"path": each.path, "allowed": each.allowed} for each in problem.faults]
    return body | dict(problem.members)


def response(problem: Problem, language: str) -> JSONResponse:
    """Return what HTTP sends for problem."""
    row = ROWS[problem.refusal.reason]
    headers = dict(problem.headers)
    if row.retry_s is not None:
        headers.setdefault("retry-after", str(row.retry_s))
    if row.status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse(said(problem, language), row.status, headers, MEDIA_TYPE)
