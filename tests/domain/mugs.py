"""A mug that bonuses pay, as program.example.toml has it, and receipts that ask for rewards."""

from __future__ import annotations

from loyaltyd.domain.account import Seen
from loyaltyd.domain.basket import Line
from loyaltyd.domain.engine.quote import Quote
from tests.domain.receipts import basket, line, program, quoted, rule, wallet

# program.example.toml: a mug for 150.00 bonuses
MUG = rule("mug", "item", 'free = 1, cost = { bonus = "150.00" }', 'on = { sku = ["MUG"] }')
MUGS = wallet() + MUG


def mugs(quantity: str = "1", price: str = "400.00", **more: object) -> Line:
    return line(1, price, quantity, **{"sku": "MUG", **more})


def asked(text: str, who: Seen, *lines: Line, **rewards: int) -> Quote:
    return quoted(program(text), basket(*lines, rewards=rewards), who)
