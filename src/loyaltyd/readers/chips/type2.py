"""NFC Forum Type 2 tags (NTAG21x, MIFARE Ultralight): their data area, page by page."""

from collections.abc import Generator

from loyaltyd.readers.chips.apdu import exchanged
from loyaltyd.readers.chips.ndef import area

CONTAINER_PAGE = 3  # the capability container; the data area is behind it
PAGE_BYTES = 4
READ_BYTES = 16  # what a tag gives at once: four pages
MAGIC = 0xE1
AREA_BYTES_MAX = 256  # read of it: a number and the link around it take fewer


def message() -> Generator[bytes, bytes, bytes | None]:
    """Read as much as its NDEF message takes; b"" when the tag has none, None if it left."""
    first = yield from _pages(CONTAINER_PAGE)
    if not first or len(first) <= PAGE_BYTES or first[0] != MAGIC:
        return first and b""
    data = first[PAGE_BYTES:]
    size = min(first[2] * 8, AREA_BYTES_MAX)
    while not (found := area(data[:size])).is_whole and len(data) < size:
        more = yield from _pages(CONTAINER_PAGE + 1 + len(data) // PAGE_BYTES)
        if not more:
            return more
        data += more
    return found.message


def _pages(page: int) -> Generator[bytes, bytes, bytes | None]:
    """Read four pages, or as many as come at once; b"" when they can't be read, None if it left."""
    response = yield from exchanged(bytes((0xFF, 0xB0, 0x00, page, READ_BYTES)))
    if response.is_lost:
        return None
    whole = len(response.data) // PAGE_BYTES * PAGE_BYTES
    return response.data[: min(whole, READ_BYTES)] if response.is_good else b""
