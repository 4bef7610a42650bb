"""What becomes of a card reader when pcscd, the reader or a card goes, comes back or hangs."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from loyaltyd.domain.errors import ReaderError
from loyaltyd.readers.drivers import scard_codes as codes
from loyaltyd.readers.drivers.pcsc import PcscDriver
from loyaltyd.readers.read import CardRead, Read, Removed, Unread
from loyaltyd.readers.supervisor import STALLED, Supervisor
from tests.readers import pcscd
from tests.readers.cards import (
    Tag,
    text_record,
)
from tests.readers.devices import Ears
from tests.readers.pcscd import BEGIN, CONNECT, ESTABLISH, TRANSMIT, Pcscd
from tests.readers.tapping import (
    ACS,
    FIRST,
    READ,
    SECOND,
    Clock,
    reads,
    shown_once,
    supervised,
    tag,
)

LEFT, MUTE = Unread("left"), Unread("mute")
OTHER = "Gemalto PC Twin 01 00"


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
    assert shown_once(service, ears, tag()) == READ
    assert service.asked[ESTABLISH] == made + 1


def test_ten_restarts_lose_no_card_and_tap_none_that_lay_there(
    service: Pcscd, ears: Ears, reader: Supervisor
) -> None:
    wanted: list[Read] = []
    held = set()
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
        held.add((len(list(Path("/proc/self/fd").iterdir())), threading.active_count()))
    assert reads(ears, len(wanted)) == wanted
    assert len(held) == 1


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


def test_a_reader_that_pcscd_can_not_talk_with_is_waited_for_and_not_found_anew_without_end(
    service: Pcscd, ears: Ears, reader: Supervisor
) -> None:
    service.insert(ACS, tag())
    reads(ears, 1)
    service.fault(ACS, is_faulty=True)
    ears.wait_state(up=False)
    assert reads(ears, 2)[1:] == [Removed()]
    assert ears.states[-1][2] == f"{ACS} does not answer pcscd: plug it in anew"
    lists, looks = service.asked[pcscd.STATES], service.asked[pcscd.WAIT]
    while service.asked[pcscd.WAIT] < looks + 3:  # looked again and again
        threading.Event().wait(0.01)
    assert service.asked[pcscd.STATES] == lists  # and never for another
    service.fault(ACS, is_faulty=False)
    ears.wait_state(up=True, times=2)
    service.swap(ACS, tag(SECOND))
    assert reads(ears, 4)[2:] == [Removed(), CardRead(SECOND, "contactless")]


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
    assert reads(ears, 1) == [READ]
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
    assert shown_once(service, ears, tag()) == READ


@pytest.mark.parametrize("command", [CONNECT, BEGIN, TRANSMIT])
def test_a_card_that_another_program_locks_stalls_its_reader_until_it_is_let_go(
    service: Pcscd, ears: Ears, clock: Clock, reader: Supervisor, command: int
) -> None:
    service.hanging = {command}
    service.thawed.clear()
    service.insert(ACS, tag())
    while not service.asked[command]:
        threading.Event().wait(0.01)
    clock.now += 60
    reader.look()
    assert ears.states[-1] == ("tap", False, STALLED)
    service.thawed.set()
    assert reads(ears, 1) == [READ]
    ears.wait(lambda: ears.states[-1] == ("tap", True, ACS))


def test_a_frozen_pcscd_stalls_the_reader_and_stopping_does_not_wait_for_it(
    service: Pcscd, ears: Ears, clock: Clock, reader: Supervisor
) -> None:
    service.thawed.clear()
    looks = service.asked[pcscd.WAIT] + service.asked[pcscd.STOP]
    while service.asked[pcscd.WAIT] + service.asked[pcscd.STOP] == looks:
        threading.Event().wait(0.01)
    clock.now += 60
    reader.look()
    assert ears.states[-1] == ("tap", False, STALLED)
    reader.stop()
    assert ears.states[-1] == ("tap", False, STALLED)
