"""[tiers] by spend, points or visits: what is counted, and from where a tier is held."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

from loyaltyd.domain.account import Account, Card, Seen
from loyaltyd.domain.books.returns import (
    Returned,
    Reversal,
    goods_returned,
    reversal_body,
    sale_cancelled,
)
from loyaltyd.domain.books.sale import measured_by, receipt_body
from loyaltyd.domain.books.standing import Counted, Standing, next_level, standing
from loyaltyd.domain.engine.program import Program, Tiers
from loyaltyd.domain.money import units
from tests.domain.receipts import (
    BONUS_CARD,
    DISCOUNT_CARD,
    EARN,
    basket,
    earned_in,
    line,
    program,
    quoted,
    rub,
    rule,
    wallet,
)
from tests.domain.sales import DAY, Sold, sold

MEASURES = {  # and semantics 20's days and gold level: 30, 40 and 20 thousand of 60
    "spend": ('measure = "spend"', ("30000.00", "40000.00", "20000.00"), "60000.00", 2),
    "points": (
        'measure = "points"\nwallet = "bonus"',
        ("1500.0", "2000.0", "1000.0"),
        "3000.0",
        1,
    ),
    "visits": ('measure = "visits"', ("3", "4", "2"), "6", 0),
}
DATES = (dt.date(2025, 3, 10), dt.date(2025, 11, 20), dt.date(2026, 2, 15))
LAST = DATES[2]
EXACT = dt.date(2026, 3, 11)  # the first purchase has left the rolling window


def tiers(measure: str, window: str, demote: str) -> Tiers:
    keys, _, gold, scale = MEASURES[measure]
    found = program(
        f'[tiers]\n{keys}\nwindow = "{window}"\ndemote = "{demote}"\n'
        f'levels = [{{ id = "start", from = "0" }}, {{ id = "gold", from = "{gold}" }}]\n'
        f"[wallets.bonus]\nscale = {scale}\n"
    ).tiers
    assert found is not None
    return found


def days(measure: str, less: int = 0) -> list[Counted]:
    """The three days of semantics 20; less is taken from the last one, in the smallest units."""
    _, amounts, _, scale = MEASURES[measure]
    counted = [units(it, scale) for it in amounts]
    counted[-1] -= less
    return [
        Counted(date=date, since=date, amount=amount)
        for date, amount in zip(DATES, counted, strict=True)
    ]


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("window", "tier"),
    [("calendar-year", "start"), ("rolling-12mo", "gold"), ("lifetime", "gold")],
)
def test_the_window_decides_which_days_count_whatever_is_measured(
    measure: str, window: str, tier: str
) -> None:
    # semantics 20, on 15 Feb 2026: 20 of this year, 90 of twelve months, 90 ever
    assert standing(days(measure), tiers(measure, window, "immediately"), LAST).tier == tier


@pytest.mark.parametrize("measure", MEASURES)
def test_reaching_a_level_exactly_is_enough_and_one_less_is_not(measure: str) -> None:
    # semantics 20, on 11 Mar 2026: exactly the level is left in the rolling window
    found = tiers(measure, "rolling-12mo", "immediately")
    assert standing(days(measure), found, EXACT).tier == "gold"
    assert standing(days(measure, less=1), found, EXACT).tier == "start"


FOREVER = dt.date(2040, 1, 1)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("window", "demote", "last"),
    [
        # 70 until 10 Mar 2026, then 40
        ("rolling-12mo", "immediately", dt.date(2026, 3, 10)),
        ("rolling-12mo", "month-end", dt.date(2026, 3, 31)),
        ("rolling-12mo", "year-end", dt.date(2026, 12, 31)),
        ("rolling-12mo", "never", FOREVER),
        # 70 of the year 2025, nothing of 2026
        ("calendar-year", "immediately", dt.date(2025, 12, 31)),
        ("calendar-year", "month-end", dt.date(2026, 1, 31)),
        ("calendar-year", "year-end", dt.date(2026, 12, 31)),
        ("calendar-year", "never", FOREVER),
        *(("lifetime", it, FOREVER) for it in ("immediately", "month-end", "year-end", "never")),
    ],
)
def test_a_tier_that_the_window_no_longer_holds_is_kept_until_the_review(
    measure: str, window: str, demote: str, last: dt.date
) -> None:
    found, told = tiers(measure, window, demote), days(measure)[:2]
    assert standing(told, found, last).tier == "gold"
    after = standing(told, found, last + dt.timedelta(days=1)).tier
    assert after == ("gold" if last == FOREVER else "start")


@pytest.mark.parametrize(
    ("measure", "has", "missing"),
    [("spend", rub("47600.00"), rub("12400.00")), ("points", 29_999, 1), ("visits", 5, 1)],
)
def test_what_is_missing_is_counted_in_the_measures_own_unit(
    measure: str, has: int, missing: int
) -> None:
    found = tiers(measure, "lifetime", "never")
    assert next_level(Standing(tier="start", measure=has), found) == ("gold", missing)


GOLD = rule("gold", "points", 'earn = "bonus", multiply = "2"', 'when = { tier = ["gold"] }')
TO_GOLD = '{ id = "gold", from = "100.00" }'


def by_points(keys: str = "", *, above: str = TO_GOLD, rules: str = "") -> Program:
    """A program whose tiers measure bonuses, of which 5% are earned; stars earn beside."""
    return program(
        wallet()
        + "[wallets.stars]\nscale = 0\n"
        + f'[tiers]\nmeasure = "points"\nwallet = "bonus"\n{keys}\n'
        + f'levels = [{{ id = "start", from = "0" }}, {above}]\n'
        + EARN
        + rule("stars", "points", 'earn = "stars", percent = "100%"')
        + rules
    )


def by_visits(keys: str = "") -> Program:
    """A program whose tiers count visits: gold from the third on, and twice the points."""
    return program(
        f'[tiers]\nmeasure = "visits"\n{keys}\n'
        'levels = [{ id = "start", from = "0" }, { id = "gold", from = "3" }]\n'
        + wallet()
        + EARN
        + GOLD
    )


ACCOUNT = "a" * 32


def shopper(measure: int = 0, card: Card = BONUS_CARD) -> Seen:
    return Seen(card=card, account=Account(id=ACCOUNT, tier="start", measure=measure))


def counters(body: dict[str, Any], found: Program) -> list[tuple[str, int]]:
    """What the record changes of the counters that its program's tiers add up."""
    names = measured_by(found.tiers)
    return [(it["name"], it["amount"]) for it in body["counters"] if it["name"] in names]


def sale_counters(sale: Sold) -> list[tuple[str, int]]:
    of = sale.sale
    body = receipt_body(of.basket, of.seen, of.place, of.result, of.postings)
    return counters(body, sale.program)


def test_a_receipt_counts_the_points_of_the_measured_wallet_alone() -> None:
    found = by_points()
    sale = sold(found, basket(line(1, "500.00", "2")), shopper())  # 50.00 bonuses, 1000 stars
    assert sale_counters(sale) == [("earned/bonus", rub("50.00"))]


def test_points_are_counted_only_when_the_tiers_measure_them() -> None:
    found = program(wallet() + EARN)
    sale = sold(found, basket(line(1, "1000.00")), shopper()).sale
    body: Any = receipt_body(sale.basket, sale.seen, sale.place, sale.result, sale.postings)
    assert [it["name"] for it in body["counters"]] == ["spend", "visits"]
    assert "measured" not in body["result"]


def test_a_discount_card_earns_no_points_and_makes_visits() -> None:
    goods = basket(line(1, "1000.00"))
    for found, counts in ((by_points(), []), (by_visits(), [("visits", 1)])):
        assert sale_counters(sold(found, goods, shopper(card=DISCOUNT_CARD))) == counts


def test_each_receipt_is_a_visit_whatever_it_comes_to() -> None:
    found = by_visits()
    assert sale_counters(sold(found, basket(line(1, "0.00")), shopper())) == [("visits", 1)]


def returned(sale: Sold, parts: Sequence[int], kind: str = "return") -> list[list[Any]]:
    """What each part of line 1 that comes back takes from the measure."""
    told: list[list[Any]] = []
    earlier: list[Returned] = []
    account = sale.account
    for pieces in parts:
        case = sale.case(tuple(earlier), account, DAY)
        outcome = (
            sale_cancelled(case) if kind == "cancel" else goods_returned(case, {1: pieces * 1000})
        )
        assert isinstance(outcome, Reversal)
        earlier.append(outcome.returned)
        told.append(counters(reversal_body(kind, "x", case, outcome), sale.program))
    return told


@pytest.mark.parametrize("parts", [[2], [1, 1]])
def test_a_return_lowers_the_points_that_count_by_what_it_takes_back(parts: list[int]) -> None:
    sale = sold(by_points(), basket(line(1, "500.00", "2")), shopper())
    taken = [-rub("25.00") * pieces for pieces in parts]
    assert returned(sale, parts) == [[("clawed_back/bonus", it)] for it in taken]


def test_a_return_leaves_the_visit_and_a_cancel_takes_it() -> None:
    sale = sold(by_visits(), basket(line(1, "500.00")), shopper())
    assert returned(sale, [1]) == [[]]
    assert returned(sale, [1], "cancel") == [[("visits", -1)]]


def test_a_cancelled_receipt_takes_its_points_from_the_day_of_the_sale() -> None:
    sale = sold(by_points(), basket(line(1, "500.00")), shopper())
    assert returned(sale, [1], "cancel") == [[("earned/bonus", -rub("25.00"))]]


@pytest.mark.parametrize(
    ("keys", "before", "points"),
    [
        # 1000.00 at 5% are 50.00, twice as many for gold
        ("", "49.99", "50.00"),  # 99.99 with this receipt
        ("", "50.00", "100.00"),  # 100.00 exactly
        ("counts_current = false", "50.00", "50.00"),
    ],
)
def test_points_of_this_receipt_may_reach_the_tier_that_it_earns_at(
    keys: str, before: str, points: str
) -> None:
    found = by_points(keys, rules=GOLD)
    assert earned_in(quoted(found, basket(line(1, "1000.00")), shopper(rub(before)))) == rub(points)


def test_what_a_tier_gives_leads_to_no_further_tier_on_the_same_receipt() -> None:
    # 50.00 at the lowest tier reach silver; the 100.00 that silver gives would reach gold
    rules = "".join(
        rule(
            name, "points", f'earn = "bonus", multiply = "{by}"', f'when = {{ tier = ["{name}"] }}'
        )
        for name, by in (("silver", 2), ("gold", 3))
    )
    found = by_points(above=f'{{ id = "silver", from = "50.00" }}, {TO_GOLD}', rules=rules)
    answer = quoted(found, basket(line(1, "1000.00")), shopper())
    assert earned_in(answer) == rub("100.00")
    assert [it.amount for it in answer.result.measured] == [rub("100.00")]


@pytest.mark.parametrize(
    ("keys", "before", "points"),
    [("", 1, "5.00"), ("", 2, "10.00"), ("counts_current = false", 2, "5.00")],
)
def test_this_visit_counts_already(keys: str, before: int, points: str) -> None:
    found = by_visits(keys)
    assert earned_in(quoted(found, basket(line(1, "100.00")), shopper(before))) == rub(points)


def test_what_stays_of_a_receipt_earns_at_the_tier_that_the_rest_reaches() -> None:
    # 2 × 500.00 at 5% on 50.00 before: gold, 100.00. One back: 25.00 + 50.00 is not gold; 25.00
    sale = sold(by_points(rules=GOLD), basket(line(1, "500.00", "2")), shopper(rub("50.00")))
    assert sale_counters(sale) == [("earned/bonus", rub("100.00"))]
    assert returned(sale, [1]) == [[("clawed_back/bonus", -rub("75.00"))]]
