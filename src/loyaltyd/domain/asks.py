"""What of an account's past the rules of a program look at: nothing else is gathered."""

from collections.abc import Iterable
from dataclasses import dataclass

from loyaltyd.domain.birthdays import BirthdayWindow
from loyaltyd.domain.spans import Span
from loyaltyd.domain.when import (
    Birthday,
    Conditions,
    DaysSinceVisit,
    EveryVisit,
    FirstPurchase,
    Limit,
    Spent,
    every_part,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """The questions of all rules, each once, in the file's order."""

    visits: bool = False
    last_visit: bool = False
    spent: tuple[Span | None, ...] = ()  # windows; None means ever
    birthdays: tuple[BirthdayWindow, ...] = ()
    limits: tuple[Limit, ...] = ()


def asked(rules: Iterable[Conditions]) -> Asks:
    """What the conditions of rules ask."""
    parts = [part for conditions in rules for part in every_part(conditions)]
    return Asks(
        visits=any(isinstance(it, FirstPurchase | EveryVisit) for it in parts),
        last_visit=any(isinstance(it, DaysSinceVisit) for it in parts),
        spent=tuple(dict.fromkeys(it.within for it in parts if isinstance(it, Spent))),
        birthdays=tuple(dict.fromkeys(it.window for it in parts if isinstance(it, Birthday))),
        limits=tuple(it for it in parts if isinstance(it, Limit)),
    )
