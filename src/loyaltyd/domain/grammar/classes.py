"""Which goods are meant, and what is special about some: on, match and [classes.*]."""

import datetime as dt
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from loyaltyd.domain.grammar.values import Amount, Category
from loyaltyd.domain.toml import Table


class MatchTable(Table):
    """The tables match and on: which goods."""

    not_built: ClassVar[frozenset[str]] = frozenset(("tags", "name"))

    category: tuple[Category, ...] = ()
    sku: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = ()

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if not (self.category or self.sku):
            raise ValueError("must name goods by category or sku")
        return self


class FloorTable(Table):
    """One of floor_price or floor_per_abv_litre."""

    since: dt.date = Field(alias="from")
    price: Amount


class ClassTable(Table):
    """One of [classes.*]."""

    not_built: ClassVar[frozenset[str]] = frozenset(("region", "from", "until"))

    match: MatchTable
    earn: bool = True
    discount: bool = True
    redeem: bool = True
    because: str = ""
    floor_price: tuple[FloorTable, ...] = ()
    floor_per_abv_litre: tuple[FloorTable, ...] = ()
