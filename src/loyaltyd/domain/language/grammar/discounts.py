"""What a rule takes off prices: the part of give that is for the layers item and receipt."""

from typing import Annotated, Literal

from pydantic import Field

from loyaltyd.domain.language.grammar.values import Amount, Name, Share
from loyaltyd.domain.money import WHOLE_SHARE
from loyaltyd.domain.toml import Table

PIECES_MAX = 1000  # that one offer counts: above any that makes sense
STEPS_MAX = 32  # as many as tiers have levels
COSTS_MAX = 8  # wallets that one reward takes from
OFF = (
    *("percent_off", "amount_off", "fixed_price", "free", "bundle"),
    *("percent_off_by_total", "percent_off_by_quantity", "percent_off_by_spent"),
)
SOME_UNITS = ("percent_off", "amount_off", "fixed_price")
ON_ITEMS = ("fixed_price", "free", "units", "buy", "bundle", "cost")  # they mean single goods

Pieces = Annotated[int, Field(ge=1, le=PIECES_MAX)]
MoneySteps = Annotated[tuple[tuple[Amount, Share], ...], Field(max_length=STEPS_MAX)]
PieceSteps = Annotated[tuple[tuple[Pieces, Share], ...], Field(max_length=STEPS_MAX)]


class DiscountTable(Table):
    """The keys of give that lower prices."""

    percent_off: Share | None = None
    amount_off: Amount | None = None
    fixed_price: Amount | None = None
    percent_off_by_total: MoneySteps | None = None
    percent_off_by_quantity: PieceSteps | None = None
    percent_off_by_spent: MoneySteps | None = None
    bundle: Amount | None = None
    max: Amount | None = None
    buy: Annotated[int, Field(ge=2, le=PIECES_MAX)] | None = None
    free: Pieces | None = None
    units: Pieces | None = None
    which: Literal["cheapest", "dearest"] | None = None
    cost: Annotated[dict[Name, Amount], Field(min_length=1, max_length=COSTS_MAX)] | None = None

    @property
    def off(self) -> list[str]:
        """The keys that say what is taken off: a rule has one of them at most."""
        return [key for key in OFF if getattr(self, key) is not None]

    @property
    def misfit(self) -> str:
        """What about the discount's keys doesn't go together; nothing when all do."""
        few = self.free or self.units
        wrong = (
            (any(getattr(self, it) == () for it in self.off), "a scale has at least one step"),
            (
                self.max is not None and not any(it.startswith("percent_off") for it in self.off),
                "max goes with percent_off",
            ),
            ((self.percent_off or 0) > WHOLE_SHARE, "percent_off is at most 100%"),
            (
                self.units is not None and not any(it in SOME_UNITS for it in self.off),
                f"units goes with {', '.join(SOME_UNITS)}",
            ),
            (self.bundle is not None and self.buy is None, "bundle goes with buy"),
            (
                self.buy is not None and self.bundle is None and not 0 < (few or 0) < self.buy,
                "buy goes with bundle, or with free or units, of which there are fewer",
            ),
            (self.which is not None and few is None, "which goes with free or units"),
            (self.cost is not None and few is None, "cost goes with free or units"),
        )
        return next((said for true, said in wrong if true), "")
