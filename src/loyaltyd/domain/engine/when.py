"""When a rule holds: each condition of the language as a value that says what is missing.

A condition that asks for an account's past finds it in `seen`, where the till put it.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from loyaltyd.domain.birthdays import BirthdayWindow
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.goods import Match
from loyaltyd.domain.engine.limits import Couponed, Limit
from loyaltyd.domain.engine.miss import Miss
from loyaltyd.domain.engine.pieces import pieces
from loyaltyd.domain.engine.scene import Sight
from loyaltyd.domain.money import quantity_text
from loyaltyd.domain.place import Stores
from loyaltyd.domain.spans import WEEKDAYS, Span


@dataclass(frozen=True, slots=True)
class CardKind:
    """The card is of one of these kinds."""

    kinds: tuple[str, ...]

    def miss(self, sight: Sight) -> Miss | None:
        card = sight.scene.seen.card
        if card is None:
            return Miss(cause=Cause.NO_CARD)
        if card.kind in self.kinds:
            return None
        return Miss(cause=Cause.WRONG_CARD, needs=_words(self.kinds), has=card.kind)


@dataclass(frozen=True, slots=True)
class Tier:
    """The account holds one of these tiers."""

    tiers: tuple[str, ...]

    def miss(self, sight: Sight) -> Miss | None:
        tier = sight.scene.tier
        if tier in self.tiers:
            return None
        return Miss(cause=Cause.TIER, needs=_words(self.tiers), has=tier)


@dataclass(frozen=True, slots=True)
class Birthday:
    """The day lies in this window around the holder's birthday, as the till has found."""

    window: BirthdayWindow

    def miss(self, sight: Sight) -> Miss | None:
        seen, window = sight.scene.seen, str(self.window)
        if seen.account is None:
            return Miss(cause=Cause.NO_CARD)
        return None if window in seen.past.birthdays else Miss(cause=Cause.BIRTHDAY, needs=window)


@dataclass(frozen=True, slots=True)
class FirstPurchase:
    """The account has no receipt yet; or has one, when that is what is wanted."""

    wanted: bool

    def miss(self, sight: Sight) -> Miss | None:
        seen = sight.scene.seen
        if seen.account is None:
            return Miss(cause=Cause.NO_CARD)
        if (seen.past.visits <= 0) == self.wanted:
            return None
        if self.wanted:
            return Miss(cause=Cause.FIRST_PURCHASE, has=str(seen.past.visits))
        return Miss(cause=Cause.FIRST_VISIT)


@dataclass(frozen=True, slots=True)
class EveryVisit:
    """This receipt is the account's 5th, 10th, 15th, where count is 5."""

    count: int

    def miss(self, sight: Sight) -> Miss | None:
        seen, count = sight.scene.seen, self.count
        if seen.account is None:
            return Miss(cause=Cause.NO_CARD)
        number = seen.past.visits % count + 1
        if number == count:
            return None
        far = Fraction(count - number, count)
        return Miss(cause=Cause.EVERY_VISIT, needs=str(count), has=str(number), far=far)


@dataclass(frozen=True, slots=True)
class DaysSinceVisit:
    """The account's last receipt is so many business dates back, or more."""

    days: int

    def miss(self, sight: Sight) -> Miss | None:
        seen = sight.scene.seen
        if seen.account is None:
            return Miss(cause=Cause.NO_CARD)
        if seen.past.last_visit is None:
            return Miss(cause=Cause.FIRST_VISIT)
        days = (sight.scene.place.business_date - seen.past.last_visit).days
        return _short(Cause.DAYS_SINCE_VISIT, self.days, max(0, days), str)


@dataclass(frozen=True, slots=True)
class Spent:
    """The account spent so much inside a window before this receipt; minor units."""

    amount: int
    within: Span | None = None

    def miss(self, sight: Sight) -> Miss | None:
        seen = sight.scene.seen
        if seen.account is None:
            return Miss(cause=Cause.NO_CARD)
        spent = seen.past.spent_within("" if self.within is None else str(self.within))
        return _short(Cause.SPENT, self.amount, max(0, spent))


@dataclass(frozen=True, slots=True)
class Dates:
    """The local day is one of first to last, both included."""

    first: dt.date
    last: dt.date

    def miss(self, sight: Sight) -> Miss | None:
        today = sight.scene.at.date()
        if self.first <= today <= self.last:
            return None
        first = "" if self.first == dt.date.min else self.first.isoformat()
        last = "" if self.last == dt.date.max else self.last.isoformat()
        return Miss(cause=Cause.DATES, needs=f"{first}..{last}", has=today.isoformat())


@dataclass(frozen=True, slots=True)
class Weekday:
    """The local day is one of these; Monday is 0."""

    days: tuple[int, ...]

    def miss(self, sight: Sight) -> Miss | None:
        today = sight.scene.at.weekday()
        if today in self.days:
            return None
        needs = _words(WEEKDAYS[day] for day in self.days)
        return Miss(cause=Cause.WEEKDAY, needs=needs, has=WEEKDAYS[today])


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """From start, up to but without end; may pass midnight."""

    start: dt.time
    end: dt.time

    def miss(self, sight: Sight) -> Miss | None:
        now, start, end = sight.scene.at.time(), self.start, self.end
        # 00:00 as the end means all that is left of the day
        inside = start <= now < end if start < end else now >= start or now < end
        if inside:
            return None
        return Miss(cause=Cause.TIME, needs=f"{start:%H:%M}-{end:%H:%M}", has=f"{now:%H:%M}")


@dataclass(frozen=True, slots=True)
class Store:
    """The receipt is made in one of these stores."""

    stores: tuple[str, ...]

    def miss(self, sight: Sight) -> Miss | None:
        return _elsewhere(Cause.STORE, self.stores, sight.scene.place.store)


@dataclass(frozen=True, slots=True)
class Region:
    """The receipt is made in a store of one of these regions."""

    regions: tuple[str, ...]
    stores: Stores

    def miss(self, sight: Sight) -> Miss | None:
        here = sight.scene.place.store
        if self.stores.has(here):
            return None
        return Miss(cause=Cause.REGION, needs=_words(self.regions), has=here)


@dataclass(frozen=True, slots=True)
class TillGroup:
    """The receipt is made at a till of one of these groups."""

    groups: tuple[str, ...]

    def miss(self, sight: Sight) -> Miss | None:
        return _elsewhere(Cause.TILL_GROUP, self.groups, sight.scene.place.group)


@dataclass(frozen=True, slots=True)
class Tagged:
    """One of the goods carries one of these tags."""

    tags: tuple[str, ...]

    def miss(self, sight: Sight) -> Miss | None:
        if any(tag in self.tags for line in sight.scene.lines for tag in line.tags):
            return None
        return Miss(cause=Cause.TAGS, needs=_words(self.tags))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contains:
    """The basket holds so much of some goods, as rung up, before any rule.

    Positions, pieces and weight are three counters: 0.347 kg is one position, no piece and 0.347 kg
    (semantics 8). Weight in thousandths of a kilogram, amount in minor units.
    """

    goods: Match
    positions: int
    pieces: int
    weight: int
    amount: int

    def miss(self, sight: Sight) -> Miss | None:
        lines = [line for line in sight.scene.lines if self.goods.has(line)]
        return (
            _short(Cause.POSITIONS, self.positions, len(lines), str)
            or _short(Cause.PIECES, self.pieces, sum(map(pieces, lines)), str)
            or _short(Cause.WEIGHT, self.weight, sum(it.weight for it in lines), quantity_text)
            or _short(Cause.AMOUNT, self.amount, sum(it.gross for it in lines))
        )


@dataclass(frozen=True, slots=True)
class MinTotal:
    """So much is left to pay where the rule stands; minor units."""

    amount: int

    def miss(self, sight: Sight) -> Miss | None:
        return _short(Cause.MIN_TOTAL, self.amount, sight.total)


@dataclass(frozen=True, slots=True)
class Tender:
    """What is left to pay is paid by these kinds alone, as far as the receipt says how."""

    kinds: tuple[str, ...]

    def miss(self, sight: Sight) -> Miss | None:
        tenders = dict.fromkeys(sight.scene.tenders)
        if not tenders:
            return Miss(cause=Cause.NO_PAYMENTS, needs=_words(self.kinds))
        if tenders.keys() <= {*self.kinds}:
            return None
        return Miss(cause=Cause.TENDER, needs=_words(self.kinds), has=_words(tenders))


@dataclass(frozen=True, slots=True)
class AllOf:
    """Each of these tables holds."""

    parts: "tuple[Conditions, ...]"

    def miss(self, sight: Sight) -> Miss | None:
        return next(filter(None, (first_miss(part, sight) for part in self.parts)), None)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these tables holds; else the nearest of them says what is missing."""

    parts: "tuple[Conditions, ...]"

    def miss(self, sight: Sight) -> Miss | None:
        missing: list[Miss] = []
        for part in self.parts:
            farthest = _farthest(part, sight)
            if farthest is None:
                return None
            missing.append(farthest)
        return min(missing, key=lambda it: it.far)


@dataclass(frozen=True, slots=True)
class Not:
    """This table doesn't hold; named by its keys."""

    part: "Conditions"
    keys: tuple[str, ...]

    def miss(self, sight: Sight) -> Miss | None:
        if first_miss(self.part, sight) is not None:
            return None
        return Miss(cause=Cause.EXCEPTED, needs=_words(self.keys))


Condition = (
    CardKind | Tier | Birthday | FirstPurchase | EveryVisit | DaysSinceVisit | Spent | Couponed
    | Dates | Weekday | TimeOfDay | Store | Region | TillGroup | Tagged | Contains | MinTotal
    | Tender | AllOf | AnyOf | Not | Limit
)  # fmt: skip
Conditions = tuple[Condition, ...]


def first_miss(conditions: Conditions, sight: Sight) -> Miss | None:
    """What the first condition that doesn't hold misses; none when all hold."""
    for condition in conditions:
        miss = condition.miss(sight)
        if miss is not None:
            return miss
    return None


def every_part(conditions: Conditions) -> Iterator[Condition]:
    """The conditions, and those inside of them."""
    for condition in conditions:
        yield condition
        if isinstance(condition, AllOf | AnyOf):
            for part in condition.parts:
                yield from every_part(part)
        elif isinstance(condition, Not):
            yield from every_part(condition.part)


def _farthest(conditions: Conditions, sight: Sight) -> Miss | None:
    missing = [miss for it in conditions if (miss := it.miss(sight)) is not None]
    return max(missing, key=lambda it: it.far, default=None)


def _short(
    cause: Cause, needs: int, has: int, said: Callable[[int], str] | None = None
) -> Miss | None:
    if has >= needs:
        return None
    far = Fraction(needs - has, needs)
    if said is None:
        return Miss(cause=cause, needs=needs, has=has, far=far)
    return Miss(cause=cause, needs=said(needs), has=said(has), far=far)


def _elsewhere(cause: Cause, names: tuple[str, ...], here: str) -> Miss | None:
    return None if here in names else Miss(cause=cause, needs=_words(names), has=here)


def _words(names: Iterable[str]) -> str:
    return ", ".join(names)
