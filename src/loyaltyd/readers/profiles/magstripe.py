"""Magnetic stripe readers: the tracks of ISO/IEC 7813 in one message, as MagTek frames them.

`[STX] [ESC] %…?[LRC] ;…?[LRC] +…?[LRC] [0|1] CR and/or ETX`; a track that can't be read is `%E?`,
a blank one sends nothing, and an insert reader adds whether the card is still in.
"""

import re
from functools import partial, reduce
from operator import xor
from typing import NamedTuple

from loyaltyd.readers.framing import Decoded, FrameDecoder
from loyaltyd.readers.guard import Own, is_payment
from loyaltyd.readers.read import CardRead, PaymentCard, Why

# ISO/IEC 7811-2: 79, 40 and 107 characters, sentinels and LRC in; STX, ESC and a sensor character.
FRAME_BYTES_MAX = 79 + 40 + 107 + 3

# The LRC may itself be a sentinel, so position decides: it is one wherever the rest then fits.
MESSAGE = re.compile(
    r"(?=[%;+!#&@])"  # one track at least
    r"(?:%(?P<t1>[ -$&->@-_]{0,76})\?(?P<t1_lrc>[ -_])?)?"
    r"(?:;(?P<t2>E|[0-9:<=>]{0,37})\?(?P<t2_lrc>[0-?])?)?"
    r"(?:[+;!#&@](?P<t3>E|[0-9:<=>]{0,104})\?(?P<t3_lrc>[0-?])?)?"
    r"(?P<sensor>[01])?"
)
NUMBER = re.compile(r"(?:^|\^)[A-Z]?([0-9]{5,19})(?=\^|=|$)")  # track 1 has fields between ^
UNREAD = "E"
ESC = "\x1b"


class Track(NamedTuple):
    """How a track is written: the character of value 0, its data bits, its start sentinel."""

    name: str
    zero: int
    mask: int
    start: str


TRACKS = (
    Track("t2", 0x30, 0x0F, ";"),
    Track("t1", 0x20, 0x3F, "%"),
    Track("t3", 0x30, 0x0F, ";"),  # on the stripe; readers send + for it
)


class MagstripeDecoder(FrameDecoder):
    """Bytes of a swipe reader in, reads out; own says which numbers are the program's cards."""

    def __init__(self, own: Own) -> None:
        super().__init__(FRAME_BYTES_MAX, partial(_decoded, own=own))


def _decoded(text: str, own: Own) -> Decoded:
    if is_payment(text, own):  # the whole swipe, before anything is taken apart
        return PaymentCard()
    tracks = text.removeprefix(ESC)
    has_sensor = tracks != text
    if has_sensor and tracks in {"", "0", "1"}:
        return None  # a card was put in or taken out
    message = MESSAGE.fullmatch(tracks)
    return "noise" if message is None else _number(message, has_sensor=has_sensor)


def _number(message: re.Match[str], *, has_sensor: bool) -> CardRead | Why:
    """Return the number on track 2, else 1, else 3; or the first of them's fault."""
    faults: list[Why] = []
    for track in TRACKS:
        data = message[track.name]
        if data == UNREAD:
            faults.append("track-error")
        elif not _lrc_fits(message, track, has_sensor=has_sensor):
            faults.append("lrc")
        elif data and (number := NUMBER.search(data)):
            return CardRead(number[1], "magstripe")
    return faults[0] if faults else "no-number"


def _lrc_fits(message: re.Match[str], track: Track, *, has_sensor: bool) -> bool:
    """Whether the LRC, if sent, is the parity of each bit column from sentinel to sentinel."""
    data, lrc = message[track.name], message[f"{track.name}_lrc"]
    if not lrc:
        return True
    columns = (ord(character) - track.zero & track.mask for character in f"{track.start}{data}?")
    if chr(reduce(xor, columns) + track.zero) == lrc:
        return True
    is_last = message.end(f"{track.name}_lrc") == message.end()
    return has_sensor and is_last and lrc in "01"  # then it is what the sensor says
