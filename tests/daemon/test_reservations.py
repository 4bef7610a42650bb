"""A reservation over the daemon's life: it survives kill -9, and runs out though nobody asks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.store.verify import verified
from tests.daemon.daemon_process import (
    ANNA,
    WAIT_S,
    Caller,
    Daemon,
    Lane,
    basket,
    made_lane,
)
from tests.domain.receipts import CARDS, EARN, HEAD, wallet

PROGRAM = HEAD + 'timezone = "Europe/Moscow"\n' + wallet() + EARN + CARDS
MAX: Any = {"redeem": {"bonus": "max"}}
# Milk for 179.80 and apples for 135.33: 5% of 315.13 are 15.75 bonuses.
EARNED = "15.75"


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    made = made_lane(tmp_path / "lane", program=PROGRAM)
    with Daemon(made) as daemon, Caller(daemon.answering().lane.port) as caller:
        assert caller.tell("/v1/receipts", basket("rich"))[0] == HTTPStatus.CREATED
        assert daemon.stop() == 0
    yield made
    assert verified(made.ledger).findings == ()


def held(caller: Caller) -> tuple[str, str]:
    """What Anna's bonuses are: to spend, and reserved."""
    _, view = caller.ask(f"/v1/cards/{ANNA}")
    found = view["wallets"]["bonus"]
    return found["available"], found["reserved"]


def reserve(caller: Caller, ident: str, receipt: str) -> Any:
    body = {**basket(receipt, **MAX), "reservation": ident}
    status, answer = caller.tell("/v1/reservations", body)
    assert status == HTTPStatus.CREATED, answer
    return answer


def test_a_kill_between_reserve_and_confirm_loses_neither_value_nor_receipt(lane: Lane) -> None:
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        made = reserve(caller, "h-1", "r-1")
        assert held(caller) == ("0.00", EARNED)
        daemon.kill()
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        assert held(caller) == ("0.00", EARNED)
        assert reserve(caller, "h-1", "r-1") == {**made, "replayed": True}
        _, other = caller.tell("/v1/receipts", basket("r-2", **MAX))
        assert other["totals"]["redeemed"] == "0.00"
        status, done = caller.tell("/v1/reservations/h-1/confirm", {})
        assert (status, done["totals"]) == (HTTPStatus.CREATED, made["totals"])
        daemon.kill()
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        assert caller.tell("/v1/reservations/h-1/confirm", {})[1] == {**done, "replayed": True}
        assert caller.ask("/v1/receipts/r-1")[1]["totals"] == made["totals"]
        assert held(caller)[1] == "0.00"


def test_what_nobody_confirms_is_free_again_though_nobody_asks(lane: Lane) -> None:
    lane.config.write_text(lane.config.read_text().replace("[api]", '[api]\nreservation_ttl="1s"'))
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        assert reserve(caller, "h-1", "r-1")["ttl_s"] == 1
        seq, deadline = 2, time.monotonic() + WAIT_S
        while seq == 2 and time.monotonic() < deadline:  # status touches no account
            time.sleep(0.05)
            seq = caller.ask("/v1/status")[1]["ledger"]["seq"]
        assert seq == 3
        assert held(caller) == (EARNED, "0.00")
        status, answer = caller.tell("/v1/reservations/h-1/confirm", {})
        assert (status, answer["reason"]) == (HTTPStatus.CONFLICT, "reservation_expired")
