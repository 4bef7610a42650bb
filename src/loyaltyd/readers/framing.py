"""How messages stand in a byte stream: CR, LF, CRLF or ETX ends one, STX begins one anew.

What is no message is told apart here for every profile: half, endless, or of another parity.
"""

import re
from collections.abc import Callable

from loyaltyd.readers.read import CardRead, Garbled, PaymentCard, Read, Why

STX = b"\x02"
MARK = re.compile(rb"([\x02\x03\r\n])")
PARITY_BYTES_MIN = 5  # of the shortest card number; fewer noise bytes share a parity by chance

Decoded = CardRead | PaymentCard | Why | None  # None: a message that says nothing about a card


class FrameDecoder:
    """Cuts a stream into messages of at most frame_bytes_max and has decoded read their text.

    A message beyond the limit is reported once and skipped up to its end. Each is zeroed once read.
    """

    def __init__(self, frame_bytes_max: int, decoded: Callable[[str], Decoded]) -> None:
        self._limit = frame_bytes_max
        self._decoded = decoded
        self._frame = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> list[Read]:
        """Return what data completes; the rest waits, within the limit, for the next call."""
        piece, *marked = MARK.split(data)
        reads = self._grow(piece)
        for mark, following in zip(marked[::2], marked[1::2], strict=True):
            reads += self._end("unfinished" if mark == STX else None)
            reads += self._grow(following)
        return reads

    def expire(self) -> list[Read]:
        """Drop a half message, because its rest can't come any more, and report it as Garbled."""
        return self._end("unfinished")

    def _grow(self, piece: bytes) -> list[Read]:
        if self._skipping:
            return []
        self._frame += piece[: self._limit + 1 - len(self._frame)]
        if len(self._frame) <= self._limit:
            return []
        reads = self._end("too-long")
        self._skipping = True
        return reads

    def _end(self, fault: Why | None) -> list[Read]:
        """End the message at hand: an empty one is nothing, one with a fault isn't decoded."""
        self._skipping = False
        try:
            decoded = self._reading(fault) if self._frame else None
            if isinstance(decoded, str):
                return [Garbled(len(self._frame), decoded)]
            return [] if decoded is None else [decoded]
        finally:
            # A core dump or a later buffer must not hold the card.
            self._frame[:] = bytes(len(self._frame))
            self._frame.clear()

    def _reading(self, fault: Why | None) -> Decoded:
        # First the parity: a 7E1 device's CR arrives as 8D, so that its messages never end here.
        if parity_differs(self._frame):
            return "parity"
        if fault is not None:
            return fault
        try:
            text = self._frame.decode()
        except UnicodeDecodeError:  # it holds the bytes: it goes no further
            return "noise"
        return self._decoded(text)


def parity_differs(frame: bytes | bytearray) -> bool:
    """Whether frame looks like 7 bits and a parity bit: some eighth bit set, one parity in all."""
    if len(frame) < PARITY_BYTES_MIN or max(frame) < 0x80:
        return False
    return len({byte.bit_count() % 2 for byte in frame}) == 1
