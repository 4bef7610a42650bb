"""kill -9 at random moments under load: what was answered stays, once, and the balances add up."""

from __future__ import annotations

import http.client
import itertools
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from loyaltyd.domain.money import units
from loyaltyd.store import database
from loyaltyd.store.verify import verified
from tests.daemon.daemon_process import Answer, Caller, Daemon, Lane, basket, made_lane

KILLS = 200 if os.environ.get("CI") == "true" else 40  # a life takes half a second and a core
CLIENTS = 3
LOAD_MAX_S = 0.2  # some forty answers; a kill falls anywhere in it
START_MAX_S = 0.4  # about what a start takes: such a kill falls anywhere in that
CARDS = ("2990000000019", "2990000000026", "2990000000033", "2990000000040")


@dataclass(slots=True)
class Sent:
    """A request, and its answer if one came before the daemon went."""

    path: str
    body: Answer
    card: str
    answer: Answer | None = None


@pytest.mark.timeout(1800)  # no verdict on speed: 200 lives on a busy machine
def test_what_was_answered_survives_kill_9_and_nothing_is_there_twice(tmp_path: Path) -> None:
    lane, chance, sent = made_lane(tmp_path / "lane"), random.Random(), list[Sent]()
    for life in range(KILLS):
        if chance.random() < 0.1:
            with Daemon(lane) as daemon:  # on its way up
                time.sleep(chance.uniform(0, START_MAX_S))
        sent += killed_under_load(lane, life, chance.uniform(0, LOAD_MAX_S))
    assert sum(it.answer is not None for it in sent) > KILLS
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        for request in sent:
            check_again(caller, request)
        for card in CARDS:
            check_balance(caller, card, sent)
        assert daemon.stop() == 0
    check_ledger(lane.ledger, sent)


def killed_under_load(lane: Lane, life: int, moment_s: float) -> list[Sent]:
    """What clients sent to one life of the daemon, which ends at that moment of it."""
    over = threading.Event()
    with Daemon(lane) as daemon, ThreadPoolExecutor(CLIENTS) as clients:
        daemon.answering()
        loads = [
            clients.submit(
                load, lane.port, f"{life}-{name}", CARDS[(life + name) % len(CARDS)], over
            )
            for name in range(CLIENTS)
        ]
        time.sleep(moment_s)
        daemon.kill()
        over.set()
        return [request for each in loads for request in each.result()]


def load(port: int, name: str, card: str, over: threading.Event) -> list[Sent]:
    """Send receipts, and returns of them, as fast as they are answered, until the daemon goes."""
    sent: list[Sent] = []
    with suppress(OSError, http.client.HTTPException), Caller(port) as caller:
        for request in requests(name, card):
            if over.is_set():
                break
            sent.append(request)
            status, answer = caller.tell(request.path, request.body)
            assert status == http.client.CREATED, answer
            request.answer = answer
    return sent


def requests(name: str, card: str) -> Iterator[Sent]:
    """Receipts of a card, each third followed by the return of a part."""
    for number in itertools.count():
        receipt = f"{name}-{number}"
        yield Sent(path="/v1/receipts", body=basket(receipt, card), card=card)
        if number % 3 == 0:
            lines = [{"line": 1, "quantity": "1"}]
            body = {"return": f"{receipt}-R", "lines": lines}
            yield Sent(path=f"/v1/receipts/{receipt}/returns", body=body, card=card)


def check_again(caller: Caller, request: Sent) -> None:
    """Sent again: the same answer if there was one, else one now; and it can be read."""
    status, again = caller.tell(request.path, request.body)
    assert status == http.client.CREATED, again
    if request.answer is not None:
        assert again == {**request.answer, "replayed": True}
    request.answer = {key: value for key, value in again.items() if key != "replayed"}
    _, read = caller.ask(f"/v1/receipts/{again['receipt']}")
    if "return" in request.answer:
        assert read["returns"] == [request.answer]
    else:
        assert {key: read[key] for key in request.answer} == request.answer


def check_balance(caller: Caller, card: str, sent: list[Sent]) -> None:
    """What a card holds is what the answers gave and took: nothing of it can be spent yet."""
    held = 0
    for answer in (it.answer for it in sent if it.card == card):
        assert answer is not None
        totals = answer["totals"]
        held += units(totals.get("earned", {"bonus": "0"})["bonus"], 2)
        held -= units(totals.get("clawed_back", {"bonus": "0"})["bonus"], 2)
    _, view = caller.ask(f"/v1/cards/{card}")
    wallet = view["wallets"]["bonus"]
    assert units(wallet["pending"], 2) - units(wallet["debt"], 2) == held
    assert wallet["available"] == "0.00"


def check_ledger(path: Path, sent: list[Sent]) -> None:
    """The chain is whole, the projections are its fold, and each request is one record of it."""
    report = verified(path)
    assert report.findings == ()
    assert report.head.seq == len(sent)
    connection = database.reader(path)
    try:
        rows = connection.execute("SELECT id, seq FROM record").fetchall()
    finally:
        connection.close()
    answers = [it.answer for it in sent if it.answer is not None]
    known = {str(it.get("return", it["receipt"])): it["seq"] for it in answers}
    assert Counter(rows) == Counter(known.items())
