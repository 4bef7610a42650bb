"""What is wrong with a discount: its line, its key, and what is allowed."""

from __future__ import annotations

import re
from random import Random

import pytest

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.toml import Fault
from tests.domain.random_discounts import random_discount
from tests.domain.receipts import HEAD, basket, line, quoted, rule, seen

TIERS = '[tiers]\nlevels = [{ id = "start", from = "0" }]\n'
GIVE = 'rules[1] "r".give'


def faults(text: str) -> list[Fault]:
    found = program_from(HEAD + text)
    assert not isinstance(found, Program), "the program was read"
    return list(found)


# (give, the key that is named, a part of what is allowed) in the layer item
WRONG = [
    ('max = "1"', "", "must hold one of percent_off, amount_off, fixed_price, free, "),
    ('percent_off = "1%", fixed_price = "1"', "", "must hold one of"),
    ('percent_off = "1%", percent_off_by_quantity = [[1, "1%"]]', "", "must hold one of"),
    ('fixed_price = "1.001"', ".fixed_price", "more than 2 decimals"),
    ('fixed_price = "1", max = "1"', "", "max goes with percent_off"),
    ("buy = 3, free = 3", "", "or with free or units, of which there are fewer"),
    ('percent_off = "50%", buy = 3', "", "buy goes with bundle"),
    ('percent_off = "50%", buy = 2, units = 2', "", "of which there are fewer"),
    ('bundle = "99"', "", "bundle goes with buy"),
    ('buy = 3, bundle = "9.999"', ".bundle", "more than 2 decimals"),
    ('buy = 3, bundle = "9", units = 1', "", "units goes with"),
    ('buy = 3, bundle = "9", which = "dearest"', "", "which goes with free or units"),
    ("buy = 1, free = 1", ".buy", "at least 2"),
    ("buy = 1001, free = 1", ".buy", "at most 1000"),
    ('buy = "3", free = 1', ".buy", "a whole number"),
    ("buy = 3, free = 0", ".free", "at least 1"),
    ("buy = 3, free = 1.0", ".free", "a whole number"),
    ('percent_off = "50%", units = 0', ".units", "at least 1"),
    ("buy = 3, free = 1, units = 1", "", "units goes with percent_off, amount_off, fixed_price"),
    ('percent_off_by_total = [["1", "1%"]], units = 1', "", "units goes with"),
    ('percent_off = "50%", which = "cheapest"', "", "which goes with free or units"),
    ('percent_off = "50%", units = 1, which = "cheap"', ".which", 'did you mean "cheapest"'),
    ("percent_off_by_total = []", "", "a scale has at least one step"),
    ('percent_off_by_total = [["1.00"]]', ".percent_off_by_total[1][2]", "is missing"),
    ('percent_off_by_total = [[1, "3%"]]', ".percent_off_by_total[1][1]", 'such as "100.00"'),
    ('percent_off_by_total = [["1", "3"]]', ".percent_off_by_total[1][2]", 'such as "30%"'),
    ('percent_off_by_total = [["1.001", "3%"]]', ".percent_off_by_total[1][1]", "decimals"),
    ('percent_off_by_total = [["1", "101%"]]', ".percent_off_by_total[1][2]", "at most 100%"),
    (
        'percent_off_by_total = [["5", "3%"], ["5.00", "5%"]]',
        ".percent_off_by_total[2][1]",
        "steps rise: this one does not start above the one before",
    ),
    ('percent_off_by_quantity = [["3", "5%"]]', ".percent_off_by_quantity[1][1]", "whole number"),
    ('percent_off_by_quantity = [[0, "5%"]]', ".percent_off_by_quantity[1][1]", "at least 1"),
    (
        'percent_off_by_quantity = [[6, "5%"], [3, "9%"]]',
        ".percent_off_by_quantity[2][1]",
        "steps rise",
    ),
    ('percent_off_by_spent = [["1", "3%"]]', ".percent_off_by_spent", "needs [tiers]"),
]


@pytest.mark.parametrize(("give", "key", "allowed"), WRONG)
def test_a_discount_that_means_nothing_is_named_with_its_line(
    give: str, key: str, allowed: str
) -> None:
    found = faults(rule("r", "item", give))
    assert [it.line for it in found] == [9], found
    assert [it for it in found if it.key == GIVE + key and allowed in it.message], found


@pytest.mark.parametrize(
    ("give", "key"),
    [
        ('fixed_price = "1"', "fixed_price"),
        ("buy = 3, free = 1", "free"),
        ('percent_off = "50%", units = 1', "units"),
    ],
)
def test_single_goods_are_meant_in_the_layer_item_alone(give: str, key: str) -> None:
    found = faults(rule("r", "receipt", give))
    assert (f"{GIVE}.{key}", "means single goods: such a rule stands in the layer item") in [
        (it.key, it.message) for it in found
    ]


KEYS = ("max", "buy", "free", "units", "which", "bundle", "percent_off_by_spent", "cost")
VALUES = (
    *("0", "1", "2", "1000", "-1", "1.5", "true", '"0"', '"0.01"', '"999999999999"', '"0%"'),
    *('"100%"', '"dearest"', "[]", '[["0", "100%"]]', '[[1, "5%"], [3, "100%"]]', '[["1"]]', "{}"),
)
ODD = basket(
    *(line(number, price, "3") for number, price in ((1, "0.00"), (2, "0.01"), (3, "99.99"))),
    line(4, "10.00", "0.347", unit="kg"),
    line(5, "499.00", "2", floor_price=40_900),
)


def hostile(chance: Random, layer: str) -> str:
    """A random discount; half of them with a value that is another, or a key too many."""
    give = random_discount(chance, layer, tiers=True)
    kind, value = chance.random(), chance.choice(VALUES)
    if kind < 0.25:
        return f"{give}, {chance.choice(KEYS)} = {value}"
    return re.sub(r'"[^"]*"|\b\d+\b', value, give, count=1) if kind < 0.5 else give


def test_a_discount_that_check_lets_in_never_fails_at_the_till() -> None:
    chance = Random(22)
    read = 0
    for number in range(1000):
        layer = ("item", "receipt")[number % 2]
        text = TIERS + rule("r", layer, hostile(chance, layer))
        found = program_from(HEAD + text)
        if isinstance(found, Program):
            read += 1
            result = quoted(found, ODD, seen(measure="300")).result
            assert all(0 <= it.net <= it.gross and it.free <= 3000 for it in result.lines), text
            assert result.lines[4].net >= 2 * 40_900, text
    assert 500 < read < 900
