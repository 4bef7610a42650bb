"""The tables `when` and `limit` become conditions, in the language's order."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loyaltyd.domain.engine.goods import Match
from loyaltyd.domain.engine.limits import Couponed, Limit
from loyaltyd.domain.engine.when import (
    AllOf,
    AnyOf,
    Birthday,
    CardKind,
    Condition,
    Conditions,
    Contains,
    Dates,
    DaysSinceVisit,
    EveryVisit,
    FirstPurchase,
    MinTotal,
    Not,
    Region,
    Spent,
    Store,
    Tagged,
    Tender,
    Tier,
    TillGroup,
    TimeOfDay,
    Weekday,
)
from loyaltyd.domain.language.goods_text import match
from loyaltyd.domain.language.grammar.conditions import (
    BasketTable,
    DatesTable,
    InnerWhenTable,
    LimitTable,
    OuterWhenTable,
    PlainWhenTable,
    SpentTable,
    WhenTable,
)
from loyaltyd.domain.money import QUANTITY_DIGITS, units
from loyaltyd.domain.place import stores
from loyaltyd.domain.spans import WEEKDAYS


@dataclass(frozen=True, slots=True)
class Terms:
    """What rules are read by: the program's classes and regions, the digits of its currency."""

    classes: Mapping[str, Match]
    regions: Mapping[str, Sequence[str]]
    digits: int


def conditions(when: PlainWhenTable, terms: Terms) -> Conditions:
    """The conditions of a table, those that hold others last."""
    return (*_plain(when, terms), *_nested(when, terms))


def limit(rule: str, table: LimitTable, when: Conditions, digits: int) -> Limit:
    """How often the rule of that id may be applied; around a birthday that it asks for, each.

    digits are those of what it gives.
    """
    windows = [it.window for it in when if isinstance(it, Birthday)]
    return Limit(
        rule=rule,
        per_account=table.per_account,
        per_card=table.per_card,
        per_coupon=table.per_coupon,
        per_cashier=table.per_cashier,
        budget=None if table.budget is None else units(table.budget, digits),
        every=table.every,
        birthday=windows[0] if windows and table.every is not None else None,
        coupons=next((it for it in when if isinstance(it, Couponed)), None),
    )


def _plain(table: PlainWhenTable, terms: Terms) -> Iterator[Condition]:
    readers: Mapping[str, Callable[[Any], Condition]] = {
        "card_kind": CardKind,
        "tier": Tier,
        "birthday": Birthday,
        "first_purchase": FirstPurchase,
        "every_visit": EveryVisit,
        "days_since_visit": DaysSinceVisit,
        "spent": lambda it: _spent(it, terms),
        "coupon": Couponed,
        "dates": _dates,
        "weekday": _weekday,
        "time": lambda it: TimeOfDay(*it),
        "store": Store,
        "region": lambda it: _region(it, terms),
        "group": TillGroup,
        "tags": Tagged,
        "basket": lambda it: _contains(it, terms),
        "tender": Tender,
        "min_total": lambda it: MinTotal(units(it, terms.digits)),
    }
    for key, read in readers.items():
        value = getattr(table, key)
        if value not in (None, ()):
            yield read(value)


def _nested(table: PlainWhenTable, terms: Terms) -> Iterator[Condition]:
    if not isinstance(table, InnerWhenTable | OuterWhenTable | WhenTable):
        return
    if table.all_of:
        yield AllOf(tuple(conditions(it, terms) for it in table.all_of))
    if table.any_of:
        yield AnyOf(tuple(conditions(it, terms) for it in table.any_of))
    if table.none_of is not None:
        keys = tuple(_key(table.none_of, name) for name in type(table.none_of).model_fields)
        yield Not(conditions(table.none_of, terms), tuple(filter(None, keys)))


def _key(table: PlainWhenTable, name: str) -> str:
    """The key as the program writes it; nothing when it doesn't."""
    written = type(table).model_fields[name].alias or name
    return written if name in table.model_fields_set else ""


def _spent(table: SpentTable, terms: Terms) -> Spent:
    return Spent(units(table.min, terms.digits), table.within)


def _dates(table: DatesTable) -> Dates:
    return Dates(table.first or dt.date.min, table.until or dt.date.max)


def _weekday(days: tuple[str, ...]) -> Weekday:
    return Weekday(tuple(WEEKDAYS.index(day) for day in days))


def _region(regions: tuple[str, ...], terms: Terms) -> Region:
    return Region(regions, stores(it for name in regions for it in terms.regions[name]))


def _contains(table: BasketTable, terms: Terms) -> Contains:
    return Contains(
        goods=match(table) if table.of_class is None else terms.classes[table.of_class],
        positions=table.min_positions or 0,
        pieces=table.min_pieces or 0,
        weight=units(table.min_weight or "0", QUANTITY_DIGITS),
        amount=units(table.min_amount or "0", terms.digits),
    )
