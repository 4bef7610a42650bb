"""Keeps every reader open for ever: one thread a source, re-opened with back-off when it fails."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from loyaltyd.domain.errors import ReaderError
from loyaltyd.readers.hearing import Heard, Hearing
from loyaltyd.readers.read import CardRead, Garbled, PaymentCard, Read, Removed, Unread

BACKOFF_MIN_S, BACKOFF_MAX_S = 0.1, 2.0  # doubled in between: a re-plugged reader reads within 2 s
REPEAT_WINDOW_S = 1.5  # a scanner that sees the same card again, or sends it again unacknowledged
STOP_WAIT_S = 2.0  # a port returns within 0.5 s; one that hangs in connecting is left behind
OPEN_MAX_S = 10.0  # pyserial gives a network line 5 s, and an RFC 2217 server 3 s for each setting
HEAR_MAX_S = 3.0  # 0.5 s of waiting, and a card that another program keeps for 1.5 s
CRASHED = "stopped by a fault of the daemon, which the log shows; opening it again"
STALLED = "stalled: the reader, its card or pcscd does not answer; waiting until it does"

OnRead = Callable[[str, Read], None]
OnState = Callable[[str, bool, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One configured reader; opening it raises ReaderError when it can't be."""

    name: str
    open: Callable[[], Hearing]
    repeat_window_s: float = REPEAT_WINDOW_S


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderState:
    """What store IT asks about a reader; counts since start."""

    name: str
    up: bool
    detail: str  # why it is down, in a sentence; or what else is to be known
    bytes: int
    reads: int
    garbled: int  # with cards that stood on a card reader and could not be read
    payment: int
    last_byte_age_s: float | None  # None: no byte yet
    card: str  # the last one on a card reader: its kind and, masked, its UID


class Supervisor:
    """Runs the sources; on_read and on_state are called on the source's own thread.

    on_state is told changes alone; that a source stalls is told on the thread that looks. A
    callback that raises is a fault and stops its reader a while.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        *,
        on_read: OnRead,
        on_state: OnState,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        ears = _Ears(on_read=on_read, on_state=on_state, monotonic=monotonic)
        self._listeners = [_Listener(source, ears) for source in sources]

    def start(self) -> None:
        """Start listening to every source; returns at once, on_state tells which are up."""
        for listener in self._listeners:
            listener.start()

    def look(self) -> None:
        """Report each source that hangs as down; once it moves again it reports itself."""
        for listener in self._listeners:
            listener.look()

    def stop(self) -> None:
        """Close every source, within 2 s; no on_state is called for it."""
        for listener in self._listeners:
            listener.stopping.set()
        deadline = time.monotonic() + STOP_WAIT_S
        for listener in self._listeners:
            listener.join(max(0.0, deadline - time.monotonic()))

    def states(self) -> list[ReaderState]:
        """Return what each source is doing, in the order given."""
        return [listener.state() for listener in self._listeners]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ears:
    on_read: OnRead
    on_state: OnState
    monotonic: Callable[[], float]


class _Listener:
    """One source and its thread, which alone changes what is kept here, but for a stall."""

    def __init__(self, source: Source, ears: _Ears) -> None:
        self.stopping = threading.Event()
        self._source = source
        self._ears = ears
        self._up, self._detail, self._card = False, "not opened yet", ""
        self._bytes = self._reads = self._garbled = self._payment = 0
        self._last_byte_at: float | None = None
        self._last_card: tuple[CardRead, float] | None = None
        self._moving = threading.Lock()  # around what is reported, and what it is judged by
        self._due: tuple[float, float] | None = None  # when a call began, and how long it may take
        self._thread = threading.Thread(target=self._run, name=source.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def look(self) -> None:
        with self._moving:
            began, limit_s = self._due or (0.0, float("inf"))
            if self._ears.monotonic() - began > limit_s:
                self._report(False, STALLED)

    def state(self) -> ReaderState:
        last = self._last_byte_at
        return ReaderState(
            name=self._source.name,
            up=self._up,
            detail=self._detail,
            bytes=self._bytes,
            reads=self._reads,
            garbled=self._garbled,
            payment=self._payment,
            last_byte_age_s=None if last is None else self._ears.monotonic() - last,
            card=self._card,
        )

    def _run(self, wait_s: float = 0.0) -> None:
        ended = False
        try:
            while not self.stopping.wait(wait_s):
                before = self._bytes
                self._listen()
                doubled = min(max(2 * wait_s, BACKOFF_MIN_S), BACKOFF_MAX_S)
                wait_s = BACKOFF_MIN_S if self._bytes > before else doubled
            ended = True
            self._up, self._detail = False, "stopped"
        finally:
            if not ended:
                self._revive()

    def _listen(self) -> None:
        """Open the source and hear it until it fails or we stop."""
        try:
            self._expect(OPEN_MAX_S)
            hearing = self._source.open()
            try:
                while not self.stopping.is_set():
                    self._expect(HEAR_MAX_S)
                    self._take(hearing.hear())
            finally:
                self._expect(HEAR_MAX_S)  # giving a context back waits for pcscd too
                self._present(hearing.close())
        except ReaderError as error:
            self._moved(False, str(error))

    def _take(self, heard: Heard) -> None:
        self._moved(heard.up, heard.detail)
        if heard.length:
            self._bytes += heard.length
            self._last_byte_at = self._ears.monotonic()
        if heard.card is not None:
            self._card = heard.card
        self._present(heard.reads)

    def _expect(self, limit_s: float) -> None:
        """Begin a call that may take so long."""
        self._due = (self._ears.monotonic(), limit_s)

    def _moved(self, up: bool, detail: str) -> None:
        with self._moving:
            self._due = None
            self._report(up, detail)

    def _present(self, reads: list[Read]) -> None:
        for read in reads:
            if isinstance(read, CardRead) and self._is_repeated(read):
                continue
            if isinstance(read, Removed):
                self._last_card = None  # whatever comes after it was put down anew
            self._reads += isinstance(read, CardRead)
            self._garbled += isinstance(read, Garbled | Unread)
            self._payment += isinstance(read, PaymentCard)
            self._ears.on_read(self._source.name, read)

    def _is_repeated(self, card: CardRead) -> bool:
        """Whether the card was presented just now; the window runs from when it was last seen."""
        now, last = self._ears.monotonic(), self._last_card
        self._last_card = (card, now)
        return last is not None and last[0] == card and now - last[1] < self._source.repeat_window_s

    def _report(self, up: bool, detail: str) -> None:
        if (up, detail) != (self._up, self._detail) and not self.stopping.is_set():
            self._up, self._detail = up, detail
            self._ears.on_state(self._source.name, up, detail)

    def _revive(self) -> None:
        """Put a new thread after this one, whose fault threading.excepthook shows."""
        if self.stopping.is_set():
            return
        self._thread = threading.Thread(
            target=self._run, args=(BACKOFF_MAX_S,), name=self._source.name, daemon=True
        )
        self._thread.start()
        self._moved(False, CRASHED)
