"""Spans of the calendar as a program writes them, and what they do to a local date."""

import calendar
import datetime as dt
import re
from dataclasses import dataclass

WEEKDAYS = (
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
)  # in Python's order
MONTH_END = " after month-end"
SPAN_DAYS_MAX = 36_600  # a hundred years: past any promise, inside any date that a till meets

_SPAN = re.compile(r"([1-9]\d{0,4})(d|mo|y)", re.ASCII)
_UNIT_DAYS = {"d": 1, "mo": 30, "y": 365}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """So many days, months or years, counted from a date or from the end of its month."""

    count: int
    unit: str  # "d" | "mo" | "y"
    after_month_end: bool = False

    def __str__(self) -> str:
        """The span as programs and records write it."""
        return f"{self.count}{self.unit}{MONTH_END if self.after_month_end else ''}"

    def after(self, date: dt.date) -> dt.date:
        """The first local day on which the span is over.

        Six months after the month-end of 15 December 2020 is 1 July 2021 (Starbucks' rule).
        """
        start = add_months(date.replace(day=1), 1) if self.after_month_end else date
        if self.unit == "d":
            return start + dt.timedelta(days=self.count)
        return add_months(start, self.count * (12 if self.unit == "y" else 1))

    def before(self, date: dt.date) -> dt.date:
        """The first day of such a window that ends on date: the same day so much earlier."""
        if self.unit == "d":
            return date - dt.timedelta(days=self.count)
        return add_months(date, -self.count * (12 if self.unit == "y" else 1))


def span(text: str) -> Span:
    """Read "14d", "6mo", "1y" or "6mo after month-end"; ValueError says what is allowed."""
    bare = text.removesuffix(MONTH_END)
    match = _SPAN.fullmatch(bare)
    if match is None:
        raise ValueError('must be a span such as "14d", "6mo", "1y" or "6mo after month-end"')
    found = Span(count=int(match[1]), unit=match[2], after_month_end=bare != text)
    if found.count * _UNIT_DAYS[found.unit] > SPAN_DAYS_MAX:
        raise ValueError(f'"{text}" is longer than a hundred years')
    return found


def add_months(date: dt.date, months: int) -> dt.date:
    """The same day of another month, or that month's last day when it is shorter."""
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(date.day, last))
