"""`multiply`: what the rules before gave, so many times."""

from __future__ import annotations

import datetime as dt

import pytest

from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.quote import Quote
from tests.domain.receipts import (
    EARN,
    basket,
    cause,
    earned_in,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    wallet,
)
from tests.domain.sales import clawed_back, sold

TIERS = """
[tiers]
levels = [{ id = "start", from = "0" }, { id = "gold", from = "60000.00" }]
"""
DOUBLE, TRIPLE = ('earn = "bonus", multiply = "2"', 'earn = "bonus", multiply = "3"')
GOLD = rule("gold-doubles", "points", DOUBLE, 'when = { tier = ["gold"] }')
WELCOME = rule("welcome", "points", 'earn = "bonus", points = "200.00"')


def rung(text: str, tier: str = "gold") -> Quote:
    """1000.00 of goods: 5% are 50.00."""
    return quoted(program(TIERS + wallet() + text), basket(line(1, "1000.00")), seen(tier=tier))


@pytest.mark.parametrize(("tier", "points"), [("gold", "100.00"), ("start", "50.00")])
def test_gold_doubles(tier: str, points: str) -> None:
    assert earned_in(rung(EARN + GOLD, tier)) == rub(points)


def test_the_file_order_says_what_is_multiplied() -> None:
    assert earned_in(rung(EARN + GOLD + WELCOME)) == rub("300.00")  # 2 x 50 + 200
    assert earned_in(rung(EARN + WELCOME + GOLD)) == rub("500.00")  # 2 x (50 + 200)


def test_on_multiplies_the_points_of_those_goods_alone() -> None:
    dairy = rule("dairy", "points", DOUBLE, 'on = { category = ["dairy/*"] }')
    cart = basket(line(1, "100.00", category="dairy/milk"), line(2, "300.00"))
    answer = quoted(program(wallet() + EARN + dairy), cart, seen())
    assert [sum(it.amount for it in each.earned) for each in answer.result.lines] == [
        rub("10.00"),
        rub("15.00"),
    ]


def test_hours_and_days_multiply_as_they_discount() -> None:
    weekend = rule("weekend", "points", TRIPLE, 'when = { weekday = ["sat", "sun"] }')
    shop, cart = program(wallet() + EARN + weekend), basket(line(1, "1000.00"))
    friday = dt.datetime(2026, 12, 4, 12, tzinfo=dt.timezone(dt.timedelta(hours=3)))
    assert earned_in(quoted(shop, cart, seen())) == rub("150.00")
    assert earned_in(quoted(shop, cart, seen(), friday)) == rub("50.00")


def test_multipliers_of_several_groups_add_up() -> None:
    # each gives its own on top of the 50.00: 50 + 50 + 100, as groups of discounts add up
    text = EARN + rule("two", "points", DOUBLE) + rule("three", "points", TRIPLE)
    assert earned_in(rung(text)) == rub("200.00")


@pytest.mark.parametrize(
    ("pick", "base", "points"),
    [
        ("best", "cascade", "150.00"),
        ("first", "cascade", "100.00"),
        ("all", "original", "200.00"),  # 50 + 50 + 100
        ("all", "cascade", "300.00"),  # 50 x 2 x 3
    ],
)
def test_in_a_group_pick_and_base_say_how_they_combine(pick: str, base: str, points: str) -> None:
    text = f'[groups.more]\npick = "{pick}"\nbase = "{base}"\n' + EARN
    for name, give in (("two", DOUBLE), ("three", TRIPLE)):
        text += rule(name, "points", give, 'group = "more"')
    answer = rung(text)
    assert earned_in(answer) == rub(points)
    if pick == "best":
        assert cause(answer, "two") == Cause.BETTER_RULE


def test_a_group_weighs_what_a_multiplier_adds_against_a_rate() -> None:
    # 2 x 5% adds 50.00, and 7% are 70.00
    text = "[groups.more]\n" + EARN + rule("two", "points", DOUBLE, 'group = "more"')
    seven = rule("seven", "points", 'earn = "bonus", percent = "7%"', 'group = "more"')
    assert earned_in(rung(text + seven)) == rub("120.00")


def test_a_multiplier_is_exact_before_the_one_rounding() -> None:
    # 9.99 at 5% are 0.4995; 1.5 times that is 0.74925, not 1.5 times 0.49
    text = wallet() + EARN + rule("more", "points", 'earn = "bonus", multiply = "1.5"')
    assert earned_in(quoted(program(text), basket(line(1, "9.99")), seen())) == rub("0.74")


def test_it_multiplies_no_other_wallet_and_says_when_there_is_nothing() -> None:
    stars = "\n[wallets.stars]\nscale = 0\n"
    each = rule("each", "points", 'earn = "stars", per_unit = "1"', 'on = { sku = ["x"] }')
    double = rule("double", "points", 'earn = "stars", multiply = "2"')
    answer = rung(stars + EARN + each + double)
    assert (earned_in(answer), earned_in(answer, "stars")) == (rub("50.00"), 0)
    assert cause(answer, "double") == Cause.NOTHING_TO_MULTIPLY


def test_the_trace_says_what_a_multiplier_added() -> None:
    whys = {it.rule: it for it in rung(EARN + GOLD).trace}
    assert (whys["base-earn"].has, whys["gold-doubles"].has) == (rub("50.00"), rub("50.00"))


def test_a_return_takes_back_what_was_multiplied() -> None:
    cart = basket(line(1, "600.00"), line(2, "400.00"))
    found = sold(program(TIERS + wallet() + EARN + GOLD), cart, seen(tier="gold"))
    assert clawed_back(found, {2: 1}, {1: 1}) == [rub("40.00"), rub("60.00")]


def test_stamps_are_doubled_on_the_cups_alone() -> None:
    stars = "\n[wallets.stars]\nscale = 0\n"
    each = rule("each", "points", 'earn = "stars", per_unit = "1"')
    cups = rule("cups", "points", 'earn = "stars", multiply = "2"', 'on = { sku = ["sku-1"] }')
    cart = basket(line(1, "150.00"), line(2, "90.00"))
    assert earned_in(quoted(program(stars + each + cups), cart, seen()), "stars") == 3


def test_each_multiplier_of_a_long_cascade_costs_what_the_one_before_did() -> None:
    # 5% of 100.00 are 5.00; forty times 10% more make 5.00 x 1.1^40 = 226.296...
    keys = 'pick = "all"\nbase = "cascade"\n'
    more = "".join(
        rule(f"more-{n}", "points", 'earn = "bonus", multiply = "1.1"', 'group = "more"')
        for n in range(40)  # seen one by one, their parts would be 2^40
    )
    text = f"[groups.more]\n{keys}" + wallet() + EARN + more
    answer = quoted(program(text), basket(line(1, "100.00")), seen())
    assert earned_in(answer) == rub("226.29")


def test_a_piece_that_a_multiplier_does_not_mean_gets_not_a_hundredth_more() -> None:
    each = rule("each", "points", 'earn = "bonus", per_unit = "1.00"')
    dairy = rule("dairy", "points", DOUBLE, 'on = { category = ["dairy/*"] }')
    cart = basket(line(1, "100.00", category="dairy/milk"), line(2, "300.00"))
    assert earned_in(quoted(program(wallet() + each + dairy), cart, seen())) == rub("3.00")


def test_goods_that_earned_nothing_before_leave_nothing_to_multiply() -> None:
    bread = rule("bread", "points", 'earn = "bonus", percent = "5%"', 'on = { sku = ["sku-2"] }')
    dairy = rule("dairy", "points", DOUBLE, 'on = { sku = ["sku-1"] }')
    cart = basket(line(1, "100.00"), line(2, "300.00"))
    answer = quoted(program(wallet() + bread + dairy), cart, seen())
    assert cause(answer, "dairy") is Cause.NOTHING_TO_MULTIPLY
    assert earned_in(answer) == rub("15.00")


def test_what_is_doubled_of_rules_with_dates_of_their_own_has_their_dates() -> None:
    soon = "".join(
        rule(name, "points", f'earn = "bonus", points = "{points}", expires = "60d"')
        for name, points in (("one", "10.00"), ("two", "20.00"))
    )
    plain = rule("three", "points", 'earn = "bonus", points = "5.00"')
    answer = quoted(
        program(wallet() + soon + plain + rule("double", "points", DOUBLE)),
        basket(line(1, "100.00")),
        seen(),
    )
    assert earned_in(answer) == rub("70.00")
    assert [it.amount for it in answer.result.dated] == [rub("60.00")]
    # and it says all that it added, to both lots
    assert next(why.has for why in answer.trace if why.rule == "double") == rub("35.00")
