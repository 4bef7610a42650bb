"""What is wrong with how a rule earns: at which line and key, and what is allowed."""

from __future__ import annotations

import pytest

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from tests.domain.receipts import HEAD, rule

WALLETS = """
[wallets.bonus]
scale = 2
redeem_rate = "1.00"
activates = "14d"
expires = "1y"

[wallets.gross]
scale = 2
earn_base = "gross"

[wallets.purse]
scale = 2
redeem_rate = "1.00"
points_as = "tender"

[wallets.stamps]
scale = 0

[groups.all]
pick = "all"

[groups.best]
"""
EARN = rule("base", "points", 'earn = "bonus", percent = "5%"')
TEXT = HEAD + WALLETS + EARN


def faults(text: str) -> list[tuple[int | None, str, str]]:
    found = program_from(text)
    assert not isinstance(found, Program), "the program was read"
    return [(fault.line, fault.key, fault.message) for fault in found]


RIGHT = [
    'earn = "bonus", per_amount = ["100.00", "0.01"]',
    'earn = "stamps", per_unit = "1"',
    'earn = "bonus", points = "200.00", activates = "0d"',
    'earn = "bonus", multiply = "1.5", expires = "60d"',
    'earn = "bonus", percent = "2%", of = "purse"',
    'earn = "bonus", per_amount = ["10", "2"], of = "rest"',
    'earn = "gross", percent = "2%", of = "bonus"',
    'earn = "bonus", percent = "2%", activates = "1d", expires = "2d"',
]


@pytest.mark.parametrize("give", RIGHT)
def test_each_way_to_earn_is_read(give: str) -> None:
    assert isinstance(program_from(TEXT + rule("x", "points", give)), Program)


# (the table give, the key that is named, a part of what is allowed)
WRONG = [
    ('earn = "bonus"', "", "one of percent, per_amount, per_unit, points or multiply"),
    ('earn = "bonus", percent = "5%", points = "1"', "", "earn goes with one of"),
    ('earn = "bonus", points = "1", of = "rest"', "", "of goes with percent or per_amount"),
    ('earn = "bonus", multiply = "1"', "", "multiply must be above 1"),
    ('earn = "bonus", multiply = "0"', ".multiply", "must be above zero"),
    ('earn = "bonus", multiply = 2', ".multiply", 'a string such as "2"'),
    ('earn = "bonus", per_amount = "100.00"', ".per_amount", "an array"),
    ('earn = "bonus", per_amount = ["0.00", "1"]', ".per_amount[1]", "above zero"),
    ('earn = "bonus", per_amount = ["1.001", "1"]', ".per_amount[1]", "more than 2 decimals"),
    ('earn = "stamps", per_amount = ["10", "0.5"]', ".per_amount[2]", "more than 0 decimals"),
    ('earn = "stamps", per_unit = "0.5"', ".per_unit", "more than 0 decimals"),
    ('earn = "stamps", per_unit = "0"', ".per_unit", "must be above zero"),
    ('earn = "bonus", points = "0.00"', ".points", "must be above zero"),
    ('earn = "bonus", points = "0.001"', ".points", "more than 2 decimals"),
    ('earn = "bonsu", points = "1"', ".earn", 'did you mean "bonus"'),
    ('earn = "bonus", percent = "5%", of = "pruse"', ".of", 'did you mean "purse"'),
    ('earn = "bonus", percent = "5%", of = "stamps"', ".of", "it pays nothing"),
    ('earn = "bonus", percent = "5%", of = "bonus"', ".of", "pays as a discount"),
    ('earn = "stamps", multiply = "2"', ".multiply", "no rule before it earns stamps"),
    ('earn = "bonus", points = "1", activates = "1y"', ".activates", "not later than activates"),
    ('earn = "bonus", points = "1", expires = "14d"', ".expires", "not later than activates"),
    ('earn = "bonus", points = "1", expires = "0d"', ".expires", 'such as "14d"'),
    (
        'earn = "bonus", points = "1", activates = "1d after month-end"',
        ".activates",
        "without a month-end",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("give", "key", "allowed"), WRONG)
def test_a_fault_is_told_at_its_line_and_key(give: str, key: str, allowed: str) -> None:
    text = TEXT + rule("x", "points", give)
    number = text[: text.index(f"{{ {give} }}")].count("\n") + 1
    found = faults(text)
    assert [it[:2] for it in found] == [(number, f'rules[2] "x".give{key}')], found
    assert allowed in found[0][2]


@pytest.mark.parametrize("more", ['of = "rest"', 'expires = "60d"', 'percent = "5%"'])
def test_a_discount_has_no_key_of_earning(more: str) -> None:
    found = faults(TEXT + rule("x", "receipt", f'percent_off = "5%", {more}'))
    assert [it[1] for it in found] == ['rules[2] "x".give']
    assert "goes with earn, which names the wallet" in found[0][2]


def test_a_wallet_called_rest_is_no_answer_to_of() -> None:
    text = HEAD + WALLETS.replace("purse", "rest")
    found = faults(text + rule("x", "points", 'earn = "bonus", percent = "5%", of = "rest"'))
    assert [it[1:] for it in found] == [
        ('rules[1] "x".give.of', "is both a wallet of this program and what is left to pay")
    ]


@pytest.mark.parametrize(
    ("group", "read"), [("all", True), ("best", False)]
)  # pick = "best" weighs them, and neither sees the other
def test_a_multiplier_may_multiply_its_own_group_where_that_cascades(
    group: str, read: bool
) -> None:
    more = f'group = "{group}"'
    text = rule("rate", "points", 'earn = "bonus", percent = "5%"', more)
    text += rule("double", "points", 'earn = "bonus", multiply = "2"', more)
    assert isinstance(program_from(HEAD + WALLETS + text), Program) == read


def test_a_multiplier_that_stands_first_multiplies_nothing() -> None:
    double = rule("double", "points", 'earn = "bonus", multiply = "2"')
    assert [it[1] for it in faults(HEAD + WALLETS + double + EARN)] == [
        'rules[1] "double".give.multiply'
    ]
