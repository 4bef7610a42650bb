"""What was left to pay where each rule stood, by numbers that a shopkeeper can check."""

from __future__ import annotations

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.engine.found_totals import totals_found
from tests.domain.receipts import (
    DISCOUNT_CARD,
    EARN,
    basket,
    line,
    program,
    quoted,
    rub,
    rule,
    wallet,
)

CART = basket(line(1, "100.00", category="milk"), line(2, "100.00"))
MILK = rule("milk", "item", 'percent_off = "20%"', 'on = { category = ["milk"] }')
TWO = rule("ten", "receipt", 'percent_off = "10%"', 'group = "g"') + rule(
    "five", "receipt", 'amount_off = "5.00"', 'group = "g"'
)
CARD = Seen(card=DISCOUNT_CARD)  # 5% of its own


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # 200.00 less 20.00; of 180.00 the card takes 9.00, and of the 171.00 ten per cent are 17.10
        (
            '[groups.g]\npick = "all"\nbase = "cascade"\n' + TWO + MILK,
            {"milk": "200.00", "card": "180.00", "ten": "171.00", "five": "153.90"},
        ),
        (
            '[groups.g]\npick = "all"\nbase = "original"\n' + TWO + MILK,
            {"milk": "200.00", "card": "180.00", "ten": "171.00", "five": "171.00"},
        ),
        (
            "[groups.g]\n" + TWO + MILK,
            {"milk": "200.00", "card": "180.00", "ten": "171.00", "five": "171.00"},
        ),
        (
            "[groups.g]\n[groups.h]\n" + TWO.replace('"g"', '"h"', 1) + MILK,
            {"milk": "200.00", "card": "180.00", "ten": "171.00", "five": "153.90"},
        ),
        (MILK, {"milk": "200.00", "card": "180.00"}),
    ],
)
@pytest.mark.parametrize("earning", ["", wallet() + EARN])
def test_each_rule_that_discounts_finds_what_those_before_it_left(
    text: str, found: dict[str, str], earning: str
) -> None:
    shop = program(earning + text)
    totals = totals_found(shop, quoted(shop, CART, CARD).result)
    assert totals == {name: rub(total) for name, total in found.items()}
