"""Only what rules look at is asked of an account's past."""

from __future__ import annotations

import pytest

from loyaltyd.domain.engine.asks import Asks, asked
from loyaltyd.domain.engine.limits import Limit
from loyaltyd.domain.engine.when import DaysSinceVisit, EveryVisit, FirstPurchase


def test_rules_that_look_at_nothing_ask_nothing() -> None:
    told = asked([()])
    assert told == Asks()
    assert (told.visits, told.last_visit) == (False, False)


@pytest.mark.parametrize("condition", [FirstPurchase(wanted=True), EveryVisit(count=5)])
def test_visits_are_asked_by_what_counts_them(condition: FirstPurchase | EveryVisit) -> None:
    told = asked([(), (condition,)])
    assert (told.visits, told.last_visit) == (True, False)


def test_the_last_visit_is_asked_by_what_counts_days_since() -> None:
    told = asked([(DaysSinceVisit(days=30),)])
    assert (told.visits, told.last_visit) == (False, True)


def test_a_limit_is_asked_of_whom_it_counts() -> None:
    account, card, cashier, budget, coupon = limits = (
        Limit(rule="account", per_account=1),
        Limit(rule="card", per_card=1),
        Limit(rule="cashier", per_cashier=1),
        Limit(rule="budget", budget=0),
        Limit(rule="coupon", per_coupon=1),
    )
    told = asked([(it,) for it in limits])
    assert told.limits == (account, card)
    assert told.shared == (cashier, budget)
    assert told.limited == {it.rule: it for it in (account, card, cashier, budget, coupon)}
