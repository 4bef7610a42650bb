"""What the till rings up, as parsed: lines, what is wished to redeem, how it is said to be paid.

Money is in minor units of the program's currency, quantities in thousandths of the line's unit. The
card is its id: no number gets this far.
"""

from dataclasses import dataclass

from loyaltyd.domain.money import half_up

NO_DISCOUNT, NO_EARN, NO_REDEEM = "no_discount", "no_earn", "no_redeem"
PIECE = 1000  # thousandths
GRAMS = {"kg": 1000, "g": 1}  # of one unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One position of a receipt before any program."""

    line: int
    sku: str
    quantity: int
    price: int  # of one unit
    name: str = ""
    category: str = ""
    unit: str = "pc"
    floor_price: int | None = None  # of one unit
    vat_rate: str = ""
    abv: int | None = None  # thousandths of a per cent by volume
    litres: int | None = None  # thousandths, of one unit
    flags: tuple[str, ...] = ()  # of NO_DISCOUNT, NO_EARN, NO_REDEEM, sorted
    tags: tuple[str, ...] = ()

    @property
    def gross(self) -> int:
        """Price × quantity, half up."""
        return half_up(self.price * self.quantity, PIECE)

    @property
    def weight(self) -> int:
        """Thousandths of a kilogram; nothing of goods by the piece."""
        return self.quantity * GRAMS.get(self.unit, 0) // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the shopper wants to redeem from a wallet, in its units; None asks for the most."""

    wallet: str
    amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCard:
    """A card that pays beside the shopper's own, by its id; without an amount, the most it can."""

    card: str
    amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Money that is paid onto a card, by its id: a gift card sold, or a card topped up."""

    card: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """So many pieces that the shopper wants of a reward rule."""

    rule: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How a part of what is payable is paid."""

    kind: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """One receipt as the till sends it; receipt is the till's own id for it."""

    receipt: str
    lines: tuple[Line, ...]
    card: str = ""  # a card's id, or none
    cashier: str = ""
    redeem: tuple[Wish, ...] = ()
    coupons: tuple[str, ...] = ()  # ids, in the order in which they were named
    rewards: tuple[Reward, ...] = ()
    gift_cards: tuple[GiftCard, ...] = ()
    loads: tuple[Load, ...] = ()
    payments: tuple[Payment, ...] = ()
    split: bool = False  # the answer's lines carry pieces of whole unit prices

    def wish(self, wallet: str) -> Wish | None:
        """What is asked of wallet, if anything."""
        return next((wish for wish in self.redeem if wish.wallet == wallet), None)
