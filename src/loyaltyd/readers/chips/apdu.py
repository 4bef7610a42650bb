"""Commands and responses of ISO/IEC 7816-4, short ones, as far as reading a number takes them."""

from collections.abc import Generator
from dataclasses import dataclass, field

EXCHANGES_MAX = 8  # of one command: 256 bytes come in one; a card that wants more is no card
RESPONSE_BYTES_MAX = 258  # of a short APDU, its status in
GET_RESPONSE = bytes.fromhex("00C00000")
NO_ERROR, END_OF_FILE = 0x9000, 0x6282
LOST = {0x00, 0x63, 0x64, 0x65, 0x6F}  # first status bytes of a failure with no other reason
MORE, WRONG_LENGTH = 0x61, 0x6C  # first status bytes; the second one is a length


@dataclass(frozen=True, slots=True)
class Response:
    """What a card answered in the end; data may be a card's number, so no repr shows it."""

    data: bytes = field(repr=False)
    status: int

    @property
    def is_good(self) -> bool:
        """Whether data is what was asked for, or all that there is of it."""
        return self.status in {NO_ERROR, END_OF_FILE}

    @property
    def is_lost(self) -> bool:
        """Whether the card did not get to answer a reader that speaks for it, as when it leaves."""
        return self.status >> 8 in LOST


Exchange = Generator[bytes, bytes, Response]


def selection(name: bytes) -> bytes:
    """Return the command that selects an application by its name."""
    return bytes((0x00, 0xA4, 0x04, 0x00, len(name))) + name + b"\x00"


def exchanged(command: bytes) -> Exchange:
    """Send command, and what T=0 needs after it: GET RESPONSE on 61xx, the right Le on 6Cxx."""
    data, status = b"", 0
    for _ in range(EXCHANGES_MAX):
        raw = (yield command)[:RESPONSE_BYTES_MAX]
        data += raw[:-2]
        status = int.from_bytes(raw[-2:], "big") if len(raw) > 1 else 0
        first, length = divmod(status, 256)
        if first == MORE:
            command = GET_RESPONSE + bytes((length,))
        elif first == WRONG_LENGTH:
            command = _with_le(command, length)
        else:
            break
    return Response(data, status)


def _with_le(command: bytes, length: int) -> bytes:
    """Return command with Le, be it its first or another one."""
    lc = command[4] if len(command) > 5 else 0
    has_le = len(command) == 5 or len(command) == 5 + lc + 1
    return (command[:-1] if has_le else command) + bytes((length,))
