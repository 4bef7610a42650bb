"""What a driver opens: the contracts between the hearings and each kind of device.

A port brings bytes, and a decoder finds reads in them. A slot has room for one card at a time, with
which a dialogue is held.
"""

from dataclasses import dataclass
from typing import Protocol

from loyaltyd.readers.read import Dialogues, Told


class Port(Protocol):
    """An open reader; one thread reads it and closes it."""

    def read(self) -> bytes:
        """Return the bytes that came, b"" when none came within 0.5 s; raises ReaderError."""

    def close(self) -> None:
        """Let the device go; never fails, may be called again."""


class Driver(Protocol):
    """Knows how to open one device, any number of times."""

    def open(self) -> Port:
        """Open the device without the bytes that waited while it was closed; raises ReaderError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is to be seen on a slot."""

    missing: str = ""  # why there is no slot to look at, in a sentence; then the rest says nothing
    present: bool = False
    moves: int = 0  # insertions and removals so far, modulo 65536: two more are another card
    atr: bytes = b""
    detail: str = ""  # what store IT should know of the slot


class Slot(Protocol):
    """An open card reader; one thread watches it, talks with its cards and closes it."""

    def sight(self) -> Sight:
        """Return what is there: at once when it changed, else after 0.5 s; raises ReaderError."""

    def talk(self, dialogues: Dialogues) -> Told:
        """Hold a dialogue with the card that was seen, and say if it left in the middle of it."""

    def close(self) -> None:
        """Let the slot go; never fails, may be called again."""


class SlotDriver(Protocol):
    """Knows how to open one slot, any number of times."""

    def open(self) -> Slot:
        """Open the slot, or wait for it in its sights; raises ReaderError."""
