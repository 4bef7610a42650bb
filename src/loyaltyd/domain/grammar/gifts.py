"""What a rule gives: give."""

from typing import Self

from pydantic import model_validator

from loyaltyd.domain.grammar.discounts import OFF, DiscountTable
from loyaltyd.domain.grammar.earnings import EarnTable


class GiveTable(DiscountTable, EarnTable):
    """The table give of a rule."""

    @model_validator(mode="after")
    def _gives_one_thing(self) -> Self:
        if len(self.off) + (self.earn is not None) != 1:
            raise ValueError(f"must hold one of {', '.join(OFF)} or earn")
        if self.misfit or self.unearnable:
            raise ValueError(self.misfit or self.unearnable)
        return self
