"""`first_purchase`, `every_visit`, `days_since_visit`: what earlier receipts say."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.quote import Quote
from loyaltyd.domain.past import Past
from tests.domain.receipts import (
    NOBODY,
    basket,
    discounts,
    earned_in,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    wallet,
)

TODAY = dt.date(2026, 12, 5)


def came(visits: int = 0, last_visit: dt.date | None = None) -> Seen:
    return replace(seen(), past=Past(visits=visits, last_visit=last_visit))


def answer(when: str, who: Seen, price: str = "300.00") -> Quote:
    text = rule("hundred", "receipt", 'amount_off = "100.00"', f"when = {{ {when} }}")
    return quoted(program(text), basket(line(1, price)), who)


def given(when: str, who: Seen, price: str = "300.00") -> bool:
    return discounts(answer(when, who, price)) == [rub("100.00")]


def missed(when: str, who: Seen) -> tuple[Cause, int | str, int | str]:
    (why,) = answer(when, who).trace
    return why.cause, why.needs, why.has


@pytest.mark.parametrize(("visits", "holds"), [(0, True), (1, False), (40, False)])
def test_the_first_purchase_is_that_of_an_account_without_receipts(
    visits: int, holds: bool
) -> None:
    assert given("first_purchase = true", came(visits)) is holds
    assert given("first_purchase = false", came(visits)) is not holds


# program.example.toml: every fifth visit with at least 300.00 takes 100.00 off
@pytest.mark.parametrize("visits", [0, 3, 5, 8, 10])
def test_another_visit_than_the_fifth_tenth_fifteenth_gives_nothing(visits: int) -> None:
    assert not given('every_visit = 5, min_total = "300.00"', came(visits))


@pytest.mark.parametrize("visits", [4, 9, 14])
def test_each_fifth_visit_gives(visits: int) -> None:
    assert given('every_visit = 5, min_total = "300.00"', came(visits))
    assert not given('every_visit = 5, min_total = "300.00"', came(visits), price="299.99")


@pytest.mark.parametrize(
    ("last", "holds"),
    [(TODAY - dt.timedelta(days=90), True), (TODAY - dt.timedelta(days=89), False), (TODAY, False)],
)
def test_ninety_days_away_are_ninety_or_more(last: dt.date, holds: bool) -> None:
    assert given("days_since_visit = 90", came(1, last)) is holds


def test_nobody_comes_back_who_was_never_there() -> None:
    assert missed("days_since_visit = 90", came()) == (Cause.FIRST_VISIT, "", "")


def test_a_visit_after_this_receipts_day_is_no_days_back() -> None:
    # a receipt rung up earlier than another, recorded later
    late = came(1, TODAY + dt.timedelta(days=1))
    assert missed("days_since_visit = 90", late) == (Cause.DAYS_SINCE_VISIT, "90", "0")


@pytest.mark.parametrize(
    ("when", "who", "why"),
    [
        ("first_purchase = true", came(7), (Cause.FIRST_PURCHASE, "", "7")),
        ("first_purchase = false", came(0), (Cause.FIRST_VISIT, "", "")),
        ("every_visit = 5", came(7), (Cause.EVERY_VISIT, "5", "3")),
        (
            "days_since_visit = 90",
            came(1, TODAY - dt.timedelta(days=60)),
            (Cause.DAYS_SINCE_VISIT, "90", "60"),
        ),
        ("first_purchase = false", NOBODY, (Cause.NO_CARD, "", "")),
        ("every_visit = 1", NOBODY, (Cause.NO_CARD, "", "")),
        ("days_since_visit = 1", NOBODY, (Cause.NO_CARD, "", "")),
    ],
)
def test_what_is_missing_is_said(
    when: str, who: Seen, why: tuple[Cause, int | str, int | str]
) -> None:
    assert missed(when, who) == why


def test_who_comes_back_earns_two_hundred_points() -> None:
    # the rule welcome-back of program.example.toml
    give = 'earn = "bonus", points = "200.00"'
    found = program(
        wallet() + rule("welcome-back", "points", give, "when = { days_since_visit = 90 }")
    )
    who = came(3, TODAY - dt.timedelta(days=120))
    assert earned_in(quoted(found, basket(line(1, "10.00")), who)) == rub("200.00")
    assert quoted(found, basket(line(1, "10.00")), came()).trace == (
        Why(rule="welcome-back", cause=Cause.FIRST_VISIT),
    )
