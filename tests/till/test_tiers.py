"""Tiers of a real ledger: what is counted, what is missing, and that HQ finds the same again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.hq.rerunning import difference
from loyaltyd.hq.undoing import receipt_told, undoing_difference
from tests.domain.receipts import CARDS, EARN, HEAD, rule, wallet
from tests.till.shop import Shop, back, bought, line, shop_at

LEVELS = """levels = [{{ id = "start", from = "0" }}, {{ id = "gold", from = "{}" }}]
demote = "{}"
"""
DOUBLE = rule("double", "points", 'earn = "bonus", multiply = "2"', 'when = { tier = ["gold"] }')


def text(measure: str, gold: str, demote: str = "immediately") -> str:
    tiers = f"[tiers]\n{measure}\n" + LEVELS.format(gold, demote)
    return HEAD + wallet() + tiers + EARN + DOUBLE + CARDS


POINTS = text('measure = "points"\nwallet = "bonus"', "100.00")
VISITS = text('measure = "visits"', "3")


@pytest.fixture
def by_points(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db", POINTS) as shop:
        yield shop
        checked(shop, POINTS)


@pytest.fixture
def by_visits(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db", VISITS) as shop:
        yield shop
        checked(shop, VISITS)


def checked(shop: Shop, program: str) -> None:
    """The projections are what the lines give, and each line runs again as it was."""
    shop.check()
    found = program_from(program)
    assert isinstance(found, Program)
    records = shop.records()
    for place, it in enumerate(records):
        if it.type == "receipt":
            assert difference(it, found) == ""
        if it.type in {"return", "cancel"}:
            told = [by for by in records[:place] if receipt_told(by) == receipt_told(it)]
            assert undoing_difference(it, told, found) == ""


def stand(shop: Shop) -> tuple[str, str | None]:
    card = shop.card()
    return card["tier"], card["next_tier"] and card["next_tier"]["missing"]


def buys(shop: Shop, receipt: str, price: str, quantity: str = "1") -> str:
    """What the receipt earned."""
    answer = shop.confirm(bought(receipt, line(1, price, quantity)))
    return str(answer["totals"]["earned"]["bonus"])


def test_points_lead_to_a_tier_and_what_is_missing_is_points(by_points: Shop) -> None:
    assert stand(by_points) == ("start", "100.00")
    assert buys(by_points, "r-1", "1000.00") == "50.00"
    assert stand(by_points) == ("start", "50.00")
    assert buys(by_points, "r-2", "999.80") == "49.99"
    assert stand(by_points) == ("start", "0.01")
    assert buys(by_points, "r-3", "0.20") == "0.02"  # the kopeck is there already, and doubled
    assert stand(by_points) == ("gold", None)


def test_points_taken_back_lower_what_counts(by_points: Shop) -> None:
    assert buys(by_points, "r-1", "1000.00", "2") == "200.00"
    assert stand(by_points) == ("gold", None)
    answer = by_points.give_back("r-1", back("b-1", (1, "1")))
    assert answer["totals"]["clawed_back"] == {"bonus": "150.00"}
    assert stand(by_points) == ("start", "50.00")
    by_points.give_back("r-1", back("b-2", (1, "1")))
    assert stand(by_points) == ("start", "100.00")


def test_a_cancelled_receipt_counts_for_nothing(by_points: Shop) -> None:
    buys(by_points, "r-1", "2000.00")
    by_points.cancel("r-1")
    assert stand(by_points) == ("start", "100.00")


def test_a_tier_by_points_is_left_only_at_the_next_review(tmp_path: Path) -> None:
    program = text('measure = "points"\nwallet = "bonus"', "100.00", "month-end")
    with shop_at(tmp_path / "ledger.db", program) as shop:
        buys(shop, "r-1", "2000.00")
        shop.give_back("r-1", back("b-1", (1, "1")))
        assert shop.card()["tier"] == "gold"
        shop.clock.move(days=31)
        assert shop.card()["tier"] == "start"
        checked(shop, program)


def test_visits_lead_to_a_tier_and_what_is_missing_is_visits(by_visits: Shop) -> None:
    assert stand(by_visits) == ("start", "3")
    assert buys(by_visits, "r-1", "100.00") == "5.00"
    assert buys(by_visits, "r-2", "100.00") == "5.00"
    assert stand(by_visits) == ("start", "1")
    assert buys(by_visits, "r-3", "100.00") == "10.00"  # the third, and it counts already
    assert stand(by_visits) == ("gold", None)


def test_a_visit_stays_when_goods_come_back_and_goes_with_a_cancel(by_visits: Shop) -> None:
    for number in (1, 2, 3):
        buys(by_visits, f"r-{number}", "100.00")
    by_visits.give_back("r-1", back("b-1", (1, "1")))
    assert stand(by_visits) == ("gold", None)
    by_visits.cancel("r-2")
    assert stand(by_visits) == ("start", "1")
