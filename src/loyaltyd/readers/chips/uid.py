"""UIDs: what a contactless card calls itself towards readers. A hint, and no proof of anything."""

from typing import Literal

from loyaltyd.domain.card import masked
from loyaltyd.readers.chips.apdu import Exchange, exchanged

Trust = Literal["random", "weak", "static"]

COMMAND = bytes.fromhex("FFCA000000")  # PC/SC part 3, section 3.2.2.1.3: GET DATA, the UID
STATIC_BYTES = {7, 10}  # ISO/IEC 14443-3: double and triple size have a manufacturer, unique there
RANDOM_FIRST = {0x08, 0x80}  # ISO/IEC 14443-3 says 08; some readers give it reversed
UID_BYTES_MAX = 10


def uid() -> Exchange:
    """Ask the reader for the UID of the card that stands on it."""
    return exchanged(COMMAND)


def trust(value: bytes) -> Trust:
    """How far a UID says which card it is: 4 bytes repeat, and a first byte of 08 is made up."""
    if value[:1] == b"\x08" or (len(value) == 4 and value[0] in RANDOM_FIRST):
        return "random"
    return "static" if len(value) in STATIC_BYTES else "weak"


def digits(value: bytes) -> str:
    """Return a UID as a decimal number, with the leading zeros that all of its size share.

    >>> digits(bytes.fromhex("04A1B2C3D4E5F6"))
    '01303689068602870'
    """
    width = len(str((1 << 8 * len(value)) - 1))
    return f"{int.from_bytes(value, 'big'):0{width}d}"


def shown(value: bytes) -> str:
    """Return what store IT may see: how far to trust it, and its ends; of 4 bytes all."""
    text = value.hex().upper()
    return f"{trust(value)} UID {text if len(value) <= 4 else masked(text)}"
