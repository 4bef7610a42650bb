"""The double of pcscd answers as the real one: what was watched there, asked of both by pyscard."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from loyaltyd.readers.drivers import scard_codes as codes
from tests.readers.cards import STATIC_UID, UID_COMMAND, Card
from tests.readers.devices import WAIT_S
from tests.readers.pcscd import Pcscd
from tests.readers.tapping import ACS, tag
from tests.readers.vpcd import Vpcd

PNP = r"\\?PnP?\Notification"
EMPTY, PRESENT, EXCLUSIVE = 0x10, 0x20, 0x80
RESETS, LEAVES = 1, 0
GONE = codes.STATE_UNKNOWN | codes.STATE_UNAVAILABLE


class World(Protocol):
    """A pcscd with one reader."""

    reader: str

    def insert(self, card: Card) -> None: ...
    def eject(self) -> None: ...
    def stop(self) -> None: ...
    def start(self) -> None: ...


@dataclass(slots=True)
class Double:
    """The double, with the words of the real one."""

    service: Pcscd
    reader: str = ACS

    def insert(self, card: Card) -> None:
        self.service.insert(self.reader, card)

    def eject(self) -> None:
        self.service.eject(self.reader)

    def stop(self) -> None:
        self.service.stop()

    def start(self) -> None:
        self.service.start()


@dataclass(slots=True)
class Client:
    """A program at pcscd: pyscard's calls, their codes without a sign."""

    scard: Any
    context: int

    def watch(self, name: str, state: int, wait_ms: int = 20_000) -> tuple[int, int]:
        code, states = self.scard.SCardGetStatusChange(self.context, wait_ms, [(name, state)])
        return code & 0xFFFFFFFF, states[0][1] if states else 0

    def wait(self, name: str, bits: int) -> int:
        """Wait until the state has these bits; the state."""
        _, state = self.watch(name, 0)
        deadline = time.monotonic() + WAIT_S
        while not state & bits:
            assert time.monotonic() < deadline
            _, state = self.watch(name, state & ~codes.STATE_CHANGED, 200)
        return state

    def connect(self, name: str, *, exclusive: bool = False) -> tuple[int, int]:
        share = self.scard.SCARD_SHARE_EXCLUSIVE if exclusive else self.scard.SCARD_SHARE_SHARED
        code, handle, _ = self.scard.SCardConnect(self.context, name, share, 3)
        return code & 0xFFFFFFFF, handle

    def uid(self, handle: int) -> tuple[int, bytes]:
        header = self.scard.SCARD_PCI_T1
        code, answer = self.scard.SCardTransmit(handle, header, list(UID_COMMAND))
        return code & 0xFFFFFFFF, bytes(answer)

    def reconnect(self, handle: int) -> int:
        code, _ = self.scard.SCardReconnect(handle, self.scard.SCARD_SHARE_SHARED, 3, LEAVES)
        return int(code) & 0xFFFFFFFF


@pytest.fixture(params=["double", "real"])
def world(request: pytest.FixtureRequest, pcsc_socket: Path, tmp_path: Path) -> Iterator[World]:
    if request.param == "double":
        with Pcscd(pcsc_socket) as service:
            service.plug(ACS)
            yield Double(service)
    else:
        with Vpcd(pcsc_socket, tmp_path) as vpcd:
            yield vpcd


@pytest.fixture
def double(pcsc_socket: Path) -> Iterator[Pcscd]:
    with Pcscd(pcsc_socket) as service:
        yield service


@pytest.fixture
def client(pcsc_socket: Path) -> Iterator[Callable[[], Client]]:
    """Makes programs that ask this test's pcscd."""
    scard: Any = importlib.import_module("smartcard.scard")
    made: list[int] = []

    def one_more() -> Client:
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        assert code == 0
        made.append(context)
        return Client(scard, context)

    yield one_more
    for context in made:
        scard.SCardReleaseContext(context)


Clients = Callable[[], Client]


def test_there_is_no_card_until_one_comes_and_each_move_is_counted(
    world: World, client: Clients
) -> None:
    one = client()
    assert one.connect(world.reader)[0] == codes.NO_SMARTCARD
    counts = []
    for _ in range(2):
        world.insert(tag())
        counts.append(one.wait(world.reader, PRESENT) >> 16)
        world.eject()
        counts.append(one.wait(world.reader, EMPTY) >> 16)
    assert counts == [1, 2, 3, 4]


def test_a_card_that_is_kept_is_a_sharing_violation(world: World, client: Clients) -> None:
    one, other = client(), client()
    world.insert(tag())
    one.wait(world.reader, PRESENT)
    code, handle = one.connect(world.reader, exclusive=True)
    assert code == 0
    assert other.connect(world.reader)[0] == codes.SHARING_VIOLATION
    assert other.wait(world.reader, EXCLUSIVE)
    one.scard.SCardDisconnect(handle, LEAVES)
    assert other.connect(world.reader)[0] == 0
    assert one.connect(world.reader, exclusive=True)[0] == codes.SHARING_VIOLATION


def test_a_card_that_another_program_resets_wants_a_reconnection(
    world: World, client: Clients
) -> None:
    one, other = client(), client()
    world.insert(tag())
    one.wait(world.reader, PRESENT)
    (_, mine), (_, theirs) = one.connect(world.reader), other.connect(world.reader)
    assert one.uid(mine) == (0, STATIC_UID + b"\x90\0")
    other.scard.SCardDisconnect(theirs, RESETS)
    assert one.uid(mine)[0] == codes.RESET_CARD
    assert one.reconnect(mine) == 0
    assert one.uid(mine)[0] == 0


def test_a_card_that_is_gone_is_removed_and_then_no_card(world: World, client: Clients) -> None:
    one = client()
    world.insert(tag())
    one.wait(world.reader, PRESENT)
    _, handle = one.connect(world.reader)
    world.eject()
    one.wait(world.reader, EMPTY)
    assert one.uid(handle)[0] == codes.REMOVED_CARD
    assert one.reconnect(handle) == codes.NO_SMARTCARD


def test_a_transaction_of_another_program_blocks_until_it_ends(
    world: World, client: Clients
) -> None:
    one, other = client(), client()
    world.insert(tag())
    one.wait(world.reader, PRESENT)
    (_, mine), (_, theirs) = one.connect(world.reader), other.connect(world.reader)
    assert other.scard.SCardBeginTransaction(theirs) == 0
    told: list[tuple[int, bytes]] = []
    waiting = threading.Thread(target=lambda: told.append(one.uid(mine)))
    waiting.start()
    waiting.join(0.5)
    assert (waiting.is_alive(), told) == (True, [])
    other.scard.SCardEndTransaction(theirs, LEAVES)
    waiting.join(WAIT_S)
    assert told == [(0, STATIC_UID + b"\x90\0")]


def test_a_pcscd_that_ends_breaks_every_context_for_good(world: World, client: Clients) -> None:
    one = client()
    _, state = one.watch(world.reader, 0)
    told: list[int] = []
    waiting = threading.Thread(
        target=lambda: told.append(one.watch(world.reader, state & ~codes.STATE_CHANGED)[0])
    )
    waiting.start()
    waiting.join(0.2)
    world.stop()
    waiting.join(WAIT_S)
    assert told == [codes.F_COMM_ERROR]
    assert one.connect(world.reader)[0] in codes.BROKEN
    world.start()
    assert one.connect(world.reader)[0] in codes.BROKEN
    assert client().connect(world.reader)[0] == codes.NO_SMARTCARD


def test_readers_come_and_go(double: Pcscd, client: Clients) -> None:
    one = client()
    assert one.scard.SCardListReaders(one.context, [])[0] & 0xFFFFFFFF == codes.NO_READERS
    told: list[tuple[int, int]] = []

    def wait(name: str, state: int) -> threading.Thread:
        thread = threading.Thread(target=lambda: told.append(one.watch(name, state)))
        thread.start()
        thread.join(0.2)
        return thread

    waiting = wait(PNP, 0)
    double.plug(ACS)
    waiting.join(WAIT_S)
    waiting = wait(ACS, EMPTY)
    double.unplug(ACS)
    waiting.join(WAIT_S)
    assert told == [(0, codes.STATE_CHANGED), (0, codes.STATE_CHANGED | GONE)]
    assert one.watch(ACS, EMPTY)[0] == codes.UNKNOWN_READER
