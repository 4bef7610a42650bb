"""`per_amount`: so many points for each full amount of money."""

from __future__ import annotations

import pytest

from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.quote import Quote
from tests.domain.receipts import (
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

WHOLE = '\n[wallets.bonus]\nscale = 0\nredeem_rate = "1.00"\n'
PER_TEN = rule("steps", "points", 'earn = "bonus", per_amount = ["10.00", "1"]')
PER_HUNDRED = rule("steps", "points", 'earn = "bonus", per_amount = ["100.00", "5.00"]')


def rung(text: str, *prices: str, redeem: str = "") -> Quote:
    lines = [line(number, price) for number, price in enumerate(prices, 1)]
    wishes = {"bonus": redeem} if redeem else {}
    return quoted(program(text), basket(*lines, redeem=wishes), seen("500.00"))


@pytest.mark.parametrize(
    ("price", "points"), [("9.99", 0), ("10.00", 1), ("19.99", 1), ("21.90", 2), ("31.00", 3)]
)
def test_each_full_ten_roubles_give_a_point(price: str, points: int) -> None:
    # Square, semantics 14: 21.90 at 1 per 10 is 2; Barnes & Noble: 31 is 3
    assert earned_in(rung(WHOLE + PER_TEN, price)) == points


def test_a_part_of_a_step_gives_nothing_even_where_points_have_decimals() -> None:
    # whoever wants parts writes percent: 199.00 at 5% is 9.95
    assert earned_in(rung(wallet() + PER_HUNDRED, "199.00")) == rub("5.00")


def test_steps_are_counted_on_the_receipt_and_not_on_each_line() -> None:
    answer = rung(WHOLE + PER_TEN, "6.00", "6.00", "9.00")
    assert earned_in(answer) == 2
    # 21.00: of two points quotas are 0.57, 0.57 and 0.86, so the first and the last line have one
    assert [sum(it.amount for it in each.earned) for each in answer.result.lines] == [1, 0, 1]


def test_only_the_rules_goods_count() -> None:
    text = WHOLE + PER_TEN + 'on = { category = ["dairy/*"] }\n'
    cart = basket(line(1, "25.00", category="dairy/milk"), line(2, "95.00"))
    assert earned_in(quoted(program(text), cart, seen())) == 2


def test_points_that_paid_as_a_discount_are_no_part_of_a_step() -> None:
    # 100.00 less 30.00 of points: 70.00 is no full hundred
    assert earned_in(rung(wallet() + PER_HUNDRED, "100.00", redeem="30.00")) == 0
    gross = wallet('earn_base = "gross"') + PER_HUNDRED
    assert earned_in(rung(gross, "100.00", redeem="30.00")) == rub("5.00")


def test_the_nearest_miss_is_told() -> None:
    answer = rung(wallet() + PER_HUNDRED, "52.70")
    why = next(it for it in answer.trace if it.rule == "steps")
    assert (why.cause, why.needs, why.has) == (Cause.STEP, rub("100.00"), rub("52.70"))
    assert cause(rung(wallet() + PER_HUNDRED, "0.00"), "steps") == Cause.NOTHING_LEFT


@pytest.mark.parametrize(("policy", "taken"), [("recompute", 1), ("floor-of-refund", 0)])
def test_a_refund_of_five_of_21_90_takes_a_point_by_recompute_and_none_by_its_floor(
    policy: str, taken: int
) -> None:
    # semantics 14: 16.90 earn 1; the floor of the refund, 2 x 5.00 / 21.90, is 0 (Square)
    text = WHOLE + f'clawback = "{policy}"\n' + PER_TEN
    found = sold(program(text), basket(line(1, "16.90"), line(2, "5.00")), seen())
    assert clawed_back(found, {2: 1}) == [taken]


def test_31_earn_3_and_after_a_return_of_10_they_are_2() -> None:
    # Barnes & Noble, semantics 14
    found = sold(program(WHOLE + PER_TEN), basket(line(1, "21.00"), line(2, "10.00")), seen())
    assert clawed_back(found, {2: 1}, {1: 1}) == [1, 2]


def test_a_receipt_of_one_kopeck_is_one_full_amount_of_a_kopeck() -> None:
    each = rule("each", "points", 'earn = "bonus", per_amount = ["0.01", "1.00"]')
    answer = quoted(program(wallet() + each), basket(line(1, "0.01")), seen())
    assert earned_in(answer) == rub("1.00")
