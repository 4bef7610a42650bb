"""The daemon's HTTP calls, paced as a till's and in a tight loop, against the barest answers."""

from __future__ import annotations

import itertools
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.daemon.daemon_process import ROOT, WAIT_S, Daemon, Lane, free_port, made_lane
from tools.bench import committing
from tools.bench.measure import Figure, Limit, Size, against, rounds_us
from tools.bench.workload import program, receipt

ANSWER_BYTES_MAX = 1 << 20


@dataclass(slots=True)
class Wire:
    """A kept-alive connection with as little client as there can be."""

    port: int
    _socket: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self.port), WAIT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def post(self, path: str, body: bytes) -> None:
        """Send a request, and take its whole answer; it must be granted."""
        head = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._socket.sendall(head.encode() + body)
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._socket.recv(ANSWER_BYTES_MAX)
        assert answer.startswith(b"HTTP/1.1 20"), answer
        length = int(answer[:end].lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        while len(answer) < end + 4 + length:
            answer += self._socket.recv(ANSWER_BYTES_MAX)


def http(size: Size) -> list[Figure]:
    """Quotes and confirms over TCP; each with its floor in turns."""
    with tempfile.TemporaryDirectory() as name:
        lane = made_lane(Path(name) / "lane", program=program(50))
        with (
            Daemon(lane) as daemon,
            Wire(daemon.answering().lane.port) as till,
            bare_server() as port,
            Wire(port) as bare,
            committing.bare_commit(Path(name) / "bare") as commit,
        ):
            numbers = itertools.count()
            body = receipt(0)
            calls = {
                "sum": lambda: bare.post("/sum", body),
                "engine": lambda: bare.post("/quote", body),
                "quote": lambda: till.post("/v1/quotes", body),
                "commit": commit,
                "confirm": lambda: till.post("/v1/receipts", receipt(next(numbers))),
            }
            tight = rounds_us(calls, size)
            slow = Size(rounds=size.rounds, calls=size.calls // 10 + 1, pause_s=size.pause_s)
            paced = rounds_us(calls, slow, paced=True)
    return [*_figures("tight", tight), *_figures("paced", paced, quote=2.0, confirm=2.2)]


def _figures(
    how: str, times: dict[str, list[float]], quote: float = 0.0, confirm: float = 0.0
) -> list[Figure]:
    commit = ("bare commit of the same rows", times["commit"])
    engine = ("bare protocol and the engine", times["engine"])
    return [
        against(f"HTTP quote, {how}", times["quote"], ("bare protocol, a sum", times["sum"])),
        against(
            f"HTTP quote, {how}",
            times["quote"],
            engine,
            Limit(most=quote, source="goal 7") if quote else None,
        ),
        against(
            f"HTTP confirm, {how}",
            times["confirm"],
            commit,
            Limit(most=confirm, source="goal 4") if confirm else None,
        ),
    ]


@contextmanager
def bare_server() -> Iterator[int]:
    """The port of a server that is a protocol, a parser and little else."""
    port = free_port()
    command = [sys.executable, "-m", "tools.bench.bare_server", str(port)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()


def rss_mib(pid: int) -> float:
    """The memory that a process has resident."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def fill(lane: Lane, first: int, count: int) -> None:
    """Confirm so many receipts of 20 lines."""
    with Wire(lane.port) as wire:
        for number in range(first, first + count):
            wire.post("/v1/receipts", receipt(number))


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), WAIT_S).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        else:
            return
