"""[classes.*] and [regions]: four switches, each with its dates and its region (semantics 10)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from loyaltyd.domain.books.returns import Reversal, goods_returned
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.quote import Quote, quote
from tests.domain.receipts import (
    EARN,
    MOSCOW,
    NOBODY,
    PLACE,
    basket,
    discounts,
    earned_in,
    line,
    program,
    rub,
    rule,
    seen,
    spent_of,
    wallet,
)
from tests.domain.sales import DAY, sold

REGIONS = """
[regions]
moscow = ["msk-*", "mo-001"]
north = ["spb-*"]
everywhere-else = ["kzn-001"]
"""
SWITCHES = {
    "earn": "earn = false",
    "discount": "discount = false",
    "redeem": "redeem = false",
    "floor": 'floor_price = [{ from = 2020-01-01, price = "95.00" }]',
}


def answered(keys: str, *, store: str = "msk-017", day: str = "2026-12-05") -> Quote:
    """A bottle of 100.00 for someone with points: 10% off, points to pay, 5% earned."""
    text = (
        REGIONS
        + f'\n[classes.wine]\nmatch = {{ category = ["wine"] }}\n{keys}\n'
        + wallet()
        + rule("tenth", "item", 'percent_off = "10%"')
        + EARN
    )
    at = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(0, 30), tzinfo=MOSCOW)
    cart = basket(line(1, "100.00", category="wine"), redeem={"bonus": "10.00"})
    answer = quote(cart, seen("50.00"), program(text), replace(PLACE, store=store), at)
    assert isinstance(answer, Quote)
    return answer


def outcome(answer: Quote) -> tuple[int, int, int]:
    """What was taken off, redeemed and earned."""
    return discounts(answer)[0], spent_of(answer), earned_in(answer)


FREE = (rub("10.00"), rub("10.00"), rub("4.00"))  # 100.00 - 10% - 10.00 = 80.00, at 5%
SWITCHED = {
    "earn": (rub("10.00"), rub("10.00"), 0),
    "discount": (0, rub("10.00"), rub("4.50")),
    "redeem": (rub("10.00"), 0, rub("4.50")),
    "floor": (rub("5.00"), 0, rub("4.75")),  # points are a discount too: none is left for them
}


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize(
    ("dates", "day", "holds"),
    [
        ("", "2026-12-05", True),
        ("from = 2026-12-05", "2026-12-04", False),
        ("from = 2026-12-05", "2026-12-05", True),
        ("until = 2026-12-05", "2026-12-05", True),
        ("until = 2026-12-05", "2026-12-06", False),
        ("from = 2026-12-05\nuntil = 2026-12-05", "2026-12-05", True),
    ],
)
def test_each_switch_holds_from_its_first_day_to_its_last(
    switch: str, dates: str, day: str, holds: bool
) -> None:
    answer = answered(f"{dates}\n{SWITCHES[switch]}", day=day)
    assert outcome(answer) == (SWITCHED[switch] if holds else FREE)


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize(
    ("region", "store", "holds"),
    [
        ('["moscow"]', "msk-017", True),
        ('["moscow"]', "mo-001", True),
        ('["moscow"]', "mo-0011", False),  # a name without a star is one store
        ('["moscow"]', "spb-001", False),
        ('["north", "moscow"]', "spb-001", True),
        ('["north", "everywhere-else"]', "msk-017", False),
    ],
)
def test_each_switch_holds_in_the_stores_of_its_region(
    switch: str, region: str, store: str, holds: bool
) -> None:
    answer = answered(f"region = {region}\n{SWITCHES[switch]}", store=store)
    assert outcome(answer) == (SWITCHED[switch] if holds else FREE)


def test_a_class_of_two_times_or_regions_is_two_classes() -> None:
    text = REGIONS + "".join(
        f'\n[classes.{name}]\nmatch = {{ category = ["wine"] }}\n{keys}\n'
        for name, keys in {
            "summer": "until = 2026-08-31\ndiscount = false",
            "north": 'region = ["north"]\ndiscount = false',
        }.items()
    )
    found = program(text + rule("tenth", "item", 'percent_off = "10%"'))
    cart = basket(line(1, "100.00", category="wine"))
    for store, day, off in (
        ("msk-017", dt.date(2026, 8, 31), "0.00"),
        ("msk-017", dt.date(2026, 9, 1), "10.00"),
        ("spb-001", dt.date(2026, 9, 1), "0.00"),
    ):
        at = dt.datetime.combine(day, dt.time(12), tzinfo=MOSCOW)
        answer = quote(cart, NOBODY, found, replace(PLACE, store=store), at)
        assert isinstance(answer, Quote)
        assert discounts(answer) == [rub(off)]


def test_a_rule_may_be_for_a_region() -> None:
    text = REGIONS + rule("tenth", "item", 'percent_off = "10%"', 'when = { region = ["north"] }')
    cart = basket(line(1, "100.00"))
    for store, off in (("spb-001", "10.00"), ("msk-017", "0.00")):
        at = dt.datetime(2026, 12, 5, 12, tzinfo=MOSCOW)
        answer = quote(cart, NOBODY, program(text), replace(PLACE, store=store), at)
        assert isinstance(answer, Quote)
        assert discounts(answer) == [rub(off)]
        told = answer.trace[0]
    assert (told.cause, told.needs, told.has) == (Cause.REGION, "north", "msk-017")


def test_what_comes_back_is_worked_out_by_the_classes_of_the_day_of_the_sale() -> None:
    # 2 × 100.00 at 5% earn 10.00; the class that lets nothing earn starts the day after
    text = (
        wallet()
        + EARN
        + '\n[classes.wine]\nmatch = { category = ["wine"] }\nfrom = 2026-12-06\nearn = false\n'
    )
    sale = sold(program(text), basket(line(1, "100.00", "2", category="wine")), seen())
    later = DAY + dt.timedelta(days=3)
    reversal = goods_returned(sale.case((), sale.account, later), {1: 1000})
    assert isinstance(reversal, Reversal)
    assert [it.amount for it in reversal.returned.clawed_back] == [rub("5.00")]
