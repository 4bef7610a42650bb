"""Headquarters that answers: its server in a thread, on a real folder, called over real sockets."""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loyaltyd.hq.server import Places, Running, serve
from loyaltyd.link.wire import MEDIA_TYPE

WAIT_S = 30.0  # a hang's way out, no verdict on speed
ANYWHERE = Places(couriers=("127.0.0.1", 0), people=("127.0.0.1", 0))
BATCH = {"content-type": MEDIA_TYPE}


@dataclass(frozen=True, slots=True)
class Said:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedHq:
    """Headquarters with a port for couriers and one for people."""

    couriers: int
    people: int
    running: Running
    thread: threading.Thread
    loop: asyncio.AbstractEventLoop

    def sent(self, batch: bytes, headers: Mapping[str, str] = BATCH) -> Said:
        """POST a batch's file."""
        return self._called(self.couriers, "POST", "/v1/batches", batch, headers)

    def read(self, path: str, headers: Mapping[str, str] | None = None) -> Said:
        """GET a page as somebody on that machine."""
        return self._called(self.people, "GET", path, None, headers or {})

    def asked(self, method: str, path: str, body: bytes | None = None) -> Said:
        """Ask couriers' side for anything."""
        return self._called(self.couriers, method, path, body, {})

    @contextmanager
    def wire(self) -> Iterator[socket.socket]:
        """Open a bare connection to the couriers' side."""
        with socket.create_connection(("127.0.0.1", self.couriers), timeout=WAIT_S) as wire:
            yield wire

    def stop(self) -> None:
        """Tell it to end, as SIGTERM does."""
        self.loop.call_soon_threadsafe(self.running.stop)

    def _called(
        self, port: int, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Said:
        with closing(http.client.HTTPConnection("localhost", port, timeout=WAIT_S)) as connection:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Said(response.status, named, response.read())


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class _Life:
    """One life of headquarters, on a thread of its own."""

    def __init__(self, folder: Path, places: Places) -> None:
        self._started = threading.Event()
        self._running: list[tuple[Running, asyncio.AbstractEventLoop]] = []
        self._failed: list[BaseException] = []
        self.thread = threading.Thread(target=self._live, args=(folder, places), name="hq")
        self.thread.start()

    def begun(self) -> tuple[Running, asyncio.AbstractEventLoop]:
        """Wait until it answers; raise what it failed with instead."""
        assert self._started.wait(WAIT_S)
        self.failed()
        return self._running[0]

    def ended(self) -> None:
        """Wait until it has ended; raise what it ended with."""
        self.thread.join(WAIT_S)
        assert not self.thread.is_alive(), "headquarters did not stop"
        self.failed()

    def failed(self) -> None:
        if self._failed:
            raise self._failed[0]

    def _live(self, folder: Path, places: Places) -> None:
        try:
            asyncio.run(serve(folder, places, now, ready=self._ready))
        except BaseException as error:  # noqa: BLE001  # told to the test's own thread
            self._failed.append(error)
        finally:
            self._started.set()

    def _ready(self, running: Running) -> None:
        self._running.append((running, asyncio.get_running_loop()))
        self._started.set()


@contextmanager
def served(folder: Path, places: Places = ANYWHERE) -> Iterator[ServedHq]:
    """Run headquarters of folder at places."""
    life = _Life(folder, places)
    running, loop = life.begun()
    hq = ServedHq(
        couriers=running.couriers[1],
        people=running.people[1],
        running=running,
        thread=life.thread,
        loop=loop,
    )
    try:
        yield hq
    finally:
        if life.thread.is_alive():
            hq.stop()
        life.ended()
