"""The same receipt comes to the same bytes, whatever runs it: process, hash seed or Python.

The programs in frozen/ and the receipts made here never change, so each Python that runs this file
shows that it comes to what all others came to. Whoever changes on purpose what a receipt comes to
changes COME_TO with it, and says so.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.domain.account import Account, Seen
from loyaltyd.domain.basket import Basket, Line, Wish
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Quote
from loyaltyd.domain.facts import bytes_of, facts_of
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.past import Past
from tests.domain.receipts import BONUS_CARD, MOSCOW, quoted

ROOT = Path(__file__).parents[2]
FROZEN = sorted(Path(__file__).with_name("frozen").glob("*.toml"))
RECEIPTS = 50  # under each program
COME_TO = "3df579f68d96c429f065f80b44d8a399470e904209b23b48e05a4937643be191"
SCRIPT = """
import sys
from tests.domain.test_same_bytes import answers, digest
sys.stdout.write(digest(answers()))
"""


def test_three_hundred_receipts_come_to_what_they_came_to_on_every_python() -> None:
    summed = hashlib.sha256()
    for it in answers():
        facts = json.dumps(facts_of(it.result), sort_keys=True)
        summed.update(facts.encode())
    assert summed.hexdigest() == COME_TO


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_another_process_with_another_hash_seed_gives_the_same_bytes(seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == digest(answers())


def digest(found: Iterator[Quote]) -> str:
    """The SHA-256 of all that answers say: results, messages and what became of each rule."""
    summed = hashlib.sha256()
    for it in found:
        summed.update(bytes_of(it))
    return summed.hexdigest()


def answers() -> Iterator[Quote]:
    """What the made-up receipts come to under each of the programs."""
    for path in FROZEN:
        found = program_from(path.read_text(encoding="utf-8"))
        assert isinstance(found, Program)
        for number in range(RECEIPTS):
            at = dt.datetime(2026, 12, 3 + number % 4, number % 24, tzinfo=MOSCOW)
            yield quoted(found, _basket(number), _shopper(number), at)


def _basket(number: int) -> Basket:
    categories = ("dairy/milk", "goods", "bread/rye", "vodka", "tobacco/x", "dairy")
    lines = [
        Line(
            line=place,
            sku=f"sku-{place}",
            quantity=(1000, 2000, 347, 12_000, 3000)[(number + place) % 5],
            price=(number * 7919 + place * 104_729) % 30_000,
            category=categories[(number * 5 + place) % 6],
            unit="kg" if (number + place) % 5 == 2 else "pc",
            abv=40_000,
            litres=500,
            tags=("promo",) if (number + place) % 3 == 0 else (),
        )
        for place in range(number % 8)
    ]
    wishes = tuple(
        Wish(wallet=name, amount=None if number % 3 else number * 211)
        for place, name in enumerate(("bonus", "stars", "purse"))
        if (number >> place) % 2
    )
    return Basket(receipt="r", lines=tuple(lines), redeem=wishes)


def _shopper(number: int) -> Seen:
    if number % 11 == 0:
        return Seen()
    lots = tuple(
        Lot(
            wallet=name,
            active_from=dt.date(2026, 11, 1 + number % 30),
            expires_at=None if number % 2 else dt.date(2026, 12, 31),
            amount=1 + number * 997 % 20_000,
        )
        for name in ("bonus", "stars", "purse")
    )
    tier = ("start", "silver")[number % 2]
    account = Account(id="a" * 32, tier=tier, measure=number * 1013 % 40_000, lots=lots)
    past = Past(visits=number % 7, last_visit=dt.date(2026, 10, 1 + number % 31))
    return Seen(card=BONUS_CARD, account=account, past=past)
