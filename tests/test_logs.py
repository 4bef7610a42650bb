"""Log lines: JSON or journald fields, and no card number however it got in."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd import logs
from loyaltyd.logs import journal_entry, mask_numbers

NUMBER = "2990000000019"
PROGRAM = f"""
import logging, os, structlog, sys, threading, warnings
from loyaltyd import logs
logs.configure(os.environ)
log = structlog.stdlib.get_logger("loyaltyd.test")
log.info("read {NUMBER}", card="{NUMBER}", nested={{"deep": ["x{NUMBER}y"]}}, number={NUMBER})
logging.getLogger("elsewhere").error("card %s", "{NUMBER}")
try:
    raise ValueError("{NUMBER}")
except ValueError:
    log.exception("failed")
def die():
    raise RuntimeError("{NUMBER}")
thread = threading.Thread(target=die, name="counter")
thread.start()
thread.join()
warnings.warn("{NUMBER}")
die()
"""


def logged(environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_line_is_json_with_numbers_masked_in_events_values_and_tracebacks() -> None:
    done = logged()
    assert done.stdout == ""
    assert NUMBER not in done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    read, foreign, failed, died, warned, ended = lines
    assert read["event"] == "read 2990******019"
    assert read["number"] == "2990******019"
    assert read["nested"] == {"deep": ["x2990******019y"]}
    assert (read["level"], read["logger"]) == ("info", "loyaltyd.test")
    assert (foreign["event"], foreign["logger"]) == ("card 2990******019", "elsewhere")
    assert "ValueError: 2990******019" in failed["exception"]
    assert died["event"] == "thread counter died"
    assert died["level"] == "critical"
    assert warned["level"] == "warning"
    assert (ended["event"], done.returncode) == ("the process died", 1)


@given(st.text(), st.text(alphabet="0123456789", min_size=8, max_size=19), st.text())
def test_no_run_of_digits_that_may_be_a_card_passes(before: str, digits: str, after: str) -> None:
    text = f"{before}{digits}{after}"
    line = mask_numbers(None, "", {"event": text, "args": (text,), "deep": {"a": [text]}})
    assert digits not in str(line)


def test_a_number_in_groups_and_one_that_is_a_key_are_masked_and_a_date_is_not() -> None:
    line = {"event": "4111 1111 1111 1111, 4111-1111-1111-1111", "deep": {NUMBER: 1}}
    said = str(mask_numbers(None, "", line))
    assert "1111 1111" not in said
    assert "1111-1111" not in said
    assert NUMBER not in said
    dates = {"event": "2026-11-21 23:21:22, 2026-11-21T23:21:22.142+03:00"}
    assert mask_numbers(None, "", dict(dates)) == dates


def test_what_is_no_card_number_stays() -> None:
    line = {"event": "up", "seq": 12, "took_s": 0.25, "ok": True, "none": None, "port": "8765"}
    assert mask_numbers(None, "", dict(line)) == line
    assert mask_numbers(None, "", {"n": 2990000000019})["n"] == "2990******019"
    assert mask_numbers(None, "", {"at": Path("/x/2990000000019")})["at"] == "/x/2990******019"


def test_a_journal_entry_has_fields_and_values_may_hold_line_breaks() -> None:
    entry = journal_entry({"event": "a\nb", "level": "warning", "reader": "x", "_odd-key": 1})
    size = (3).to_bytes(8, "little")
    assert b"MESSAGE\n" + size + b"a\nb\n" in entry
    assert b"PRIORITY\n" + (1).to_bytes(8, "little") + b"4\n" in entry
    assert b"READER\n" + (1).to_bytes(8, "little") + b"x\n" in entry
    assert b"ODD_KEY\n" in entry
    assert b"\n_" not in entry  # journald takes no field that begins with an underscore


def test_stderr_is_taken_when_the_journal_stream_is_another_file() -> None:
    done = logged({"JOURNAL_STREAM": "1:1"})
    assert len(done.stderr.splitlines()) == 6


def test_a_journal_that_listens_gets_datagrams(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(path))
        handler = logs._Journal(str(path))
        handler.setFormatter(logs._formatter())
        record = logging.LogRecord("x", logging.ERROR, "", 1, f"card {NUMBER}", None, None)
        handler.handle(record)
        handler.close()
        entry = journal.recv(65536)
    assert b"card 2990******019" in entry
    assert b"LOGGER\n" in entry


def test_a_journal_that_hangs_or_is_gone_loses_lines_and_blocks_nobody(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "journal"
    handler = logs._Journal(str(path))
    handler.setFormatter(logs._formatter())
    record = logging.LogRecord("x", logging.ERROR, "", 1, f"card {NUMBER}", None, None)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(path))
        for _ in range(10_000):  # more than its socket takes in
            handler.handle(record)
    handler.handle(record)
    handler.close()
    assert capfd.readouterr() == ("", "")
