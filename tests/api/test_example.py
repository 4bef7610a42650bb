"""The example of the contract (api.md), posted to a daemon on that Saturday morning."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine

from loyaltyd import config
from loyaltyd.api.operations import BASKET
from tests.api.tills import LiveTill, live
from tests.cli.commands import written_config
from tests.till.shop import in_bonuses
from tools import seed

NOW = dt.datetime.fromisoformat("2026-12-05T10:30:00+03:00")
QUOTE = json.loads("""
{"program": {"id": "zelenka", "version": 12},
 "card": {"number": "2990******019", "kind": "bonus", "status": "active", "holder": "Anna",
          "tier": "silver"},
 "totals": {"gross": "315.13", "discount": "17.98", "redeemed": "89.14", "tendered": "0.00",
            "payable": "208.01", "earned": {"bonus": "10.40"}},
 "lines": [
   {"line": 1, "gross": "179.80", "discount": "17.98", "redeemed": "48.54", "net": "113.28",
    "earned": {"bonus": "5.66"},
    "effects": [{"rule": "milk-10", "layer": "item", "amount": "17.98"}]},
   {"line": 2, "gross": "135.33", "discount": "0.00", "redeemed": "40.60", "net": "94.73",
    "earned": {"bonus": "4.74"}, "effects": []}],
 "messages": {"cashier": ["Greet Anna"],
              "customer": ["Weekend milk: 17.98 off", "You earn 10.40"],
              "slip": ["Bonuses 160.86, and 22.40 more soon"]}}
""")
WALLET = json.loads("""
{"available": "250.00", "pending": "12.00", "reserved": "0.00", "debt": "0.00",
 "redeemable": "89.14", "spent": "89.14", "after": "160.86",
 "expiring": [{"amount": "40.00", "on": "2026-12-31"}]}
""")
RETURN = json.loads("""
{"refund": "56.64", "restored": {"bonus": "24.27"}, "clawed_back": {"bonus": "2.84"}}
""")


@pytest.fixture
def till(tmp_path: Path) -> Iterator[LiveTill]:
    """Anna's till on that morning: the daemon's own clock says so."""
    path = written_config(tmp_path, '[api]\nlisten = "127.0.0.1:0"\n')
    assert seed.seed(config.load(path, environment={}, overrides={}), NOW)
    with time_machine.travel(NOW, tick=True), live(path) as till:
        yield till


def test_the_contracts_example_posted_gives_its_numbers(till: LiveTill) -> None:
    quoted: Any = in_bonuses(till.post("/v1/quotes", BASKET).json)
    assert {name: quoted[name] for name in QUOTE} == QUOTE
    assert quoted["wallets"] == {"bonus": WALLET}
    assert quoted["quote"].startswith("q1.")
    assert quoted["expires_at"].startswith("2026-12-05T10:35:")
    step = next(it for it in quoted["explain"] if it["rule"] == "step-scale")
    assert not step["applied"]
    assert step["because"] == "needs a total of 1000.00, has 297.15"

    paid = {"payments": [{"kind": "cash", "amount": "208.01"}]}
    confirmed = till.post("/v1/receipts", {**BASKET, **paid, "quote": quoted["quote"]})
    assert confirmed.status == 201
    assert {name: in_bonuses(confirmed.json)[name] for name in QUOTE} == QUOTE
    assert confirmed.json["wallets"]["bonus"]["available"] == "160.86"
    assert confirmed.json["slip"] == ["Bonuses 160.86, and 22.40 more soon"]
    again = till.post("/v1/receipts", {**BASKET, **paid})
    assert again.json == {**confirmed.json, "replayed": True}

    one_milk = {"return": "msk017-1-R000009", "lines": [{"line": 1, "quantity": "1"}]}
    back = till.post("/v1/receipts/msk017-3-000123/returns", one_milk)
    assert back.status == 201
    assert in_bonuses(back.json)["totals"] == RETURN
