"""What a rule gives: give."""

from typing import Self

from pydantic import model_validator

from loyaltyd.domain.language.grammar.discounts import OFF, DiscountTable
from loyaltyd.domain.language.grammar.earnings import BESIDE, DATES, EarnTable
from loyaltyd.domain.language.grammar.prints import PrintTable


class GiveTable(DiscountTable, EarnTable, PrintTable):
    """The table give of a rule."""

    @model_validator(mode="after")
    def _gives_one_thing(self) -> Self:
        if len(self.off) + (self.earn is not None) + (self.coupon is not None) != 1:
            raise ValueError(f"must hold one of {', '.join(OFF)}, earn or coupon")
        wrong = self.misfit or self._stray
        if wrong:
            raise ValueError(wrong)
        return self

    @property
    def _stray(self) -> str:
        """What about the keys of points and coupons doesn't go together."""
        if self.coupon is None:
            return "personal goes with coupon" if self.personal else self.unearnable
        stray = next((it for it in BESIDE if it not in DATES and getattr(self, it) is not None), "")
        return stray and f"{stray} goes with earn, which names the wallet"
