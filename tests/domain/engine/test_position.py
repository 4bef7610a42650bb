"""What a line's goods may: regulated classes, and floors with their dates (semantics 9 and 10)."""

from __future__ import annotations

import datetime as dt

import pytest

from loyaltyd.domain.basket import NO_DISCOUNT, NO_EARN, NO_REDEEM
from loyaltyd.domain.engine.position import Paid, Position, lowering, positions
from loyaltyd.domain.engine.quote import quote
from loyaltyd.domain.refusal import Reason, Refusal
from tests.domain.receipts import (
    EARN,
    NOBODY,
    PLACE,
    SATURDAY,
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

VODKA = """
[classes.vodka]
match = { category = ["alcohol/vodka"] }
floor_price = [{ from = 2025-01-01, price = "349.00" }, { from = 2026-01-01, price = "409.00" }]
"""
SCOTLAND = """
[classes.alcohol]
match = { category = ["alcohol/*"] }
floor_per_abv_litre = [{ from = 2024-09-30, price = "0.65" }]
"""
TOBACCO = """
[classes.tobacco]
match = { category = ["tobacco/*"] }
earn = false
discount = false
redeem = false
because = "Federal law 15-FZ, article 16"
"""

TODAY = SATURDAY.date()


def floor_of(text: str, on: dt.date = TODAY, **more: object) -> int:
    members = {"category": "alcohol/vodka", **more}
    quantity = str(members.pop("quantity", "1"))
    found = positions(basket(line(1, "499.00", quantity, **members)), program(text), PLACE, on)
    assert not isinstance(found, Refusal)
    return found[0].floor


@pytest.mark.parametrize(
    ("day", "floor"),
    [
        (dt.date(2024, 12, 31), "0"),
        (dt.date(2025, 1, 1), "349.00"),
        (dt.date(2025, 12, 31), "349.00"),
        (dt.date(2026, 1, 1), "409.00"),
    ],
)
def test_a_floor_holds_from_its_first_day_until_the_next_one(day: dt.date, floor: str) -> None:
    # semantics 9: 409.00 from 2026-01-01, was 349.00
    assert floor_of(VODKA, day) == rub(floor)


def test_a_floor_is_per_unit_and_multiplies_by_quantity_rounded_up() -> None:
    assert floor_of(VODKA, quantity="3") == rub("1227.00")
    assert floor_of("", quantity="0.333", floor_price=rub("10.01")) == 334  # of 333.333


def test_scotlands_floor_is_65_pence_an_abv_litre_rounded_up() -> None:
    # semantics 10: 0.65 x 37.5 x 0.7 = 17.0625 -> 17.07, and for each bottle so
    assert floor_of(SCOTLAND, abv=37_500, litres=700) == rub("17.07")
    assert floor_of(SCOTLAND, abv=37_500, litres=700, quantity="2") == rub("34.14")
    assert floor_of(SCOTLAND, abv=37_500, litres=700, quantity="0.5") == rub("8.54")


def test_the_highest_of_several_floors_holds() -> None:
    both = VODKA + SCOTLAND
    assert floor_of(both, abv=37_500, litres=700) == rub("409.00")
    assert floor_of(VODKA, floor_price=rub("450.00")) == rub("450.00")


@pytest.mark.parametrize("known", [{}, {"abv": 37_500}, {"litres": 700}])
def test_a_line_without_what_its_floor_needs_is_refused_by_name(known: dict[str, int]) -> None:
    wanted = basket(line(7, "20.00", "1", category="alcohol/gin", **known))
    answer = quote(wanted, NOBODY, program(SCOTLAND), PLACE, SATURDAY)
    assert isinstance(answer, Refusal)
    assert answer.reason is Reason.LINE_INCOMPLETE
    assert answer.names == {"line": "7", "members": "abv, litres"}


def test_tobacco_is_neither_discounted_nor_earned_on_nor_paid_with_points() -> None:
    # semantics 10: law 15-FZ article 16
    found = program(TOBACCO + wallet() + rule("ten", "receipt", 'percent_off = "10%"') + EARN)
    cart = basket(
        line(1, "200.00", category="tobacco/cigarettes"),
        line(2, "100.00"),
        redeem={"bonus": "max"},
    )
    answer = quoted(found, cart, seen("500.00"))
    tobacco, other = answer.result.lines
    assert (tobacco.discount, tobacco.redeemed, tobacco.earned) == (0, 0, ())
    assert (other.discount, other.redeemed) == (rub("10.00"), rub("90.00"))
    assert answer.result.spend == 0  # the other line was paid with points


def test_the_class_below_a_category_is_meant_and_not_the_category_itself() -> None:
    found = program(TOBACCO + rule("ten", "receipt", 'percent_off = "10%"'))
    cart = basket(line(1, "100.00", category="tobacco"), line(2, "100.00", category="tobacco/x/y"))
    assert discounts(quoted(found, cart)) == [rub("10.00"), 0]


@pytest.mark.parametrize("flag", [NO_DISCOUNT, NO_EARN, NO_REDEEM])
def test_a_lines_own_flag_stops_exactly_what_it_names(flag: str) -> None:
    found = program(wallet('max_share = "30%"') + rule("ten", "item", 'percent_off = "10%"') + EARN)
    cart = basket(line(1, "100.00", flags=(flag,)), redeem={"bonus": "max"})
    answer = quoted(found, cart, seen("500.00"))
    did = {
        NO_DISCOUNT: answer.result.lines[0].discount > 0,
        NO_EARN: earned_in(answer) > 0,
        NO_REDEEM: answer.result.lines[0].redeemed > 0,
    }
    assert did == {name: name != flag for name in did}


def test_a_line_below_its_floor_has_no_room_and_keeps_its_price() -> None:
    position = Position(line=line(1, "300.00"), gross=rub("300.00"), floor=rub("409.00"))
    assert position.room == 0


def test_of_two_classes_the_higher_floor_counts_whichever_stands_first() -> None:
    # of half a litre at 40%: 0.65 × 40 × 0.5 is 13.00
    dear = VODKA.replace('"409.00"', '"12.00"')
    for text in (dear + SCOTLAND, SCOTLAND + dear):
        assert floor_of(text, abv=40_000, litres=500) == rub("13.00")


def test_a_rule_that_takes_nothing_leaves_no_effect_on_the_line() -> None:
    sold = Position(line=line(1, "10.00"), gross=rub("10.00"))
    sold.take("ten", "item", 0)
    assert (sold.effects, sold.discount, sold.room) == ([], 0, rub("10.00"))
    sold.take("ten", "item", 1)
    assert [it.amount for it in sold.effects] == [1]


def test_what_tender_leaves_is_the_room_of_a_discount_that_pays_after_it() -> None:
    # a price of 100.00 with a floor of 30.00, of which a gift card as tender paid 60.00
    sold = Position(line=line(1, "100.00"), gross=rub("100.00"), floor=rub("30.00"))
    assert sold.room == rub("70.00")
    sold.pay(Paid(wallet="gift", money=rub("20.00"), points=rub("20.00"), tender=True))
    assert sold.room == rub("70.00")
    sold.pay(Paid(wallet="gift", money=rub("40.00"), points=rub("40.00"), tender=True))
    assert sold.room == rub("40.00")
    sold.pay(Paid(wallet="bonus", money=rub("40.00"), points=rub("40.00")))
    assert (sold.room, sold.net, sold.as_discount) == (0, 0, rub("40.00"))


def test_of_the_rules_that_lowered_lines_those_that_bar_one_are_named() -> None:
    lines = [Position(line=line(number, "10.00"), gross=rub("10.00")) for number in (1, 2, 3)]
    lines[0].take("tenth", "item", 100)
    lines[0].take("card", "receipt", 50)
    lines[1].take("coupon", "coupon", 50)
    assert lowering(lines, {"card", "coupon"}) == "card, coupon"
    assert lowering(lines, {"card"}) == "card"
    assert lowering(lines, {"else"}) == ""
