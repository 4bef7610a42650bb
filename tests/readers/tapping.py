"""What tests of card readers share: cards, a reader that is heard, a clock that stands still."""

from __future__ import annotations

from loyaltyd.readers.chips.classic import Sector
from loyaltyd.readers.chips.files import CardFile
from loyaltyd.readers.drivers.pcsc import PcscDriver
from loyaltyd.readers.profiles.contactless import Contactless
from loyaltyd.readers.read import CardRead, Read, Removed
from loyaltyd.readers.supervisor import Source, Supervisor
from loyaltyd.readers.taps import taps
from tests.readers.cards import Card, Tag, text_record
from tests.readers.devices import Ears
from tests.readers.pcscd import Pcscd
from tests.readers.vectors import own

ACS = "ACS ACR1252 1S CL Reader [PICC] 00 00"
FIRST, SECOND = "2990000000019", "2990000000026"
READ = CardRead(FIRST, "contactless")
KEY = bytes.fromhex("A0B1C2D3E4F5")
CARDS = Contactless(
    own=own,
    sector=Sector(number=1, key=KEY),
    file=CardFile(file=bytes.fromhex("EF01"), aid=bytes.fromhex("F04C4F59414C01")),
)


class Clock:
    """Real time stands still, so that only a test makes a reader late."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def tag(number: str = FIRST) -> Tag:
    """Return a tag with a card's number."""
    return Tag(text_record(number))


def supervised(ears: Ears, clock: Clock, match: str = "ACS*") -> Supervisor:
    """Return who hears the reader that matches, not started yet."""
    source = Source(name="tap", open=taps(PcscDriver(match), CARDS.dialogue), repeat_window_s=0.0)
    return Supervisor([source], on_read=ears.on_read, on_state=ears.on_state, monotonic=clock)


def reads(ears: Ears, count: int) -> list[Read]:
    """Return all reads, once there are so many."""
    ears.wait(lambda: len(ears.reads) >= count)
    return [read for _, read in ears.reads]


def shown_once(service: Pcscd, ears: Ears, card: Card) -> Read:
    """Put a card on the reader ACS and take it away; what it told."""
    before = len(ears.reads)
    service.insert(ACS, card)
    told = reads(ears, before + 1)[before]
    service.eject(ACS)
    assert reads(ears, before + 2)[before + 1 :] == [Removed()]
    return told
