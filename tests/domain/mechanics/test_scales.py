"""Percentages by steps: of the receipt's total, of pieces, and of what was spent before."""

from __future__ import annotations

import pytest

from loyaltyd.domain.account import Account, Seen
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.program import Program
from tests.domain.receipts import (
    DISCOUNT_CARD,
    NOBODY,
    basket,
    discounts,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
)

# The example program's rule step-scale.
BY_TOTAL = 'percent_off_by_total = [["1000.00", "3%"], ["3000.00", "5%"], ["10000.00", "7%"]]'
BY_QUANTITY = 'percent_off_by_quantity = [[3, "5%"], [6, "10%"]]'
BY_SPENT = 'percent_off_by_spent = [["5000.00", "3%"], ["20000.00", "5%"]]'
TIERS = '[tiers]\nlevels = [{ id = "start", from = "0" }]\n'


def scale(give: str, layer: str = "receipt", more: str = "") -> Program:
    return program(TIERS + rule("scale", layer, give, more))


@pytest.mark.parametrize(
    ("total", "taken"),
    [
        *(("999.99", "0.00"), ("1000.00", "30.00"), ("2999.99", "90.00"), ("3000.00", "150.00")),
        *(("9999.99", "500.00"), ("10000.00", "700.00"), ("20000.00", "1400.00")),
    ],
)
@pytest.mark.parametrize("layer", ["receipt", "item"])
def test_the_last_step_that_the_total_reaches_counts(layer: str, total: str, taken: str) -> None:
    answer = quoted(scale(BY_TOTAL, layer), basket(line(1, total)))
    assert discounts(answer) == [rub(taken)]


def test_a_total_below_the_first_step_says_what_is_missing() -> None:
    # api.md: needs a total of 1000.00, has 297.15
    answer = quoted(scale(BY_TOTAL), basket(line(1, "297.15")))
    why = Why(rule="scale", cause=Cause.MIN_TOTAL, needs=rub("1000.00"), has=rub("297.15"))
    assert answer.trace == (why,)


@pytest.mark.parametrize(("base", "taken"), [("cascade", "110.00"), ("original", "143.00")])
def test_a_scale_sees_the_net_as_it_finds_it_or_as_it_stood(base: str, taken: str) -> None:
    # 1100.00 less 10% are 990.00, below the first step; 3% of 1100.00 are 33.00
    ten = rule("ten", "receipt", 'percent_off = "10%"', 'group = "g"')
    steps = rule("scale", "receipt", BY_TOTAL, 'group = "g"')
    found = program(f'[groups.g]\npick = "all"\nbase = "{base}"\n' + ten + steps)
    assert discounts(quoted(found, basket(line(1, "1100.00")))) == [rub(taken)]


def test_a_scale_of_some_goods_sees_the_whole_receipt_and_lowers_its_own() -> None:
    # as min_total does: 1200.00 reach 3%, of the 200.00 of goods that it means
    found = scale(BY_TOTAL, more='on = { sku = ["sku-2"] }')
    answer = quoted(found, basket(line(1, "1000.00"), line(2, "200.00")))
    assert discounts(answer) == [0, 600]


def test_the_most_caps_whatever_step_is_reached() -> None:
    answer = quoted(scale(BY_TOTAL + ', max = "100.00"'), basket(line(1, "10000.00")))
    assert discounts(answer) == [rub("100.00")]


@pytest.mark.parametrize(("count", "taken"), [("2", 0), ("3", 1500), ("5", 2500), ("6", 6000)])
@pytest.mark.parametrize("layer", ["receipt", "item"])
def test_the_last_step_that_the_pieces_reach_counts(layer: str, count: str, taken: int) -> None:
    assert discounts(quoted(scale(BY_QUANTITY, layer), basket(line(1, "100.00", count)))) == [taken]


def test_pieces_are_counted_over_all_lines_of_the_rules_goods() -> None:
    found = scale(BY_QUANTITY, more='on = { category = ["wine"] }')
    wine = [line(number, "100.00", category="wine") for number in (1, 2, 3)]
    answer = quoted(found, basket(*wine, line(4, "100.00", "9")))
    assert discounts(answer) == [500, 500, 500, 0]


def test_weight_and_free_pieces_don_t_climb_the_scale() -> None:
    # semantics 8: a kilogram is no piece
    answer = quoted(
        scale(BY_QUANTITY), basket(line(1, "100.00", "2"), line(2, "9", "5", unit="kg"))
    )
    assert answer.trace == (Why(rule="scale", cause=Cause.PIECES, needs="3", has="2"),)
    free = rule("free", "item", "buy = 3, free = 1")
    answer = quoted(
        program(free + rule("scale", "receipt", BY_QUANTITY)), basket(line(1, "9", "3"))
    )
    assert answer.trace[1] == Why(rule="scale", cause=Cause.PIECES, needs="3", has="2")


@pytest.mark.parametrize(
    ("before", "taken"),
    [("4999.99", "0.00"), ("5000.00", "30.00"), ("19999.99", "30.00"), ("20000.00", "50.00")],
)
def test_what_was_spent_before_this_receipt_chooses_the_step(before: str, taken: str) -> None:
    # a cumulative discount: reaching a step is enough, and this 1000.00 counts for the next receipt
    answer = quoted(scale(BY_SPENT), basket(line(1, "1000.00")), seen(measure=before))
    assert discounts(answer) == [rub(taken)]


def test_a_cumulative_discount_is_for_discount_cards_too() -> None:
    account = Account(id="a" * 32, measure=rub("5000.00"))
    answer = quoted(
        scale(BY_SPENT), basket(line(1, "1000.00")), Seen(card=DISCOUNT_CARD, account=account)
    )
    assert [it.amount for it in answer.result.lines[0].effects] == [5000, 2850]  # 5%, 3% of 950.00


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (NOBODY, Why(rule="scale", cause=Cause.NO_CARD)),
        (seen(measure="40"), Why(rule="scale", cause=Cause.SPENT, needs=500_000, has=4000)),
    ],
)
def test_who_has_spent_too_little_is_told_how_much(who: Seen, why: Why) -> None:
    assert quoted(scale(BY_SPENT), basket(line(1, "1000.00")), who).trace == (why,)


def test_a_floor_stops_a_scale_and_the_rest_goes_to_other_lines() -> None:
    # semantics 9 with a scale: 7% of 10000.00 are 700.00, of which the first line takes 10.00
    cart = basket(line(1, "5000.00", floor_price=rub("4990.00")), line(2, "5000.00"))
    assert discounts(quoted(scale(BY_TOTAL), cart)) == [rub("10.00"), rub("690.00")]
