"""The shop's trading day: opened and closed by people, by the calendar where they say nothing.

A shop that trades past midnight closes its day in the morning, and what is rung up until then is of
that day. One that closes in the evening and sells on has begun the next.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

OPENED, CLOSED = "opened", "closed"
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A day was opened or closed: its date, and when, as a record says."""

    date: dt.date
    event: str  # OPENED | CLOSED
    at: dt.datetime

    @property
    def ident(self) -> str:
        """What the record is found by: a date is opened once and closed once."""
        return f"{self.date}/{self.event}"


def business_date(marks: Iterable[Mark], at: dt.datetime) -> dt.date:
    """The trading day of what happens at a local moment; marks in the order of the log.

    A day that nobody closes ends with the calendar day after it: one forgotten evening mustn't put
    a week into one day.
    """
    here, last = at.date(), None
    for mark in marks:
        if mark.at <= at:
            last = mark
    if last is None:
        return here
    if last.event == OPENED:
        return last.date if here <= last.date + DAY else here
    return max(here, last.date + DAY)
