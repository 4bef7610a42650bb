"""What the till is told, as JSON members: the API's schema is made from these types.

Amounts are decimal strings, each with exactly the decimals of its currency or wallet.
"""

from typing import Literal, NotRequired  # pydantic refuses typing's before Python 3.12

from typing_extensions import TypedDict

Amounts = dict[str, str]  # wallet → points, a decimal string in its scale


class ProgramAnswer(TypedDict):
    """Which program decided."""

    id: str
    version: int


class CardAnswer(TypedDict):
    """The card on a receipt; its number is masked."""

    number: str
    kind: str
    status: str
    holder: str
    tier: str


class TotalsAnswer(TypedDict):
    """The receipt's sums: gross − discount − redeemed + loads = payable."""

    gross: str
    discount: str
    redeemed: str
    tendered: str
    payable: str
    earned: Amounts
    loads: NotRequired[str]


class GiftCardAnswer(TypedDict):
    """A card that pays beside the shopper's own: what it pays, and what that leaves on it."""

    card: str
    wallet: str
    paid: str
    after: str


class LoadAnswer(TypedDict):
    """A card that is sold or topped up: with how much, and what it holds then."""

    card: str
    wallet: str
    amount: str
    after: str


class EffectAnswer(TypedDict):
    """What one rule took off a line."""

    rule: str
    layer: str
    amount: str


class PieceAnswer(TypedDict):
    """So many units at one price, for a fiscal printer."""

    quantity: str
    price: str


class LineAnswer(TypedDict):
    """One line as the program leaves it: gross − discount − redeemed = net."""

    line: int
    gross: str
    discount: str
    redeemed: str
    net: str
    earned: Amounts
    effects: list[EffectAnswer]
    pieces: NotRequired[list[PieceAnswer]]


class ExpiringAnswer(TypedDict):
    """So much of a wallet can no longer be spent from that day on."""

    amount: str
    on: str


class WalletAnswer(TypedDict):
    """What an account holds in one wallet."""

    available: str
    pending: str
    reserved: str
    debt: str
    expiring: list[ExpiringAnswer]
    redeemable: NotRequired[str]
    spent: NotRequired[str]
    after: NotRequired[str]
    every: NotRequired[str]  # of stamps: so many are one reward
    rewards: NotRequired[str]  # of stamps: those waiting to be taken
    rewards_after: NotRequired[str]


class MessagesAnswer(TypedDict):
    """What people may be told, in the till's language."""

    cashier: list[str]
    customer: list[str]
    slip: list[str]


class LoweredAnswer(TypedDict):
    """What a rule took off a line: amount of what it found left of it."""

    line: int
    of: str
    amount: str


class ConditionAnswer(TypedDict):
    """One condition of a rule; key is its path in the rule, unit what needs and has count."""

    key: str
    met: bool
    unit: Literal["money", "points", "count", "weight", "word"]
    needs: str
    has: str


class NearestAnswer(TypedDict):
    """Of what a rule misses the nearest: what is missing of it, and which share of its need."""

    key: str
    share: str
    missing: NotRequired[str]


class WhyAnswer(TypedDict):
    """Why a rule was applied or not: because is for people, the others are for programs.

    law is what the classes of goods say that keep it off; max is the most it takes off, when it
    took that. The last three come with "explain": true.
    """

    rule: str
    applied: bool
    because: str
    cause: str
    needs: NotRequired[str]
    has: NotRequired[str]
    law: NotRequired[str]
    max: NotRequired[str]
    conditions: NotRequired[list[ConditionAnswer]]
    nearest: NotRequired[NearestAnswer]
    lines: NotRequired[list[LoweredAnswer]]


class CouponAnswer(TypedDict):
    """A coupon that the receipt prints: a number once it is confirmed, and when it is good."""

    rule: str
    number: NotRequired[str]
    active_from: str
    expires_at: NotRequired[str]


class QuoteAnswer(TypedDict):
    """What this basket and card give now."""

    quote: str
    expires_at: str
    program: ProgramAnswer
    card: CardAnswer | None
    totals: TotalsAnswer
    lines: list[LineAnswer]
    gift_cards: NotRequired[list[GiftCardAnswer]]
    coupons: NotRequired[list[CouponAnswer]]
    loads: NotRequired[list[LoadAnswer]]
    wallets: dict[str, WalletAnswer]
    messages: MessagesAnswer
    explain: list[WhyAnswer]


class ReceiptAnswer(TypedDict):
    """A recorded receipt: the quote's members, and where it stands in the log."""

    receipt: str
    seq: int
    recorded_at: str
    program: ProgramAnswer
    card: CardAnswer | None
    totals: TotalsAnswer
    lines: list[LineAnswer]
    gift_cards: NotRequired[list[GiftCardAnswer]]
    coupons: NotRequired[list[CouponAnswer]]
    loads: NotRequired[list[LoadAnswer]]
    wallets: dict[str, WalletAnswer]
    messages: MessagesAnswer
    explain: list[WhyAnswer]
    slip: list[str]
    replayed: NotRequired[bool]


class ReturnTotalsAnswer(TypedDict):
    """What a return gives back and takes back."""

    refund: str
    restored: Amounts
    clawed_back: Amounts


class ReturnLineAnswer(ReturnTotalsAnswer):
    """The same for one line."""

    line: int
    quantity: str


# "return" is a Python word, so this type is written as a call.
ReturnAnswer = TypedDict(
    "ReturnAnswer",
    {
        "return": str,
        "receipt": str,
        "seq": int,
        "recorded_at": str,
        "totals": ReturnTotalsAnswer,
        "lines": list[ReturnLineAnswer],
        "wallets": dict[str, WalletAnswer],
        "messages": MessagesAnswer,
        "slip": list[str],
        "replayed": NotRequired[bool],
    },
)


class CancelAnswer(TypedDict):
    """A receipt that never happened."""

    receipt: str
    state: str
    seq: int
    recorded_at: str
    wallets: dict[str, WalletAnswer]
    replayed: NotRequired[bool]


class ReservationAnswer(TypedDict):
    """What a receipt redeems, set aside for ttl_s seconds; messages are those of the receipt."""

    reservation: str
    receipt: str
    seq: int
    recorded_at: str
    ttl_s: int
    program: ProgramAnswer
    card: CardAnswer | None
    totals: TotalsAnswer
    lines: list[LineAnswer]
    gift_cards: NotRequired[list[GiftCardAnswer]]
    coupons: NotRequired[list[CouponAnswer]]
    loads: NotRequired[list[LoadAnswer]]
    wallets: dict[str, WalletAnswer]
    messages: MessagesAnswer
    explain: list[WhyAnswer]
    replayed: NotRequired[bool]


class CancelledReservationAnswer(TypedDict):
    """A reservation that holds nothing any more."""

    reservation: str
    state: str
    seq: int
    recorded_at: str
    wallets: dict[str, WalletAnswer]
    replayed: NotRequired[bool]


class RecordedReceiptAnswer(ReceiptAnswer):
    """What was answered at confirm, its state now, and its returns."""

    state: str
    returns: list[ReturnAnswer]


class NextTierAnswer(TypedDict):
    """What is missing to the next tier: money, points or visits, as the program measures."""

    id: str
    missing: str


class CardViewAnswer(TypedDict):
    """A card and what its account holds; the number is masked."""

    number: str
    kind: str
    status: str  # "active" | "blocked" | "replaced" | "new": a first use will open its account
    holder: str
    tier: str
    next_tier: NextTierAnswer | None
    wallets: dict[str, WalletAnswer]
    replayed: NotRequired[bool]


class TransferAnswer(TypedDict):
    """What the second card's account got, and how that stands."""

    transfer: str
    seq: int
    recorded_at: str
    moved: dict[str, str]  # per wallet, what the first account held and may still be spent some day
    card: CardViewAnswer
    replayed: NotRequired[bool]


class DayWalletAnswer(TypedDict):
    """What a day moved in one wallet of all accounts, in its scale."""

    earned: str
    spent: str
    restored: str
    clawed_back: str
    loaded: str


class DayTotalsAnswer(TypedDict):
    """What was recorded since the day before was closed, whatever date it has; money as text."""

    receipts: int
    returns: int
    cancels: int
    gross: str
    discount: str
    redeemed: str
    refund: str
    wallets: dict[str, DayWalletAnswer]


class DayAnswer(TypedDict):
    """A trading day that was opened or closed."""

    business_date: str
    state: str  # "opened" | "closed"
    seq: int
    recorded_at: str
    totals: NotRequired[DayTotalsAnswer]  # of a day that was closed
    replayed: NotRequired[bool]
