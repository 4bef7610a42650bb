"""Which pieces are the cheapest or the dearest, and which stand in a bundle."""

from __future__ import annotations

import pytest

from loyaltyd.domain.engine.gifts import Bundle, Few
from loyaltyd.domain.engine.pieces import bundled, picked, pieces
from tests.domain.receipts import basket, discounts, line, program, quoted, rule


def test_a_part_of_a_piece_and_goods_by_weight_are_no_pieces() -> None:
    counted = (line(1, "9.00", "3"), line(2, "9.00", "2.5"), line(3, "9.00", "2", unit="kg"))
    assert [pieces(it) for it in counted] == [3, 0, 0]
    assert pieces(line(1, "9.00", "3"), free=1000) == 2


@pytest.mark.parametrize(
    ("few", "meant"),
    [
        (Few(count=1), [0, 1, 0]),
        (Few(count=1, dearest=True), [0, 0, 1]),
        (Few(count=3), [1, 2, 0]),
        (Few(count=9), [2, 2, 2]),  # no more than there are
        (Few(count=1, every=3), [0, 2, 0]),  # two of the six
        (Few(count=1, every=7), [0, 0, 0]),
    ],
)
def test_a_few_are_counted_from_the_cheapest_or_the_dearest(few: Few, meant: list[int]) -> None:
    assert picked(few, [2, 2, 2], [600, 500, 700]) == meant


def test_a_third_of_a_kopeck_tells_the_cheaper_piece() -> None:
    # 1.00 for three pieces, as a discount left it, and 1.01: 33.33 and 33.67 kopecks a piece
    assert picked(Few(count=1), [3, 3], [101, 100]) == [0, 1]
    assert picked(Few(count=1, dearest=True), [3, 3], [100, 101]) == [0, 1]


def test_at_one_price_the_earlier_line_gives_the_piece() -> None:
    assert picked(Few(count=1), [1, 1], [500, 500]) == [1, 0]
    assert picked(Few(count=1, dearest=True), [1, 1], [500, 500]) == [1, 0]


def test_a_bundle_that_costs_its_price_already_is_none() -> None:
    # 80.00 + 70.00 is made for 100.00; 60.00 + 40.00 is 100.00 anyway
    assert bundled(Bundle(count=2, price=10_000), [1] * 4, [8000, 7000, 6000, 4000]) == [1, 1, 0, 0]
    assert bundled(Bundle(count=2, price=9_999), [1] * 4, [8000, 7000, 6000, 4000]) == [1] * 4
    # so its lines give nothing for the bundle that is one: 50.00 over 80.00 and 70.00
    found = program(rule("two", "item", 'buy = 2, bundle = "100.00"'))
    cart = basket(line(1, "80.00"), line(2, "70.00"), line(3, "60.00"), line(4, "40.00"))
    assert discounts(quoted(found, cart)) == [2667, 2333, 0, 0]
