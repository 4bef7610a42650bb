"""Windows around a birthday, day by day."""

from __future__ import annotations

import datetime as dt

import pytest

from loyaltyd.domain.birthdays import BirthdayWindow, birthday_window

THREE = BirthdayWindow(3, 5)
BORN = dt.date(1990, 12, 30)


@pytest.mark.parametrize(
    ("on", "opened"),
    [
        (dt.date(2026, 12, 26), None),
        (dt.date(2026, 12, 27), dt.date(2026, 12, 27)),
        (dt.date(2027, 1, 4), dt.date(2026, 12, 27)),
        (dt.date(2027, 1, 5), None),
    ],
)
def test_a_window_opens_on_its_first_day_and_closes_after_its_last_over_the_new_year(
    on: dt.date, opened: dt.date | None
) -> None:
    assert THREE.opened(BORN, on) == opened


def test_a_birthday_of_january_opens_in_december() -> None:
    assert THREE.opened(dt.date(1990, 1, 2), dt.date(2026, 12, 30)) == dt.date(2026, 12, 30)


def test_who_was_born_on_29_february_has_it_on_the_28th_in_a_common_year() -> None:
    day = BirthdayWindow(0, 0)
    assert day.opened(dt.date(2004, 2, 29), dt.date(2026, 2, 28)) == dt.date(2026, 2, 28)
    assert day.opened(dt.date(2004, 2, 29), dt.date(2028, 2, 28)) is None
    assert day.opened(dt.date(2004, 2, 29), dt.date(2028, 2, 29)) == dt.date(2028, 2, 29)


def test_a_clock_at_the_end_or_the_beginning_of_the_calendar_breaks_nothing() -> None:
    half_a_year = BirthdayWindow(182, 182)
    assert half_a_year.opened(BORN, dt.date(9998, 12, 31)) == dt.date(9998, 7, 1)
    assert half_a_year.opened(BORN, dt.date.max) is None  # its own year has no end to count to
    assert half_a_year.opened(dt.date(1990, 1, 2), dt.date.min) is None


def test_a_window_reaches_a_hundred_and_eighty_two_days_each_way() -> None:
    assert birthday_window("-182d..+0d") == BirthdayWindow(182, 0)
    assert birthday_window("-0d..+182d") == BirthdayWindow(0, 182)
    for text in ("-183d..+0d", "-0d..+183d"):
        with pytest.raises(ValueError, match="reaches at most 182 days each way"):
            birthday_window(text)
