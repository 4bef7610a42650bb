"""Spans of the calendar (semantics 19)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.spans import Span, add_months, span

DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("14d", dt.date(2026, 5, 1), dt.date(2026, 5, 15)),  # bought 23:50 on 1 May
        ("6mo after month-end", dt.date(2020, 12, 15), dt.date(2021, 7, 1)),  # Starbucks
        ("1y", dt.date(2026, 12, 5), dt.date(2027, 12, 5)),
        ("1y", dt.date(2024, 2, 29), dt.date(2025, 2, 28)),
        ("1mo", dt.date(2026, 1, 31), dt.date(2026, 2, 28)),
        ("10d after month-end", dt.date(2026, 12, 31), dt.date(2027, 1, 11)),
    ],
)
def test_a_span_is_over_on_its_first_day_after(text: str, start: dt.date, end: dt.date) -> None:
    assert span(text).after(start) == end


def test_a_window_of_twelve_months_begins_the_same_day_a_year_earlier() -> None:
    assert span("12mo").before(dt.date(2026, 3, 11)) == dt.date(2025, 3, 11)
    assert span("1y").before(dt.date(2026, 3, 11)) == dt.date(2025, 3, 11)
    assert span("2y").before(dt.date(2026, 2, 28)) == dt.date(2024, 2, 28)
    assert span("30d").before(dt.date(2026, 3, 11)) == dt.date(2026, 2, 9)


@pytest.mark.parametrize(
    "text", ["", "0d", "14", "d", "-1d", "1.5d", "14 d", "6mo after", "1w", "100y 1d", "١d"]
)
def test_what_is_no_span_says_what_is_one(text: str) -> None:
    with pytest.raises(ValueError, match='must be a span such as "14d", "6mo", "1y"'):
        span(text)


@pytest.mark.parametrize("text", ["36601d", "1221mo", "101y", "99999y"])
def test_a_span_is_no_longer_than_a_hundred_years(text: str) -> None:
    with pytest.raises(ValueError, match="longer than a hundred years"):
        span(text)


def test_a_span_of_a_hundred_years_may_be() -> None:
    assert span("36600d") == Span(count=36_600, unit="d")
    assert span("1220mo") == Span(count=1220, unit="mo")


@given(DAYS, st.integers(-500, 500))
def test_months_keep_the_day_or_end_with_the_month(day: dt.date, months: int) -> None:
    found = add_months(day, months)
    assert (found.year - day.year) * 12 + found.month - day.month == months
    assert found.day == day.day or (found + dt.timedelta(days=1)).day == 1


@given(DAYS, st.integers(1, 400), st.sampled_from(["d", "mo", "y"]))
def test_a_span_never_ends_before_it_begins(day: dt.date, count: int, unit: str) -> None:
    found = Span(count=min(count, 50), unit=unit)
    assert found.before(day) < day < found.after(day)
