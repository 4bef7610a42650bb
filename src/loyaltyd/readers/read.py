"""What a reader can say, and what decodes its bytes into it."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

Medium = Literal["barcode", "magstripe"]
Why = Literal[
    "parity",  # bytes as a 7E1 or 7O1 device sends them to an 8N1 port: the settings differ
    "track-error",  # the reader itself could not read the tracks that matter
    "lrc",  # the longitudinal check of a track does not fit its digits
    "no-number",  # a whole swipe without 5 to 19 digits where a card number stands
    "too-long",  # more bytes without an end than the longest message has
    "unfinished",  # half a message, then silence or an unplugged cable
    "noise",  # nothing of the above
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


Read = CardRead | Garbled | PaymentCard


class Decoder(Protocol):
    """Bytes in, reads out, the same ones however the bytes are cut; no device and no clock."""

    def feed(self, data: bytes) -> list[Read]:
        """Return what data completes; the rest waits, within a limit, for the next call."""

    def expire(self) -> list[Read]:
        """Drop a half message, because its rest can't come any more, and report it as Garbled."""
