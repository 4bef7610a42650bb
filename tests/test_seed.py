"""The demo's shoppers have what api.md's example finds on Anna's card."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loyaltyd import config
from loyaltyd.api.operations import BASKET
from loyaltyd.domain.refusal import Refusal
from loyaltyd.link.signatures import public_hex, till_key
from loyaltyd.store.ledger import open_ledger
from loyaltyd.till.answers import CardViewAnswer
from loyaltyd.till.cards import read_card
from loyaltyd.till.checkout import quote_receipt
from loyaltyd.till.requests import QuoteRequest
from loyaltyd.till.till import Till
from tests.cli.commands import written_config
from tests.till.shop import in_bonuses
from tools import seed

NOW = dt.datetime.fromisoformat("2026-12-05T10:30:00+03:00")


def settings_in(folder: Path) -> config.Settings:
    return config.load(written_config(folder), environment={}, overrides={})


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    """A till whose ledger was seeded on that Saturday morning."""
    settings = settings_in(tmp_path)
    assert seed.seed(settings, NOW)
    key = public_hex(till_key(settings.till_key))
    ledger = open_ledger(settings.ledger.path, chain="zelenka", store="msk-017", till="3", key=key)
    yield replace(seed.till_of(settings, ledger, NOW), timezone="Europe/Moscow")
    ledger.close()


def card(till: Till, number: str) -> CardViewAnswer:
    found = asyncio.run(read_card(till, number))
    assert not isinstance(found, Refusal)
    return found


def test_anna_has_what_the_contracts_example_says(till: Till) -> None:
    anna = card(till, seed.ANNA)
    assert (anna["holder"], anna["tier"]) == ("Anna", "silver")
    assert anna["next_tier"] == {"id": "gold", "missing": "12400.00"}
    assert in_bonuses(anna)["wallets"] == {
        "bonus": {
            "available": "250.00",
            "pending": "12.00",
            "reserved": "0.00",
            "debt": "0.00",
            "expiring": [{"amount": "40.00", "on": "2026-12-31"}],
        }
    }


def test_the_contracts_example_gives_its_numbers(till: Till) -> None:
    request = QuoteRequest.model_validate_json(json.dumps(BASKET))
    answer = asyncio.run(quote_receipt(till, request))
    assert not isinstance(answer, Refusal)
    totals = answer["totals"]
    assert [totals["gross"], totals["discount"], totals["redeemed"], totals["payable"]] == [
        *("315.13", "17.98", "89.14", "208.01"),
    ]
    assert [line["net"] for line in answer["lines"]] == ["113.28", "94.73"]
    assert answer["wallets"]["bonus"]["after"] == "160.86"
    assert answer["messages"] == {
        "cashier": ["Greet Anna"],
        "customer": ["Weekend milk: 17.98 off", "You earn 10.40"],
        "slip": ["Bonuses 160.86, and 22.40 more soon"],
    }


def test_the_other_cards_are_gold_new_blocked_and_plastic(till: Till) -> None:
    assert (card(till, seed.BORIS)["tier"], card(till, seed.BORIS)["holder"]) == ("gold", "Boris")
    assert card(till, seed.NOBODY)["status"] == "new"
    assert card(till, seed.VIKTOR)["status"] == "blocked"
    assert card(till, seed.PLASTIC)["kind"] == "discount"


@pytest.mark.parametrize("days", range(0, 1461, 73))
def test_anna_is_the_same_whenever_the_demo_is_started(tmp_path: Path, days: int) -> None:
    settings, now = settings_in(tmp_path), NOW + dt.timedelta(days=days)
    assert seed.seed(settings, now)
    key = public_hex(till_key(settings.till_key))
    ledger = open_ledger(settings.ledger.path, chain="zelenka", store="msk-017", till="3", key=key)
    anna = card(seed.till_of(settings, ledger, now), seed.ANNA)
    ledger.close()
    assert anna["tier"] == "silver"
    assert anna["wallets"]["bonus"]["available"] == "250.00"
    assert anna["wallets"]["bonus"]["pending"] == "12.00"
    assert [it["amount"] for it in anna["wallets"]["bonus"]["expiring"]] == ["40.00"]


def test_a_ledger_with_records_is_left_as_it_is(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    assert seed.seed(settings, NOW)
    assert not seed.seed(settings, NOW + dt.timedelta(days=400))
