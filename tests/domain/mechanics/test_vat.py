"""How points meet VAT: as a discount they lower the price, as tender they leave it where it is."""

from __future__ import annotations

import pytest

from loyaltyd.domain.engine.quote import LineResult
from loyaltyd.domain.money import half_up
from tests.domain.receipts import basket, line, program, quoted, rub, seen, wallet


def taxed(result: LineResult) -> int:
    """The price that VAT is a part of: what is paid, in money or in tender."""
    return result.net + result.tendered


@pytest.mark.parametrize(
    ("points_as", "price", "vat", "payable"),
    [("discount", "90.00", "15.00", "90.00"), ("tender", "120.00", "20.00", "90.00")],
)
def test_points_of_30_on_120_that_hold_a_vat_of_20(
    points_as: str, price: str, vat: str, payable: str
) -> None:
    # semantics 15: 20/120 of 120.00 are 20.00
    found = program(wallet(f'points_as = "{points_as}"'))
    cart = basket(line(1, "120.00", vat_rate="20/120"), redeem={"bonus": "30.00"})
    (result,) = quoted(found, cart, seen("30.00")).result.lines
    assert taxed(result) == rub(price)
    assert half_up(taxed(result) * 20, 120) == rub(vat)
    assert result.net == rub(payable)


def test_what_points_pay_in_full_is_printed_at_zero() -> None:
    # semantics 15: a fully point-paid item
    cart = basket(line(1, "120.00"), redeem={"bonus": "max"})
    (result,) = quoted(program(wallet()), cart, seen("500.00")).result.lines
    assert taxed(result) == 0


def test_a_reward_is_a_discount_and_its_points_no_tender() -> None:
    text = wallet('points_as = "tender"') + (
        '[[rules]]\nid = "cup"\nlayer = "item"\ngive = { free = 1, cost = { bonus = "30.00" } }\n'
    )
    cart = basket(line(1, "120.00", "2"), rewards={"cup": 1})
    (result,) = quoted(program(text), cart, seen("30.00")).result.lines
    assert taxed(result) == rub("120.00")
