"""The real daemon as a process of its own, in a folder with its settings, program and readers."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
PROGRAM = (ROOT / "config" / "demo-program.toml").read_text("utf-8")
STARTS = "starts = 2026-11-01"  # the demo's; a test may run on any day
WAIT_S = 30.0  # how long a fact may take on a loaded machine before it is no fact
ANNA, BORIS = "2990000000019", "2990000000026"

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A folder with all that a till's daemon is started on; its ledger is in data/."""

    folder: Path
    port: int
    config: Path

    @property
    def ledger(self) -> Path:
        """The till's SQLite file."""
        return self.folder / "data" / "ledger.db"

    @property
    def log(self) -> Path:
        """What the daemons of this lane said on stderr."""
        return self.folder / "daemon.log"


def made_lane(
    folder: Path, *, readers: Mapping[str, str] | None = None, program: str = PROGRAM
) -> Lane:
    """Write a till's files into folder; readers are names and profiles, each at the path `name`."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    sources = "".join(
        f'[[readers]]\nname = "{name}"\ndriver = "serial"\ndevice = "{name}"\n'
        f'profile = "{profile}"\nrepeat_window = "0s"\n'
        for name, profile in (readers or {}).items()
    )
    config = folder / "loyaltyd.toml"
    config.write_text(
        '[till]\nchain = "zelenka"\nstore = "msk-017"\ntill = "3"\nlanguage = "en"\n'
        '[ledger]\npath = "data/ledger.db"\n[program]\npath = "program.toml"\n'
        f'[api]\nlisten = "127.0.0.1:{port}"\nsocket = "till.sock"\nrate = 100000\n{sources}'
    )
    text = program.replace(STARTS, "starts = 2020-01-01")
    (folder / "program.toml").write_text(text, "utf-8")
    return Lane(folder=folder, port=port, config=config)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def basket(receipt: str, card: str = ANNA, **members: object) -> Answer:
    """A small receipt: milk and apples."""
    lines = [
        {"sku": "4600682000013", "category": "dairy/milk", "quantity": "2", "price": "89.90"},
        {"sku": "2100123", "category": "fruit/apples", "quantity": "0.347", "price": "389.99"},
    ]
    numbered = [{"line": number, **line} for number, line in enumerate(lines, 1)]
    return {"receipt": receipt, "card": card, "lines": numbered, **members}


@dataclass(slots=True)
class Caller:
    """Till software on one kept-alive connection."""

    port: int
    _connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def text(self, path: str) -> str:
        """What GET path answers, as it stands."""
        return self._sent("GET", path, None)[1].decode()

    def ask(self, path: str) -> tuple[int, Answer]:
        """Status and JSON of GET path; OSError or HTTPException when the daemon goes meanwhile."""
        return self._answered("GET", path, None)

    def tell(self, path: str, body: Mapping[str, object]) -> tuple[int, Answer]:
        """Status and JSON of POST path; OSError or HTTPException when the daemon goes meanwhile."""
        return self._answered("POST", path, json.dumps(body).encode())

    def _answered(self, method: str, path: str, body: bytes | None) -> tuple[int, Answer]:
        status, answer = self._sent(method, path, body)
        return status, json.loads(answer)

    def _sent(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        headers = {"content-type": "application/json"} if body is not None else {}
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise


class Daemon:
    """One life of a lane's daemon; in a `with` block, which ends it if nothing else has."""

    def __init__(self, lane: Lane, *, before: Sequence[str] = ()) -> None:
        """Start it; before is a command that the daemon's own is put behind, as strace."""
        self.lane = lane
        command = [*before, sys.executable, "-m", "loyaltyd", "serve", "--config", str(lane.config)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LOYALTYD_")}
        with lane.log.open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log, env=environment, cwd=ROOT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    @property
    def pid(self) -> int:
        return self.process.pid

    def answering(self) -> Daemon:
        """Wait for its first answer; AssertionError with its log when it ends instead."""
        deadline = time.monotonic() + WAIT_S
        while not self._answers():
            assert self.process.poll() is None, self.lane.log.read_text("utf-8")
            assert time.monotonic() < deadline, self.lane.log.read_text("utf-8")
            time.sleep(0.002)
        return self

    def kill(self) -> None:
        """End it as a power cut does, but for the disk: at once, in the middle of anything."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Tell it to end, as systemd does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S)

    def _answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException), Caller(self.lane.port) as caller:
            return caller.ask("/healthz")[0] == http.client.OK
        return False


class Stream:
    """GET /v1/events, read on a thread of its own; waits for facts, never for time."""

    def __init__(self, port: int) -> None:
        self.events: list[tuple[str, Answer]] = []
        self.text = self._kind = ""
        self._news = threading.Condition()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
        self._connection.request("GET", "/v1/events")
        self._response = self._connection.getresponse()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._response.close()
        self._connection.close()

    def of(self, kind: str) -> list[Answer]:
        """What the events of that kind said, in order."""
        return [facts for name, facts in list(self.events) if name == kind]

    def wait(self, kind: str, count: int) -> list[Answer]:
        """What the events of that kind said, once there are so many."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.of(kind)) >= count, WAIT_S), self.events
        return self.of(kind)

    def _read(self) -> None:
        with suppress(OSError, http.client.HTTPException, ValueError):
            while line := self._response.readline().decode():
                self._hear(line)

    def _hear(self, line: str) -> None:
        name, _, value = line.rstrip("\n").partition(": ")
        with self._news:
            self.text += line
            if name == "event":
                self._kind = value
            elif name == "data":
                self.events.append((self._kind, json.loads(value)))
            self._news.notify_all()
