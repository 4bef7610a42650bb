"""`points`: so many points for the receipt."""

from __future__ import annotations

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

WELCOME = rule("welcome", "points", 'earn = "bonus", points = "200.00"')
FROM_300 = WELCOME + 'when = { min_total = "300.00" }\n'


def rung(text: str, *prices: str, redeem: str = "") -> Quote:
    lines = [line(number, price) for number, price in enumerate(prices, 1)]
    wishes = {"bonus": redeem} if redeem else {}
    return quoted(program(text), basket(*lines, redeem=wishes), seen("500.00"))


@pytest.mark.parametrize("price", ["0.01", "100.00", "99999.00"])
def test_the_points_are_the_same_whatever_is_bought(price: str) -> None:
    assert earned_in(rung(wallet() + WELCOME, price)) == rub("200.00")


def test_they_come_on_top_and_are_spread_by_what_lines_cost() -> None:
    answer = rung(wallet() + EARN + WELCOME, "30.00", "10.00")
    # 5% are 1.50 and 0.50; of 200.00 three quarters and one
    assert [sum(it.amount for it in each.earned) for each in answer.result.lines] == [
        rub("151.50"),
        rub("50.50"),
    ]


def test_a_visit_that_points_paid_in_full_is_a_visit() -> None:
    assert earned_in(rung(wallet() + WELCOME, "100.00", redeem="max")) == rub("200.00")


def test_points_that_were_spent_cost_them_where_the_wallet_says_none_if_redeemed() -> None:
    answer = rung(wallet('earn_base = "none-if-redeemed"') + WELCOME, "100.00", redeem="max")
    assert cause(answer, "welcome") == Cause.REDEEMED


def test_goods_that_may_not_earn_or_cost_nothing_are_no_reason() -> None:
    shop = program(wallet() + WELCOME)
    tobacco = quoted(shop, basket(line(1, "100.00", flags=("no_earn",))), seen())
    assert cause(tobacco, "welcome") == Cause.NO_EARN
    assert cause(rung(wallet() + WELCOME, "0.00"), "welcome") == Cause.NOTHING_LEFT


def test_they_stay_while_the_condition_holds_and_go_with_it() -> None:
    found = sold(program(wallet() + FROM_300), basket(line(1, "300.00"), line(2, "100.00")), seen())
    assert clawed_back(found, {2: 1}, {1: 1}) == [0, rub("200.00")]
    assert clawed_back(found, {1: 1}) == [rub("200.00")]  # 100.00 are left


def test_goods_that_may_not_earn_have_no_share_of_them() -> None:
    cart = basket(line(1, "100.00"), line(2, "100.00", flags=("no_earn",)), redeem={"bonus": "max"})
    answer = quoted(program(wallet() + WELCOME), cart, seen("500.00"))
    assert [sum(it.amount for it in each.earned) for each in answer.result.lines] == [20000, 0]
