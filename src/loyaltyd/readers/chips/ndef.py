"""NDEF messages on Type 2 tags: the TLVs around one, and the text and URI records in it.

NFC Forum Type 2 Tag 2.4, NDEF 1.0, Text RTD 1.0, URI RTD 1.0.
"""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass, field

NULL, LOCK, MEMORY, MESSAGE, PROPRIETARY, END = 0x00, 0x01, 0x02, 0x03, 0xFD, 0xFE
LONG = 0xFF  # as a length: the two bytes after it hold it
SKIPPED = {LOCK, MEMORY, PROPRIETARY}
RECORDS_MAX = 8  # a card's number stands in the first or second
WELL_KNOWN = 1
TNF, ID_LENGTH, SHORT, CHUNK = 0x07, 0x08, 0x10, 0x20
LANGUAGE, UTF16 = 0x3F, 0x80
BYTE_ORDER_MARKS = {BOM_UTF16_BE, BOM_UTF16_LE}


@dataclass(frozen=True, slots=True)
class Area:
    """What the bytes of a tag tell so far."""

    message: bytes = field(repr=False)
    is_whole: bool  # no further byte can change it


def area(data: bytes) -> Area:
    """Return the NDEF message in a tag's data area, b"" when there is none or not all of it."""
    place = 0
    while place < len(data):
        tag = data[place]
        if tag == NULL:
            place += 1
            continue
        if tag == MESSAGE or tag in SKIPPED:
            start, length = _length(data, place + 1)
            if tag == MESSAGE or length is None:
                return _cut(data, start, length)
            place = start + length
            continue
        return Area(b"", True)
    return Area(b"", False)


def texts(message: bytes) -> list[str]:
    """Return what the text and URI records hold, a URI without its scheme; never fails."""
    found = []
    place = 0
    for _ in range(RECORDS_MAX):
        record = _record(message, place)
        if record is None:
            break
        header, kind, payload, place = record
        if header & TNF == WELL_KNOWN and not header & CHUNK and payload:
            found += [_text(payload)] if kind == b"T" else []
            # A prefix code stands for a scheme and maybe "www.", in which no digit is.
            found += [payload[1:].decode("utf-8", "replace")] if kind == b"U" else []
    return found


def _length(data: bytes, place: int) -> tuple[int, int | None]:
    """Return where a TLV's value starts and how long it is, None while that isn't there yet."""
    if data[place : place + 1] != bytes((LONG,)):
        return place + 1, data[place] if place < len(data) else None
    length = data[place + 1 : place + 3]
    return place + 3, int.from_bytes(length, "big") if len(length) == 2 else None


def _cut(data: bytes, start: int, length: int | None) -> Area:
    if length is None or start + length > len(data):
        return Area(b"", False)
    return Area(data[start : start + length], True)


def _record(message: bytes, place: int) -> tuple[int, bytes, bytes, int] | None:
    """Return a record's header, type, payload and end, None when it isn't whole."""
    head = message[place : place + 2]
    if len(head) < 2:
        return None
    header, type_length = head
    size = 1 if header & SHORT else 4
    place += 2
    payload_length = int.from_bytes(message[place : place + size], "big")
    place += size
    id_length = message[place] if header & ID_LENGTH and place < len(message) else 0
    start = place + bool(header & ID_LENGTH)
    payload_at = start + type_length + id_length
    end = payload_at + payload_length
    if end > len(message):
        return None
    return header, message[start : start + type_length], message[payload_at:end], end


def _text(payload: bytes) -> str:
    text = payload[1 + (payload[0] & LANGUAGE) :]
    if not payload[0] & UTF16:
        return text.decode("utf-8", "replace")
    # Text RTD 1.0, section 3.4: without a mark the high byte is first; Python takes its own order.
    return text.decode("utf-16" if text[:2] in BYTE_ORDER_MARKS else "utf-16-be", "replace")
