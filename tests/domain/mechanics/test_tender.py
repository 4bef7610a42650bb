"""`tender`: a rule that depends on how the receipt is paid."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loyaltyd.domain.basket import Payment
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.quote import Quote
from tests.domain.receipts import (
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

CASH = rule("cash", "receipt", 'percent_off = "2%"', 'when = { tender = ["cash", "sbp"] }')


def paid(text: str, *kinds: str) -> Quote:
    payments = tuple(Payment(kind=it, amount=0) for it in kinds)
    return quoted(program(text), replace(basket(line(1, "500.00")), payments=payments), seen())


@pytest.mark.parametrize(
    ("kinds", "off"),
    [
        (["cash"], "10.00"),
        (["sbp", "cash"], "10.00"),
        (["cash", "cash"], "10.00"),
        (["cash", "card"], "0.00"),  # a part by card: the whole receipt is not paid so
        (["card"], "0.00"),
        ([], "0.00"),
    ],
)
def test_all_that_is_left_to_pay_is_paid_so(kinds: list[str], off: str) -> None:
    assert discounts(paid(CASH, *kinds)) == [rub(off)]


def test_it_says_what_it_needs_and_how_the_receipt_is_paid() -> None:
    assert paid(CASH, "card", "cash").trace == (
        Why(rule="cash", cause=Cause.TENDER, needs="cash, sbp", has="card, cash"),
    )
    unknown = Why(rule="cash", cause=Cause.NO_PAYMENTS, needs="cash, sbp")
    assert paid(CASH).trace == (unknown,)


def test_points_by_kind_of_payment() -> None:
    # 5% always, and 1% more for the bank's own card
    text = (
        wallet()
        + rule("base", "points", 'earn = "bonus", percent = "5%"')
        + rule("ours", "points", 'earn = "bonus", percent = "1%"', 'when = { tender = ["ours"] }')
    )
    assert earned_in(paid(text, "ours")) == rub("30.00")
    assert earned_in(paid(text, "card")) == rub("25.00")
