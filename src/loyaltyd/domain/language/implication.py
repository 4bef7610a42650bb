"""What conditions and goods prove about each other: never together, one within the other.

Only what is certain is answered with yes, so that a warning that rests on it is never a false one.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from loyaltyd.domain.engine.goods import Match
from loyaltyd.domain.engine.when import (
    AllOf,
    AnyOf,
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
    Tier,
    TillGroup,
    TimeOfDay,
    Weekday,
)

WAYS_MAX = 64  # through the alternatives of any: more are taken for possible
_DAY_MINUTES = 24 * 60


def contradiction(conditions: Conditions, since: dt.date) -> str:
    """Why no receipt from since on meets them all; nothing when that isn't proven."""
    atoms = list(_flat(conditions))
    for condition in atoms:
        if isinstance(condition, AnyOf) and len(condition.parts) <= WAYS_MAX:
            rest = tuple(it for it in atoms if it is not condition)
            if all(_plain_contradiction(_flat((*rest, *it)), since) for it in condition.parts):
                return "none of any can hold beside the others"
    return _plain_contradiction(atoms, since)


def implied(wanted: Conditions, given: Conditions) -> bool:
    """Whether wanted hold wherever given do."""
    known = list(_flat(given))
    return all(any(implies(it, want) for it in known) for want in _flat(wanted))


def implies(given: Condition, wanted: Condition) -> bool:
    """Whether wanted holds wherever given does."""
    if given == wanted:
        return True
    weaker = _WEAKER.get(type(wanted))
    return weaker is not None and type(given) is type(wanted) and weaker(given, wanted)


def within(inner: Match, outer: Match) -> bool:
    """Whether all goods of inner are goods of outer."""
    if Match() in {inner, outer}:
        return outer == Match()
    return all(within_one_of(atom, (outer,)) for atom in atoms_of(inner))


def within_one_of(atom: Match, outers: Sequence[Match]) -> bool:
    """Whether goods named by one word are goods of one of outers."""
    names = (*atom.categories, *atom.below)
    return any(
        (atom.skus and atom.skus <= it.skus)
        or (atom.tags and atom.tags <= it.tags)
        or any(name in it.categories or name.startswith(it.below) for name in names)
        for it in outers
    )


def atoms_of(goods: Match) -> Iterator[Match]:
    """Goods as the words that name them, each by itself."""
    yield from (Match(categories=(it,)) for it in goods.categories)
    yield from (Match(below=(it,)) for it in goods.below)
    yield from (Match(skus=frozenset((it,))) for it in sorted(goods.skus))
    yield from (Match(tags=frozenset((it,))) for it in sorted(goods.tags))


def _flat(conditions: Conditions) -> Iterator[Condition]:
    for condition in conditions:
        if isinstance(condition, AllOf):
            for part in condition.parts:
                yield from _flat(part)
        else:
            yield condition


def _plain_contradiction(conditions: Iterator[Condition] | list[Condition], since: dt.date) -> str:
    atoms = list(conditions)
    for kind, (noun, values) in _VALUES.items():
        left = _left(atoms, kind, values)
        if left is not None and not left:
            return f"no {noun} meets all of it"
    return _excepted(atoms) or _no_day(atoms, since) or _no_visit(atoms)


def _left(
    atoms: Sequence[Condition], kind: type[Any], values: Callable[[Any], frozenset[Any]]
) -> frozenset[Any] | None:
    """The values that all conditions of a kind allow; None when there is no such condition."""
    sets = [values(it) for it in atoms if isinstance(it, kind)]
    if not sets:
        return None
    left = frozenset.intersection(*sets)
    for condition in atoms:
        if isinstance(condition, Not) and len(condition.part) == 1:
            (part,) = condition.part
            left -= values(part) if isinstance(part, kind) else frozenset()
        elif isinstance(condition, Region) and kind is Store:
            left = frozenset(it for it in left if condition.stores.has(it))
    return left


def _excepted(atoms: Sequence[Condition]) -> str:
    plain = tuple(it for it in atoms if not isinstance(it, Not))
    if any(isinstance(it, Not) and implied(it.part, plain) for it in atoms):
        return "not excepts all that the others ask for"
    return ""


def _no_day(atoms: Sequence[Condition], since: dt.date) -> str:
    spans = [it for it in atoms if isinstance(it, Dates)]
    first = max((since, *(it.first for it in spans)))
    last = min((dt.date.max, *(it.last for it in spans)))
    if last < since:
        return f"its dates end before the program starts, {since}"
    if last < first:
        return "its dates never meet"
    days = {first + dt.timedelta(days=it) for it in range(min(7, (last - first).days + 1))}
    weekdays = _left(atoms, Weekday, lambda it: frozenset(it.days))
    if weekdays is not None and not weekdays & {it.weekday() for it in days}:
        return "none of its weekdays lies within its dates"
    return ""


def _no_visit(atoms: Sequence[Condition]) -> str:
    first = {it.wanted for it in atoms if isinstance(it, FirstPurchase)}
    later = any(
        isinstance(it, DaysSinceVisit) or (isinstance(it, EveryVisit) and it.count > 1)
        for it in atoms
    )
    if len(first) > 1 or (True in first and later):
        return "the first purchase is no later visit"
    return ""


def _minutes(time: TimeOfDay) -> frozenset[int]:
    start, end = (it.hour * 60 + it.minute for it in (time.start, time.end))
    if start < end:
        return frozenset(range(start, end))
    return frozenset((*range(start, _DAY_MINUTES), *range(end)))


def _fewer(values: Callable[[Any], frozenset[Any]]) -> Callable[[Any, Any], bool]:
    return lambda given, wanted: values(given) <= values(wanted)


_VALUES: Mapping[type[Any], tuple[str, Callable[[Any], frozenset[Any]]]] = {
    CardKind: ("kind of card", lambda it: frozenset(it.kinds)),
    Tier: ("tier", lambda it: frozenset(it.tiers)),
    Weekday: ("weekday", lambda it: frozenset(it.days)),
    TimeOfDay: ("time of day", _minutes),
    Store: ("store", lambda it: frozenset(it.stores)),
    TillGroup: ("till's group", lambda it: frozenset(it.groups)),
}
_WEAKER: Mapping[type[Any], Callable[[Any, Any], bool]] = {
    **{kind: _fewer(values) for kind, (_, values) in _VALUES.items()},
    Dates: lambda given, wanted: wanted.first <= given.first and given.last <= wanted.last,
    MinTotal: lambda given, wanted: given.amount >= wanted.amount,
    DaysSinceVisit: lambda given, wanted: given.days >= wanted.days,
    EveryVisit: lambda given, wanted: given.count % wanted.count == 0,
    Region: lambda given, wanted: set(given.regions) <= set(wanted.regions),
    Spent: lambda given, wanted: given.within == wanted.within and given.amount >= wanted.amount,
    Contains: lambda given, wanted: (
        within(given.goods, wanted.goods)
        and given.positions >= wanted.positions
        and given.pieces >= wanted.pieces
        and given.weight >= wanted.weight
        and given.amount >= wanted.amount
    ),
}
