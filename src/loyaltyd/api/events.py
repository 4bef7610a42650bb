"""What happens at the till, in order: a bounded ring that threads fill and streams read."""

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from loyaltyd.domain.card import masked

EVENTS_KEPT = 1024  # a busy till's hour; a stream that lags further is told what it missed.
BATCH_MAX = 64  # events that a stream takes at a time.
HANDLES_MAX = 256  # reads that a page may still name.
HANDLE_S = 15 * 60  # a receipt that is open for longer scans its card again.
STALE_READ_S = 5  # api.md: a card shown to a till that wasn't there is not shown again.

Kind = Literal[
    "card_read",
    "card_refused",
    "card_removed",
    "reader_up",
    "reader_down",
    "link_up",
    "link_down",
    "receipt_confirmed",
    "program_changed",
]
Facts = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened; at is in monotonic seconds, number the card's in full."""

    n: int
    kind: Kind
    at: float
    facts: Facts
    number: str = field(default="", repr=False)

    def seen_by(self, boot: str, *, numbers: bool) -> dict[str, str | int]:
        """Return what a caller is told: the number in full or masked, and the handle for it."""
        if not self.number:
            return dict(self.facts)
        shown = self.number if numbers else masked(self.number)
        return {**self.facts, "card": shown, "read": f"{boot}.{self.n}"}


class Events:
    """The bus. publish is for any thread; the rest is for the event loop's."""

    def __init__(self, *, boot: str, monotonic: Callable[[], float]) -> None:
        self.boot = boot
        self.monotonic = monotonic
        self.closed = False
        self._ring: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._reads: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._lock = threading.Lock()
        self._n = 0

    @property
    def head(self) -> int:
        """The number of the last event, 0 before the first."""
        return self._n

    def publish(self, kind: Kind, facts: Facts, *, number: str = "") -> str:
        """Tell every stream; returns the event's id, which is the handle of number."""
        with self._lock:
            self._n += 1
            event = Event(n=self._n, kind=kind, at=self.monotonic(), facts=facts, number=number)
            self._ring.append(event)
            handle = f"{self.boot}.{event.n}"
            if number:
                self._reads[handle] = (number, event.at)
                while len(self._reads) > HANDLES_MAX:
                    self._reads.popitem(last=False)
            self._wake()
        return handle

    def number(self, handle: str) -> str | None:
        """Return the card number that a read's handle stands for, while it is remembered."""
        with self._lock:
            number, at = self._reads.get(handle, ("", 0.0))
        return number if number and self.monotonic() - at <= HANDLE_S else None

    def is_handle(self, text: str) -> bool:
        """Whether text is the shape of a handle: no card number has a dot."""
        boot, dot, n = text.partition(".")
        return bool(dot) and n.isdecimal() and len(boot) == len(self.boot)

    def after(self, n: int) -> list[Event]:
        """Return the events that follow event n and are still kept, BATCH_MAX at most."""
        with self._lock:
            first = self._ring[0].n if self._ring else self._n + 1
            start = max(0, n + 1 - first)
            return list(islice(self._ring, start, start + BATCH_MAX))

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever something was published, or the bus closed."""
        listener = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._listeners.add(listener)
        try:
            yield listener[1]
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def close(self) -> None:
        """End every stream, so that a shutdown doesn't wait for one."""
        with self._lock:
            self.closed = True
            self._wake()

    def _wake(self) -> None:
        for loop, wakened in self._listeners:
            loop.call_soon_threadsafe(wakened.set)
