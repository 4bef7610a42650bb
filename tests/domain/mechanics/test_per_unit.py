"""`per_unit`: so many points, or a stamp, for each piece that was paid."""

from __future__ import annotations

import pytest

from loyaltyd.domain.account import Account, moved
from loyaltyd.domain.basket import Line
from loyaltyd.domain.books.returns import Reversal, goods_returned
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
from tests.domain.sales import DAY, clawed_back, sold

# the stamps of the example: a wallet without decimals
COFFEE = "\n[wallets.coffee]\nscale = 0\n"
CUPS = 'on = { category = ["coffee/*"] }'
STAMP = COFFEE + rule("stamp", "points", 'earn = "coffee", per_unit = "1"', CUPS)
THIRD_FREE = rule("third-free", "item", "buy = 3, free = 1", CUPS)
BUY_THREE_GET_ONE = rule("fourth-free", "item", "buy = 4, free = 1", CUPS)

SOMEBODY = Account(id="a" * 32)  # who holds nothing any more


def cups(quantity: str, number: int = 1, **more: object) -> Line:
    return line(number, "150.00", quantity, category="coffee/latte", **more)


def rung(text: str, *lines: Line, redeem: dict[str, str] | None = None) -> Quote:
    return quoted(program(text), basket(*lines, redeem=redeem), seen("900.00"))


def test_a_stamp_for_each_cup_and_none_for_the_cake() -> None:
    answer = rung(STAMP, cups("2"), line(2, "90.00"), cups("1", 3))
    assert earned_in(answer, "coffee") == 3
    assert [sum(it.amount for it in each.earned) for each in answer.result.lines] == [2, 0, 1]


def test_points_per_unit_have_the_wallets_decimals() -> None:
    text = wallet() + rule("each", "points", 'earn = "bonus", per_unit = "2.50"')
    assert earned_in(rung(text, line(1, "10.00", "3"))) == rub("7.50")


@pytest.mark.parametrize(
    ("quantity", "stamps"), [("3", 2), ("12", 8), ("2", 2)]
)  # semantics 21: the free item does not stamp
def test_free_cups_earn_no_stamp(quantity: str, stamps: int) -> None:
    assert earned_in(rung(STAMP + THIRD_FREE, cups(quantity)), "coffee") == stamps


@pytest.mark.parametrize(("rung_up", "stamps"), [("100", 75), ("8", 6)])
def test_buy_three_get_one_counts_the_paid_ones(rung_up: str, stamps: int) -> None:
    # Odoo's regression, semantics 22: 75 paid and 25 free; 6 paid and 2 free
    assert earned_in(rung(STAMP + BUY_THREE_GET_ONE, cups(rung_up)), "coffee") == stamps


@pytest.mark.parametrize("goods", [cups("0.347", unit="kg"), cups("2", unit="kg"), cups("1.5")])
def test_goods_by_weight_have_no_pieces(goods: Line) -> None:
    # semantics 8: 0.347 kg is one position and no piece
    answer = rung(STAMP, goods)
    assert (earned_in(answer, "coffee"), cause(answer, "stamp")) == (0, Cause.NO_PIECES)


def test_cups_that_a_rule_left_nothing_to_pay_of_earn_none() -> None:
    off = rule("on-the-house", "item", 'percent_off = "100%"', CUPS)
    assert cause(rung(STAMP + off, cups("2")), "stamp") == Cause.NOTHING_LEFT


@pytest.mark.parametrize(("earn_base", "stamps"), [("net-of-points", 0), ("gross", 2)])
def test_cups_that_points_paid_in_full_earn_by_the_wallets_base(
    earn_base: str, stamps: int
) -> None:
    text = wallet() + STAMP.replace("scale = 0", f'scale = 0\nearn_base = "{earn_base}"')
    answer = rung(text, cups("2"), redeem={"bonus": "max"})
    assert earned_in(answer, "coffee") == stamps


def test_cups_that_come_back_take_their_stamps() -> None:
    found = sold(program(STAMP), basket(cups("5")), seen())
    assert clawed_back(found, {1: 2}, {1: 3}, name="coffee") == [2, 3]


def test_of_three_cups_with_one_free_returns_take_two_stamps_in_all() -> None:
    # two thirds of what stays are paid, as the refund has it: of 1.33 one counts, of 0.67 none
    found = sold(program(STAMP + THIRD_FREE), basket(cups("3")), seen())
    assert clawed_back(found, {1: 1}, {1: 1}, {1: 1}, name="coffee") == [1, 1, 0]
    assert clawed_back(found, {1: 3}, name="coffee") == [2]


def test_a_stamp_that_was_used_meanwhile_is_owed_and_no_bill() -> None:
    # semantics 21: the account is left with -1
    found = sold(program(STAMP), basket(cups("1")), seen())
    outcome = goods_returned(found.case((), SOMEBODY, DAY), {1: 1000})
    assert isinstance(outcome, Reversal)
    assert moved(SOMEBODY, outcome.postings).debt("coffee") == 1
