"""The daemon with a link: what it sells arrives, it calls nobody, and a bad spool stops no sale."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from loyaltyd.cli.exits import EXITS
from loyaltyd.domain.errors import ConfigError
from loyaltyd.domain.record import Stream
from loyaltyd.hq.ingest import Headquarters, open_hq
from loyaltyd.hq.trusting import trusted_file
from loyaltyd.link.signatures import public_hex, till_key
from loyaltyd.link.spool import ACK, REFUSAL, Spool
from loyaltyd.link.wire import FILE_BYTES_MAX, public_line
from tests.daemon.daemon_process import (
    WAIT_S,
    Answer,
    Caller,
    Daemon,
    Lane,
    basket,
    made_lane,
)

PEER = re.compile(r"sa_family=(\w+)")


def linked_lane(folder: Path, hq: Headquarters) -> Lane:
    """A lane whose till believes hq."""
    lane = made_lane(folder / "lane")
    (lane.folder / "hq.pub").write_text(public_line(None, public_hex(hq.key)))
    with lane.config.open("a") as config:
        config.write('[link]\nfolder = "spool"\nhq_key = "hq.pub"\nevery = "1s"\n')
        config.write('url = "https://hq.example:8443"\n')
    return lane


def trusted(hq: Headquarters, lane: Lane) -> None:
    key = public_hex(till_key(lane.folder / "data" / "till.key", make=False))
    stream = Stream(chain="zelenka", store="msk-017", till="3", epoch="", key=key)
    path = lane.folder / "till.pub"
    path.write_text(public_line(stream, key))
    trusted_file(hq, path)


def carry(hq: Headquarters, lane: Lane) -> None:
    """Bring what lies in the spool to hq, and its answers back."""
    spool = Spool(lane.folder / "spool")
    for name in spool.out.names():
        data = spool.out.read(name, FILE_BYTES_MAX)
        if data is not None:
            answer = hq.taken(data)
            spool.into.put(name + (REFUSAL if answer.reason else ACK), answer.data)


def eventually(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def link_of(caller: Caller) -> Answer:
    status, answer = caller.ask("/v1/status")
    assert status == 200
    link: Answer = answer["link"]
    return link


def test_what_was_sold_arrives_and_status_events_and_metrics_tell_of_it(tmp_path: Path) -> None:
    with closing(open_hq(tmp_path / "hq")) as hq:
        lane = linked_lane(tmp_path, hq)
        with Daemon(lane).answering() as daemon, Caller(lane.port) as caller:
            assert link_of(caller)["configured"] is True
            for number in range(3):
                assert caller.tell("/v1/receipts", basket(f"r{number}"))[0] == 201

            def refused() -> bool:
                carry(hq, lane)
                return "till_unknown" in link_of(caller)["trouble"]

            eventually(refused)
            assert caller.ask("/v1/status")[1]["verdict"] == "degraded"
            trusted(hq, lane)

            def arrived() -> bool:
                carry(hq, lane)
                link = link_of(caller)
                return bool(link["acked"] == 3 and not link["waiting"])

            eventually(arrived)
            link = link_of(caller)
            assert (link["up"], link["trouble"], link["waiting_since"]) == (True, "", None)
            assert link["last_answer_at"].endswith("+03:00")
            metrics = caller.text("/metrics")
            assert "loyaltyd_link_acked 3.0\n" in metrics
            assert "loyaltyd_link_waiting 0.0\n" in metrics
            assert "loyaltyd_link_up 1.0\n" in metrics
            assert daemon.stop() == 0
    with Daemon(lane).answering() as daemon, Caller(lane.port) as caller:
        assert link_of(caller)["acked"] == 3
        assert daemon.stop() == 0


def test_a_daemon_with_a_link_calls_nobody(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    calls = "connect,sendto,sendmsg,sendmmsg"
    with closing(open_hq(tmp_path / "hq")) as hq:
        lane = linked_lane(tmp_path, hq)
        before = ["strace", "-f", "-o", str(trace), "-e", f"trace={calls}"]
        with Daemon(lane, before=before) as daemon, Caller(lane.port) as caller:
            daemon.answering()
            trusted(hq, lane)
            assert caller.tell("/v1/receipts", basket("r1"))[0] == 201

            def arrived() -> bool:
                carry(hq, lane)
                return bool(link_of(caller)["acked"] == 1)

            eventually(arrived)
            # Told to strace, it would let the daemon go and leave it running.
            children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGTERM)
            assert daemon.process.wait(WAIT_S) == 0
    called = [line for line in trace.read_text().splitlines() if PEER.search(line)]
    assert {family for line in called for family in PEER.findall(line)} <= {"AF_UNIX"}


def test_a_spool_that_can_not_be_used_stops_no_sale(tmp_path: Path) -> None:
    with closing(open_hq(tmp_path / "hq")) as hq:
        lane = linked_lane(tmp_path, hq)
    (lane.folder / "spool").write_text("a file where a folder should be")
    with Daemon(lane).answering() as daemon, Caller(lane.port) as caller:
        assert caller.tell("/v1/receipts", basket("r1"))[0] == 201
        eventually(lambda: bool(link_of(caller)["trouble"]))
        status = caller.ask("/v1/status")[1]
        assert status["verdict"] == "degraded"
        assert any(problem.startswith("link: ") for problem in status["problems"])
        (lane.folder / "spool").unlink()
        eventually(lambda: not link_of(caller)["trouble"])
        assert daemon.stop() == 0
    said = [line for line in lane.log.read_text().splitlines() if '"trouble"' in line]
    assert len(said) == 2  # when it began and when it was over, however many looks there were


@pytest.mark.parametrize("key", [None, "", "noise", '{"type":"till","v":1,"key":"00"}'])
def test_a_daemon_that_does_not_know_whom_to_believe_does_not_start(
    tmp_path: Path, key: str | None
) -> None:
    with closing(open_hq(tmp_path / "hq")) as hq:
        lane = linked_lane(tmp_path, hq)
    if key is None:
        (lane.folder / "hq.pub").unlink()
    else:
        (lane.folder / "hq.pub").write_text(key)
    with Daemon(lane) as daemon:
        assert daemon.process.wait(WAIT_S) == EXITS[ConfigError]
    assert "hq.pub: " in lane.log.read_text()


def test_a_till_without_a_link_says_so_and_makes_no_spool(tmp_path: Path) -> None:
    lane = made_lane(tmp_path / "lane")
    with Daemon(lane).answering() as daemon, Caller(lane.port) as caller:
        link = link_of(caller)
        assert (link["configured"], link["up"], link["waiting"]) == (False, False, 0)
        assert "loyaltyd_link" not in caller.text("/metrics")
        assert caller.ask("/v1/status")[1]["verdict"] == "ok"
        assert daemon.stop() == 0
