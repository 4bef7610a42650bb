"""[laws.ru]: what Russian law wants of discounts, and floors by volume (semantics 9)."""

from __future__ import annotations

import datetime as dt

import pytest

from loyaltyd.domain.basket import Line
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.position import positions
from loyaltyd.domain.engine.quote import quote
from loyaltyd.domain.refusal import Reason, Refusal
from tests.domain.receipts import (
    EARN,
    MOSCOW,
    NOBODY,
    PLACE,
    SATURDAY,
    basket,
    cause,
    discounts,
    earned_in,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    spent_of,
    wallet,
)

RUSSIA = """
[laws.ru]
edition = "2026"
goods.tobacco = { category = ["tobacco/*"] }
goods.nicotine = { category = ["vape/liquids"] }
goods.nicotine_devices = { category = ["vape/devices"] }
goods.vodka = { category = ["alcohol/vodka"] }
goods.brandy = { category = ["alcohol/brandy"] }
goods.cognac = { category = ["alcohol/cognac"] }
goods.sparkling = { category = ["alcohol/sparkling"] }
"""
TENTH = rule("tenth", "item", 'percent_off = "10%"')


def bottle(category: str, price: str, litres: int | None, quantity: str = "1") -> Line:
    return line(1, price, quantity, category=category, litres=litres)


@pytest.mark.parametrize(
    ("goods", "litres", "day", "floor"),
    [
        # the orders of the Ministry of Finance, of half a litre; other bottles in proportion
        ("vodka", 500, "2025-12-31", "349.00"),
        ("vodka", 500, "2026-01-01", "409.00"),
        ("vodka", 250, "2026-01-01", "204.50"),
        ("vodka", 700, "2026-01-01", "572.60"),
        ("vodka", 1000, "2026-01-01", "818.00"),
        ("brandy", 500, "2025-12-31", "472.00"),
        ("brandy", 500, "2026-01-01", "605.00"),
        ("cognac", 500, "2025-12-31", "651.00"),
        ("cognac", 500, "2026-01-01", "755.00"),
        ("cognac", 100, "2026-01-01", "151.00"),
        # of three quarters of a litre
        ("sparkling", 750, "2023-01-06", "0.00"),
        ("sparkling", 750, "2023-01-07", "239.00"),
        ("sparkling", 200, "2026-01-01", "63.74"),  # 63.7333…, rounded up
        ("sparkling", 1500, "2026-01-01", "478.00"),
    ],
)
def test_a_bottle_costs_no_less_than_its_volume_may(
    goods: str, litres: int, day: str, floor: str
) -> None:
    cart = basket(bottle(f"alcohol/{goods}", "999.00", litres))
    (found,) = _positions(cart.lines[0], dt.date.fromisoformat(day))
    assert found == rub(floor)


def _positions(sold: Line, on: dt.date) -> list[int]:
    found = positions(basket(sold), program(RUSSIA), PLACE, on)
    assert not isinstance(found, Refusal)
    return [it.floor for it in found]


def test_two_small_bottles_round_each_by_itself() -> None:
    # 63.7333… is 63.74 a bottle, so two cost 127.48 and not 127.47
    sold = bottle("alcohol/sparkling", "99.00", 200, "2")
    assert _positions(sold, dt.date(2026, 1, 1)) == [rub("127.48")]


def test_a_discount_stops_at_the_floor_of_the_bottle() -> None:
    # semantics 9: vodka of 499.00 above 409.00; a tenth fits, a quarter takes 90.00
    for share, off in (("10%", "49.90"), ("25%", "90.00")):
        text = RUSSIA + rule("off", "item", f'percent_off = "{share}"')
        cart = basket(bottle("alcohol/vodka", "499.00", 500))
        assert discounts(quoted(program(text), cart)) == [rub(off)]


@pytest.mark.parametrize(("points_as", "spent"), [("discount", "90.00"), ("tender", "200.00")])
def test_points_that_act_as_a_discount_stop_there_too(points_as: str, spent: str) -> None:
    # semantics 10: in Russia points act as a discount
    found = program(RUSSIA + wallet(f'points_as = "{points_as}"'))
    cart = basket(bottle("alcohol/vodka", "499.00", 500), redeem={"bonus": "200.00"})
    assert spent_of(quoted(found, cart, seen("300.00"))) == rub(spent)


@pytest.mark.parametrize("category", ["tobacco/cigarettes", "vape/liquids", "vape/devices"])
def test_tobacco_and_nicotine_take_no_discount_no_points_and_earn_none(category: str) -> None:
    found = program(RUSSIA + wallet() + TENTH + EARN)
    cart = basket(line(1, "200.00", category=category), redeem={"bonus": "max"})
    answer = quoted(found, cart, seen("300.00"))
    assert (discounts(answer), spent_of(answer), earned_in(answer)) == ([0], 0, 0)
    assert cause(answer, "tenth") is Cause.NO_DISCOUNT


@pytest.mark.parametrize(
    ("category", "day", "off"),
    [
        ("vape/liquids", "2021-01-27", "20.00"),
        ("vape/liquids", "2021-01-28", "0.00"),
        ("vape/devices", "2023-05-31", "20.00"),
        ("vape/devices", "2023-06-01", "0.00"),
    ],
)
def test_a_law_holds_from_its_day(category: str, day: str, off: str) -> None:
    at = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(12), tzinfo=MOSCOW)
    cart = basket(line(1, "200.00", category=category))
    assert discounts(quoted(program(RUSSIA + TENTH), cart, at=at)) == [rub(off)]


def test_goods_that_the_chain_does_not_name_are_free() -> None:
    text = '\n[laws.ru]\nedition = "2026"\ngoods.vodka = { sku = ["vodka-1"] }\n' + TENTH
    cart = basket(line(1, "200.00", category="tobacco/cigarettes"))
    assert discounts(quoted(program(text), cart)) == [rub("20.00")]


def test_a_bottle_whose_volume_the_till_does_not_say_is_refused() -> None:
    cart = basket(bottle("alcohol/vodka", "499.00", None))
    answer = quote(cart, NOBODY, program(RUSSIA), PLACE, SATURDAY)
    assert isinstance(answer, Refusal)
    assert answer.reason is Reason.LINE_INCOMPLETE
    assert answer.names == {"line": "1", "members": "litres"}


def test_a_rule_may_mean_the_goods_of_a_law_and_stop_at_its_floor() -> None:
    off = rule("off", "item", 'amount_off = "100.00"', 'on = { class = "ru.vodka" }')
    least = rule(
        "five",
        "receipt",
        'amount_off = "5.00"',
        'when = { not = { basket = { class = "ru.tobacco", min_positions = 1 } } }',
    )
    cart = basket(
        bottle("alcohol/vodka", "499.00", 500), line(2, "200.00", category="tobacco/cigarettes")
    )
    assert discounts(quoted(program(RUSSIA + off + least), cart)) == [rub("90.00"), 0]


def test_the_chains_own_class_may_be_stricter_than_the_law() -> None:
    own = """
[classes.spirits]
match = { category = ["alcohol/*"] }
floor_price = [{ from = 2026-01-01, price = "450.00" }]
"""
    sold = basket(bottle("alcohol/vodka", "499.00", 500))
    half = rule("half", "item", 'percent_off = "50%"')
    assert discounts(quoted(program(RUSSIA + own + half), sold)) == [rub("49.00")]
