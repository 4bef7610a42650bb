"""An open source as the supervisor hears it, whichever kind of device is behind it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from loyaltyd.readers.port import Driver, Port
from loyaltyd.readers.read import Decoder, Read

MESSAGE_AGE_MAX_S = 2.0  # a scanner sends a message in one go: after that its rest won't come


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came of listening for a moment."""

    reads: list[Read] = field(default_factory=list)
    length: int = 0  # bytes that came; of a card reader, those of the ATRs
    up: bool = True
    detail: str = ""  # why it is down, or what else store IT should know
    card: str | None = None  # of the last card, for store IT; None: no other card came


class Hearing(Protocol):
    """An open source; one thread hears it and closes it."""

    def hear(self) -> Heard:
        """Return what came within 0.5 s, the first time at once; raises ReaderError."""

    def close(self) -> list[Read]:
        """Let the device go, and return what this ends; never fails."""


def stream(
    driver: Driver, decoder: Decoder, monotonic: Callable[[], float] = time.monotonic
) -> Callable[[], Hearing]:
    """Return what opens a stream of bytes and has them decoded; ReaderError when it can't."""
    return lambda: _Stream(driver.open(), decoder, monotonic)


class _Stream:
    def __init__(self, port: Port, decoder: Decoder, monotonic: Callable[[], float]) -> None:
        self._port = port
        self._decoder = decoder
        self._monotonic = monotonic
        self._is_new = True
        self._last_byte_at: float | None = None

    def hear(self) -> Heard:
        if self._is_new:
            self._is_new = False
            return Heard()
        data = self._port.read()
        now = self._monotonic()
        reads = self._expired(now)
        if data:
            self._last_byte_at = now
            reads += self._decoder.feed(data)
        return Heard(reads=reads, length=len(data))

    def close(self) -> list[Read]:
        self._port.close()
        return self._decoder.expire()

    def _expired(self, now: float) -> list[Read]:
        last = self._last_byte_at
        if last is None or now - last < MESSAGE_AGE_MAX_S:
            return []
        return self._decoder.expire()
