"""Whatever happens to cards, readers and pcscd: each card that was put down is told once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from loyaltyd.readers.drivers import pcsc
from loyaltyd.readers.drivers.pcsc import PcscDriver
from loyaltyd.readers.profiles.contactless import Contactless
from loyaltyd.readers.read import CardRead, Read, Removed, Unread
from loyaltyd.readers.supervisor import Source, Supervisor
from loyaltyd.readers.taps import taps
from tests.readers.cards import Tag, text_record
from tests.readers.devices import Ears
from tests.readers.pcscd import Pcscd
from tests.readers.vectors import own

STORIES, DEEDS = 500, 8
INSERTIONS, WARM_UP = 20_000, 2_000
KIB_MAX = 1024  # of growth over the insertions: an allocator's pools, less than 60 bytes a card
DEED_WEIGHTS = {"insert": 6, "eject": 5, "swap": 3, "settle": 3, "replug": 1, "restart": 1}


@dataclass(slots=True)
class Counter:
    """A till's counter: a reader, the cards put on it, and what has to be told of them."""

    service: Pcscd
    ears: Ears
    name: str = "ACS 0"
    wanted: list[Read | None] = field(default_factory=list)  # None: read, or left too early
    told: list[Read] = field(default_factory=list)  # what was put down, for those
    cards: int = 0

    def act(self, deed: str) -> None:
        """Do it, where it makes sense."""
        is_empty = self.service.bays[self.name].card is None
        if deed == "insert" and is_empty:
            self.service.insert(self.name, self._card())
        elif deed == "swap" and not is_empty:
            self._leaves()
            self.service.swap(self.name, self._card())
        elif deed == "eject" and not is_empty:
            self._leaves()
            self.service.eject(self.name)
        elif deed in {"settle", "replug", "restart"}:
            self.settle()
        if deed in {"replug", "restart"}:
            self._comes_back(deed, is_empty=is_empty)

    def settle(self) -> None:
        """Wait until all is told, so that the card that lies there must have been read."""
        self.ears.wait(lambda: len(self.ears.reads) >= len(self.wanted))
        if self.service.bays[self.name].card is not None and self.wanted[-1] is None:
            self.wanted[-1] = self.told[-1]

    def _card(self) -> Tag:
        self.cards += 1
        number = f"2990{self.cards:09}"
        self.wanted.append(None)
        self.told.append(CardRead(number, "contactless"))
        return Tag(text_record(number))

    def _leaves(self) -> None:
        self.wanted.append(Removed())
        self.told.append(Removed())

    def _comes_back(self, deed: str, *, is_empty: bool) -> None:
        ups = [up for _, up, _ in self.ears.states].count(True)
        downs = len(self.ears.states) - ups
        if not is_empty:
            self._leaves()
        card = self.service.bays[self.name].card
        if deed == "restart":
            self.service.stop()
        else:
            self.service.unplug(self.name)
        self.ears.wait_state(up=False, times=downs + 1)
        if deed == "restart":
            self.service.start()
        else:
            self.name = f"ACS {(int(self.name[-1]) + 1) % 10}"
            self.service.plug(self.name, card)
        self.ears.wait_state(up=True, times=ups + 1)
        if card is not None:  # it lies there, and is not told again
            self._leaves()
            self.service.eject(self.name)
            self.settle()


@pytest.fixture
def counter(pcsc_socket: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    """A reader that looks more often than a till's, so that the stories are short."""
    monkeypatch.setattr(pcsc, "WAIT_MS", 10)
    monkeypatch.setattr("loyaltyd.readers.supervisor.BACKOFF_MIN_S", 0.005)
    monkeypatch.setattr("loyaltyd.readers.supervisor.BACKOFF_MAX_S", 0.01)
    ears = Ears()
    source = Source(
        name="tap", open=taps(PcscDriver("ACS*"), Contactless(own=own).dialogue), repeat_window_s=0
    )
    with Pcscd(pcsc_socket) as service:
        service.plug("ACS 0")
        supervisor = Supervisor([source], on_read=ears.on_read, on_state=ears.on_state)
        supervisor.start()
        ears.wait_state(up=True)
        yield Counter(service, ears)
        supervisor.stop()


def numbers(reads: list[Read]) -> list[str]:
    """Made-up numbers may be shown, and are told apart by them."""
    return [read.number if isinstance(read, CardRead) else repr(read) for read in reads]


def test_500_stories_tell_each_card_once_and_in_order(counter: Counter) -> None:
    deeds, weights = list(DEED_WEIGHTS), list(DEED_WEIGHTS.values())
    done: dict[str, int] = dict.fromkeys(deeds, 0)
    for seed in range(STORIES):
        story = random.Random(seed).choices(deeds, weights, k=DEEDS)
        for deed in [*story, "settle", "eject", "settle"]:
            counter.act(deed)
        for deed in story:
            done[deed] += 1
        found = [read for _, read in counter.ears.reads]
        assert len(found) == len(counter.wanted), (seed, story, found, counter.wanted)
        for read, wanted, put in zip(found, counter.wanted, counter.told, strict=True):
            assert read in ([wanted] if wanted else [put, Unread("left")]), (
                seed,
                story,
                numbers(found),
            )
        for kept in (counter.ears.reads, counter.wanted, counter.told):
            kept.clear()
    assert counter.cards > STORIES
    assert min(done.values()) > STORIES / 10


def test_20000_insertions_leave_descriptors_threads_and_memory_as_they_were(
    pcsc_socket: Path,
) -> None:
    command = [sys.executable, "-m", "tests.readers.soak", str(WARM_UP), str(INSERTIONS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    figures = json.loads(done.stdout)
    before, after = figures["before"], figures["after"]
    assert figures["reads"] == WARM_UP + INSERTIONS
    assert after["descriptors"] == before["descriptors"], figures
    assert after["threads"] == before["threads"], figures
    assert after["kib"] - before["kib"] <= KIB_MAX, figures
