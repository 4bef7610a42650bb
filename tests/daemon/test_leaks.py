"""The daemon over time: re-plugged readers, streams that come and go, a full disk, its end."""

from __future__ import annotations

import http.client
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from loyaltyd.store.verify import verified
from tests.daemon.daemon_process import (
    WAIT_S,
    Answer,
    Caller,
    Daemon,
    Stream,
    basket,
    free_port,
    made_lane,
)
from tests.readers.devices import Scanner

PLUGS, STREAMS = 20, 500
STOP_S = 5.0  # what the daemon grants to answers under way
DISK = "2m"  # room for a ledger and a few hundred receipts


def ean13(twelve: str) -> str:
    """Twelve digits with the check digit that belongs to them."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return f"{twelve}{-total % 10}"


def descriptors(pid: int) -> int:
    """How many descriptors the process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    """How many threads the process has."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def wait(fact: Callable[[], bool]) -> None:
    """Wait for a fact about another process, which nobody tells of."""
    deadline = time.monotonic() + WAIT_S
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_scanner_replugged_twenty_times_reads_each_card_once_and_leaks_nothing(
    tmp_path: Path,
) -> None:
    lane = made_lane(tmp_path / "lane", readers={"counter": "barcode"})
    scanner = Scanner(lane.folder / "counter")
    cards = [ean13(f"2990{n:08}") for n in range(1, PLUGS + 1)]
    with Daemon(lane) as daemon, Stream(daemon.answering().lane.port) as stream:
        held = set()
        for count, card in enumerate(cards, 1):
            scanner.plug()
            stream.wait("reader_up", count)
            scanner.send(card.encode() + b"\r")
            stream.wait("card_read", count)
            held.add((threads(daemon.pid), descriptors(daemon.pid)))
            scanner.unplug()
            stream.wait("reader_down", count)
        assert [it["card"] for it in stream.of("card_read")] == cards
        assert stream.of("card_refused") == []
        assert len(held) == 1, held


def test_event_streams_that_come_and_go_leave_no_descriptor(tmp_path: Path) -> None:
    lane = made_lane(tmp_path / "lane")
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        caller.ask("/healthz")
        before = (threads(daemon.pid), descriptors(daemon.pid))
        for _ in range(STREAMS):
            come_and_go(lane.port)
        wait(lambda: (threads(daemon.pid), descriptors(daemon.pid)) == before)


def come_and_go(port: int) -> None:
    """Open an event stream, and leave as soon as it is granted."""
    with socket.create_connection(("127.0.0.1", port), WAIT_S) as stream:
        stream.sendall(b"GET /v1/events HTTP/1.1\r\nhost: localhost:%d\r\n\r\n" % port)
        assert stream.recv(12) == b"HTTP/1.1 200"


def test_sigterm_under_load_ends_it_cleanly_and_loses_nothing_answered(tmp_path: Path) -> None:
    lane = made_lane(tmp_path / "lane")
    with Daemon(lane) as daemon, ThreadPoolExecutor(3) as clients:
        daemon.answering()
        with Stream(lane.port) as stream, socket.create_connection(("127.0.0.1", lane.port)):
            loads = [clients.submit(load, lane.port, f"c{number}") for number in range(3)]
            stream.wait("receipt_confirmed", 20)
            daemon.process.terminate()
            assert daemon.process.wait(STOP_S) == 0
        answered = [answer for each in loads for answer in each.result()]
    assert len(answered) >= 20
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        for answer in answered:
            assert caller.ask(f"/v1/receipts/{answer['receipt']}")[1]["seq"] == answer["seq"]
        assert daemon.stop() == 0
    assert verified(lane.ledger).findings == ()


def load(port: int, name: str) -> list[Answer]:
    """Confirm receipts until the daemon goes; those that were answered."""
    answered: list[Answer] = []
    with suppress(OSError, http.client.HTTPException), Caller(port) as caller:
        while True:
            status, answer = caller.tell("/v1/receipts", basket(f"{name}-{len(answered)}"))
            assert status == http.client.CREATED, answer
            answered.append(answer)
    return answered


def test_a_second_daemon_on_the_ledger_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    lane = made_lane(tmp_path / "lane")
    other = replace(lane, config=lane.folder / "other.toml")
    text = lane.config.read_text().replace(f":{lane.port}", f":{free_port()}")
    other.config.write_text(text.replace('socket = "till.sock"\n', ""))
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        with Daemon(other) as second:
            assert second.process.wait(WAIT_S) == 69
        assert "another loyaltyd is running on this ledger" in lane.log.read_text("utf-8")
        assert caller.tell("/v1/receipts", basket("r1"))[0] == http.client.CREATED


def test_a_full_disk_refuses_receipts_until_there_is_room_and_loses_none(tmp_path: Path) -> None:
    lane = made_lane(tmp_path / "lane")
    lane.ledger.parent.mkdir()
    with Daemon(lane, before=on_a_small_disk(lane.ledger.parent)) as daemon:
        with Caller(daemon.answering().lane.port) as caller:
            answered = [caller.tell("/v1/receipts", basket(f"r{n}"))[1] for n in range(5)]
            # The mount is the daemon's own and goes with it: from here it is seen through /proc.
            seen = Path(f"/proc/{daemon.pid}/root{lane.ledger.parent}")
            fill(seen / "ballast")
            refusal = first_refusal(caller)
            assert (refusal["status"], refusal["reason"]) == (503, "ledger_full")
            assert caller.tell("/v1/quotes", basket("q1"))[0] == http.client.OK
            (seen / "ballast").unlink()
            status, healed = caller.tell("/v1/receipts", basket("healed"))
            assert status == http.client.CREATED, healed
            for answer in [*answered, healed]:
                assert caller.ask(f"/v1/receipts/{answer['receipt']}")[1]["seq"] == answer["seq"]
            assert caller.ask("/v1/status")[1]["ledger"]["damaged"] == ""
        daemon.process.send_signal(signal.SIGSTOP)  # so that it is copied as it lies there
        shutil.copytree(seen, tmp_path / "copy")
    assert verified(tmp_path / "copy" / "ledger.db").findings == ()


def on_a_small_disk(folder: Path) -> tuple[str, ...]:
    """What to put before a command, so that to it alone folder is a disk of its own."""
    mount = f"mount -t tmpfs -o size={DISK},mode=700 none {folder}"
    apart = ("unshare", "--map-root-user", "--mount", "sh", "-c")
    if not shutil.which("unshare") or subprocess.run([*apart, mount], check=False).returncode:
        pytest.skip("no right to mount a small disk")
    return (*apart, f'{mount} && exec "$@"', "sh")


def fill(path: Path) -> None:
    """Leave no room on path's disk."""
    disk = os.statvfs(path.parent)
    path.write_bytes(bytes(disk.f_bavail * disk.f_frsize))


def first_refusal(caller: Caller) -> Answer:
    """Confirm until a receipt is refused: the log's last page may have a little room."""
    for number in range(100):
        status, answer = caller.tell("/v1/receipts", basket(f"full-{number}"))
        if status != http.client.CREATED:
            return answer
    raise AssertionError("a full disk took a hundred receipts")


def test_a_disk_that_fails_stops_it_with_its_own_code_and_answered_receipts_stay(
    tmp_path: Path,
) -> None:
    lane = made_lane(tmp_path / "lane")
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        answered = [caller.tell("/v1/receipts", basket(f"r{n}"))[1] for n in range(5)]
        # To SQLite a write above the limit is an error like a torn cable's, not a full disk.
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = lane.ledger.with_name("ledger.db-wal").stat().st_size
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (size, hard))
        refusal = first_refusal(caller)
        assert (refusal["status"], refusal["reason"]) == (503, "ledger_unavailable")
        assert daemon.process.wait(WAIT_S) == 74
    with Daemon(lane) as daemon, Caller(daemon.answering().lane.port) as caller:
        for answer in answered:
            assert caller.ask(f"/v1/receipts/{answer['receipt']}")[1]["seq"] == answer["seq"]
    assert verified(lane.ledger).findings == ()
