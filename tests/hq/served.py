"""Headquarters that answers: its server in a thread, on a real folder, called over real sockets."""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loyaltyd.hq.server import Places, Running, Tls, serve
from loyaltyd.link.wire import MEDIA_TYPE

WAIT_S = 30.0  # a hang's way out, no verdict on speed
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
    secrecy: ssl.SSLContext | None = None  # with which couriers call

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
        connection = http.client.HTTPConnection("localhost", port, timeout=WAIT_S)
        if self.secrecy is not None and port == self.couriers:
            connection = http.client.HTTPSConnection(
                "localhost", port, timeout=WAIT_S, context=self.secrecy
            )
        with closing(connection):
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Said(response.status, named, response.read())


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@contextmanager
def served(
    folder: Path,
    tls: Tls | None = None,
    secrecy: ssl.SSLContext | None = None,
    address: tuple[str, int] = ("127.0.0.1", 0),
) -> Iterator[ServedHq]:
    """Run headquarters of folder; couriers call at address, secrecy is how."""
    places = Places(couriers=address, people=("127.0.0.1", 0), tls=tls)
    started, failed = threading.Event(), list[BaseException]()
    found: list[tuple[Running, asyncio.AbstractEventLoop]] = []

    def ready(it: Running) -> None:
        found.append((it, asyncio.get_running_loop()))
        started.set()

    def work() -> None:
        try:
            asyncio.run(serve(folder, places, now, ready=ready))
        except BaseException as error:  # noqa: BLE001  # told to the test's own thread
            failed.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=work, name="hq")
    thread.start()
    assert started.wait(WAIT_S)
    if failed:
        raise failed[0]
    running, loop = found[0]
    hq = ServedHq(
        couriers=running.couriers[1],
        people=running.people[1],
        running=running,
        thread=thread,
        loop=loop,
        secrecy=secrecy,
    )
    try:
        yield hq
    finally:
        if thread.is_alive():
            hq.stop()
        thread.join(WAIT_S)
        assert not thread.is_alive(), "headquarters did not stop"
    if failed:
        raise failed[0]
