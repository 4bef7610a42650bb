"""A receipt as it is rung up."""

from __future__ import annotations

import pytest

from loyaltyd.domain.basket import Basket, Line, Wish
from loyaltyd.domain.facts import facts_of, value_from
from tests.domain.receipts import basket, line, rub


@pytest.mark.parametrize(
    ("unit", "quantity", "grams"),
    [("kg", "0.347", 347), ("kg", "2", 2000), ("g", "250", 250), ("g", "0.999", 0), ("pc", "3", 0)],
)
def test_only_goods_by_weight_weigh_something(unit: str, quantity: str, grams: int) -> None:
    assert line(1, "9.00", quantity, unit=unit).weight == grams


def test_price_times_quantity_is_rounded_half_up_on_the_line() -> None:
    # semantics 7: 0.347 kg at 389.99
    assert line(1, "389.99", "0.347", unit="kg").gross == rub("135.33")
    assert line(1, "0.01", "0.5").gross == 1
    assert line(1, "0.01", "0.499").gross == 0


def test_a_wish_is_found_by_its_wallet() -> None:
    cart = basket(line(1, "9.00"), redeem={"bonus": "5.00", "stars": "max"})
    assert cart.wish("bonus") == Wish(wallet="bonus", amount=rub("5.00"))
    assert cart.wish("stars") == Wish(wallet="stars")
    assert cart.wish("purse") is None


def test_what_a_record_leaves_out_of_a_basket_is_nothing() -> None:
    """Defaults are a part of the record's form: another one would change what old lines say."""
    line = Line(line=1, sku="a", quantity=1000, price=100, category="", vat_rate="")
    assert facts_of(line) == {"line": 1, "sku": "a", "quantity": 1000, "price": 100}
    empty = Basket(receipt="r", lines=(), card="", cashier="", split=False)
    assert facts_of(empty) == {"receipt": "r", "lines": []}
    assert value_from(Basket, {"receipt": "r", "lines": []}) == empty
