"""What one earning rule comes to on each line, also beside rules that it doesn't go with."""

from __future__ import annotations

import datetime as dt

from loyaltyd.domain.engine.quote import Given, Quote
from tests.domain.receipts import (
    EARN,
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

HALF = rule("half", "item", 'percent_off = "50%"', 'on = { sku = ["sku-1"] }')


def by_line(answer: Quote) -> list[int]:
    """The points that each line earned."""
    return [sum(it.amount for it in each.earned) for each in answer.result.lines]


def test_a_rule_with_an_exclusion_earns_on_its_own_goods_alone() -> None:
    # milk was lowered, tea is what is left of the rule's goods, bread was never among them
    on = 'on = { sku = ["sku-1", "sku-2"] }\nexclude = ["half"]'
    text = wallet() + HALF + rule("earn", "points", 'earn = "bonus", percent = "10%"', on)
    cart = basket(line(1, "100.00"), line(2, "100.00"), line(3, "100.00"))
    assert by_line(quoted(program(text), cart, seen())) == [0, rub("10.00"), 0]


def test_points_for_the_receipt_are_spread_by_what_was_paid() -> None:
    # 50.00 and 100.00 of 2 x 100.00 were paid: 30 points as 1 : 2
    text = wallet() + HALF + rule("visit", "points", 'earn = "bonus", points = "30.00"')
    answer = quoted(program(text), basket(line(1, "100.00"), line(2, "100.00")), seen())
    assert discounts(answer) == [rub("50.00"), 0]
    assert by_line(answer) == [rub("10.00"), rub("20.00")]


def test_a_multiplier_may_have_a_first_day_of_its_own() -> None:
    # 5% of 100.00, and as much again that waits for three days
    twice = rule("twice", "points", 'earn = "bonus", multiply = "2", activates = "3d"')
    answer = quoted(program(wallet() + EARN + twice), basket(line(1, "100.00")), seen())
    assert earned_in(answer) == rub("10.00")
    assert [(it.active_from, it.amount) for it in answer.result.dated] == [
        (dt.date(2026, 12, 8), rub("5.00"))
    ]


def test_a_budget_gives_nothing_where_only_two_rules_together_round_to_a_point() -> None:
    # half a kopeck's worth of each: one unit together, and of the budget none
    one = rule("one", "points", 'earn = "bonus", percent = "5%"', 'limit = { budget = "9.00" }')
    answer = quoted(program(wallet() + one + EARN), basket(line(1, "0.10")), seen())
    assert (earned_in(answer), answer.result.used) == (1, ("one",))
    assert answer.result.given == ()
    answer = quoted(program(wallet() + one + EARN), basket(line(1, "0.20")), seen())
    assert answer.result.given == (Given(rule="one", amount=1),)
