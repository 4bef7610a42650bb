"""Cards behind a pcscd that does what it is told, under the real libpcsclite and pyscard."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from loyaltyd.readers.drivers import pcsc
from loyaltyd.readers.drivers import scard_codes as codes
from loyaltyd.readers.read import CardRead, PaymentCard, Read, Removed, Unread
from loyaltyd.readers.supervisor import Supervisor
from tests.readers import pcscd
from tests.readers.cards import (
    ATR_CONTACT_T0,
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
from tests.readers.pcscd import BEGIN, CONNECT, TRANSMIT, Pcscd
from tests.readers.tapping import (
    ACS,
    FIRST,
    KEY,
    READ,
    SECOND,
    reads,
    shown_once,
    tag,
)
from tests.readers.vectors import PAN

LEFT, MUTE = Unread("left"), Unread("mute")
OTHER = "Gemalto PC Twin 01 00"


@pytest.mark.parametrize(
    ("card", "told"),
    [
        (tag(), READ),
        (Tag(uri_record(4, f"x.example/c/{FIRST}")), READ),
        (Classic(FIRST.encode(), key=KEY), READ),
        (FileCard(FIRST.encode()), READ),
        (FileCard(FIRST.encode(), atr=ATR_CONTACT_T0), READ),
        (BankCard(PAN), PaymentCard()),
        (BankCard(PAN, atr=ATR_CONTACT_T0), PaymentCard()),
        (Tag(b"\xfe"), CardRead("01303689068602870", "uid")),
    ],
)
def test_each_kind_of_card_is_read_once_and_seen_to_leave(
    service: Pcscd, ears: Ears, reader: Supervisor, card: Card, told: Read
) -> None:
    assert shown_once(service, ears, card) == told
    (state,) = reader.states()
    assert (state.up, state.detail, state.bytes) == (True, ACS, len(card.atr))
    assert ("UID" in state.card) == isinstance(card, Tag | Classic)


def test_a_card_left_on_the_antenna_is_read_once(
    service: Pcscd, ears: Ears, reader: Supervisor
) -> None:
    service.insert(ACS, tag())
    reads(ears, 1)
    seen = service.asked[pcscd.WAIT]
    while service.asked[pcscd.WAIT] < seen + 3:  # looked again and again
        threading.Event().wait(0.01)
    service.swap(ACS, tag(SECOND))
    assert reads(ears, 3) == [
        READ,
        Removed(),
        CardRead(SECOND, "contactless"),
    ]


def test_over_t0_no_length_follows_data(service: Pcscd, ears: Ears, reader: Supervisor) -> None:
    heard = []

    class Strict(FileCard):
        def answer(self, command: bytes) -> bytes:
            heard.append(command)
            return super().answer(command)

    for atr in (ATR_CONTACT_T0, FileCard(b"").atr):
        shown_once(service, ears, Strict(FIRST.encode(), atr=atr))
    over_t0 = heard[:7]
    assert [it.hex() for it in over_t0[:2]] == [
        "00a404000e325041592e5359532e4444463031",
        "00a404000e315041592e5359532e4444463031",
    ]
    assert heard[7] == over_t0[0] + b"\0"


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        ((CONNECT, codes.NO_SMARTCARD), LEFT),
        ((CONNECT, codes.REMOVED_CARD), LEFT),
        ((CONNECT, codes.UNKNOWN_READER), LEFT),
        ((CONNECT, codes.READER_UNAVAILABLE), LEFT),
        ((CONNECT, codes.UNRESPONSIVE_CARD), MUTE),
        ((CONNECT, codes.UNPOWERED_CARD), MUTE),
        ((CONNECT, codes.SECURITY_VIOLATION), MUTE),
        ((CONNECT, 0x8010000F), MUTE),  # a protocol that the reader doesn't speak
        ((BEGIN, codes.REMOVED_CARD), LEFT),
        ((TRANSMIT, codes.REMOVED_CARD), LEFT),
        ((TRANSMIT, codes.INVALID_HANDLE), LEFT),
        ((TRANSMIT, 0x80100001), MUTE),  # pcscd's own fault
    ],
)
def test_what_ends_a_read_is_told_to_the_cashier_and_the_next_card_is_read(
    service: Pcscd, ears: Ears, reader: Supervisor, failure: tuple[int, int], told: Unread
) -> None:
    service.fail(*failure)
    assert shown_once(service, ears, tag()) == told
    assert shown_once(service, ears, tag()) == READ
    assert reader.states()[0].detail == ACS


@pytest.mark.parametrize("command", [BEGIN, TRANSMIT])
@pytest.mark.parametrize("code", sorted(codes.AGAIN))
def test_a_card_that_another_program_reset_or_a_weak_field_is_tried_once_more(
    service: Pcscd, ears: Ears, reader: Supervisor, command: int, code: int
) -> None:
    service.fail(command, code)
    assert shown_once(service, ears, tag()) == READ
    service.fail(command, code, code)
    assert shown_once(service, ears, tag()) == LEFT


def test_a_card_reset_in_the_middle_is_read_from_the_beginning(
    service: Pcscd, ears: Ears, reader: Supervisor
) -> None:
    card = Watched(tag(), place=1, deed=service.reset)
    assert shown_once(service, ears, card) == READ
    assert card.heard == 5  # two of the first try, and all three


@pytest.mark.parametrize("place", range(3))
def test_a_card_that_leaves_too_early_is_told_as_such_wherever_the_read_was(
    service: Pcscd, ears: Ears, reader: Supervisor, place: int
) -> None:
    service.insert(ACS, Watched(tag(), place, lambda: service.eject(ACS)))
    assert reads(ears, 2) == [LEFT, Removed()]
    assert shown_once(service, ears, tag()) == READ


@pytest.mark.parametrize(("answer", "failing"), [("6300", 1), ("", 1), ("6300", 2), ("", 2)])
def test_a_weak_field_that_the_reader_tells_of_is_tried_once_more(
    service: Pcscd, ears: Ears, reader: Supervisor, answer: str, failing: int
) -> None:
    fails = iter([bytes.fromhex(answer)] * failing)

    class Weak(Tag):
        def answer(self, command: bytes) -> bytes:
            plain = super().answer(command)
            return next(fails, plain) if command[3] == 7 else plain

    told = LEFT if failing == 2 else READ
    assert shown_once(service, ears, Weak(text_record(FIRST))) == told
    assert service.resets == failing  # so that the card begins anew


def test_a_card_that_another_program_keeps_is_waited_for(
    service: Pcscd, ears: Ears, reader: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(pcsc, "time", SimpleNamespace(sleep=waits.append))
    service.fail(CONNECT, *[codes.SHARING_VIOLATION] * 2)
    assert shown_once(service, ears, tag()) == READ
    assert waits == [0.05, 0.1]
    service.fail(CONNECT, *[codes.SHARING_VIOLATION] * 6)
    assert shown_once(service, ears, tag()) == Unread("taken")
    assert waits[2:] == list(pcsc.SHARING_WAITS_S)
    assert "scdaemon" in reader.states()[0].detail
    assert shown_once(service, ears, tag()) == READ
    assert reader.states()[0].detail == ACS


def test_a_card_the_wrong_way_round_is_mute(service: Pcscd, ears: Ears, reader: Supervisor) -> None:
    service.fail(CONNECT, codes.UNPOWERED_CARD)
    service.insert(ACS, tag(), is_mute=True)
    assert reads(ears, 1) == [MUTE]
    ears.wait(lambda: "right way round" in reader.states()[0].detail)


def test_a_card_that_came_mute_and_answers_when_connected_to_is_read_as_what_it_is(
    service: Pcscd, ears: Ears, reader: Supervisor
) -> None:
    service.insert(ACS, tag(), is_mute=True)
    assert reads(ears, 1) == [READ]
    assert reader.states()[0].card.startswith("NFC tag")
