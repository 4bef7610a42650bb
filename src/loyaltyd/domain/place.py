"""Where and on which trading day a receipt is made."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A till of a store, on one of its trading days."""

    store: str
    till: str
    group: str
    timezone: str
    business_date: dt.date
