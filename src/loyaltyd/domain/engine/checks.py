"""Each condition of a rule as a row: what it needs, what there is, and whether it holds.

For whoever asks why. The engine asks a condition only for what it misses, and the first to miss
something ends it.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from loyaltyd.domain.engine.goods import Match
from loyaltyd.domain.engine.limits import Couponed, Limit, limit_of
from loyaltyd.domain.engine.miss import WHOLLY
from loyaltyd.domain.engine.pieces import pieces
from loyaltyd.domain.engine.program import Rule
from loyaltyd.domain.engine.scene import Sight
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
from loyaltyd.domain.spans import WEEKDAYS


class Unit(StrEnum):
    """What needs and has are counted in."""

    MONEY = "money"  # minor units
    POINTS = "points"  # of the wallet that the rule earns for, in its scale
    COUNT = "count"
    WEIGHT = "weight"  # thousandths of a kilogram
    WORD = "word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One condition; key is its path in the rule, as faults of a program write it.

    far is the share of what is needed that is missing. Nothing depends on a condition inside of an
    `any` or `all` that holds, or of a `not`: it is not decisive.
    """

    key: str
    met: bool
    unit: Unit = Unit.WORD
    needs: int | str = ""
    has: int | str = ""
    far: Fraction = WHOLLY
    decisive: bool = True


@dataclass(frozen=True, slots=True)
class _Facts:
    unit: Unit
    needs: int | str
    has: int | str


def checks(rule: Rule, sight: Sight) -> list[Check]:
    """Every condition of rule; its goods are one, of which a line has to be there."""
    found: list[Check] = []
    if rule.on != Match():
        lines = sum(rule.on.has(line) for line in sight.scene.lines)
        found.append(_counted("on", _Facts(Unit.COUNT, 1, lines)))
    found += _checks(rule.when, sight, "when.", decisive=True)
    limit = limit_of(rule.when)
    if limit is not None:
        found += _budget(limit, sight, Unit.POINTS if rule.wallet else Unit.MONEY)
    return found


def nearest(found: Sequence[Check]) -> Check | None:
    """Of what a rule misses that of which the smallest share is missing; the first of such."""
    decisive = [it for it in found if it.decisive and not it.met]
    return min(decisive, key=lambda it: it.far, default=None)


def _checks(conditions: Conditions, sight: Sight, under: str, *, decisive: bool) -> Iterator[Check]:
    for condition in conditions:
        if isinstance(condition, AllOf | AnyOf):
            yield from _nested(condition, sight, under, decisive=decisive)
        elif isinstance(condition, Not):
            met = condition.miss(sight) is None
            yield Check(key=f"{under}not", met=met, decisive=decisive)
            yield from _checks(condition.part, sight, f"{under}not.", decisive=False)
        elif isinstance(condition, Contains):
            yield from _contained(condition, sight, f"{under}basket.", decisive=decisive)
        elif isinstance(condition, Limit):
            yield from _limits(condition, sight)
        else:
            yield _plain(condition, sight, under, decisive=decisive)


def _nested(
    condition: AllOf | AnyOf, sight: Sight, under: str, *, decisive: bool
) -> Iterator[Check]:
    key = f"{under}{'all' if isinstance(condition, AllOf) else 'any'}"
    met = condition.miss(sight) is None
    yield Check(key=key, met=met, decisive=False)
    for number, part in enumerate(condition.parts, 1):
        matters = decisive and not met
        yield from _checks(part, sight, f"{key}[{number}].", decisive=matters)


def _plain(condition: Condition, sight: Sight, under: str, *, decisive: bool) -> Check:
    key, facts_of = PLAIN[type(condition)]
    facts, miss = facts_of(condition, sight), condition.miss(sight)
    return Check(
        key=under + key,
        met=miss is None,
        unit=facts.unit,
        needs=facts.needs,
        has=facts.has,
        far=WHOLLY if miss is None else miss.far,
        decisive=decisive,
    )


def _contained(condition: Contains, sight: Sight, under: str, *, decisive: bool) -> Iterator[Check]:
    lines = [line for line in sight.scene.lines if condition.goods.has(line)]
    counters = (
        ("min_positions", Unit.COUNT, condition.positions, len(lines)),
        ("min_pieces", Unit.COUNT, condition.pieces, sum(map(pieces, lines))),
        ("min_weight", Unit.WEIGHT, condition.weight, sum(it.weight for it in lines)),
        ("min_amount", Unit.MONEY, condition.amount, sum(it.gross for it in lines)),
    )
    for key, unit, needs, has in counters:
        if needs:
            yield _counted(under + key, _Facts(unit, needs, has), decisive=decisive)


def _counted(key: str, facts: _Facts, *, decisive: bool = True) -> Check:
    needs, has = facts.needs, facts.has
    assert isinstance(needs, int)
    assert isinstance(has, int)
    met = has >= needs
    return Check(
        key=key,
        met=met,
        unit=facts.unit,
        needs=needs,
        has=has,
        far=WHOLLY if met else Fraction(needs - has, needs),
        decisive=decisive,
    )


def _limits(limit: Limit, sight: Sight) -> Iterator[Check]:
    seen = sight.scene.seen
    uses = seen.past.uses_of(limit.rule)
    named = limit.coupons.serving(sight.scene) if limit.coupons else ()
    of_coupons = min((coupon.uses_of(limit.rule) for coupon in named), default=0)
    counters = (
        ("per_account", limit.per_account, uses.account, bool(seen.account)),
        ("per_card", limit.per_card, uses.card, bool(seen.account)),
        ("per_coupon", limit.per_coupon, of_coupons, True),
        ("per_cashier", limit.per_cashier, uses.cashier, bool(seen.cashier)),
    )
    for key, most, used, known in counters:
        if most is not None:
            met, has = known and used < most, used if known else ""
            yield Check(key=f"limit.{key}", met=met, unit=Unit.COUNT, needs=most, has=has)


def _budget(limit: Limit, sight: Sight, unit: Unit) -> Iterator[Check]:
    left = limit.left(sight.scene.seen)
    if limit.budget is not None and left is not None:
        given = limit.budget - left
        yield Check(key="limit.budget", met=left > 0, unit=unit, needs=limit.budget, has=given)


def _words(names: Sequence[str]) -> str:
    return ", ".join(names)


def _of_card(condition: CardKind, sight: Sight) -> _Facts:
    card = sight.scene.seen.card
    return _Facts(Unit.WORD, _words(condition.kinds), card.kind if card else "")


def _of_tier(condition: Tier, sight: Sight) -> _Facts:
    return _Facts(Unit.WORD, _words(condition.tiers), sight.scene.tier)


def _of_birthday(condition: Birthday, sight: Sight) -> _Facts:
    return _Facts(Unit.WORD, str(condition.window), _words(sight.scene.seen.past.birthdays))


def _of_first(condition: FirstPurchase, sight: Sight) -> _Facts:
    seen = sight.scene.seen
    has = str(seen.past.visits <= 0).lower() if seen.account else ""
    return _Facts(Unit.WORD, str(condition.wanted).lower(), has)


def _of_visits(condition: EveryVisit, sight: Sight) -> _Facts:
    seen = sight.scene.seen
    number = seen.past.visits % condition.count + 1 if seen.account else ""
    return _Facts(Unit.COUNT, condition.count, number)


def _of_days(condition: DaysSinceVisit, sight: Sight) -> _Facts:
    seen = sight.scene.seen
    if seen.account is None or seen.past.last_visit is None:
        return _Facts(Unit.COUNT, condition.days, "")
    days = (sight.scene.place.business_date - seen.past.last_visit).days
    return _Facts(Unit.COUNT, condition.days, max(0, days))


def _of_spent(condition: Spent, sight: Sight) -> _Facts:
    seen, within = sight.scene.seen, condition.within
    spent = seen.past.spent_within("" if within is None else str(within))
    return _Facts(Unit.MONEY, condition.amount, max(0, spent) if seen.account else "")


def _of_dates(condition: Dates, sight: Sight) -> _Facts:
    today = sight.scene.at.date().isoformat()
    return _Facts(Unit.WORD, _dates(condition), today)


def _dates(condition: Dates) -> str:
    first = "" if condition.first == dt.date.min else condition.first.isoformat()
    last = "" if condition.last == dt.date.max else condition.last.isoformat()
    return f"{first}..{last}"


def _of_weekday(condition: Weekday, sight: Sight) -> _Facts:
    days = _words([WEEKDAYS[day] for day in condition.days])
    return _Facts(Unit.WORD, days, WEEKDAYS[sight.scene.at.weekday()])


def _of_time(condition: TimeOfDay, sight: Sight) -> _Facts:
    hours = f"{condition.start:%H:%M}-{condition.end:%H:%M}"
    return _Facts(Unit.WORD, hours, f"{sight.scene.at:%H:%M}")


def _of_store(condition: Store, sight: Sight) -> _Facts:
    return _Facts(Unit.WORD, _words(condition.stores), sight.scene.place.store)


def _of_region(condition: Region, sight: Sight) -> _Facts:
    return _Facts(Unit.WORD, _words(condition.regions), sight.scene.place.store)


def _of_tags(condition: Tagged, sight: Sight) -> _Facts:
    carried = dict.fromkeys(tag for line in sight.scene.lines for tag in line.tags)
    there = [tag for tag in condition.tags if tag in carried]
    return _Facts(Unit.WORD, _words(condition.tags), _words(there))


def _of_group(condition: TillGroup, sight: Sight) -> _Facts:
    return _Facts(Unit.WORD, _words(condition.groups), sight.scene.place.group)


def _of_coupon(condition: Couponed, sight: Sight) -> _Facts:
    named = [coupon.name for coupon in condition.found(sight.scene.seen)]
    return _Facts(Unit.WORD, condition.said, _words(named))


def _of_tender(condition: Tender, sight: Sight) -> _Facts:
    tenders = list(dict.fromkeys(sight.scene.tenders))
    return _Facts(Unit.WORD, _words(condition.kinds), _words(tenders))


def _of_total(condition: MinTotal, sight: Sight) -> _Facts:
    return _Facts(Unit.MONEY, condition.amount, sight.total)


PLAIN: Mapping[type, tuple[str, Callable[[Any, Sight], _Facts]]] = {
    CardKind: ("card_kind", _of_card),
    Tier: ("tier", _of_tier),
    Birthday: ("birthday", _of_birthday),
    FirstPurchase: ("first_purchase", _of_first),
    EveryVisit: ("every_visit", _of_visits),
    DaysSinceVisit: ("days_since_visit", _of_days),
    Spent: ("spent", _of_spent),
    Dates: ("dates", _of_dates),
    Weekday: ("weekday", _of_weekday),
    TimeOfDay: ("time", _of_time),
    Store: ("store", _of_store),
    Region: ("region", _of_region),
    TillGroup: ("group", _of_group),
    Tagged: ("tags", _of_tags),
    Couponed: ("coupon", _of_coupon),
    Tender: ("tender", _of_tender),
    MinTotal: ("min_total", _of_total),
}
