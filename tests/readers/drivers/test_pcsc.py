"""Card readers behind a pcscd that does what it is told, under the real libpcsclite and pyscard."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.domain.errors import ReaderError
from loyaltyd.readers.chips.classic import Sector
from loyaltyd.readers.chips.files import CardFile
from loyaltyd.readers.drivers import scard_codes as codes
from loyaltyd.readers.drivers.pcsc import PcscDriver
from loyaltyd.readers.profiles.contactless import Contactless
from loyaltyd.readers.read import CardRead, PaymentCard, Read, Removed, Unread
from loyaltyd.readers.supervisor import STALLED, Source, Supervisor
from loyaltyd.readers.taps import taps
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
from tests.readers.pcscd import BEGIN, CONNECT, ESTABLISH, STATES, TRANSMIT, Pcscd
from tests.readers.vectors import PAN, own

ACS, OTHER = "ACS ACR1252 1S CL Reader [PICC] 00 00", "Gemalto PC Twin 01 00"
NUMBERS = [f"299000000{n:03}" for n in range(1000)]
FIRST, SECOND = "2990000000019", "2990000000026"
KEY = bytes.fromhex("A0B1C2D3E4F5")
CARDS = Contactless(
    own=own,
    sector=Sector(number=1, key=KEY),
    file=CardFile(file=bytes.fromhex("EF01"), aid=bytes.fromhex("F04C4F59414C01")),
)
LEFT, MUTE = Unread("left"), Unread("mute")


class Clock:
    """Real time stands still, so that only a test makes a reader late."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def tag(number: str = FIRST) -> Tag:
    return Tag(text_record(number))


@pytest.fixture
def service(pcsc_socket: Path) -> Iterator[Pcscd]:
    with Pcscd(pcsc_socket) as service:
        yield service


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ears() -> Ears:
    return Ears()


def supervised(ears: Ears, clock: Clock, match: str = "ACS*") -> Supervisor:
    source = Source(name="tap", open=taps(PcscDriver(match), CARDS.dialogue), repeat_window_s=0.0)
    return Supervisor([source], on_read=ears.on_read, on_state=ears.on_state, monotonic=clock)


@pytest.fixture
def reader(service: Pcscd, ears: Ears, clock: Clock) -> Iterator[Supervisor]:
    """One reader, up and empty, and who listens to it."""
    service.plug(ACS)
    supervisor = supervised(ears, clock)
    supervisor.start()
    ears.wait_state(up=True)
    yield supervisor
    supervisor.stop()


def reads(ears: Ears, count: int) -> list[Read]:
    """The first reads, once there are so many."""
    ears.wait(lambda: len(ears.reads) >= count)
    return [read for _, read in ears.reads]


def shown_once(service: Pcscd, ears: Ears, card: Card) -> Read:
    """Put a card on the reader and take it away; what it told."""
    before = len(ears.reads)
    service.insert(ACS, card)
    told = reads(ears, before + 1)[before]
    service.eject(ACS)
    assert reads(ears, before + 2)[before + 1 :] == [Removed()]
    return told


@pytest.mark.parametrize(
    ("card", "told"),
    [
        (tag(), CardRead(FIRST, "contactless")),
        (Tag(uri_record(4, f"x.example/c/{FIRST}")), CardRead(FIRST, "contactless")),
        (Classic(FIRST.encode(), key=KEY), CardRead(FIRST, "contactless")),
        (FileCard(FIRST.encode()), CardRead(FIRST, "contactless")),
        (FileCard(FIRST.encode(), atr=ATR_CONTACT_T0), CardRead(FIRST, "contactless")),
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
        CardRead(FIRST, "contactless"),
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
    ("command", "code", "told"),
    [
        (CONNECT, codes.NO_SMARTCARD, LEFT),
        (CONNECT, codes.REMOVED_CARD, LEFT),
        (CONNECT, codes.UNKNOWN_READER, LEFT),
        (CONNECT, codes.READER_UNAVAILABLE, LEFT),
        (CONNECT, codes.UNRESPONSIVE_CARD, MUTE),
        (CONNECT, codes.UNPOWERED_CARD, MUTE),
        (CONNECT, codes.SECURITY_VIOLATION, MUTE),
        (CONNECT, 0x8010000F, MUTE),  # a protocol that the reader doesn't speak
        (BEGIN, codes.REMOVED_CARD, LEFT),
        (TRANSMIT, codes.REMOVED_CARD, LEFT),
        (TRANSMIT, codes.INVALID_HANDLE, LEFT),
        (TRANSMIT, 0x80100001, MUTE),  # pcscd's own fault
    ],
)
def test_what_ends_a_read_is_told_to_the_cashier_and_the_next_card_is_read(
    service: Pcscd, ears: Ears, reader: Supervisor, command: int, code: int, told: Unread
) -> None:
    service.fail(command, code)
    assert shown_once(service, ears, tag()) == told
    assert shown_once(service, ears, tag()) == CardRead(FIRST, "contactless")
    assert reader.states()[0].detail == ACS


@pytest.mark.parametrize("command", [BEGIN, TRANSMIT])
@pytest.mark.parametrize("code", sorted(codes.AGAIN))
def test_a_card_that_another_program_reset_or_a_weak_field_is_tried_once_more(
    service: Pcscd, ears: Ears, reader: Supervisor, command: int, code: int
) -> None:
    service.fail(command, code)
    assert shown_once(service, ears, tag()) == CardRead(FIRST, "contactless")
    service.fail(command, code, code)
    assert shown_once(service, ears, tag()) == LEFT


def test_a_card_reset_in_the_middle_is_read_from_the_beginning(
    service: Pcscd, ears: Ears, reader: Supervisor
) -> None:
    card = Watched(tag(), place=1, deed=service.reset)
    assert shown_once(service, ears, card) == CardRead(FIRST, "contactless")
    assert card.heard == 5  # two of the first try, and all three


@pytest.mark.parametrize("place", range(3))
def test_a_card_that_leaves_too_early_is_told_as_such_wherever_the_read_was(
    service: Pcscd, ears: Ears, reader: Supervisor, place: int
) -> None:
    service.insert(ACS, Watched(tag(), place, lambda: service.eject(ACS)))
    assert reads(ears, 2) == [LEFT, Removed()]
    assert shown_once(service, ears, tag()) == CardRead(FIRST, "contactless")


@pytest.mark.parametrize(("answer", "failing"), [("6300", 1), ("", 1), ("6300", 2), ("", 2)])
def test_a_weak_field_that_the_reader_tells_of_is_tried_once_more(
    service: Pcscd, ears: Ears, reader: Supervisor, answer: str, failing: int
) -> None:
    fails = iter([bytes.fromhex(answer)] * failing)

    class Weak(Tag):
        def answer(self, command: bytes) -> bytes:
            plain = super().answer(command)
            return next(fails, plain) if command[3] == 7 else plain

    told = LEFT if failing == 2 else CardRead(FIRST, "contactless")
    assert shown_once(service, ears, Weak(text_record(FIRST))) == told


def test_a_card_that_another_program_keeps_is_waited_for(
    service: Pcscd, ears: Ears, reader: Supervisor
) -> None:
    service.fail(CONNECT, *[codes.SHARING_VIOLATION] * 2)
    assert shown_once(service, ears, tag()) == CardRead(FIRST, "contactless")
    service.fail(CONNECT, *[codes.SHARING_VIOLATION] * 6)
    assert shown_once(service, ears, tag()) == Unread("taken")
    assert "scdaemon" in reader.states()[0].detail
    assert shown_once(service, ears, tag()) == CardRead(FIRST, "contactless")
    assert reader.states()[0].detail == ACS


def test_a_card_the_wrong_way_round_is_mute(service: Pcscd, ears: Ears, reader: Supervisor) -> None:
    service.fail(CONNECT, codes.UNPOWERED_CARD)
    service.insert(ACS, tag(), is_mute=True)
    assert reads(ears, 1) == [MUTE]
    ears.wait(lambda: "right way round" in reader.states()[0].detail)


def test_polkit_is_named_with_what_it_takes(service: Pcscd, ears: Ears, clock: Clock) -> None:
    service.fail(ESTABLISH, codes.SECURITY_VIOLATION)
    supervisor = supervised(ears, clock)
    supervisor.start()
    ears.wait_state(up=False)
    assert "polkit needs a rule" in ears.states[0][2]
    assert "org.debian.pcsc-lite.access_pcsc" in ears.states[0][2]
    supervisor.stop()


def test_a_pcscd_that_is_not_there_is_a_state_of_the_reader(
    service: Pcscd, ears: Ears, clock: Clock
) -> None:
    service.stop()
    supervisor = supervised(ears, clock)
    supervisor.start()
    ears.wait_state(up=False)
    assert ears.states == [("tap", False, codes.NOTES[codes.NO_SERVICE])]
    service.bays[ACS] = pcscd.Bay(tag())
    service.start()
    ears.wait_state(up=True)
    service.swap(ACS, tag(SECOND))
    assert reads(ears, 2) == [Removed(), CardRead(SECOND, "contactless")]
    supervisor.stop()


def test_a_till_without_pyscard_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard.scard", None)
    with pytest.raises(ReaderError, match=r"pip install 'loyaltyd\[pcsc\]'"):
        PcscDriver().open()


@pytest.mark.parametrize("code", sorted(codes.BROKEN))
def test_a_context_that_broke_is_made_anew(
    service: Pcscd, ears: Ears, reader: Supervisor, code: int
) -> None:
    made = service.asked[ESTABLISH]
    service.fail(CONNECT, code)
    assert shown_once(service, ears, tag()) == LEFT
    assert service.asked[ESTABLISH] == made  # pcscd itself stands by it
    service.stop()
    ears.wait_state(up=False)
    service.start()
    ears.wait_state(up=True, times=2)
    assert shown_once(service, ears, tag()) == CardRead(FIRST, "contactless")
    assert service.asked[ESTABLISH] == made + 1


def test_ten_restarts_lose_no_card_and_tap_none_that_lay_there(
    service: Pcscd, ears: Ears, reader: Supervisor
) -> None:
    wanted: list[Read] = []
    for turn in range(1, 11):
        number = f"29900000000{turn:02}"
        if turn > 1:
            service.eject(ACS)
            wanted.append(Removed())
            reads(ears, len(wanted))
        service.insert(ACS, tag(number))
        wanted.append(CardRead(number, "contactless"))
        reads(ears, len(wanted))
        service.stop()
        ears.wait_state(up=False, times=turn)
        wanted.append(Removed())  # nobody watches it any more
        service.start()
        ears.wait_state(up=True, times=turn + 1)
    assert reads(ears, len(wanted)) == wanted


def test_a_reader_comes_back_under_another_name(
    service: Pcscd, ears: Ears, reader: Supervisor
) -> None:
    service.insert(ACS, tag())
    reads(ears, 1)
    service.unplug(ACS)
    assert reads(ears, 2)[1:] == [Removed()]
    ears.wait_state(up=False)
    renamed = ACS.replace("00 00", "01 00")
    service.plug(renamed, tag())
    ears.wait_state(up=True, times=2)
    service.swap(renamed, tag(SECOND))
    assert reads(ears, 4)[2:] == [Removed(), CardRead(SECOND, "contactless")]
    assert [state[2] for state in ears.states] == [
        ACS,
        "no card reader matches ACS*: is it plugged in?",
        renamed,
    ]


def test_of_two_readers_that_match_the_first_by_name_is_taken_and_said(
    service: Pcscd, ears: Ears, clock: Clock
) -> None:
    service.plug("ACS B 00 00")
    service.plug(OTHER)
    service.plug("ACS A 00 00")
    supervisor = supervised(ears, clock)
    supervisor.start()
    ears.wait_state(up=True)
    assert ears.states[0][2] == "ACS A 00 00; 2 readers match, the first is used"
    service.insert(OTHER, tag(SECOND))
    service.insert("ACS A 00 00", tag())
    assert reads(ears, 1) == [CardRead(FIRST, "contactless")]
    supervisor.stop()


@pytest.mark.parametrize(
    ("match", "fits"),
    [("*", True), (ACS, True), ("ACS*[PICC]*", True), ("*1252?1S*", True), ("acs*", False)],
)
def test_a_pattern_takes_brackets_as_they_are(
    service: Pcscd, ears: Ears, clock: Clock, match: str, *, fits: bool
) -> None:
    service.plug(ACS)
    supervisor = supervised(ears, clock, match)
    supervisor.start()
    ears.wait_state(up=fits)
    supervisor.stop()


def test_a_mute_card_stalls_its_reader_until_it_goes(
    service: Pcscd, ears: Ears, clock: Clock, reader: Supervisor
) -> None:
    asked, released = threading.Event(), threading.Event()

    class Mute(Tag):
        def answer(self, command: bytes) -> bytes:
            asked.set()
            released.wait(20)
            return super().answer(command)

    service.insert(ACS, Mute(text_record(FIRST)))
    assert asked.wait(20)
    clock.now += 60
    reader.look()
    assert ears.states[-1] == ("tap", False, STALLED)
    service.eject(ACS)
    released.set()
    assert reads(ears, 2) == [LEFT, Removed()]
    ears.wait(lambda: ears.states[-1] == ("tap", True, ACS))
    assert shown_once(service, ears, tag()) == CardRead(FIRST, "contactless")


def test_a_frozen_pcscd_stalls_the_reader_and_stopping_does_not_wait_for_it(
    service: Pcscd, ears: Ears, clock: Clock, reader: Supervisor
) -> None:
    states = service.asked[STATES] + service.asked[pcscd.WAIT]
    service.thawed.clear()
    while service.asked[STATES] + service.asked[pcscd.WAIT] == states:
        clock.now += 1
        reader.look()
        if ears.states[-1][2] == STALLED:
            break
    assert ears.states[-1] == ("tap", False, STALLED)
    reader.stop()
    assert ears.states[-1] == ("tap", False, STALLED)
