"""`basket`: how much of some goods there is, in positions, pieces, kilograms and money."""

from __future__ import annotations

import pytest

from loyaltyd.domain.basket import Line
from loyaltyd.domain.books.returns import Reversal, goods_returned
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Quote
from tests.domain.receipts import (
    EARN,
    basket,
    discounts,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    wallet,
)
from tests.domain.sales import DAY, sold

CLASSES = """
[classes.fruit]
match = { category = ["fruit/*"] }
"""
COFFEE = line(1, "180.00", "2", category="coffee/beans")
APPLES = line(2, "389.99", "0.347", category="fruit/apples", unit="kg")  # semantics 7: 135.33
NUTS = line(3, "1.20", "250", category="fruit/nuts", unit="g")


def found(least: str) -> Program:
    return program(
        CLASSES
        + rule("five", "receipt", 'amount_off = "5.00"', f"when = {{ basket = {{ {least} }} }}")
    )


def answer(least: str, *lines: Line) -> Quote:
    return quoted(found(least), basket(*(lines or (COFFEE, APPLES, NUTS))))


@pytest.mark.parametrize(
    ("least", "holds"),
    [
        ('category = ["coffee/*"], min_pieces = 2', True),
        ('category = ["coffee/*"], min_pieces = 3', False),
        ('sku = ["sku-1"], min_pieces = 2', True),
        ('category = ["fruit/*"], min_pieces = 1', False),  # semantics 8: a weight is no piece
        ('category = ["fruit/*"], min_positions = 2', True),
        ('category = ["fruit/*"], min_positions = 3', False),
        ('class = "fruit", min_weight = "0.597"', True),  # 0.347 kg and 250 g
        ('class = "fruit", min_weight = "0.598"', False),
        ('category = ["fruit/apples"], min_amount = "135.33"', True),
        ('category = ["fruit/apples"], min_amount = "135.34"', False),
        ("min_positions = 3", True),  # of all goods
        ('category = ["coffee/*"], min_pieces = 2, min_amount = "360.01"', False),
    ],
)
def test_the_least_is_reached_at_equality(least: str, holds: bool) -> None:
    taken = sum(discounts(answer(least)))
    assert taken == (rub("5.00") if holds else 0)


@pytest.mark.parametrize(
    ("least", "why"),
    [
        ('category = ["coffee/*"], min_pieces = 3', (Cause.PIECES, "3", "2")),
        ('class = "fruit", min_weight = "1.5"', (Cause.WEIGHT, "1.5", "0.597")),
        ('class = "fruit", min_positions = 3', (Cause.POSITIONS, "3", "2")),
        (
            'category = ["coffee/*"], min_amount = "500.00"',
            (Cause.AMOUNT, rub("500.00"), rub("360.00")),
        ),
    ],
)
def test_what_is_missing_is_said(least: str, why: tuple[Cause, int | str, int | str]) -> None:
    (told,) = answer(least).trace
    assert (told.cause, told.needs, told.has) == why


def test_the_amount_is_that_of_the_goods_before_any_rule() -> None:
    off = rule("half", "item", 'percent_off = "50%"')
    then = rule(
        "five", "receipt", 'amount_off = "5.00"', 'when = { basket = { min_amount = "360.00" } }'
    )
    assert discounts(quoted(program(off + then), basket(COFFEE))) == [rub("185.00")]


def test_points_for_three_pieces_are_taken_back_when_only_two_are_left() -> None:
    # semantics 14: a return recomputes on what remains. 3 × 100.00 at 10% and 5%: 45.00;
    # 2 × 100.00 is no longer three pieces, and earns 5% alone: 10.00
    three = rule(
        "three",
        "points",
        'earn = "bonus", percent = "10%"',
        "when = { basket = { min_pieces = 3 } }",
    )
    sale = sold(program(wallet() + EARN + three), basket(line(1, "100.00", "3")), seen())
    assert [it.amount for it in sale.sale.result.earned] == [rub("45.00")]
    reversal = goods_returned(sale.case((), sale.account, DAY), {1: 1000})
    assert isinstance(reversal, Reversal)
    assert [it.amount for it in reversal.returned.clawed_back] == [rub("35.00")]
