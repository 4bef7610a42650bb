"""The tables that name goods, [classes.*] and [laws.*] become matches and classes."""

import datetime as dt
from collections.abc import Mapping, Sequence

from loyaltyd.domain.engine.goods import Dated, DatedVolume, GoodsClass, Match
from loyaltyd.domain.language.grammar.classes import (
    FloorTable,
    GoodsTable,
    MatchTable,
    TreatmentTable,
)
from loyaltyd.domain.money import QUANTITY_DIGITS, units
from loyaltyd.domain.place import stores


def match(goods: GoodsTable) -> Match:
    """Which goods the table means; all, when it names none."""
    return Match(
        categories=tuple(it for it in goods.category if not it.endswith("*")),
        below=tuple(it.removesuffix("*") for it in goods.category if it.endswith("*")),
        skus=frozenset(goods.sku),
        tags=frozenset(goods.tags),
    )


def goods_class(
    name: str,
    goods: MatchTable,
    table: TreatmentTable,
    regions: Mapping[str, Sequence[str]],
    digits: int,
) -> GoodsClass:
    """The class of that name: goods that are treated as table says; regions are the program's."""
    here = stores(it for region in table.region for it in regions[region])
    return GoodsClass(
        id=name,
        match=match(goods),
        earn=table.earn,
        discount=table.discount,
        redeem=table.redeem,
        because=table.because,
        floor_price=_dated(table.floor_price, digits),
        floor_per_litres=tuple(
            DatedVolume(
                since=it.since,
                value=units(it.price, digits),
                litres=units(it.litres, QUANTITY_DIGITS),
            )
            for it in table.floor_per_litres
        ),
        floor_per_abv_litre=_dated(table.floor_per_abv_litre, digits),
        since=table.since or dt.date.min,
        until=table.until or dt.date.max,
        stores=here if table.region else None,
    )


def _dated(floors: tuple[FloorTable, ...], digits: int) -> tuple[Dated, ...]:
    return tuple(Dated(since=it.since, value=units(it.price, digits)) for it in floors)
