"""Rules that a little more would reach, and what is told of them, for the tests of hints."""

from __future__ import annotations

from loyaltyd.domain.account import Seen
from loyaltyd.domain.basket import Basket
from loyaltyd.domain.engine.hints import Asked, Hint, hint
from loyaltyd.domain.engine.program import Program
from tests.domain.receipts import (
    NOBODY,
    PLACE,
    SATURDAY,
    quoted,
    rule,
)

# The example program's rule step-scale.
BY_TOTAL = 'percent_off_by_total = [["1000.00", "3%"], ["3000.00", "5%"], ["10000.00", "7%"]]'
BY_QUANTITY = 'percent_off_by_quantity = [[3, "5%"], [6, "10%"]]'
FIFTY = rule("fifty", "receipt", 'amount_off = "50.00"', 'when = { min_total = "500.00" }')
TIERS = '[tiers]\nlevels = [{ id = "start", from = "0" }]\n'
MILK = {"name": "Milk 1 l", "category": "dairy/milk"}
DAIRY = 'on = { category = ["dairy/*"] }'


def hinted(found: Program, cart: Basket, who: Seen = NOBODY) -> Hint | None:
    asked = Asked(basket=cart, seen=who, program=found, place=PLACE, at=SATURDAY)
    return hint(asked, quoted(found, cart, who))


def missing(found: Program, cart: Basket, who: Seen = NOBODY) -> int | None:
    told = hinted(found, cart, who)
    return told.missing if told else None
