"""ISO/IEC 7816-4 cards with files: the start of one file, or its first record."""

from collections.abc import Generator
from dataclasses import dataclass

from loyaltyd.readers.chips.apdu import exchanged, selection

FILE_BYTES = 2  # of an identifier
SELECT_WAYS = (0x02, 0x00)  # P1: a file below the application, or any by its identifier
READ_BINARY = bytes.fromhex("00B0000000")
READ_RECORD = bytes.fromhex("00B2010400")  # the first, of the file that is selected


@dataclass(frozen=True, slots=True)
class CardFile:
    """Where the chain keeps its number: a file of its application.

    A file of the card itself is none: it would be asked for on bank cards that lack a directory.
    """

    aid: bytes
    file: bytes


def contents(place: CardFile) -> Generator[bytes, bytes, bytes]:
    """Read up to 256 bytes of the file; b"" when the card has it not, or doesn't let us."""
    response = yield from exchanged(selection(place.aid))
    if not response.is_good:
        return b""
    if not (yield from _is_selected(place.file)):
        return b""
    for command in (READ_BINARY, READ_RECORD):
        response = yield from exchanged(command)
        if response.is_good:
            return response.data
    return b""


def _is_selected(file: bytes) -> Generator[bytes, bytes, bool]:
    for way in SELECT_WAYS:
        response = yield from exchanged(bytes((0x00, 0xA4, way, 0x0C, FILE_BYTES)) + file)
        if response.is_good:
            return True
    return False
