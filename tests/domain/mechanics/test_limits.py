"""`limit`: how often a rule may be applied to an account, or by a card."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.books.sale import use_counters
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.past import Past, Uses
from tests.domain.receipts import (
    BONUS_CARD,
    NOBODY,
    basket,
    discounts,
    earned_in,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    wallet,
)

TEN = 'percent_off = "10%"'
CART = basket(line(1, "100.00"))


def limited(limit: str, more: str = "") -> Program:
    return program(rule("ten", "receipt", TEN, f"limit = {{ {limit} }}\n{more}"))


def used(account: int = 0, card: int = 0, rule_id: str = "ten") -> Seen:
    return replace(seen(), past=Past(uses=(Uses(rule=rule_id, account=account, card=card),)))


@pytest.mark.parametrize(
    ("limit", "who", "off"),
    [
        ("per_account = 1", seen(), "10.00"),
        ("per_account = 1", used(account=1), "0.00"),
        ("per_account = 3", used(account=2), "10.00"),
        ("per_account = 3", used(account=3), "0.00"),
        ("per_account = 1", used(account=1, rule_id="other"), "10.00"),
        ("per_card = 1", used(card=1), "0.00"),
        ("per_card = 2", used(card=1), "10.00"),
        ("per_account = 5, per_card = 2", used(account=4, card=2), "0.00"),
        ("per_account = 5, per_card = 2", used(account=5, card=1), "0.00"),
        ("per_account = 5, per_card = 2", used(account=4, card=1), "10.00"),
        ("per_account = 1", NOBODY, "0.00"),  # else whoever hides his card had no limit
    ],
)
def test_a_rule_is_applied_as_often_as_its_limit_says(limit: str, who: Seen, off: str) -> None:
    assert discounts(quoted(limited(limit), CART, who)) == [rub(off)]


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (used(account=3), Why(rule="ten", cause=Cause.LIMIT, needs="3", has="3")),
        (NOBODY, Why(rule="ten", cause=Cause.NO_CARD)),
    ],
)
def test_a_reached_limit_says_so(who: Seen, why: Why) -> None:
    assert quoted(limited("per_account = 3"), CART, who).trace == (why,)


def test_what_else_is_missing_is_said_before_the_limit() -> None:
    found = limited("per_account = 1", 'when = { min_total = "500.00" }')
    assert quoted(found, CART, used(account=1)).trace[0].cause is Cause.MIN_TOTAL


def test_only_an_applied_rule_with_a_limit_counts_as_used() -> None:
    text = (
        rule("ten", "receipt", TEN, 'group = "g"\nlimit = { per_account = 1 }')
        + rule("twenty", "receipt", 'percent_off = "20%"', 'group = "g"\nlimit = { per_card = 1 }')
        + rule("free", "receipt", 'amount_off = "1.00"')
    )
    result = quoted(program("[groups.g]\n" + text), CART, seen()).result
    assert result.used == ("twenty",)  # the better one; `ten` is left for another day
    names = ["used/twenty", f"used/twenty/{BONUS_CARD.id}"]
    assert use_counters(result, seen()) == [("a" * 32, name, 1) for name in names]


def test_points_have_limits_too_and_a_rule_that_rounds_to_nothing_is_not_used() -> None:
    text = wallet() + rule(
        "welcome", "points", 'earn = "bonus", percent = "10%"', "limit = { per_account = 1 }"
    )
    first = quoted(program(text), CART, seen())
    assert (earned_in(first), first.result.used) == (rub("10.00"), ("welcome",))
    again = quoted(program(text), CART, used(account=1, rule_id="welcome"))
    assert (earned_in(again), again.result.used) == (0, ())
    assert quoted(program(text), basket(line(1, "0.01")), seen()).result.used == ()
