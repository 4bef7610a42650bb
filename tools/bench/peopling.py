"""Whether a till grows slower with the accounts that its file holds."""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from loyaltyd.domain.card import card_id
from loyaltyd.domain.refusal import Refusal
from loyaltyd.store import database
from loyaltyd.till.cards import read_card
from loyaltyd.till.requests import ReturnRequest
from loyaltyd.till.returns import return_goods
from loyaltyd.till.till import Till
from tests.daemon.daemon_process import ANNA
from tests.till.shop import numbered
from tools.bench.measure import Call, Figure, Limit, Size, against, alone, rounds_us
from tools.bench.workload import AT, confirm_many, confirmed, program, till_at

FLAT = Limit(most=1.5)  # a tree of pages is one step deeper for each fifty times the rows


def accounts(size: Size) -> list[Figure]:
    """Confirm, return and card lookup with few accounts in the file, and with very many."""
    few, *many = (size.accounts // 100, size.accounts, size.accounts_most)
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        times: dict[int, dict[str, list[float]]] = {}
        for count in filter(None, (few, *many)):
            times[count], bytes_each = _measured(Path(name) / f"{count}", count, size)
            found.append(alone(f"a file of {count:,} accounts", bytes_each, "bytes each"))
    for count in filter(None, many):
        found += [
            against(f"{call}, {count:,} accounts", each, (f"{few:,} accounts", least), FLAT)
            for (call, each), least in zip(times[count].items(), times[few].values(), strict=True)
        ]
    return found


def _measured(folder: Path, count: int, size: Size) -> tuple[dict[str, list[float]], float]:
    """The times of each call, and the bytes that an account takes in the file."""
    with till_at(folder, program(50)) as till:
        confirm_many(till, range(3))
        ledger, chain_key = till.ledger.path, till.chain_key
    before = ledger.stat().st_size
    _fill(ledger, chain_key, count)
    grown = ledger.stat().st_size - before
    with till_at(folder, program(50)) as till:
        loop = asyncio.new_event_loop()
        times = rounds_us(_calls(till, loop, count), size, of_round=min)
        loop.close()
    return times, grown / count


def _calls(till: Till, loop: asyncio.AbstractEventLoop, count: int) -> dict[str, Call]:
    numbers, returned, cards = itertools.count(3), itertools.count(3), itertools.count()

    def give_back() -> None:
        number = next(returned)
        body = {"return": f"back-{number}", "lines": [{"line": 1, "quantity": "2"}]}
        request = ReturnRequest.model_validate_json(json.dumps(body))
        answer = loop.run_until_complete(return_goods(till, f"b-{number:09}", request))
        assert not isinstance(answer, Refusal), answer

    def look_up() -> None:
        number = numbered(next(cards) * 7919 % count)  # all over the file
        answer = loop.run_until_complete(read_card(till, number))
        assert not isinstance(answer, Refusal), answer

    calls: dict[str, Callable[[], object]] = {
        "confirm": lambda: loop.run_until_complete(confirmed(till, next(numbers))),
        "return": give_back,
        "card lookup": look_up,
    }
    return calls


def _fill(path: Path, chain_key: bytes, count: int) -> None:
    """Put so many holders of a card, a name and points into the file, beside its log."""
    connection = database.writer(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO card (id, account, kind, status, number) VALUES (?1, ?1, 'bonus',"
            " 'active', ?2) ON CONFLICT DO NOTHING",
            _cards(chain_key, count),
        )
        connection.execute(
            "INSERT INTO lot SELECT id, 'bonus', 'lot/2026-01-01/2027-12-31', 12345 FROM card"
            " WHERE true ON CONFLICT DO NOTHING"
        )
        connection.execute(
            "INSERT INTO counter SELECT id, 'spend', ?1, ?1, 100000 FROM card"
            " WHERE true ON CONFLICT DO NOTHING",
            (AT.date().isoformat(),),
        )
        connection.execute(
            "INSERT INTO person (account, name, phone) SELECT id, 'Anna', '+7' || number FROM card"
            " WHERE true ON CONFLICT DO NOTHING"
        )
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()


def _cards(chain_key: bytes, count: int) -> Iterator[tuple[str, str]]:
    """In the order of their ids: a tree that is filled at random is half empty."""
    found = (
        (card_id(chain_key, "bonus", number), number)
        for number in map(numbered, range(count))
        if number != ANNA
    )
    yield from sorted(found)
