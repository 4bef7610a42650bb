"""Limits that need no account: times within a receipt, uses by a cashier, a budget for all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.books.sale import use_counters
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Given
from loyaltyd.domain.past import Past, Uses
from tests.domain.receipts import (
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
CART = basket(line(1, "600.00"), line(2, "400.00"))
CASHIER = "9" * 32


def limited(give: str, limit: str, layer: str = "item") -> Program:
    return program(wallet() + rule("it", layer, give, f"limit = {{ {limit} }}"))


def after(who: Seen = NOBODY, *, cashier: int = 0, given: str = "0") -> Seen:
    uses = (Uses(rule="it", cashier=cashier, given=rub(given)),)
    return replace(who, past=Past(uses=uses), cashier=CASHIER)


@pytest.mark.parametrize(
    ("most", "pieces", "off"),
    [(1, "2", "0.00"), (1, "3", "10.00"), (1, "9", "10.00"), (2, "9", "20.00"), (3, "9", "30.00")],
)
def test_of_every_three_one_is_free_so_many_times_a_receipt(
    most: int, pieces: str, off: str
) -> None:
    found = limited("buy = 3, free = 1", f"per_receipt = {most}")
    assert discounts(quoted(found, basket(line(1, "10.00", pieces)))) == [rub(off)]


def test_the_free_ones_are_still_the_cheapest_of_all() -> None:
    found = limited("buy = 3, free = 1", "per_receipt = 1")
    cart = basket(line(1, "30.00", "3"), line(2, "10.00", "3"))
    assert discounts(quoted(found, cart)) == [0, rub("10.00")]


@pytest.mark.parametrize(("most", "off"), [(1, "20.00"), (2, "40.00"), (9, "60.00")])
def test_every_second_at_half_price_so_many_times(most: int, off: str) -> None:
    found = limited('percent_off = "50%", buy = 2, units = 1', f"per_receipt = {most}")
    assert discounts(quoted(found, basket(line(1, "40.00", "6")))) == [rub(off)]


@pytest.mark.parametrize(("most", "off"), [(1, "50.00"), (2, "100.00"), (5, "100.00")])
def test_bundles_are_made_so_many_times(most: int, off: str) -> None:
    # three teas of 100.00 for 250.00
    found = limited('buy = 3, bundle = "250.00"', f"per_receipt = {most}")
    assert discounts(quoted(found, basket(line(1, "100.00", "7")))) == [rub(off)]


@pytest.mark.parametrize(("most", "points"), [(1, "1.00"), (3, "3.00"), (5, "4.00")])
def test_so_many_pieces_earn_and_lines_share_them(most: int, points: str) -> None:
    found = limited('earn = "bonus", per_unit = "1"', f"per_receipt = {most}", "points")
    answer = quoted(found, basket(line(1, "10.00", "3"), line(2, "10.00", "1")), seen())
    assert earned_in(answer) == rub(points)
    assert sum(it.amount for it in answer.result.lines[0].earned) == rub(points) * 3 // 4


@pytest.mark.parametrize(("most", "points"), [(1, "2.00"), (4, "8.00"), (20, "20.00")])
def test_so_many_full_amounts_earn(most: int, points: str) -> None:
    found = limited(
        'earn = "bonus", per_amount = ["100.00", "2"]', f"per_receipt = {most}", "points"
    )
    assert earned_in(quoted(found, CART, seen())) == rub(points)


def test_times_within_a_receipt_are_no_uses_that_are_counted() -> None:
    found = limited("buy = 3, free = 1", "per_receipt = 1")
    answer = quoted(found, basket(line(1, "10.00", "3")), seen())
    assert answer.result.used == ()
    assert use_counters(answer.result, seen()) == []


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (after(cashier=2), None),
        (after(cashier=3), Why(rule="it", cause=Cause.CASHIER_LIMIT, needs="3", has="3")),
        (replace(after(), cashier=""), Why(rule="it", cause=Cause.NO_CASHIER)),
    ],
)
def test_a_cashier_gives_it_so_often_and_has_to_be_known(who: Seen, why: Why | None) -> None:
    answer = quoted(limited(TEN, "per_cashier = 3"), CART, who)
    assert sum(discounts(answer)) == (0 if why else rub("100.00"))
    assert why is None or answer.trace == (why,)


def test_a_use_counts_on_the_cashiers_account_without_any_card() -> None:
    answer = quoted(limited(TEN, "per_cashier = 3"), CART, after())
    assert use_counters(answer.result, after()) == [(CASHIER, "used/it", 1)]


@pytest.mark.parametrize("layer", ["item", "receipt"])
@pytest.mark.parametrize(
    ("given", "off"),
    [("0", "100.00"), ("9900.00", "100.00"), ("9950.00", "50.00"), ("9999.99", "0.01")],
)
def test_a_receipt_gets_what_is_left_of_a_budget(layer: str, given: str, off: str) -> None:
    found = limited(TEN, 'budget = "10000.00"', layer)
    answer = quoted(found, CART, after(given=given))
    assert sum(discounts(answer)) == rub(off)
    assert answer.result.given == (Given(rule="it", amount=rub(off)),)
    assert use_counters(answer.result, NOBODY) == [("budget/it", "given", rub(off))]


def test_what_is_left_goes_to_the_lines_in_their_shares() -> None:
    # 60.00 and 40.00 by the rule; of 50.00 that are left 30.00 and 20.00
    answer = quoted(limited(TEN, 'budget = "10000.00"'), CART, after(given="9950.00"))
    assert discounts(answer) == [rub("30.00"), rub("20.00")]


@pytest.mark.parametrize("given", ["10000.00", "10000.01"])
def test_a_budget_that_was_given_gives_nothing_more(given: str) -> None:
    answer = quoted(limited(TEN, 'budget = "10000.00"'), CART, after(given=given))
    why = Why(rule="it", cause=Cause.BUDGET, needs=rub("10000.00"), has=rub(given))
    assert (answer.trace, answer.result.given) == ((why,), ())


def test_a_piece_that_the_budget_no_longer_pays_is_not_free() -> None:
    # a free piece is counted no more; one that is only cheaper earns and counts
    found = program(
        wallet()
        + rule("it", "item", "buy = 3, free = 1", 'limit = { budget = "100.00" }')
        + rule("pieces", "points", 'earn = "bonus", per_unit = "1"')
    )
    cart = basket(line(1, "60.00", "3"))
    plenty, little = (quoted(found, cart, after(seen(), given=it)) for it in ("40.00", "41.00"))
    assert (discounts(plenty), earned_in(plenty)) == ([rub("60.00")], rub("2.00"))
    assert (discounts(little), earned_in(little)) == ([rub("59.00")], rub("3.00"))


@pytest.mark.parametrize(("given", "points"), [("0", "50.00"), ("970.00", "30.00"), ("1000", "0")])
def test_a_budget_of_points_bounds_what_a_rule_earns(given: str, points: str) -> None:
    found = limited('earn = "bonus", percent = "5%"', 'budget = "1000.00"', "points")
    answer = quoted(found, CART, after(seen(), given=given))
    assert earned_in(answer) == rub(points)
    assert [it.amount for it in answer.result.given] == ([rub(points)] if rub(points) else [])


def test_a_multiplier_multiplies_what_the_budget_left() -> None:
    found = program(
        wallet()
        + rule("it", "points", 'earn = "bonus", percent = "5%"', 'limit = { budget = "1000" }')
        + rule("twice", "points", 'earn = "bonus", multiply = "2"')
    )
    assert earned_in(quoted(found, CART, after(seen(), given="970.00"))) == rub("60.00")


def test_of_a_group_only_the_rule_that_counts_spends_its_budget() -> None:
    twenty = rule("twenty", "item", 'percent_off = "20%"', 'group = "g"')
    ten = rule("it", "item", TEN, 'group = "g"\nlimit = { budget = "100.00" }')
    answer = quoted(program("[groups.g]\n" + ten + twenty), CART)
    assert (sum(discounts(answer)), answer.result.given) == (rub("200.00"), ())
