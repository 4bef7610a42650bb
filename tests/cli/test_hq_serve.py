"""Headquarters as a process of its own, which a signal ends."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import pytest

from tests.cli.commands import started, told
from tools.demo import answers, free_address

WAIT_S = 30.0  # a hang's way out, no verdict on speed


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(tmp_path: Path, ending: signal.Signals) -> None:
    couriers, people = free_address(), free_address()
    words = ("--folder", tmp_path / "hq", "--listen", couriers, "--pages", people)
    process = started("hq", "serve", *words)
    deadline = time.monotonic() + WAIT_S
    while not (answers(couriers) and answers(people)):
        assert process.poll() is None
        assert time.monotonic() < deadline
    process.send_signal(ending)
    output, errors = process.communicate(timeout=WAIT_S)
    assert (process.returncode, output) == (0, "")
    events = [line.partition('"event": "')[2].partition('"')[0] for line in errors.splitlines()]
    assert events == ["serving", "stopped"]
    assert (tmp_path / "hq" / "hq.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("place", ["8443", "hq.example:8443", "127.0.0.1:99999", "127.0.0.1:", ""])
def test_what_is_no_address_is_wrong_usage(tmp_path: Path, place: str) -> None:
    result = told("hq", "serve", "--folder", tmp_path / "hq", "--listen", place)
    assert result.exit_code == 2
    assert "must be an address and a port such as 127.0.0.1:8443" in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--listen", "0.0.0.0:0"), "--listen: beyond loopback it needs --certificate"),
        (("--pages", "[::]:0"), "--pages: must be on loopback"),
        (("--certificate", "c.pem"), "neither goes without the other"),
        (("--certificate", "c.pem", "--certificate-key", "k.pem"), "no such file"),
    ],
)
def test_options_that_would_not_be_safe_are_faults_of_the_settings(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    places = ("--listen", "127.0.0.1:0", "--pages", "127.0.0.1:0")
    process = started("hq", "serve", "--folder", tmp_path / "hq", *places, *options)
    output, errors = process.communicate(timeout=WAIT_S)
    assert (process.returncode, output) == (78, "")
    assert [said in line for line in errors.splitlines()] == [True]
    assert not (tmp_path / "hq").exists()


def test_a_taken_port_is_one_line_and_a_code(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        process = started("hq", "serve", "--folder", tmp_path / "hq", "--listen", place)
        output, errors = process.communicate(timeout=WAIT_S)
    assert (process.returncode, output) == (69, "")
    assert errors.startswith(f"{place}: address already in use (--listen")
    assert not (tmp_path / "hq").exists()
