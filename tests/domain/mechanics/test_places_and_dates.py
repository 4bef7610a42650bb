"""`store`, `group`, `dates`, `card_kind`: where, when and with what the receipt is made."""

from __future__ import annotations

import datetime as dt

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.quote import Quote
from tests.domain.receipts import (
    DISCOUNT_CARD,
    MOSCOW,
    NOBODY,
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

PLASTIC = Seen(card=DISCOUNT_CARD, account=seen().account)
DECEMBER = "dates = { from = 2026-12-01, until = 2026-12-31 }"


def answer(when: str, who: Seen = NOBODY, at: dt.datetime = SATURDAY) -> Quote:
    text = rule("ten", "item", 'percent_off = "10%"', f"when = {{ {when} }}")
    return quoted(program(text), basket(line(1, "100.00")), who, at)


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ('store = ["msk-017"]', True),  # as the tests' place says
        ('store = ["spb-001", "msk-017"]', True),
        ('store = ["spb-001"]', False),
        ('group = ["main-hall"]', True),
        ('group = ["pharmacy"]', False),
        ('store = ["msk-017"], group = ["pharmacy"]', False),
    ],
)
def test_a_rule_may_be_one_stores_or_one_groups(when: str, holds: bool) -> None:
    assert discounts(answer(when)) == [rub("10.00") if holds else 0]


@pytest.mark.parametrize(
    ("when", "day", "holds"),
    [
        (DECEMBER, "2026-11-30", False),
        (DECEMBER, "2026-12-01", True),
        (DECEMBER, "2026-12-31", True),
        (DECEMBER, "2027-01-01", False),
        ("dates = { from = 2026-12-01 }", "2030-01-01", True),
        ("dates = { until = 2026-12-01 }", "2026-12-01", True),
        ("dates = { until = 2026-12-01 }", "2026-12-02", False),
    ],
)
def test_both_days_of_the_dates_belong_to_them(when: str, day: str, holds: bool) -> None:
    # semantics 24: by the till's own clock; 00:30 in Moscow is still yesterday in Greenwich
    at = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(0, 30), tzinfo=MOSCOW)
    assert discounts(answer(when, at=at)) == [rub("10.00") if holds else 0]


@pytest.mark.parametrize(
    ("kinds", "who", "off"),
    [
        ('"bonus"', seen(), "10.00"),
        ('"bonus"', NOBODY, "0.00"),
        ('"bonus", "discount"', seen(), "10.00"),
        ('"discount"', seen(), "0.00"),
        ('"discount"', PLASTIC, "14.50"),  # and 5% of what is left, as the card gives
        ('"bonus"', PLASTIC, "5.00"),
    ],
)
def test_the_card_is_of_a_kind(kinds: str, who: Seen, off: str) -> None:
    assert discounts(answer(f"card_kind = [{kinds}]", who)) == [rub(off)]


@pytest.mark.parametrize(
    ("when", "who", "why"),
    [
        ('store = ["a", "b"]', NOBODY, (Cause.STORE, "a, b", "msk-017")),
        ('group = ["a"]', NOBODY, (Cause.TILL_GROUP, "a", "main-hall")),
        (
            "dates = { from = 2027-01-01, until = 2027-01-31 }",
            NOBODY,
            (Cause.DATES, "2027-01-01..2027-01-31", "2026-12-05"),
        ),
        ("dates = { from = 2027-01-01 }", NOBODY, (Cause.DATES, "2027-01-01..", "2026-12-05")),
        ("dates = { until = 2026-01-01 }", NOBODY, (Cause.DATES, "..2026-01-01", "2026-12-05")),
        ('card_kind = ["discount"]', seen(), (Cause.WRONG_CARD, "discount", "bonus")),
        ('card_kind = ["discount"]', NOBODY, (Cause.NO_CARD, "", "")),
    ],
)
def test_what_is_missing_is_said(
    when: str, who: Seen, why: tuple[Cause, int | str, int | str]
) -> None:
    told = answer(when, who).trace[0]
    assert (told.cause, told.needs, told.has) == why
