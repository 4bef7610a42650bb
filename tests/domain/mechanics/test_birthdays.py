"""`birthday`: a window of days around it, past the new year and 29 February too."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from loyaltyd.domain.birthdays import BirthdayWindow, birthday_window
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.past import Past
from tests.domain.receipts import NOBODY, basket, discounts, line, program, quoted, rub, rule, seen

THREE = BirthdayWindow(3, 3)
RULE = rule(
    "birthday", "receipt", 'percent_off = "10%"', 'when = { birthday = "-3d..+3d" }'
)  # program.example.toml


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("birthday", "today", "first"),
    [
        ("1990-05-10", "2026-05-06", None),
        ("1990-05-10", "2026-05-07", "2026-05-07"),
        ("1990-05-10", "2026-05-13", "2026-05-07"),
        ("1990-05-10", "2026-05-14", None),
        ("1990-01-01", "2026-12-29", "2026-12-29"),  # the coming year's birthday
        ("1990-01-01", "2026-12-28", None),
        ("1990-12-31", "2027-01-03", "2026-12-28"),  # the past year's birthday
        ("1990-12-31", "2027-01-04", None),
        ("1992-02-29", "2027-02-25", "2027-02-25"),  # 28 February in a common year
        ("1992-02-29", "2027-03-03", "2027-02-25"),
        ("1992-02-29", "2027-03-04", None),
        ("1992-02-29", "2028-03-03", "2028-02-26"),  # 29 February in a leap year
        ("1992-02-29", "2028-02-25", None),
    ],
)
def test_a_window_is_open_from_its_first_day_to_its_last(
    birthday: str, today: str, first: str | None
) -> None:
    assert THREE.opened(day(birthday), day(today)) == (first and day(first))


@pytest.mark.parametrize("on", [dt.date.min, dt.date.max])
def test_the_ends_of_the_calendar_break_nothing(on: dt.date) -> None:
    assert birthday_window("-182d..+182d").opened(day("1990-01-01"), on) is None


def test_ten_per_cent_off_while_the_window_is_open() -> None:
    who = replace(seen(), past=Past(birthdays=("-3d..+3d",)))
    answer = quoted(program(RULE), basket(line(1, "250.00")), who)
    assert discounts(answer) == [rub("25.00")]


@pytest.mark.parametrize("open_windows", [(), ("-7d..+0d",)])
def test_another_window_is_not_this_one(open_windows: tuple[str, ...]) -> None:
    who = replace(seen(), past=Past(birthdays=open_windows))
    answer = quoted(program(RULE), basket(line(1, "250.00")), who)
    assert answer.trace == (Why(rule="birthday", cause=Cause.BIRTHDAY, needs="-3d..+3d"),)


def test_nobody_has_no_birthday() -> None:
    answer = quoted(program(RULE), basket(line(1, "250.00")), NOBODY)
    assert answer.trace == (Why(rule="birthday", cause=Cause.NO_CARD),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-3..+3", "must be days around the birthday"),
        ("3d", "must be days around the birthday"),
        ("-3d..+183d", "reaches at most 182 days each way"),
    ],
)
def test_what_is_no_window_says_what_is_one(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        birthday_window(text)
