"""Coupon cards: each number of a range is a coupon of its own, perhaps of one account alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.coupon import BLOCKED, NOT_ISSUED, Coupon
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import CouponUse
from tests.domain.coupons import bringing, coupon, ident, naming
from tests.domain.receipts import (
    NOBODY,
    basket,
    cause,
    discounts,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
)

COUPONS = '[[cards]]\nkind = "coupon"\nprefix = "9900"\nlength = 13\n'
FIFTY = rule(
    "fifty",
    "coupon",
    'amount_off = "50.00"',
    'when = { coupon = "9900*" }\nlimit = { per_coupon = 1 }',
)
CART = basket(line(1, "300.00"))
ONE, TWO = "9900000000011", "9900000000028"  # with EAN-13's check digits
ANNA = seen()  # whose account is "a" * 32


def off(found: Program, *brought: Coupon, who: Seen = NOBODY) -> int:
    return sum(discounts(quoted(found, naming(CART, *brought), bringing(who, *brought))))


def test_each_number_of_a_range_is_a_coupon_of_its_own() -> None:
    found = program(COUPONS + FIFTY)
    assert {coupon(found, ONE).name, coupon(found, TWO).name} == {"9900*"}
    assert off(found, coupon(found, ONE)) == rub("50.00")
    assert off(found, coupon(found, ONE, fifty=1)) == 0
    both = [coupon(found, ONE, fifty=1), coupon(found, TWO)]
    answer = quoted(found, naming(CART, *both), bringing(NOBODY, *both))
    assert answer.result.coupons == (CouponUse(rule="fifty", coupon=ident(TWO)),)


@pytest.mark.parametrize(
    "number",
    [
        "9900000000012",  # a wrong check digit
        "990000000001",  # a digit short
        "9901000000010",  # of no range
        "2990000000019",  # a bonus card
    ],
)
def test_another_number_is_no_coupon_of_it(number: str) -> None:
    found = program(COUPONS + FIFTY)
    assert coupon(found, number).name == ""
    assert off(found, coupon(found, number)) == 0


def test_a_range_that_no_rule_asks_for_has_no_coupons() -> None:
    found = program(COUPONS.replace("9900", "9901") + COUPONS + FIFTY)
    assert coupon(found, "9901000000010").name == ""


def test_codes_and_ranges_stand_in_one_list() -> None:
    found = program(COUPONS + FIFTY.replace('"9900*"', '["9900*", "MARCH"]'))
    assert off(found, coupon(found, ONE)) == off(found, coupon(found, "march")) == rub("50.00")


@pytest.mark.parametrize(
    ("state", "told"),
    [(BLOCKED, Cause.COUPON_BLOCKED), (NOT_ISSUED, Cause.COUPON_NOT_ISSUED)],
)
def test_a_blocked_coupon_or_one_that_was_not_issued_says_so(state: str, told: Cause) -> None:
    found = program(COUPONS + FIFTY)
    brought = replace(coupon(found, ONE), state=state)
    answer = quoted(found, naming(CART, brought), bringing(NOBODY, brought))
    assert (discounts(answer), cause(answer, "fifty")) == ([0], told)
    assert off(found, brought, coupon(found, TWO)) == rub("50.00")


@pytest.mark.parametrize(
    ("owner", "who", "expected"),
    [
        ("a" * 32, ANNA, "50.00"),
        ("b" * 32, ANNA, "0.00"),
        ("a" * 32, NOBODY, "0.00"),
        ("", NOBODY, "50.00"),
    ],
)
def test_a_personal_coupon_is_its_account_holders_alone(
    owner: str, who: Seen, expected: str
) -> None:
    found = program(COUPONS + FIFTY)
    brought = replace(coupon(found, ONE), owner=owner)
    assert off(found, brought, who=who) == rub(expected)
    if expected == "0.00":
        answer = quoted(found, naming(CART, brought), bringing(who, brought))
        assert cause(answer, "fifty") is Cause.COUPON_OF_ANOTHER
        assert answer.result.coupons == ()
