"""Which coupons a receipt prints, of a group and beside rules that they don't go with."""

from __future__ import annotations

import pytest

from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.quote import Quote
from tests.domain.receipts import basket, line, program, quoted, rule, wallet

COUPONS = "".join(
    f'[[cards]]\nkind = "coupon"\nprefix = "{it}"\nlength = 13\nenrol = "printed"\n'
    for it in ("9902", "9903")
)
USED = "".join(
    rule(f"use-{it}", "coupon", 'amount_off = "5.00"', f'when = {{ coupon = "{it}*" }}')
    for it in ("9902", "9903")
)
HALF = rule("half", "item", 'percent_off = "50%"', 'on = { sku = ["sku-1"] }')


def prints(name: str, more: str = "") -> str:
    return rule(f"print-{name}", "points", f'coupon = "{name}*", expires = "30d"', more)


def trace(text: str, price: str = "100.00") -> list[Why]:
    return [it for it in answer(text, price).trace if it.rule.startswith("print")]


def answer(text: str, price: str = "100.00") -> Quote:
    found = program(COUPONS + wallet() + text + USED)
    return quoted(found, basket(line(1, price), line(2, price)))


def test_each_rule_says_which_coupon_it_printed() -> None:
    assert trace(prints("9902") + prints("9903")) == [
        Why(rule="print-9902", cause=Cause.APPLIED, has="9902*"),
        Why(rule="print-9903", cause=Cause.APPLIED, has="9903*"),
    ]


@pytest.mark.parametrize(
    ("least", "second"),
    [
        ("200.00", Why(rule="print-9903", cause=Cause.BETTER_RULE)),
        ("200.01", Why(rule="print-9903", cause=Cause.MIN_TOTAL, needs=20_001, has=20_000)),
    ],
)
def test_a_rule_that_could_not_print_says_so_and_not_that_another_one_did(
    least: str, second: Why
) -> None:
    group = '[groups.g]\npick = "first"\n'
    more = f'group = "g"\nwhen = {{ min_total = "{least}" }}'
    found = trace(group + prints("9902", 'group = "g"') + prints("9903", more))
    assert found == [Why(rule="print-9902", cause=Cause.APPLIED, has="9902*"), second]


@pytest.mark.parametrize(
    ("on", "cause"),
    [
        ("", Cause.APPLIED),  # the other line was left as it was
        ('on = { sku = ["sku-1"] }\n', Cause.EXCLUDED),
        ('on = { sku = ["sku-2"] }\n', Cause.APPLIED),
    ],
)
def test_a_rule_that_another_one_excludes_prints_for_goods_that_it_left(
    on: str, cause: Cause
) -> None:
    (why,) = trace(HALF + prints("9902", f'{on}exclude = ["half"]'))
    assert why.cause is cause
