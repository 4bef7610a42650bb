"""Who a person is: names, birthdays, phones and card numbers, which no record ever holds.

They may change and be forgotten, and travel beside the records of the accounts that they belong to.
"""

import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who holds an account, as far as they said; never shown by repr."""

    account: str
    name: str | None = field(default=None, repr=False)
    birthday: dt.date | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    consent: dt.datetime | None = field(default=None, repr=False)  # when they agreed to be kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """Which number stands on a card whose id records name."""

    card: str
    number: str = field(repr=False)


People = tuple[Person | Numbered, ...]
