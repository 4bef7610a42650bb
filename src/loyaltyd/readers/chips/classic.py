"""MIFARE Classic: the data of one sector, which a key opens. Nothing is ever written."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Literal

from loyaltyd.readers.chips.apdu import exchanged

KEY_BYTES = 6
KEY_SLOT = 0  # of the reader's volatile memory
KEY_TYPES = {"A": 0x60, "B": 0x61}
BLOCK_BYTES = 16
SMALL_SECTORS, SMALL_BLOCKS, LARGE_BLOCKS = 32, 4, 16  # a 4K card ends with eight large sectors
BLOCKS_READ = 3  # of a large sector too: 48 bytes hold a number and whatever is around it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """Where the chain keeps its number, and what opens it."""

    number: int
    key: bytes = field(repr=False)
    key_type: Literal["A", "B"] = "A"

    @property
    def blocks(self) -> range:
        """The blocks that are read: no trailer, and of sector 0 not what the maker wrote."""
        large = self.number - SMALL_SECTORS
        first = self.number * SMALL_BLOCKS
        if large >= 0:
            first = SMALL_SECTORS * SMALL_BLOCKS + large * LARGE_BLOCKS
        return range(max(first, 1), first + BLOCKS_READ)


def contents(sector: Sector) -> Generator[bytes, bytes, bytes | None]:
    """Read a sector; b"" when the key doesn't open it, None if the card left after that."""
    blocks = sector.blocks
    load = bytes((0xFF, 0x82, 0x00, KEY_SLOT, KEY_BYTES)) + sector.key
    opening = bytes((0x01, 0x00, blocks[0], KEY_TYPES[sector.key_type], KEY_SLOT))
    authenticate = bytes((0xFF, 0x86, 0x00, 0x00, len(opening))) + opening
    for command in (load, authenticate):
        response = yield from exchanged(command)
        if not response.is_good:
            return b""
    data = b""
    for block in blocks:
        response = yield from exchanged(bytes((0xFF, 0xB0, 0x00, block, BLOCK_BYTES)))
        if response.is_lost:
            return None
        data += response.data[:BLOCK_BYTES]
    return data
