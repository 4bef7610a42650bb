"""The real pcscd with vsmartcard's virtual reader: a socket of its own, no root, no systemd.

The socket is handed over as systemd does it; a card is a TCP connection to the virtual reader.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from tests.readers.cards import Card

PCSCD, DRIVER = "/usr/sbin/pcscd", Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
READER = "Virtual 0 00 00"
WAIT_S = 30.0
LAUNCH = 'exec 3<&$FD; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'
CONF = 'FRIENDLYNAME "Virtual 0"\nDEVICENAME /dev/null:{port}\nLIBPATH {driver}\nCHANNELID {port}\n'
POWER_OFF, POWER_ON, RESET, GIVE_ATR = b"\x00", b"\x01", b"\x02", b"\x04"


def missing() -> str:
    """What to install before this can run; "" when all is there."""
    found = os.access(PCSCD, os.X_OK) and DRIVER.exists() and shutil.which("bash")
    return "" if found else "pcscd is not installed: apt install pcscd vsmartcard-vpcd"


@dataclass(slots=True)
class Vpcd:
    """A pcscd that listens at path within a `with` block, with one virtual reader."""

    path: Path
    folder: Path
    reader: str = READER
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _card: socket.socket | None = None
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        if missing():
            pytest.skip(missing())
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._card is not None:
            self.eject()
        self.stop()

    def start(self) -> None:
        """Start pcscd, and wait for its virtual reader."""
        self.port = _free_ports()
        conf = self.folder / "reader.conf.d"
        conf.mkdir(exist_ok=True)
        (conf / "vpcd").write_text(CONF.format(port=self.port, driver=DRIVER))
        with socket.socket(socket.AF_UNIX) as listener, (self.folder / "log").open("ab") as log:
            listener.bind(str(self.path))
            listener.listen()
            self._process = subprocess.Popen(
                ["bash", "-c", LAUNCH, "bash", PCSCD, "--foreground", "-c", str(conf)],
                pass_fds=[listener.fileno()],
                env={**os.environ, "FD": str(listener.fileno())},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + WAIT_S
        while not self._is_there():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def stop(self) -> None:
        """End pcscd, as systemd does."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(WAIT_S)
        self.path.unlink()

    def freeze(self) -> None:
        """Let pcscd neither answer nor end."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def insert(self, card: Card) -> None:
        """Put a card into the reader, which notices within 0.4 s."""
        self._card = socket.create_connection(("127.0.0.1", self.port), WAIT_S)
        thread = threading.Thread(target=_emulate, args=(self._card, card), daemon=True)
        self._threads.append(thread)
        thread.start()

    def eject(self) -> None:
        assert self._card is not None
        with contextlib.suppress(OSError):
            self._card.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(WAIT_S)
        self._card.close()
        self._card = None
        self._threads.clear()

    def _is_there(self) -> bool:
        """Whether the virtual reader listens; connecting to find out would be a card."""
        wanted = f":{self.port:04X} "
        rows = Path("/proc/net/tcp").read_text().splitlines()
        return any(wanted in row and row.split()[3] == "0A" for row in rows)


def _emulate(end: socket.socket, card: Card) -> None:
    with contextlib.suppress(OSError, EOFError):
        while True:
            message = _received(end)
            if message == GIVE_ATR:
                _send(end, card.atr)
            elif message not in {POWER_OFF, POWER_ON, RESET}:
                _send(end, card.answer(message))


def _received(end: socket.socket) -> bytes:
    size = _exactly(end, 2)
    return _exactly(end, struct.unpack(">H", size)[0])


def _send(end: socket.socket, message: bytes) -> None:
    end.sendall(struct.pack(">H", len(message)) + message)


def _exactly(end: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = end.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def _free_ports() -> int:
    """A port that is free with the one after it: the virtual reader has two slots."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port
