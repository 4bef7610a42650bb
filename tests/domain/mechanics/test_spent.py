"""`spent`: what the account spent inside a window, before this receipt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.engine.asks import Asks
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.past import Past, Spending
from loyaltyd.domain.spans import Span
from tests.domain.receipts import NOBODY, basket, discounts, line, program, quoted, rub, rule, seen

MONTH = 'when = { spent = { min = "5000.00", within = "30d" } }'
EVER = 'when = { spent = { min = "5000.00" } }'


def spent(within: str, amount: str) -> Seen:
    sign = -1 if amount.startswith("-") else 1
    held = Spending(within=within, amount=sign * rub(amount.removeprefix("-")))
    return replace(seen(), past=Past(spent=(held,)))


@pytest.mark.parametrize(
    ("when", "within", "amount", "off"),
    [
        (MONTH, "30d", "5000.00", "10.00"),
        (MONTH, "30d", "4999.99", "0.00"),
        (MONTH, "", "5000.00", "0.00"),  # another window is another sum
        (EVER, "", "5000.00", "10.00"),
        (EVER, "30d", "5000.00", "0.00"),
    ],
)
def test_reaching_the_sum_is_enough(when: str, within: str, amount: str, off: str) -> None:
    found = program(rule("regular", "receipt", 'percent_off = "10%"', when))
    answer = quoted(found, basket(line(1, "100.00")), spent(within, amount))
    assert discounts(answer) == [rub(off)]


def test_this_receipt_does_not_count_yet() -> None:
    found = program(rule("regular", "receipt", 'percent_off = "10%"', MONTH))
    answer = quoted(found, basket(line(1, "9000.00")), spent("30d", "100.00"))
    assert discounts(answer) == [0]


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (spent("30d", "3200.50"), (Cause.SPENT, rub("5000.00"), rub("3200.50"))),
        (spent("30d", "-1.00"), (Cause.SPENT, rub("5000.00"), 0)),  # more came back than was sold
        (seen(), (Cause.SPENT, rub("5000.00"), 0)),
        (NOBODY, (Cause.NO_CARD, "", "")),
    ],
)
def test_what_is_missing_is_said(who: Seen, why: tuple[Cause, int | str, int | str]) -> None:
    found = program(rule("regular", "receipt", 'percent_off = "10%"', MONTH))
    cause, needs, has = why
    answer = quoted(found, basket(line(1, "100.00")), who)
    assert answer.trace == (Why(rule="regular", cause=cause, needs=needs, has=has),)


def test_a_program_asks_for_each_window_once() -> None:
    text = "".join(
        rule(f"r{number}", "receipt", 'percent_off = "1%"', when)
        for number, when in enumerate((MONTH, EVER, MONTH))
    )
    assert program(text).asks == Asks(spent=(Span(count=30, unit="d"), None))
    assert program().asks == Asks()
