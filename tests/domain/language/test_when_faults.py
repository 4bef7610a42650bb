"""What check says of conditions and limits that can't be obeyed: line, key and what is allowed."""

from __future__ import annotations

import pytest

from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.toml import Fault
from tests.domain.program_samples import GOOD

RULE = """
[[rules]]
id = "x"
layer = "receipt"
give = { percent_off = "5%" }
"""
WHEN = [
    ('birthday = "3d"', "birthday", 'days around the birthday such as "-3d..+3d"'),
    ('birthday = "-3d..+200d"', "birthday", "at most 182 days each way"),
    ("birthday = 3", "birthday", 'must be a string such as "-3d..+3d"'),
    (
        'card_kind = ["plastic"]',
        "card_kind[1]",
        'must be "bonus", "discount", "gift" or "stored-value"',
    ),
    ('card_kind = ["gift"]', "card_kind[1]", 'no cards are of the kind "gift"'),
    ("card_kind = []", "card_kind", "at least 1 items"),
    ('tier = ["glod"]', "tier[1]", 'there is no tier "glod"; did you mean "gold"?'),
    ('first_purchase = "yes"', "first_purchase", "must be true or false"),
    ("every_visit = 0", "every_visit", "at least 1"),
    ('every_visit = "5"', "every_visit", "must be a whole number"),
    ("days_since_visit = 0", "days_since_visit", "at least 1"),
    ('spent = { within = "30d" }', "spent.min", "is missing"),
    ('spent = { min = "1.005" }', "spent.min", "more than 2 decimals"),
    ('spent = { min = "1", within = "1 month" }', "spent.within", 'a span such as "14d"'),
    (
        'spent = { min = "1", within = "1mo after month-end" }',
        "spent.within",
        'a span such as "30d", without a month-end',
    ),
    ("dates = {}", "dates", "must have from, until or both"),
    ("dates = { from = 2026-02-02, until = 2026-02-01 }", "dates", "until lies before from"),
    ('dates = { from = "2026-02-02" }', "dates.from", "a date such as 2026-12-01"),
    ("region = []", "region", "at least 1 items"),
    ('region = ["moskow"]', "region[1]", 'there is no region "moskow"; did you mean "moscow"?'),
    ("tags = []", "tags", "at least 1 items"),
    ("tags = [7]", "tags[1]", "must be a string"),
    ("store = []", "store", "at least 1 items"),
    ('group = [""]', "group[1]", "at least 1 characters"),
    ('basket = { category = ["a"] }', "basket", "must have one of min_positions, min_pieces"),
    ("basket = { min_pieces = 0 }", "basket.min_pieces", "at least 1"),
    ('basket = { class = "beer", min_pieces = 1 }', "basket.class", 'there is no class "beer"'),
    (
        'basket = { class = "vodka", sku = ["1"], min_pieces = 1 }',
        "basket",
        "by class, or by category, sku and tags, not by both",
    ),
    ('basket = { min_weight = "0.0005" }', "basket.min_weight", "more than 3 decimals"),
    ('basket = { min_amount = "0.005" }', "basket.min_amount", "more than 2 decimals"),
    ("basket = { pieces = 3 }", "basket.pieces", 'did you mean "min_pieces"?'),
    ("any = []", "any", "at least 1 items"),
    ("any = [{}]", "any[1]", "must hold a condition"),
    ("not = {}", "not", "must hold a condition"),
    ('any = [{ tier = ["glod"] }]', "any[1].tier[1]", 'there is no tier "glod"'),
    ('not = { all = [{ min_total = "0.005" }] }', "not.all[1].min_total", "more than 2 decimals"),
    ('not = { any = [{ all = [{ wether = "wet" }] }] }', "not.any[1].all[1].wether", "unknown key"),
    ("tender = []", "tender", "at least 1 items"),
    ('tender = "cash"', "tender", "must be an array"),
    ('tender = [""]', "tender[1]", "at least 1 characters"),
    ('coupon = "9900*"', "coupon[1]", 'there is no range of coupon cards "9900*"'),
    ('coupon = "99*0*"', "coupon", 'or "9900*" for the coupon cards of a prefix'),
    ("coupon = 10", "coupon", "must be an array"),
    ('coupon = "A B"', "coupon", 'a code such as "SPRING10", 1 to 64 letters, digits, . _ or -'),
    ('coupon = ["A", ""]', "coupon[2]", 'a code such as "SPRING10"'),
    ("coupon = []", "coupon", "at least 1 items"),
    (f'coupon = "{"A" * 65}"', "coupon", "1 to 64 letters"),
]
MUST_HAVE = "must have per_receipt, per_account, per_card, per_coupon, per_cashier or budget"
LIMIT = [
    ("", "limit", MUST_HAVE),
    ('every = "1y"', "limit", MUST_HAVE),
    ("per_account = 0", "limit.per_account", "at least 1"),
    ('per_card = 1, every = "year"', "limit.every", 'a span such as "14d"'),
    (
        'per_card = 1, every = "1mo after month-end"',
        "limit.every",
        'a span such as "30d", without a month-end',
    ),
    ("per_acount = 1", "limit.per_acount", 'did you mean "per_account"?'),
    ("per_coupon = 0", "limit.per_coupon", "at least 1"),
    ("per_cashier = 0", "limit.per_cashier", "at least 1"),
    ("per_receipt = 0", "limit.per_receipt", "at least 1"),
    ("per_receipt = 1", "limit.per_receipt", "goes with buy, free, cost, per_unit or per_amount"),
    ('per_receipt = 1, every = "1d"', "limit", "every goes with what counts earlier receipts"),
    ('budget = "0.00"', "limit.budget", "must be above zero"),
    ('budget = "1.005"', "limit.budget", "more than 2 decimals"),
    ("budget = 100", "limit.budget", 'a string such as "100.00"'),
]


def faults_of(more: str) -> tuple[Fault, ...]:
    found = program_from(GOOD + RULE + more)
    assert isinstance(found, tuple), more
    return found


@pytest.mark.parametrize(("when", "key", "allowed"), WHEN)
def test_a_condition_that_cannot_hold_is_named(when: str, key: str, allowed: str) -> None:
    (fault,) = faults_of(f"when = {{ {when} }}\n")
    assert fault.key == f'rules[4] "x".when.{key}'
    assert allowed in fault.message
    assert fault.line == (GOOD + RULE).count("\n") + 1


@pytest.mark.parametrize(("limit", "key", "allowed"), LIMIT)
def test_a_limit_that_limits_nothing_is_named(limit: str, key: str, allowed: str) -> None:
    (fault,) = faults_of(f"limit = {{ {limit} }}\n")
    assert fault.key == f'rules[4] "x".{key}'
    assert allowed in fault.message


def test_a_kind_that_no_cards_have_is_named() -> None:
    bonus_alone = (
        GOOD[: GOOD.index('[[cards]]\nkind = "discount"')] + GOOD[GOOD.index("[wallets") :]
    )
    found = program_from(bonus_alone + RULE + 'when = { card_kind = ["bonus", "discount"] }\n')
    assert isinstance(found, tuple)
    assert [(it.key, it.message) for it in found] == [
        ('rules[4] "x".when.card_kind[2]', 'no cards are of the kind "discount"')
    ]
