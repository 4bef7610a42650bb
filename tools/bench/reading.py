"""Bytes on the line to the callback that makes an event of them."""

from __future__ import annotations

import os
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import quantiles

from loyaltyd.readers.drivers.serial import SerialDriver
from loyaltyd.readers.hearing import stream
from loyaltyd.readers.profiles.barcode import BarcodeDecoder
from loyaltyd.readers.read import CardRead, Read
from loyaltyd.readers.supervisor import Source, Supervisor
from tests.daemon.daemon_process import WAIT_S
from tools.bench.measure import Call, Figure, Limit, Size, against, alone, rounds_us

SCAN = b"2990000000019\r"


@dataclass(slots=True)
class Ear:
    """Waits for one read after each scan."""

    heard_ns: int = 0
    _news: threading.Event = field(default_factory=threading.Event)

    def hear(self, *_: object) -> None:
        """Take the time of it, on the thread that heard."""
        self.heard_ns = time.perf_counter_ns()
        self._news.set()

    def after(self, act: Callable[[], object]) -> None:
        """Act, and wait until it is heard."""
        self._news.clear()
        act()
        assert self._news.wait(WAIT_S), "a scan was not heard"


def read(size: Size) -> list[Figure]:
    """A scan through serial driver, decoder and supervisor, paced and in a tight loop."""
    with _supervised() as subject, _bare() as floor:
        calls = {"subject": subject, "floor": floor}
        tight = rounds_us(calls, size)
        paced = rounds_us(
            calls,
            Size(rounds=size.rounds, calls=size.calls // 10 + 1, pause_s=size.pause_s),
            paced=True,
        )
        each = rounds_us({"one": subject}, Size(rounds=size.calls + 2, calls=1))["one"]
    name = "os.read on a pty"
    worst = quantiles(each, n=100, method="inclusive")[98]
    return [
        against("card bytes to event, tight", tight["subject"], (name, tight["floor"])),
        against("card bytes to event, paced", paced["subject"], (name, paced["floor"])),
        alone("card bytes to event, p99", worst, "us", Limit(most=1000, source="goal 11")),
    ]


@contextmanager
def _supervised() -> Iterator[Call]:
    near, far = _terminal()
    ear, up = Ear(), threading.Event()

    def heard(source: str, what: Read) -> None:
        assert isinstance(what, CardRead), source
        ear.hear()

    source = Source(
        name="counter",
        open=stream(SerialDriver(os.ttyname(far), 9600), BarcodeDecoder(lambda _: True)),
        repeat_window_s=0.0,
    )
    supervisor = Supervisor([source], on_read=heard, on_state=lambda *_: up.set())
    supervisor.start()
    assert up.wait(WAIT_S)
    try:
        yield lambda: ear.after(lambda: os.write(near, SCAN))
    finally:
        supervisor.stop()
        os.close(far)
        os.close(near)


@contextmanager
def _bare() -> Iterator[Call]:
    near, far = _terminal()
    ear = Ear()

    def listen() -> None:
        while os.read(far, 4096) != b"end":
            ear.hear()

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield lambda: ear.after(lambda: os.write(near, SCAN))
    finally:
        os.write(near, b"end")
        thread.join()
        os.close(far)
        os.close(near)


def _terminal() -> tuple[int, int]:
    near, far = os.openpty()
    tty.setraw(far)
    return near, far
