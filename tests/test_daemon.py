"""The daemon as a process: how it starts, what it says when it can't, what it leaves: nothing."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from loyaltyd import daemon
from loyaltyd.config import load
from loyaltyd.daemon import Running, serve
from loyaltyd.domain.errors import StoreDamaged
from tests.api.tills import CARD, LiveTill, basket, call, live, made

PAN = "4111111111111111"
READERS = """
[[readers]]
name = "counter"
driver = "serial"
device = "scanner"
profile = "barcode"
"""


@contextmanager
def process(settings: Path) -> Iterator[subprocess.Popen[str]]:
    """Run `loyaltyd serve`; it is killed if a test leaves it running."""
    command = [sys.executable, "-m", "loyaltyd", "serve", "--config", str(settings)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            if running.poll() is None:
                running.kill()


def port_of(running: subprocess.Popen[str]) -> int:
    """Wait until the daemon says where it serves."""
    assert running.stderr is not None
    for line in running.stderr:
        if line.startswith("{") and (said := json.loads(line))["event"] == "serving":
            return int(said["port"])
    raise AssertionError("it did not start")


def refused(settings: Path) -> tuple[int, str]:
    """Run a daemon that can't start; return its exit code and what it said."""
    with process(settings) as running:
        _, said = running.communicate()
        return running.returncode, said


def test_it_serves_until_told_and_leaves_no_socket(tmp_path: Path) -> None:
    with process(made(tmp_path)) as running:
        port = port_of(running)
        assert call(port, "POST", "/v1/receipts", basket("kept")).status == 201
        limits = Path(f"/proc/{running.pid}/limits").read_text()
        assert re.search(r"Max core file size +0 +0 ", limits)
        running.send_signal(signal.SIGTERM)
        assert running.wait() == 0
    assert not (tmp_path / "till.sock").exists()


def test_a_killed_daemon_starts_again_over_its_socket_with_every_receipt(tmp_path: Path) -> None:
    settings = made(tmp_path)
    with process(settings) as running:
        first = call(port_of(running), "POST", "/v1/receipts", basket("kept")).json
        running.kill()
    assert (tmp_path / "till.sock").exists()
    with process(settings) as running:
        again = call(port_of(running), "POST", "/v1/receipts", basket("kept")).json
        assert again == {**first, "replayed": True}
        running.send_signal(signal.SIGINT)
        assert running.wait() == 0


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        settings = made(tmp_path)
        settings.write_text(settings.read_text().replace("127.0.0.1:0", address))
        code, said = refused(settings)
    assert code == 69
    assert f"{address}: address already in use" in said
    assert not (tmp_path / "ledger.db").exists()


def test_a_second_daemon_on_a_ledger_is_refused(tmp_path: Path) -> None:
    settings = made(tmp_path)
    with live(settings):
        code, said = refused(settings)
        assert (code, "another daemon listens there" in said) == (69, True)
        settings.write_text(settings.read_text().replace("till.sock", "other.sock"))
        code, said = refused(settings)
        assert (code, "ledger.db" in said) == (69, True)


def test_what_is_no_socket_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "till.sock").write_text("mine")
    code, said = refused(made(tmp_path))
    assert (code, "exists and is no socket" in said) == (69, True)
    assert (tmp_path / "till.sock").read_text() == "mine"


def test_settings_that_can_not_be_used_are_78(tmp_path: Path) -> None:
    settings = made(tmp_path, tokens='"tokens"')
    assert refused(settings)[0] == 78  # named, and not there: nobody is let in by mistake
    settings = made(tmp_path)
    (tmp_path / "program.toml").write_text("nonsense = 1\n")
    code, said = refused(settings)
    assert (code, "program.toml:1" in said) == (78, True)
    (tmp_path / "program.toml").unlink()
    assert refused(settings)[0] == 78
    assert not (tmp_path / "till.sock").exists()


def test_a_till_whose_time_zone_nobody_names_is_78(tmp_path: Path) -> None:
    settings = made(tmp_path)
    for file in (settings, tmp_path / "program.toml"):
        file.write_text(re.sub("(?m)^timezone.*$", "", file.read_text()))
    code, said = refused(settings)
    assert (code, "program.toml: timezone: is missing" in said) == (78, True)


def test_a_key_that_others_may_read_is_78(tmp_path: Path) -> None:
    settings = made(tmp_path)
    (tmp_path / "till.key").write_bytes(b"k" * 32)
    (tmp_path / "till.key").chmod(0o644)
    code, said = refused(settings)
    assert (code, "chmod 600" in said) == (78, True)


def test_a_damaged_ledger_is_74(tmp_path: Path) -> None:
    settings = made(tmp_path)
    with live(settings) as till:
        till.post("/v1/receipts", basket("one"))
    ledger = tmp_path / "ledger.db"
    ledger.write_bytes(b"\0" * 100 + ledger.read_bytes()[100:])
    code, said = refused(settings)
    assert (code, "ledger.db" in said) == (74, True)


def test_a_ledger_that_is_damaged_under_way_stops_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "LOOK_S", 0.01)

    def ready(running: Running) -> None:
        running.door.till.ledger._damage = StoreDamaged("the disk failed")

    settings = load(made(tmp_path), environment={}, overrides={})
    with pytest.raises(StoreDamaged, match="the disk failed"):
        asyncio.run(serve(settings, ready=ready))


def test_an_idle_till_copies_its_log_into_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "LOOK_S", 0.01)
    with live(made(tmp_path)) as till:
        till.post("/v1/receipts", basket("idle-receipt"))
        while b"idle-receipt" not in (tmp_path / "ledger.db").read_bytes():
            pass  # pytest's time-out is the bound


def test_a_full_disk_is_503_and_heals(tmp_path: Path) -> None:
    def pages(till: LiveTill, limit: int) -> None:
        def work(tx: Any) -> None:
            tx._connection.execute(f"PRAGMA max_page_count = {limit}").fetchone()

        till.door.till.ledger.write(work).result()

    with live(made(tmp_path)) as till:
        pages(till, 1)  # SQLite takes the size that the file has: no page can be added
        lines = [{"line": n, "sku": "s", "quantity": "1", "price": "1.00"} for n in range(1, 200)]
        answers = [till.post("/v1/receipts", basket(f"full-{n}", lines=lines)) for n in range(9)]
        full = next(each for each in answers if each.status != 201)
        assert (full.status, full.reason) == (503, "ledger_full")
        assert int(full.headers["retry-after"]) > 0
        assert till.post("/v1/quotes", basket("q")).status == 200
        pages(till, 1_000_000)
        assert till.post("/v1/receipts", basket("healed")).status == 201


def test_a_stop_ends_open_streams_and_leaves_threads_and_descriptors_as_they_were(
    tmp_path: Path,
) -> None:
    settings = made(tmp_path)

    def held() -> tuple[int, int]:
        return threading.active_count(), sum(1 for _ in Path("/proc/self/fd").iterdir())

    with live(settings):
        pass
    before = held()
    for _ in range(3):
        with live(settings) as till, till.stream() as events:
            next(events)
            till.door.events.close()
            assert list(events) == []
    assert held() == before


def test_scans_become_events_and_a_bank_card_leaves_no_trace(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    (tmp_path / "scanner").symlink_to(os.ttyname(theirs))
    try:
        with live(made(tmp_path, READERS)) as till, till.stream(last_event_id="x.1") as events:
            next(events)
            assert next(events)["event"] == "reader_up"
            os.write(ours, f"{CARD}\r".encode())
            read = next(events)
            assert (read["event"], read["data"]["card"]) == ("card_read", CARD)
            assert read["data"]["reader"] == "counter"
            for text, reason in ((PAN, "payment_card"), ("4600682000013", "not_a_card")):
                os.write(ours, f"{text}\r".encode())
                refusal = next(events)
                assert refusal["event"] == "card_refused"
                assert refusal["data"]["reason"] == reason
                assert len(refusal["data"]["detail"]) > 10
            metrics, status = till.read("/metrics").body.decode(), till.read("/v1/status").json
            assert 'loyaltyd_reader_payment_total{reader="counter"} 1.0' in metrics
            assert (status["verdict"], status["readers"][0]["payment"]) == ("ok", 1)
            os.close(theirs)
            os.close(ours)
            assert next(events)["event"] == "reader_down"
            assert till.read("/v1/status").json["verdict"] == "degraded"
            assert PAN not in metrics + str(status)
    finally:
        said = capfd.readouterr()
    files = b"".join(each.read_bytes() for each in tmp_path.iterdir() if each.is_file())
    assert PAN.encode() not in files
    assert PAN not in said.out + said.err
    assert CARD not in said.out + said.err


def test_a_till_that_begins_a_ledger_says_so_and_one_that_has_it_does_not(tmp_path: Path) -> None:
    config = made(tmp_path)
    for begun in (True, False):
        with process(config) as running:
            assert running.stderr is not None
            said = list(itertools.takewhile(lambda line: '"serving"' not in line, running.stderr))
            running.terminate()
        assert any("ledger_begun" in line for line in said) is begun
