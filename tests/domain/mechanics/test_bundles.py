"""`bundle`: what every so many pieces cost together, whichever of the rule's goods they are."""

from __future__ import annotations

import pytest

from loyaltyd.domain.basket import Line
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.quote import pieces
from tests.domain.receipts import (
    basket,
    cause,
    discounts,
    line,
    program,
    quoted,
    rub,
    rule,
)

ANY_THREE = rule("any-three", "item", 'buy = 3, bundle = "250.00"', 'on = { category = ["tea/*"] }')


def tea(number: int, price: str, count: str = "1", unit: str = "pc") -> Line:
    return line(number, price, count, category="tea/green", unit=unit)


@pytest.mark.parametrize(
    ("count", "left"),
    [("2", "200.00"), ("3", "250.00"), ("4", "350.00"), ("6", "500.00"), ("8", "700.00")],
)
def test_every_three_pieces_cost_the_bundles_price(count: str, left: str) -> None:
    # 100.00 a piece; what makes no bundle keeps its price
    answer = quoted(program(ANY_THREE), basket(tea(1, "100.00", count)))
    assert answer.result.payable == rub(left)


def test_goods_are_mixed_and_the_discount_is_spread_by_what_they_cost() -> None:
    # 120.00 + 100.00 + 80.00 are 300.00: 50.00 off, as 12 : 10 : 8; bread is no tea
    cart = basket(tea(1, "120.00"), tea(2, "100.00"), line(3, "90.00"), tea(4, "80.00"))
    answer = quoted(program(ANY_THREE), cart)
    assert discounts(answer) == [2000, 1667, 0, 1333]
    assert answer.result.payable == rub("250.00") + rub("90.00")


def test_bundles_are_made_from_the_dearest_pieces_on() -> None:
    # 100.00, 100.00, 100.00 are a bundle, and 60.00 keeps its price
    answer = quoted(program(ANY_THREE), basket(tea(1, "60.00"), tea(2, "100.00", "3")))
    assert discounts(answer) == [0, 5000]


def test_a_bundle_that_would_cost_more_than_its_pieces_is_not_made() -> None:
    # the dear three are 300.00, the cheap three 150.00: one bundle
    answer = quoted(program(ANY_THREE), basket(tea(1, "50.00", "3"), tea(2, "100.00", "3")))
    assert discounts(answer) == [0, 5000]
    cheap = quoted(program(ANY_THREE), basket(tea(1, "50.00", "3")))
    assert (discounts(cheap), cause(cheap, "any-three")) == ([0], Cause.CHEAPER)


def test_too_few_pieces_say_how_many_there_are() -> None:
    # semantics 8: goods by weight have none
    answer = quoted(program(ANY_THREE), basket(tea(1, "90.00", "2"), tea(2, "9", "2", unit="kg")))
    assert answer.trace == (Why(rule="any-three", cause=Cause.PIECES, needs="3", has="2"),)


def test_a_free_piece_is_in_no_bundle() -> None:
    free = rule("free", "item", "buy = 4, free = 1")
    answer = quoted(program(free + ANY_THREE), basket(tea(1, "100.00", "4")))
    assert answer.result.payable == rub("250.00")  # one free, three for 250.00


@pytest.mark.parametrize(("way", "taken"), [("redistribute", [10, 40]), ("lose", [10, 25])])
def test_a_floor_stops_its_part_of_a_bundle(way: str, taken: list[int]) -> None:
    # semantics 9: 50.00 off 150.00 + 150.00; the first line may lose 10.00
    text = f'[rounding]\nfloor = "{way}"\n' + rule("two", "item", 'buy = 2, bundle = "250.00"')
    cart = basket(line(1, "150.00", floor_price=rub("140.00")), line(2, "150.00"))
    assert discounts(quoted(program(text), cart)) == [100 * it for it in taken]


def test_the_fiscal_pieces_of_a_bundle_sum_to_its_price() -> None:
    # semantics 6: 250.00 for 3 is 1 x 83.34 + 2 x 83.33
    answer = quoted(program(ANY_THREE), basket(tea(1, "99.90", "3")))
    assert pieces(answer.result.lines[0], 3000) == [(1000, rub("83.34")), (2000, rub("83.33"))]


def test_a_million_pieces_are_bundled_at_once() -> None:
    answer = quoted(program(ANY_THREE), basket(tea(1, "100.00", "1000000")))
    assert answer.result.payable == 333_333 * rub("250.00") + rub("100.00")


def test_a_bundle_that_saves_less_than_half_a_kopeck_saves_nothing() -> None:
    # 16.5% off five at 0.40 leaves 1.67: three of them cost 100.2 kopecks, and 1.00 is their price
    sixth = rule("sixth", "item", 'percent_off = "16.5%"')
    three = rule("three", "item", 'buy = 3, bundle = "1.00"')
    answer = quoted(program(sixth + three), basket(line(1, "0.40", "5")))
    assert discounts(answer) == [rub("0.33")]
    assert cause(answer, "three") is Cause.CHEAPER
