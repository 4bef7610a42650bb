"""What an account's days say: its spend, points or visits in the program's window, and its tier.

What a sale adds counts for its day; a return lowers that day, and is known from the day it
was made. So a tier that was reached is not lost before the next review, whatever is returned
meanwhile.
"""

import datetime as dt
import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loyaltyd.domain.engine.program import Tiers


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What counts for date, known since a business date; negative when goods came back."""

    date: dt.date
    since: dt.date
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The tier, and what the window holds of the program's measure on that day."""

    tier: str
    measure: int


def standing(days: Sequence[Counted], tiers: Tiers | None, on: dt.date) -> Standing:
    """Where an account with these days stands on the business date on."""
    if tiers is None:
        return Standing(tier="", measure=0)
    measure = _measured(days, tiers, on)
    reached = [tiers.level(measure)]
    review = _last_review(tiers, on)
    if review is None:
        return Standing(tier=reached[0], measure=measure)
    if review > dt.date.min:
        reached.append(tiers.level(_measured(days, tiers, review - dt.timedelta(days=1))))
    reached += [tiers.level(sum_then) for sum_then in _measures(days, tiers, review, on)]
    order = [level.id for level in tiers.levels]
    return Standing(tier=max(reached, key=order.index), measure=measure)


def next_level(standing_now: Standing, tiers: Tiers | None) -> tuple[str, int] | None:
    """The tier above the one held, and what of the measure is missing to it."""
    if tiers is None:
        return None
    order = [level.id for level in tiers.levels]
    above = order.index(standing_now.tier) + 1 if standing_now.tier in order else 0
    if above == len(order):
        return None
    return order[above], max(0, tiers.levels[above].floor - standing_now.measure)


def window_start(tiers: Tiers | None, on: dt.date) -> dt.date:
    """The earliest day of sale that standing on that day can depend on."""
    if tiers is None:
        return on
    review = _last_review(tiers, on)
    if review == dt.date.min:
        return review
    return _window(tiers, on if review is None else review - dt.timedelta(days=1))


def _measured(days: Sequence[Counted], tiers: Tiers, on: dt.date) -> int:
    """What the window holds as known at the end of a day."""
    start = _window(tiers, on)
    return sum(it.amount for it in days if start <= it.date <= on and it.since <= on)


def _measures(days: Sequence[Counted], tiers: Tiers, first: dt.date, on: dt.date) -> Iterator[int]:
    """What the window holds after each amount from first to on; a day's returns come last.

    Days enter as they become known and leave as the window moves past them: one pass, however long
    the account's history.
    """
    known = sorted(days, key=lambda it: (it.since, -it.amount))
    inside: list[tuple[dt.date, int]] = []  # a heap by date
    measure = 0
    for entering in known:
        if entering.since > on:
            return
        heapq.heappush(inside, (entering.date, entering.amount))
        measure += entering.amount
        start = _window(tiers, entering.since)
        while inside and inside[0][0] < start:
            measure -= heapq.heappop(inside)[1]
        if entering.since >= first:
            yield measure


def _window(tiers: Tiers, on: dt.date) -> dt.date:
    if tiers.window is not None:
        return tiers.window.before(on)
    return dt.date(on.year, 1, 1) if tiers.calendar_year else dt.date.min


def _last_review(tiers: Tiers, on: dt.date) -> dt.date | None:
    """The first day that the last review of demotions ruled; None when each day is a review."""
    return {
        "immediately": None,
        "month-end": on.replace(day=1),
        "year-end": on.replace(month=1, day=1),
        "never": dt.date.min,
    }[tiers.demote]
