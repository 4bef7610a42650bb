"""A till's daemon, couriers that are killed, a stick, and headquarters: all of it real."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from loyaltyd.hq.server import Places
from loyaltyd.link.spool import Spool
from loyaltyd.store import database
from loyaltyd.store.verify import verified
from tests.cli.commands import told
from tests.courier.courier_process import Courier, until
from tests.daemon.daemon_process import Caller, Daemon, Lane, basket, free_port, made_lane
from tests.hq.invariants import faults, held
from tests.hq.served import served

KILLS = 40 if os.environ.get("CI") == "true" else 6  # a life takes two seconds
RECEIPTS = 12  # of a life; with those before: 500 under CI
LIFE_S = (0.3, 1.5)  # a start, a file, and the answer fall into it


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    """A till whose daemon runs and whose headquarters trusts it, but is away."""
    made, hq = made_lane(tmp_path / "lane"), tmp_path / "hq"
    (made.folder / "hq.pub").write_text(told("hq", "pub", "--folder", hq).stdout)
    with made.config.open("a") as config:
        config.write(
            '[link]\nfolder = "spool"\nhq_key = "hq.pub"\nevery = "1s"\n'
            f'url = "http://127.0.0.1:{free_port()}"\n'
        )
    with Daemon(made) as daemon:
        daemon.answering()
        public = made.folder / "till.pub"
        public.write_text(told("identity", "--config", made.config).stdout)
        assert told("hq", "trust", "--folder", hq, public).exit_code == 0
        yield made
        assert daemon.stop() == 0


def test_every_receipt_is_at_headquarters_once_whatever_became_of_its_couriers(
    lane: Lane, tmp_path: Path
) -> None:
    hq, chance, numbers = tmp_path / "hq", random.Random(), count()
    with Caller(lane.port) as till:
        confirm(till, numbers)
        with Courier(lane.config) as courier:
            until(lambda: "not_carried" in courier.events(), "a line that is down")
        carry_by_stick(lane, hq, tmp_path / "stick")
        until(lambda: waiting(till) == 0, "the answer from the stick")
        with served(hq, Places(couriers=("127.0.0.1", port(lane)), people=("127.0.0.1", 0))):
            for _ in range(KILLS):
                confirm(till, numbers)
                kill_within(lane, chance.uniform(*LIFE_S))
            with Courier(lane.config) as courier:
                until(lambda: waiting(till) == 0, "the last answer")
                assert courier.stop() == 0
    check_books(hq, lane, next(numbers))


def confirm(till: Caller, numbers: Iterator[int]) -> None:
    for _ in range(RECEIPTS):
        status, answer = till.tell("/v1/receipts", basket(f"r-{next(numbers)}"))
        assert status == 201, answer


def kill_within(lane: Lane, life_s: float) -> None:
    with Courier(lane.config) as courier:
        time.sleep(life_s)
        courier.process.kill()


def waiting(till: Caller) -> int:
    """How many records headquarters hasn't acknowledged, as the till's status says."""
    status = till.ask("/v1/status")[1]["link"]
    assert status["trouble"] == ""
    count: int = status["waiting"]
    return count


def carry_by_stick(lane: Lane, hq: Path, stick: Path) -> None:
    """Twice, as somebody does who isn't sure."""
    Spool(stick)
    until(lambda: bool(Spool(lane.folder / "spool").out.names()), "a file to carry")
    carry = ("courier", "--once", "--config", lane.config, "--folder", stick)
    assert told(*carry).exit_code == 0
    for _ in range(2):
        assert told("hq", "import", "--folder", hq, stick).exit_code == 0
    assert told(*carry).stdout.splitlines()[-1] == "1 acknowledged"
    assert Spool(stick).out.names() == []


def port(lane: Lane) -> int:
    """Where the settings say that headquarters answers."""
    return int(lane.config.read_text().rpartition(":")[2].strip().strip('"'))


def check_books(hq: Path, lane: Lane, receipts: int) -> None:
    """Headquarters has the till's records, each once, in order, and they add up."""
    report = verified(lane.ledger)
    assert report.findings == ()
    with closing(database.reader(lane.ledger)) as ledger:
        lines = [line for (line,) in ledger.execute("SELECT line FROM record ORDER BY seq")]
    assert sum('"type":"receipt"' in line for line in lines) == receipts
    assert held(hq, report.stream) == report.head
    assert faults(hq, {report.stream: lines}) == []
