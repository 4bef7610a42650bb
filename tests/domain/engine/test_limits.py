"""Which coupons a shopper may use, and whose uses a limit counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from loyaltyd.domain.coupon import BLOCKED, NOT_ISSUED, Coupon
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.limits import barred
from loyaltyd.domain.engine.miss import Miss
from loyaltyd.domain.engine.scene import scene_of
from loyaltyd.domain.facts import value_from
from loyaltyd.domain.ledger import Lot
from tests.domain.coupons import bringing, coupon, naming
from tests.domain.receipts import (
    NOBODY,
    PLACE,
    SATURDAY,
    basket,
    discounts,
    line,
    program,
    quoted,
    rub,
    rule,
)

DAY = SATURDAY.date()  # 5 December 2026
TWO_CODES = program(
    rule(
        "ten",
        "coupon",
        'percent_off = "10%"',
        'when = { coupon = ["A1", "B2"] }\nlimit = { per_coupon = 1 }',
    )
)
CART = basket(line(1, "100.00"))


def lot(first: int, last: int | None, wallet: str = "coupon/9902") -> Lot:
    """One use, between so many days from today."""
    end = None if last is None else DAY + dt.timedelta(days=last)
    return Lot(wallet=wallet, active_from=DAY + dt.timedelta(days=first), expires_at=end, amount=1)


@pytest.mark.parametrize(
    ("lots", "miss"),
    [
        ([lot(0, 1)], None),
        ([lot(-9, None)], None),
        ([lot(3, 9), lot(1, 2), lot(2, 9)], Miss(cause=Cause.COUPON_EARLY, needs="2026-12-06")),
        ([lot(-9, 0), lot(1, 9)], Miss(cause=Cause.COUPON_EARLY, needs="2026-12-06")),
        # the last of them ended today
        ([lot(-9, -5), lot(-9, 0), lot(-9, -1)], Miss(cause=Cause.COUPON_EXPIRED, needs=f"{DAY}")),
        # one that would begin on the day that it ends never was good
        ([lot(0, 0)], Miss(cause=Cause.COUPON_EXPIRED, needs=f"{DAY}")),
        ([], Miss(cause=Cause.COUPON_USED, needs="1", has="1")),
        # uses of another range say nothing of this one's dates
        ([lot(-9, None, "coupon/9903")], Miss(cause=Cause.COUPON_USED, needs="1", has="1")),
    ],
)
def test_a_printed_coupon_says_why_none_of_its_lots_is_good_today(
    lots: list[Lot], miss: Miss | None
) -> None:
    printed = Coupon(id="c" * 32, name="9902*", printed=True, lots=tuple(lots))
    assert barred(printed, scene_of(NOBODY, PLACE, SATURDAY, CART)) == miss


@pytest.mark.parametrize(
    ("state", "cause"),
    [("blocked", Cause.COUPON_BLOCKED), ("not_issued", Cause.COUPON_NOT_ISSUED)],
)
def test_nobody_may_use_a_coupon_that_a_record_says_nobody_may_use(
    state: str, cause: Cause
) -> None:
    found = value_from(Coupon, {"id": "c" * 32, "name": "9902*", "state": state})
    assert barred(found, scene_of(NOBODY, PLACE, SATURDAY, CART)) == Miss(cause=cause)


@pytest.mark.parametrize("state", [BLOCKED, NOT_ISSUED])
def test_a_coupon_that_nobody_may_use_is_no_unused_one(state: str) -> None:
    # the first was never used, and is not good; the second was used as often as it may be
    first = replace(coupon(TWO_CODES, "A1"), state=state)
    second = coupon(TWO_CODES, "B2", ten=1)
    answer = quoted(TWO_CODES, naming(CART, first, second), bringing(NOBODY, first, second))
    assert discounts(answer) == [0]
    assert answer.trace == (Why(rule="ten", cause=Cause.COUPON_USED, needs="1", has="1"),)


def test_a_coupons_rule_may_limit_something_else() -> None:
    more = 'when = { coupon = "A1" }\nlimit = { budget = "900.00" }'
    found = program(rule("ten", "coupon", 'percent_off = "10%"', more))
    brought = coupon(found, "A1")
    answer = quoted(found, naming(CART, brought), bringing(NOBODY, brought))
    assert discounts(answer) == [rub("10.00")]
    assert [it.coupon for it in answer.result.coupons] == [brought.id]


def test_of_two_good_coupons_the_unused_one_serves() -> None:
    used, fresh = coupon(TWO_CODES, "A1", ten=1), coupon(TWO_CODES, "B2")
    answer = quoted(TWO_CODES, naming(CART, used, fresh), bringing(NOBODY, used, fresh))
    assert discounts(answer) == [rub("10.00")]
    assert [it.coupon for it in answer.result.coupons] == [fresh.id]
