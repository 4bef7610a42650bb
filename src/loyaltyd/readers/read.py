"""What a reader can say, and what decodes its bytes, or talks with its cards, into it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Literal, Protocol

Medium = Literal["barcode", "magstripe", "contactless", "uid"]
Why = Literal[
    "parity",  # bytes as a 7E1 or 7O1 device sends them to an 8N1 port: the settings differ
    "track-error",  # the reader itself could not read the tracks that matter
    "lrc",  # the longitudinal check of a track does not fit its digits
    "no-number",  # a whole swipe without 5 to 19 digits where a card number stands
    "too-long",  # more bytes without an end than the longest message has
    "unfinished",  # half a message, then silence or an unplugged cable
    "noise",  # nothing of the above
]
Cause = Literal[
    "left",  # it was taken away before it was read
    "mute",  # it does not answer, or not as a card does
    "taken",  # another program keeps it to itself
    "random",  # it makes up another UID for each tap, as a phone does, and holds no number
    "no-number",  # nothing that it lets us read is a number
]


@dataclass(frozen=True, slots=True)
class CardRead:
    """One presentation of something that is no bank card: digits of a card, or any other text."""

    number: str = field(repr=False)  # as read; a program's card ranges decide whose it is
    medium: Medium


@dataclass(frozen=True, slots=True)
class Garbled:
    """Bytes that give no number; length counts them, and nothing of them is kept."""

    length: int
    why: Why


@dataclass(frozen=True, slots=True)
class PaymentCard:
    """A bank card was presented; nothing else is kept of it."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A card stood on a card reader and gave no number."""

    why: Cause


@dataclass(frozen=True, slots=True)
class Removed:
    """The card left the card reader, whatever it was."""


Read = CardRead | Garbled | PaymentCard | Unread | Removed


class Decoder(Protocol):
    """Bytes in, reads out, the same ones however the bytes are cut; no device and no clock."""

    def feed(self, data: bytes) -> list[Read]:
        """Return what data completes; the rest waits, within a limit, for the next call."""

    def expire(self) -> list[Read]:
        """Drop a half message, because its rest can't come any more, and report it as Garbled."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a card told: the read, and what store IT may know of it, nothing of a bank card."""

    read: Read
    card: str = ""


Dialogue = Generator[bytes, bytes, Told]  # command APDUs out, response APDUs with their status in
Dialogues = Callable[[bytes], Dialogue]  # from a card's ATR
