"""Windows around a birthday."""

import calendar
import datetime as dt
import re
from dataclasses import dataclass

DAYS_MAX = 182  # each way: the windows of two years never meet


@dataclass(frozen=True, slots=True)
class BirthdayWindow:
    """So many days before a birthday to so many after it, both included."""

    before: int
    after: int

    def __str__(self) -> str:
        """The window as programs and records write it."""
        return f"-{self.before}d..+{self.after}d"

    def opened(self, birthday: dt.date, on: dt.date) -> dt.date | None:
        """The first day of the window that on lies in; None while it is closed.

        The birthday may be last year's or next year's: the window passes the new year. Whoever was
        born on 29 February has it on the 28th in a common year.
        """
        for year in (on.year - 1, on.year, on.year + 1):
            if dt.MINYEAR < year < dt.MAXYEAR:
                day = _in_year(birthday, year)
                first = day - dt.timedelta(days=self.before)
                if first <= on <= day + dt.timedelta(days=self.after):
                    return first
        return None


def birthday_window(text: str) -> BirthdayWindow:
    """Read "-3d..+3d"; ValueError says what is allowed."""
    match = re.fullmatch(r"-(\d{1,3})d\.\.\+(\d{1,3})d", text, re.ASCII)
    if match is None:
        raise ValueError('must be days around the birthday such as "-3d..+3d"')
    found = BirthdayWindow(int(match[1]), int(match[2]))
    if max(found.before, found.after) > DAYS_MAX:
        raise ValueError(f"reaches at most {DAYS_MAX} days each way")
    return found


def _in_year(birthday: dt.date, year: int) -> dt.date:
    last = calendar.monthrange(year, birthday.month)[1]
    return dt.date(year, birthday.month, min(birthday.day, last))
