"""tools/scanner.py: what a person writes comes out of a port that pyserial opens like any other."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial

from tests.house.source import ROOT

CARD = b"2990000000019\r"
PATIENCE_S = 10  # how long to wait for what must come; nothing is measured


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, str(ROOT / "tools" / "scanner.py"), str(tmp_path)]
    with subprocess.Popen(command) as process:
        try:
            _wait_until((tmp_path / "scanner.pid").exists)
            yield process
        finally:
            process.kill()


def test_each_printf_comes_out_of_the_port_byte_for_byte(
    scanner: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    everything = bytes(range(256))
    with _port(tmp_path) as port:
        for sent in (CARD, everything, CARD):
            (tmp_path / "scan").write_bytes(sent)
            assert port.read(len(sent)) == sent
        port.write(b"beep")
        with (tmp_path / "scan").open("rb", buffering=0) as person:
            assert person.read(4) == b"beep"


def test_a_burst_larger_than_the_terminals_hold_arrives_whole(
    scanner: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    burst = CARD * 2000
    (tmp_path / "burst").write_bytes(burst)
    copy = ["cp", str(tmp_path / "burst"), str(tmp_path / "scan")]
    with _port(tmp_path) as port, subprocess.Popen(copy):
        assert port.read(len(burst)) == burst


def test_the_port_stays_while_daemons_come_and_go_even_killed_while_they_hold_it_alone(
    scanner: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    for _ in range(3):
        with _port(tmp_path) as port:
            fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
            (tmp_path / "scan").write_bytes(CARD)
            assert port.read(len(CARD)) == CARD


def test_nobody_at_the_port_never_blocks_the_person(
    scanner: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    subprocess.run(
        ["dd", "if=/dev/zero", f"of={tmp_path / 'scan'}", "bs=1000", "count=20", "status=none"],
        timeout=60,
        check=True,
    )
    with _port(tmp_path) as port:
        port.reset_input_buffer()
        (tmp_path / "scan").write_bytes(CARD)
        assert port.read_until(CARD).endswith(CARD)


def test_unplugged_it_hangs_up_and_plugged_in_again_it_reads(
    scanner: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    for _ in range(3):
        with _port(tmp_path) as port:
            scanner.send_signal(signal.SIGUSR1)
            with pytest.raises(serial.SerialException):
                port.read(1)
        _wait_until(lambda: not (tmp_path / "scanner").is_symlink())
        (tmp_path / "scan").write_bytes(b"lost")
        scanner.send_signal(signal.SIGUSR2)
        _wait_until((tmp_path / "scanner").exists)
    with _port(tmp_path) as port:
        (tmp_path / "scan").write_bytes(CARD)
        assert port.read_until(CARD).endswith(CARD)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_leaves_nothing_behind(
    scanner: subprocess.Popen[bytes], tmp_path: Path, number: signal.Signals
) -> None:
    scanner.send_signal(number)
    assert scanner.wait(PATIENCE_S) == 0
    assert list(tmp_path.iterdir()) == []


def _port(folder: Path) -> serial.Serial:
    return serial.Serial(str(folder / "scanner"), timeout=PATIENCE_S, exclusive=True)


def _wait_until(condition: Callable[[], bool]) -> None:
    reading, writing = os.pipe()
    try:
        for _ in range(PATIENCE_S * 100):
            if condition():
                return
            select.select([reading], [], [], 0.01)
    finally:
        os.close(reading)
        os.close(writing)
    raise AssertionError("it never came")
