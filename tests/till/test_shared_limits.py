"""Limits of cashiers and budgets, counted in a real ledger, with and without a card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.domain.receipts import CARDS, HEAD, rule
from tests.till.shop import CARD, Shop, back, bought, line, no, shop_at
from tests.till.test_past import checked

TEN = 'percent_off = "10%"'


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def limited(limit: str) -> str:
    return HEAD + rule("ten", "receipt", TEN, f"limit = {{ {limit} }}") + CARDS


def off(shop: Shop, receipt: str, **more: Any) -> str:
    members = {"card": None, "cashier": "17", **more}
    answer = shop.confirm(bought(receipt, line(1, "100.00"), **members))
    assert no(answer) is None, answer
    return str(answer["totals"]["discount"])


def test_a_cashier_gives_it_so_often_in_a_day(ledger: Path) -> None:
    text = limited('per_cashier = 2, every = "1d"')
    with shop_at(ledger, text) as shop:
        assert [off(shop, f"r-{n}") for n in range(3)] == ["10.00", "10.00", "0.00"]
        assert off(shop, "r-4", cashier="18") == "10.00"
        assert off(shop, "r-5", cashier="") == "0.00"
        shop.clock.move(days=1)
        assert off(shop, "r-6", card=CARD) == "10.00"
        checked(shop, text)


def test_a_cancelled_receipt_gives_the_cashiers_use_and_the_budget_back(ledger: Path) -> None:
    text = limited('per_cashier = 2, budget = "15.00"')
    with shop_at(ledger, text) as shop:
        assert [off(shop, f"r-{n}") for n in range(3)] == ["10.00", "5.00", "0.00"]
        shop.cancel("r-0")
        assert off(shop, "r-3") == "10.00"
        assert no(shop.give_back("r-3", back("b-1", (1, "1")))) is None
        assert off(shop, "r-4") == "0.00"  # a return gives neither back
        checked(shop, text)


def test_a_budget_starts_anew_with_its_span_and_is_for_everybody(ledger: Path) -> None:
    text = limited('budget = "15.00", every = "1d"')
    with shop_at(ledger, text) as shop:
        assert off(shop, "r-1", card=CARD) == "10.00"
        assert off(shop, "r-2") == "5.00"
        answer = shop.quote(bought("r-3", line(1, "100.00"), card=None))
        (why,) = answer["explain"]
        assert (why["cause"], why["needs"], why["has"]) == ("budget", "15.00", "15.00")
        assert why["because"] == "all of its 15.00 was given"
        shop.clock.move(days=1)
        assert off(shop, "r-4") == "10.00"
        checked(shop, text)


def test_a_cashiers_name_is_on_no_counter(ledger: Path) -> None:
    with shop_at(ledger, limited("per_cashier = 2")) as shop:
        off(shop, "r-1")
        counters = shop.records()[-1].body["counters"]
        assert isinstance(counters, list)
        accounts = {it["account"] for it in counters if isinstance(it, dict)}
        assert all(len(str(it)) == 32 for it in accounts)


def test_no_cashier_is_looked_up_where_no_rule_asks(ledger: Path) -> None:
    with shop_at(ledger, limited('budget = "5.00"')) as shop:
        assert off(shop, "r-1") == "5.00"
        seen = shop.records()[-1].body["seen"]
        assert isinstance(seen, dict)
        assert "cashier" not in seen
