"""What a rule gives, in the units that the engine counts in."""

from dataclasses import dataclass
from fractions import Fraction

from loyaltyd.domain.money import WHOLE_SHARE
from loyaltyd.domain.spans import Span

REST = "rest"  # of: what was left to pay


@dataclass(frozen=True, slots=True, kw_only=True)
class Few:
    """A few pieces of all, or of every so many; the cheapest or the dearest."""

    count: int
    every: int = 0  # none: of all
    dearest: bool = False
    times: int = 0  # at most in one receipt; none: as often as it goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Points of a wallet that a reward takes, each time it gives its count of pieces or fewer."""

    wallet: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentOff:
    """So many millionths off, of the lines or of a few pieces."""

    share: int
    cap: int | None = None
    few: Few | None = None

    @property
    def frees(self) -> bool:
        """Whether the pieces that it is for cost nothing, so that they are counted no more."""
        return self.share == WHOLE_SHARE and self.cap is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountOff:
    """Money off: of an item rule off the price of each unit, of a receipt rule off the receipt."""

    amount: int
    few: Few | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPrice:
    """What one unit costs instead; one that costs less already keeps its price."""

    price: int
    few: Few | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What every so many pieces cost together, whichever of the rule's goods they are."""

    count: int
    price: int
    times: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A percentage in steps; the last one that is reached counts, and reaching it is enough.

    by: "total" of the receipt as the rule finds it, "quantity" of the rule's goods in pieces, or
    "spent" before this receipt inside the tiers' window. Steps rise: (from, millionths).
    """

    by: str
    steps: tuple[tuple[int, int], ...]
    cap: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareEarned:
    """So many millionths of the money."""

    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsEarned:
    """So many points for each full amount of money."""

    amount: int
    points: int
    times: int  # at most in one receipt; none: as often as it goes


@dataclass(frozen=True, slots=True, kw_only=True)
class PiecesEarned:
    """So many points for each piece that was paid."""

    points: int
    times: int  # as above


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsEarned:
    """So many points for the receipt."""

    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplied:
    """What the rules before gave, so many times."""

    factor: Fraction


Yield = ShareEarned | StepsEarned | PiecesEarned | PointsEarned | Multiplied


@dataclass(frozen=True, slots=True, kw_only=True)
class Earn:
    """Points of a wallet; dates that are left out are the wallet's."""

    wallet: str
    by: Yield
    of: str  # the wallet whose money earns, or REST; else the earning wallet's base
    activates: Span | None = None
    expires: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedCoupon:
    """A coupon for another receipt: a fresh number of the range that conditions call by name."""

    name: str
    activates: Span | None = None
    expires: Span | None = None
    personal: bool  # for the account of this receipt alone


Discount = PercentOff | AmountOff | FixedPrice | Bundle | Scale
Gift = Discount | Earn | PrintedCoupon
