"""When a rule holds: tier, weekday, time of day, total; at the edges too."""

from __future__ import annotations

import datetime as dt

import pytest

from loyaltyd.domain.engine.explain import Cause, Why
from tests.domain.receipts import (
    MOSCOW,
    SATURDAY,
    basket,
    discounts,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
)

TIERS = """
[tiers]
levels = [{ id = "start", from = "0" }, { id = "silver", from = "20000.00" }]
"""


def applies(when: str, at: dt.datetime = SATURDAY, tier: str = "", price: str = "100.00") -> bool:
    found = program(TIERS + rule("ten", "receipt", 'percent_off = "10%"', f"when = {when}"))
    return discounts(quoted(found, basket(line(1, price)), seen(tier=tier), at)) != [0]


def on_saturday(hour: int, minute: int, second: int = 0) -> dt.datetime:
    return dt.datetime(2026, 12, 5, hour, minute, second, tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("window", "time", "inside"),
    [
        ("09:00-12:00", (8, 59, 59), False),
        ("09:00-12:00", (9, 0), True),
        ("09:00-12:00", (11, 59, 59), True),
        ("09:00-12:00", (12, 0), False),
        ("22:00-02:00", (23, 0), True),
        ("22:00-02:00", (1, 59), True),
        ("22:00-02:00", (2, 0), False),
        ("22:00-02:00", (21, 59), False),
        ("20:00-24:00", (23, 59, 59), True),
        ("20:00-24:00", (0, 0), False),
        ("00:00-24:00", (0, 0), True),
        ("00:00-24:00", (12, 0), True),
    ],
)
def test_a_window_holds_from_its_start_up_to_its_end(
    window: str, time: tuple[int, ...], inside: bool
) -> None:
    assert applies(f'{{ time = "{window}" }}', on_saturday(*time)) is inside


def test_the_weekday_and_hour_are_those_of_the_till_and_not_of_greenwich() -> None:
    # semantics 24: 01:30 on Sunday in Moscow is 22:30 on Saturday in UTC
    night = dt.datetime(2026, 12, 6, 1, 30, tzinfo=MOSCOW)
    assert applies('{ weekday = ["sun"], time = "01:00-02:00" }', night)
    assert not applies('{ weekday = ["sat"] }', night)


@pytest.mark.parametrize(("price", "reached"), [("99.99", False), ("100.00", True)])
def test_a_least_total_is_reached_at_equality(price: str, reached: bool) -> None:
    assert applies('{ min_total = "100.00" }', price=price) is reached


@pytest.mark.parametrize(("tier", "holds"), [("silver", True), ("start", False), ("", False)])
def test_a_tier_is_the_one_that_the_account_holds(tier: str, holds: bool) -> None:
    assert applies('{ tier = ["silver"] }', tier=tier) is holds


def test_a_discount_rule_does_not_see_the_tier_that_this_receipt_will_reach() -> None:
    assert not applies('{ tier = ["silver"] }', tier="start", price="20000.00")


@pytest.mark.parametrize(
    ("when", "why", "needs", "has"),
    [
        ('tier = ["silver"]', Cause.TIER, "silver", "start"),
        ('weekday = ["mon", "tue"]', Cause.WEEKDAY, "mon, tue", "sat"),
        ('time = "09:00-10:00"', Cause.TIME, "09:00-10:00", "10:30"),
        ('min_total = "1000.00"', Cause.MIN_TOTAL, rub("1000.00"), rub("100.00")),
        (
            'any = [{ min_total = "1000.00" }, { basket = { min_pieces = 2 } }]',
            *(Cause.PIECES, "2", "1"),  # half is nearer than nine tenths
        ),
    ],
)
def test_what_does_not_hold_says_what_it_needs_and_what_there_is(
    when: str, why: Cause, needs: int | str, has: int | str
) -> None:
    text = TIERS + rule("ten", "receipt", 'percent_off = "10%"', f"when = {{ {when} }}")
    answer = quoted(program(text), basket(line(1, "100.00")), seen(tier="start"))
    assert answer.trace == (Why(rule="ten", cause=why, needs=needs, has=has),)


def test_who_shows_no_card_holds_no_tier() -> None:
    text = TIERS + rule("ten", "receipt", 'percent_off = "10%"', 'when = { tier = ["silver"] }')
    answer = quoted(program(text), basket(line(1, "100.00")))
    assert answer.trace == (Why(rule="ten", cause=Cause.TIER, needs="silver", has=""),)
