"""What a rule of the points layer gives: the keys of give beside earn."""

from fractions import Fraction
from typing import Annotated

from loyaltyd.domain.language.grammar.values import RATE, SPAN, Amount, Length, Name, Share, text
from loyaltyd.domain.money import rate
from loyaltyd.domain.spans import Span, span
from loyaltyd.domain.toml import Table

WAYS = ("percent", "per_amount", "per_unit", "points", "multiply")
OF_MONEY = ("percent", "per_amount")
DATES = ("activates", "expires")
BESIDE = (*WAYS, "of", *DATES)


def _wait(written: str) -> Span:
    """A span, or at once where the wallet says to wait."""
    return Span(count=0, unit="d") if written == "0d" else span(written)


class EarnTable(Table):
    """The part of give that earns."""

    earn: Name | None = None
    percent: Share | None = None
    per_amount: tuple[Amount, Amount] | None = None
    per_unit: Amount | None = None
    points: Amount | None = None
    multiply: Annotated[Fraction | None, text(rate, "2", RATE)] = None
    of: Name | None = None
    activates: Annotated[Span | None, text(_wait, "14d", f"0d|{SPAN}")] = None
    expires: Length | None = None

    @property
    def unearnable(self) -> str:
        """What about these keys doesn't go together; nothing when all do."""
        ways = [key for key in WAYS if getattr(self, key) is not None]
        stray = next((key for key in BESIDE if getattr(self, key) is not None), "")
        if self.earn is None:
            return stray and f"{stray} goes with earn, which names the wallet"
        if len(ways) != 1:
            return f"earn goes with one of {', '.join(WAYS[:-1])} or {WAYS[-1]}"
        if self.of is not None and ways[0] not in OF_MONEY:
            return "of goes with percent or per_amount"
        if self.multiply is not None and self.multiply <= 1:
            return "multiply must be above 1"
        return ""
