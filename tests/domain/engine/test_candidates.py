"""Which rules a basket meets: those that mean goods of it, in the order of the file."""

from __future__ import annotations

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.coupon import Coupon
from loyaltyd.domain.engine.candidates import candidates, left_out
from loyaltyd.domain.engine.explain import Cause, Why
from tests.domain.receipts import (
    DISCOUNT_CARD,
    EARN,
    basket,
    cause,
    line,
    program,
    quoted,
    rule,
    wallet,
)

TEN = 'percent_off = "10%"'
MILK, TEA = 'on = { category = ["dairy/*"] }', 'on = { sku = ["tea"] }'
ONE_GROUP = '\n[groups.day]\npick = "all"\nbase = "original"\n'
IN_IT = '\ngroup = "day"'
TEXT = (
    ONE_GROUP
    + wallet()
    + rule("tea", "item", TEN, TEA + IN_IT)
    + rule("milk", "item", TEN, MILK + IN_IT)
    + rule("all", "item", TEN, IN_IT)
    + rule("tea-too", "receipt", TEN, TEA)
    + rule("total", "receipt", TEN)
    + rule("milk-earns", "points", 'earn = "bonus", percent = "1%"', MILK)
    + EARN
)
MILK_LINE = line(1, "100.00", category="dairy/milk")
BREAD_LINE = line(2, "100.00", category="bread")


def test_rules_whose_goods_are_not_here_are_not_looked_at() -> None:
    found = candidates([BREAD_LINE, MILK_LINE], (), program(TEXT))
    assert found.places == {"milk": [1], "all": [0, 1], "total": [0, 1]} | {
        "milk-earns": [1],
        "base-earn": [0, 1],
    }
    assert [[it.id for it in group.rules] for group in found.layer("item")] == [["milk", "all"]]
    assert [[it.id for it in group.rules] for group in found.layer("receipt")] == [["total"]]
    points = [[it.id for it in group.rules] for group in found.layer("points")]
    assert points == [["milk-earns"], ["base-earn"]]


def test_a_group_of_which_some_rules_are_left_keeps_its_pick_and_base() -> None:
    (group,) = candidates([MILK_LINE], (), program(TEXT)).layer("item")
    assert (group.pick, group.base) == ("all", "original")
    assert quoted(program(TEXT), basket(MILK_LINE)).result.payable == 7200  # 100 - 10 - 10, - 8


def test_a_basket_that_no_rule_means_meets_none() -> None:
    found = program(rule("tea", "item", TEN, TEA))
    assert quoted(found, basket(BREAD_LINE)).trace == ()
    assert candidates([], (), program(TEXT)).places == {}


def test_a_rule_without_goods_here_has_none_whatever_else_it_lacks() -> None:
    for name in ("tea", "tea-too", "milk-earns"):
        assert cause(quoted(program(TEXT), basket(BREAD_LINE)), name) is Cause.GOODS


@pytest.mark.parametrize(
    ("count", "said"), [(5, "C0, C1, C2, C3, C4"), (6, "C0, C1, C2, C3, C4, …")]
)
def test_of_many_coupons_the_first_are_named(count: int, said: str) -> None:
    codes = ", ".join(f'"C{n}"' for n in range(count))
    many = program(rule("many", "coupon", TEN, f"when = {{ coupon = [{codes}] }}"))
    assert left_out("many", (), many) == Why(rule="many", cause=Cause.COUPON, needs=said)
    assert candidates([BREAD_LINE], (Coupon(id="x", name="C9"),), many).places == {}
    named = (Coupon(id="x", name=f"C{count - 1}"),)
    assert candidates([BREAD_LINE], named, many).places == {"many": [0]}


def test_a_discount_cards_percentage_is_for_all_goods() -> None:
    answer = quoted(program(TEXT), basket(BREAD_LINE), Seen(card=DISCOUNT_CARD, account=None))
    assert [why.rule for why in answer.trace] == ["all", "card", "total", "base-earn"]


def test_a_coupon_of_one_of_several_conditions_opens_no_rule_that_needs_another_one() -> None:
    either = 'any = [{ coupon = "B2" }, { min_total = "9" }]'
    found = program(rule("r", "coupon", TEN, f'when = {{ coupon = "A1", {either} }}'))
    one, other = Coupon(id="a", name="A1"), Coupon(id="b", name="B2")
    assert candidates([BREAD_LINE], (other,), found).places == {}
    assert candidates([BREAD_LINE], (one,), found).places == {"r": [0]}
