"""A recorded reader: plays the bytes of a capture file with their delays, then stays silent.

A line is the milliseconds since the line before it and bytes in hex: `250 32 39 39 30 0D`.
Empty lines and what follows a `#` are ignored.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from loyaltyd.domain.errors import ReaderError
from loyaltyd.readers.drivers.capture import captured_lines

READ_WAIT_S = 0.5  # the contract of a port
LINE = re.compile(r"([0-9]{1,7})\s+((?:[0-9A-Fa-f]{2}\s*)+)")


class ReplayPort:
    """Plays its chunks once; each is seconds to wait and the bytes that come then."""

    def __init__(self, chunks: Iterator[tuple[float, bytes]]) -> None:
        self._chunks = chunks
        self._left_s, self._data = next(chunks, (float("inf"), b""))
        self._closed = threading.Event()

    def read(self) -> bytes:
        """Return the next bytes when their time has come within 0.5 s, else b""."""
        wait_s = min(self._left_s, READ_WAIT_S)
        self._closed.wait(wait_s)
        self._left_s -= wait_s
        if self._left_s > 0:
            return b""
        data = self._data
        self._left_s, self._data = next(self._chunks, (float("inf"), b""))
        return data

    def close(self) -> None:
        """Let a read that waits return."""
        self._closed.set()


@dataclass(frozen=True, slots=True)
class ReplayDriver:
    """Opens a capture file; each opening plays it from its beginning."""

    path: str

    def open(self) -> ReplayPort:
        """Read the whole file; ReaderError says which line is wrong, never what is in it."""
        return ReplayPort(iter(self._chunks()))

    def _chunks(self) -> list[tuple[float, bytes]]:
        chunks = []
        for place, line in captured_lines(self.path):
            match = LINE.fullmatch(line)
            if match is None:
                raise ReaderError(f"{self.path}:{place}: not milliseconds and hex, as in 250 32 0D")
            chunks.append((int(match[1]) / 1000, bytes.fromhex(match[2])))
        return chunks
