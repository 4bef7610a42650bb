"""What of an account's past the rules of a program look at: nothing else is gathered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from loyaltyd.domain.birthdays import BirthdayWindow
from loyaltyd.domain.engine.limits import Limit
from loyaltyd.domain.engine.when import (
    Birthday,
    Conditions,
    DaysSinceVisit,
    EveryVisit,
    FirstPurchase,
    Spent,
    every_part,
)
from loyaltyd.domain.spans import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """The questions of all rules, each once, in the file's order."""

    visits: bool = False
    last_visit: bool = False
    spent: tuple[Span | None, ...] = ()  # windows; None means ever
    birthdays: tuple[BirthdayWindow, ...] = ()
    limits: tuple[Limit, ...] = ()  # of accounts and cards
    shared: tuple[Limit, ...] = ()  # of cashiers, and budgets
    limited: Mapping[str, Limit] = field(default_factory=dict)  # by rule, whatever they count


def asked(rules: Iterable[Conditions]) -> Asks:
    """What the conditions of rules ask."""
    parts = [part for conditions in rules for part in every_part(conditions)]
    limits = [it for it in parts if isinstance(it, Limit)]
    return Asks(
        visits=any(isinstance(it, FirstPurchase | EveryVisit) for it in parts),
        last_visit=any(isinstance(it, DaysSinceVisit) for it in parts),
        spent=tuple(dict.fromkeys(it.within for it in parts if isinstance(it, Spent))),
        birthdays=tuple(dict.fromkeys(it.window for it in parts if isinstance(it, Birthday))),
        limits=tuple(it for it in limits if it.per_account or it.per_card),
        shared=tuple(it for it in limits if it.per_cashier or it.budget is not None),
        limited={it.rule: it for it in limits},
    )
