"""A pcscd without readers: speaks pcsc-lite's protocol 4:4 to the real libpcsclite, by the script.

Every change is at once, and any command can be told to fail; nothing else behaves otherwise than
pcscd 1.9.9 did where it was watched.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.readers.cards import ATR_CONTACT_T0, Card

ESTABLISH, RELEASE, CONNECT, RECONNECT, DISCONNECT = 0x01, 0x02, 0x04, 0x05, 0x06
BEGIN, END, TRANSMIT, CONTROL, STATUS, CANCEL = 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0D
VERSION, STATES, WAIT, STOP = 0x11, 0x12, 0x13, 0x14
LAYOUTS = {
    VERSION: "<iiI",
    ESTABLISH: "<III",
    RELEASE: "<II",
    CONNECT: "<I128sIIiII",
    RECONNECT: "<iIIIII",
    DISCONNECT: "<iII",
    BEGIN: "<iI",
    END: "<iII",
    TRANSMIT: "<iIIIIIII",
    CONTROL: "<iIIIII",
    STATUS: "<iI",
    CANCEL: "<iI",
}
READERS_MAX = 16
READER = struct.Struct("<128sIIi33s3xII")
UNKNOWN, ABSENT, PRESENT, SWALLOWED, POWERED, NEGOTIABLE = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
NO_CARD, REMOVED, RESET = 0x8010000C, 0x80100069, 0x80100068
EXCLUSIVE, RESETS, SHARING = 1, 1, 0x8010000B
UNKNOWN_READER, GONE, INVALID = 0x80100009, 0x80100017, 0x80100003


@dataclass(slots=True, eq=False)
class Bay:
    """A reader: its card, and how often one came or went."""

    card: Card | None = None
    moves: int = 0
    is_mute: bool = False
    is_faulty: bool = False  # the reader itself does not answer pcscd, and is listed all the same

    @property
    def state(self) -> int:
        if self.is_faulty:
            return UNKNOWN
        if self.card is None:
            return ABSENT
        return PRESENT | (SWALLOWED if self.is_mute else POWERED | NEGOTIABLE)


@dataclass(slots=True)
class Handle:
    """A connection to a card, good until the card moves; is_reset: somebody else reset it."""

    reader: str
    bay: Bay
    moves: int
    is_exclusive: bool = False
    is_reset: bool = False


@dataclass(slots=True)
class Pcscd:
    """Listens at path within a `with` block; readers and cards come and go from any thread."""

    path: Path
    bays: dict[str, Bay] = field(default_factory=dict)
    failures: dict[int, list[int]] = field(default_factory=dict)  # of a command, in turn
    asked: Counter[int] = field(default_factory=Counter)
    thawed: threading.Event = field(default_factory=threading.Event)
    resets: int = 0  # of cards, by whoever let go of one
    hanging: set[int] = field(default_factory=set)  # commands that wait for thawed
    _handles: dict[int, Handle] = field(default_factory=dict)
    _peers: set[socket.socket] = field(default_factory=set)
    _waiting: set[socket.socket] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _turn: threading.Condition = field(default_factory=threading.Condition)
    _holder: int | None = None  # of a transaction
    _listener: socket.socket | None = None
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.thawed.set()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to answer, as a pcscd that was just started: it has counted nothing yet."""
        for bay in self.bays.values():
            bay.moves = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._serve(self._accept, self._listener)

    def stop(self) -> None:
        """End as by SIGKILL: every connection is cut."""
        self.thawed.set()
        with self._lock:
            ends = [*self._peers, *filter(None, [self._listener])]
            self._listener = None
            self.path.unlink(missing_ok=True)
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(20)
        self._threads.clear()
        self._handles.clear()
        self._holder = None

    def plug(self, reader: str, card: Card | None = None) -> None:
        with self._changing():
            self.bays[reader] = Bay(card)

    def unplug(self, reader: str) -> None:
        with self._changing():
            del self.bays[reader]

    def insert(self, reader: str, card: Card, *, is_mute: bool = False) -> None:
        with self._changing():
            bay = self.bays[reader]
            assert bay.card is None
            bay.card, bay.is_mute, bay.moves = card, is_mute, bay.moves + 1

    def eject(self, reader: str) -> None:
        with self._changing():
            bay = self.bays[reader]
            assert bay.card is not None
            bay.card, bay.moves = None, bay.moves + 1

    def swap(self, reader: str, card: Card) -> None:
        """Put another card in the place of the one that is there, before anyone looks."""
        with self._changing():
            self.bays[reader].card = card
            self.bays[reader].moves += 2

    def fault(self, reader: str, *, is_faulty: bool) -> None:
        """Let pcscd lose the reader, as a cable does that is almost out, or have it back."""
        with self._changing():
            self.bays[reader].is_faulty = is_faulty

    def reset(self) -> None:
        """Reset the cards, as another program does."""
        self._reset(None)

    def fail(self, command: int, *codes: int) -> None:
        """Answer the next calls of command with these codes."""
        self.failures.setdefault(command, []).extend(codes)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock:
            yield
            for peer in self._waiting:
                with contextlib.suppress(OSError):
                    peer.sendall(struct.pack("<II", 0, 0))
            self._waiting.clear()

    def _serve(self, work: Callable[[socket.socket], None], end: socket.socket) -> None:
        thread = threading.Thread(target=work, args=(end,), daemon=True)
        self._threads = [it for it in self._threads if it.is_alive()] + [thread]
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with listener, contextlib.suppress(OSError):
            while True:
                peer, _ = listener.accept()
                with self._lock:
                    self._peers.add(peer)
                self._serve(self._answer, peer)

    def _answer(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError, EOFError):
            while True:
                size, command = struct.unpack("<II", _received(peer, 8))
                body = _received(peer, size)
                self.asked[command] += 1
                if not self.hanging or command in self.hanging:
                    self.thawed.wait()
                self._reply(peer, command, body)
        with self._lock:
            self._peers.discard(peer)
            self._waiting.discard(peer)

    def _reply(self, peer: socket.socket, command: int, body: bytes) -> None:
        if command in {STATES, WAIT, STOP}:
            self._watch(peer, command)
            return
        fields = list(struct.unpack(LAYOUTS[command], body))
        sent = _received(peer, fields[3]) if command == TRANSMIT else b""
        planned = self.failures.get(command)
        code, answer = (planned.pop(0), b"") if planned else self._outcome(command, fields, sent)
        fields[-1] = code
        if command == TRANSMIT:
            fields[6] = len(answer)
        peer.sendall(struct.pack(LAYOUTS[command], *fields) + answer)

    def _watch(self, peer: socket.socket, command: int) -> None:
        with self._lock:
            if command == STOP:
                if peer in self._waiting:
                    self._waiting.discard(peer)
                    peer.sendall(struct.pack("<II", 0, 0))
                return
            exclusive = {it.reader for it in self._handles.values() if it.is_exclusive}
            rows = [_row(name, bay, -(name in exclusive)) for name, bay in self.bays.items()]
            peer.sendall(b"".join(rows).ljust(READERS_MAX * READER.size, b"\0"))
            if command == WAIT:
                self._waiting.add(peer)

    def _outcome(self, command: int, fields: list[Any], sent: bytes) -> tuple[int, bytes]:
        if command == VERSION:
            fields[:2] = [4, 4]
        elif command == ESTABLISH:
            fields[1] = 1 + self.asked[ESTABLISH]
        elif command in {CONNECT, RECONNECT}:
            return (self._connected if command == CONNECT else self._reconnected)(fields), b""
        elif command in {BEGIN, TRANSMIT}:
            self._wait_for_turn(fields[0], begins=command == BEGIN)
            return self._transmitted(fields[0], sent)
        elif command in {END, DISCONNECT}:
            self._end(fields[0], is_over=command == DISCONNECT, resets=fields[1] == RESETS)
        return 0, b""

    def _wait_for_turn(self, number: int, *, begins: bool) -> None:
        """Wait as long as another program has a transaction with any card."""
        with self._turn:
            self._turn.wait_for(lambda: self._holder in {None, number})
            self._holder = number if begins else self._holder

    def _end(self, number: int, *, is_over: bool, resets: bool) -> None:
        with self._turn:
            if self._holder == number:
                self._holder = None
                self._turn.notify_all()
            handle = self._handles.pop(number, None) if is_over else None
            if handle is not None and resets:
                self.resets += 1
                self._reset(handle.bay)

    def _reset(self, bay: Bay | None) -> None:
        for handle in self._handles.values():
            handle.is_reset |= bay in {None, handle.bay}

    def _reconnected(self, fields: list[Any]) -> int:
        handle = self._handles[fields[0]]
        handle.is_reset = False
        handle.moves = handle.bay.moves
        return NO_CARD if handle.bay.card is None else 0

    def _connected(self, fields: list[Any]) -> int:
        name = fields[1].split(b"\0")[0].decode()
        with self._lock:
            bay = self.bays.get(name)
            if bay is None:
                return UNKNOWN_READER
            if bay.card is None:
                return NO_CARD
            others = [it for it in self._handles.values() if it.bay is bay]
            if any(it.is_exclusive for it in others) or (others and fields[2] == EXCLUSIVE):
                return SHARING
            bay.is_mute = False  # connecting powers a card up again
            fields[4] = 1000 + self.asked[CONNECT]
            fields[5] = 1 if bay.card.atr == ATR_CONTACT_T0 else 2
            self._handles[fields[4]] = Handle(name, bay, bay.moves, fields[2] == EXCLUSIVE)
        return 0

    def _transmitted(self, number: int, sent: bytes) -> tuple[int, bytes]:
        handle = self._handles.get(number)
        if handle is None:
            return INVALID, b""
        card = handle.bay.card
        code = self._barred(handle)
        if code or card is None or not sent:
            return code, b""
        answer = card.answer(sent)
        code = self._barred(handle)  # it may have left meanwhile
        return code, b"" if code else answer

    def _barred(self, handle: Handle) -> int:
        with self._lock:
            if self.bays.get(handle.reader) is not handle.bay:
                return GONE
            if handle.bay.moves != handle.moves:
                return REMOVED
            return RESET if handle.is_reset else 0


def _row(name: str, bay: Bay, sharing: int) -> bytes:
    atr = bay.card.atr if bay.card and not bay.is_mute else b""
    return READER.pack(name.encode(), bay.moves, bay.state, sharing, atr, len(atr), 2)


def _received(peer: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = peer.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data
