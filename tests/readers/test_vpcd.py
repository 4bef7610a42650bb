"""Cards through the real pcscd: what the double of it was made after."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.readers.read import CardRead, PaymentCard, Read, Removed, Unread
from loyaltyd.readers.supervisor import STALLED, Supervisor
from tests.readers.cards import (
    ATR_CONTACT_T0,
    NUMBER,
    BankCard,
    Card,
    Classic,
    FileCard,
    Tag,
    Watched,
    text_record,
    uri_record,
)
from tests.readers.devices import Ears
from tests.readers.tapping import KEY, READ, Clock, reads, supervised
from tests.readers.vectors import PAN
from tests.readers.vpcd import READER, Vpcd


@pytest.fixture
def vpcd(pcsc_socket: Path, tmp_path: Path) -> Iterator[Vpcd]:
    with Vpcd(pcsc_socket, tmp_path) as vpcd:
        yield vpcd


@pytest.fixture
def reader(vpcd: Vpcd, ears: Ears, clock: Clock) -> Iterator[Supervisor]:
    """The virtual reader, up and empty."""
    supervisor = supervised(ears, clock, "Virtual 0*")
    supervisor.start()
    ears.wait_state(up=True)
    yield supervisor
    supervisor.stop()


def shown_once(vpcd: Vpcd, ears: Ears, card: Card) -> Read:
    """Put a card into the reader and take it out; what it told."""
    before = len(ears.reads)
    vpcd.insert(card)
    told = reads(ears, before + 1)[before]
    vpcd.eject()
    assert reads(ears, before + 2)[before + 1 :] == [Removed()]
    return told


def test_each_kind_of_card_is_read_through_the_real_pcscd(
    vpcd: Vpcd, ears: Ears, reader: Supervisor
) -> None:
    assert ears.states == [("tap", True, f"{READER}; 2 readers match, the first is used")]
    cards: list[tuple[Card, Read]] = [
        (Tag(text_record(NUMBER)), READ),
        (Tag(uri_record(4, f"x.example/c/{NUMBER}")), READ),
        (Classic(NUMBER.encode(), key=KEY), READ),
        (FileCard(NUMBER.encode()), READ),
        (FileCard(NUMBER.encode(), is_record=True), READ),
        (FileCard(NUMBER.encode(), atr=ATR_CONTACT_T0), READ),
        (Tag(b"\xfe"), CardRead("01303689068602870", "uid")),
        (Classic(NUMBER.encode(), key=bytes(6)), Unread("no-number")),
    ]
    for card, told in cards:
        assert shown_once(vpcd, ears, card) == told, card
    for atr in (FileCard(b"").atr, ATR_CONTACT_T0):
        bank = BankCard(PAN, atr=atr)
        assert shown_once(vpcd, ears, bank) == PaymentCard()
        assert len(bank.heard) == 1


def test_a_card_that_leaves_in_the_middle_and_a_pcscd_that_restarts_are_survived(
    vpcd: Vpcd, ears: Ears, reader: Supervisor
) -> None:
    entered = threading.Event()
    card = Watched(Tag(text_record(NUMBER)), 1, entered.set)
    card.deed = lambda: vpcd._card.shutdown(2) if vpcd._card else None
    vpcd.insert(card)
    assert reads(ears, 2) == [Unread("left"), Removed()]
    vpcd.eject()
    for turn in range(1, 4):
        vpcd.stop()
        ears.wait_state(up=False, times=turn)
        vpcd.start()
        ears.wait_state(up=True, times=turn + 1)
        assert shown_once(vpcd, ears, Tag(text_record(NUMBER))) == READ


def test_a_frozen_pcscd_and_a_mute_card_stall_the_reader_until_they_move(
    vpcd: Vpcd, ears: Ears, reader: Supervisor, clock: Clock
) -> None:
    released = threading.Event()
    vpcd.insert(Watched(Tag(text_record(NUMBER)), 1, lambda: released.wait(20)))
    _stalls(reader, ears, clock)
    released.set()
    assert reads(ears, 1) == [READ]
    vpcd.freeze()
    _stalls(reader, ears, clock)
    vpcd.thaw()
    ears.wait(lambda: ears.states[-1][1])
    vpcd.eject()
    assert reads(ears, 2) == [READ, Removed()]


def _stalls(reader: Supervisor, ears: Ears, clock: Clock) -> None:
    """Let time pass until a call that hangs is late; one that returns begins another."""
    for _ in range(400):
        threading.Event().wait(0.05)
        clock.now += 0.1
        reader.look()
        if ears.states[-1][1:] == (False, STALLED):
            return
    raise AssertionError(ears.states)
