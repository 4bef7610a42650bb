"""Why each rule was applied or not: values for machines; people get the catalogue's sentences."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Cause(StrEnum):
    """What decided about a rule."""

    APPLIED = "applied"
    TIER = "tier"
    WEEKDAY = "weekday"
    TIME = "time"
    MIN_TOTAL = "min_total"
    WRONG_CARD = "wrong_card"  # of another kind than the rule wants
    BIRTHDAY = "birthday"
    FIRST_PURCHASE = "first_purchase"
    FIRST_VISIT = "first_visit"  # and the rule wants an earlier one
    EVERY_VISIT = "every_visit"
    DAYS_SINCE_VISIT = "days_since_visit"
    SPENT = "spent"
    DATES = "dates"
    STORE = "store"
    REGION = "region"
    TILL_GROUP = "till_group"
    TAGS = "tags"  # none of the goods carries one
    POSITIONS = "positions"  # of the goods that the basket has to hold, as the three below
    PIECES = "pieces"
    WEIGHT = "weight"
    AMOUNT = "amount"
    NO_PAYMENTS = "no_payments"  # and the rule asks how it is paid
    TENDER = "tender"
    EXCEPTED = "excepted"  # what stands in `not` holds
    COUPON = "coupon"  # it is not named
    COUPON_BLOCKED = "coupon_blocked"
    COUPON_NOT_ISSUED = "coupon_not_issued"
    COUPON_OF_ANOTHER = "coupon_of_another"  # another account's
    COUPON_EARLY = "coupon_early"
    COUPON_EXPIRED = "coupon_expired"
    COUPON_USED = "coupon_used"  # as often as it may be
    LIMIT = "limit"
    NO_CASHIER = "no_cashier"  # the receipt doesn't say who sells
    CASHIER_LIMIT = "cashier_limit"
    BUDGET = "budget"  # all of it was given
    GOODS = "goods"  # no line is of these goods
    NOT_ASKED = "not_asked"  # a reward that the receipt doesn't ask for
    POINTS = "points"  # too few for the reward; needs and has name the wallet
    NO_DISCOUNT = "no_discount"  # lines of these goods may not be discounted
    NO_EARN = "no_earn"
    FLOOR = "floor"  # the floor price leaves nothing to take off
    NOTHING_LEFT = "nothing_left"
    EXCLUDED = "excluded"  # a rule that this one doesn't go with has lowered these goods
    CHEAPER = "cheaper"  # a fixed price is no better than what the goods cost
    BETTER_RULE = "better_rule"  # of its group another one counts
    NO_CARD = "no_card"
    CARD_KIND = "card_kind"  # a discount card earns nothing
    REDEEMED = "redeemed"  # earn_base none-if-redeemed
    TOO_LITTLE = "too_little"  # rounds to nothing
    STEP = "step"  # less than one full amount of per_amount
    NO_PIECES = "no_pieces"  # of per_unit: goods by weight, or all of them free
    NOT_PAID_WITH = "not_paid_with"  # the wallet of `of` paid nothing
    NOTHING_TO_MULTIPLY = "nothing_to_multiply"  # no rule before gave points for these goods


class Why(NamedTuple):
    """What happened to one rule.

    needs and has are amounts in minor units, or words; an applied rule has what it gave. A tuple:
    each rule that is looked at has one, and a frozen dataclass takes twice as long to make. On the
    way of most receipts it is made by position: keywords take five times as long.
    """

    rule: str
    cause: Cause
    needs: int | str = ""
    has: int | str = ""

    @property
    def applied(self) -> bool:
        """Whether the rule changed the receipt."""
        return self.cause is Cause.APPLIED


class Note(StrEnum):
    """What people are told beside what the rules say; the sentences are in the catalogue."""

    GREET = "greet"
    EARNED = "earned"
    BALANCE = "balance"
    WISH_CUT = "wish_cut"
    WISH_REFUSED = "wish_refused"
    REWARD_CUT = "reward_cut"
    STAMPS = "stamps"
    REWARDS = "rewards"  # of stamps, waiting to be taken
    DEBT = "debt"
    LEFT = "left"  # on a card that paid beside the shopper's own, or was loaded
    DEAD = "dead"  # what came back had expired
    COUPON = "coupon"  # gave nothing, and why
    COUPON_SPARE = "coupon_spare"  # another one served
    COUPON_UNKNOWN = "coupon_unknown"
    RULE = "rule"  # the rule's own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing to tell somebody: to whom, what, and the amounts that it names."""

    audience: str  # "cashier" | "customer" | "slip"
    note: Note
    subject: str = ""  # the rule or the wallet
    amount: int = 0
    more: int = 0
    why: Why | None = None  # what stood in the way
