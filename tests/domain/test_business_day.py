"""Which trading day a moment is of: what people opened and closed, else the calendar."""

from __future__ import annotations

import datetime as dt

import pytest

from loyaltyd.domain.business_day import CLOSED, OPENED, Mark, business_date

FIVE, SIX, SEVEN, EIGHT = (dt.date(2026, 12, day) for day in (5, 6, 7, 8))


def at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), dt.timezone(dt.timedelta(hours=3)))


def opened(day: dt.date, when: dt.datetime) -> Mark:
    return Mark(date=day, event=OPENED, at=when)


def closed(day: dt.date, when: dt.datetime) -> Mark:
    return Mark(date=day, event=CLOSED, at=when)


BAR = (opened(FIVE, at(FIVE, 18)), closed(FIVE, at(SIX, 4)))  # past midnight
EVENING = (closed(FIVE, at(FIVE, 21)),)  # nobody opens, somebody closes
EARLY = (*EVENING, opened(SIX, at(FIVE, 23)))


@pytest.mark.parametrize(
    ("marks", "when", "day"),
    [
        ((), at(FIVE, 23, 59), FIVE),
        ((), at(SIX, 0), SIX),
        (BAR, at(FIVE, 17, 59), FIVE),
        (BAR, at(FIVE, 18), FIVE),
        (BAR, at(SIX, 3, 59), FIVE),
        (BAR, at(SIX, 4), SIX),
        (BAR[:1], at(SIX, 23, 59), FIVE),
        (BAR[:1], at(SEVEN, 0), SEVEN),  # whom nobody closes ends by itself
        (EVENING, at(FIVE, 20, 59), FIVE),
        (EVENING, at(FIVE, 21), SIX),
        (EVENING, at(SIX, 12), SIX),
        (EVENING, at(SEVEN, 0), SEVEN),
        (EARLY, at(FIVE, 22), SIX),
        (EARLY, at(FIVE, 23, 30), SIX),
        (EARLY, at(SEVEN, 2), SIX),
        (EARLY, at(EIGHT, 2), EIGHT),
    ],
)
def test_a_moment_is_of_the_day_that_was_open_then(
    marks: tuple[Mark, ...], when: dt.datetime, day: dt.date
) -> None:
    assert business_date(marks, when) == day


def test_order_is_the_log_s_when_two_marks_have_one_moment() -> None:
    both = (closed(FIVE, at(FIVE, 21)), opened(SIX, at(FIVE, 21)))
    assert business_date(both, at(FIVE, 21)) == SIX
    assert business_date(both[::-1], at(FIVE, 21)) == SIX
