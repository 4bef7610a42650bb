"""What a rule gives: give."""

from typing import ClassVar, Self

from pydantic import model_validator

from loyaltyd.domain.grammar.values import Amount, Name, Share
from loyaltyd.domain.money import WHOLE_SHARE
from loyaltyd.domain.toml import Table


class GiveTable(Table):
    """The table give of a rule."""

    not_built: ClassVar[frozenset[str]] = frozenset(
        (
            *("buy", "free", "which", "units", "percent_off_by_total", "cost", "per_unit"),
            *("points", "multiply", "of", "expires", "activates", "fixed_price", "per_amount"),
        )
    )

    percent_off: Share | None = None
    max: Amount | None = None
    amount_off: Amount | None = None
    earn: Name | None = None
    percent: Share | None = None

    @model_validator(mode="after")
    def _gives_one_thing(self) -> Self:
        given = [it for it in (self.percent_off, self.amount_off, self.earn) if it is not None]
        if len(given) != 1:
            raise ValueError("must hold one of percent_off, amount_off, or earn with percent")
        if (self.earn is None) != (self.percent is None):
            raise ValueError("earn and percent go together")
        if self.max is not None and self.percent_off is None:
            raise ValueError("max goes with percent_off")
        if self.percent_off is not None and self.percent_off > WHOLE_SHARE:
            raise ValueError("percent_off is at most 100%")
        return self
