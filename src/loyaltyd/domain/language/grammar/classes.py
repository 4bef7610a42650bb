"""Which goods are meant, and what is special about some: on, match and [classes.*]."""

import datetime as dt
from typing import Annotated, Self

from pydantic import Field, model_validator

from loyaltyd.domain.language.grammar.values import NAMING, Amount, Category, Name
from loyaltyd.domain.toml import Table

Word = Annotated[str, Field(min_length=1, max_length=64)]  # as tills send skus and tags


class GoodsTable(Table):
    """Goods by any of these: their own names are the till's free text, and mean nothing here."""

    category: tuple[Category, ...] = ()
    sku: tuple[Word, ...] = ()
    tags: tuple[Word, ...] = ()

    @property
    def named(self) -> bool:
        """Whether it names any goods."""
        return bool(self.category or self.sku or self.tags)


class MatchTable(GoodsTable):
    """The table match: which goods."""

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if not self.named:
            raise ValueError("must name goods by category, sku or tags")
        return self


class OnTable(GoodsTable):
    """The table on: which goods, or all of a class."""

    of_class: Name | None = Field(default=None, alias="class")

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if self.named == (self.of_class is not None):
            raise ValueError("must name goods by category, sku or tags, or by class alone")
        return self


class FloorTable(Table):
    """One of floor_price or floor_per_abv_litre."""

    since: dt.date = Field(alias="from")
    price: Amount


class VolumeFloorTable(FloorTable):
    """One of floor_per_litres: the least price of so much."""

    litres: Amount


class TreatmentTable(Table):
    """How goods are treated, when and where."""

    since: dt.date | None = Field(default=None, alias="from")
    until: dt.date | None = None
    region: Annotated[tuple[Name, ...], NAMING] = ()
    earn: bool = True
    discount: bool = True
    redeem: bool = True
    because: str = ""
    floor_price: tuple[FloorTable, ...] = ()
    floor_per_litres: tuple[VolumeFloorTable, ...] = ()
    floor_per_abv_litre: tuple[FloorTable, ...] = ()

    @model_validator(mode="after")
    def _is_a_time(self) -> Self:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ValueError("until lies before from")
        return self


class ClassTable(TreatmentTable):
    """One of [classes.*]."""

    match: MatchTable
