"""Cards with a chip for tests: what each answers to a command, as its maker says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from loyaltyd.readers.read import Dialogue, Told

ATR_CLASSIC = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")
ATR_TYPE2 = bytes.fromhex("3B8F8001804F0CA0000003060300030000000068")
ATR_ISO_DEP = bytes.fromhex("3B80800101")
ATR_CONTACT_T0 = bytes.fromhex("3B00")
OK, NOT_FOUND, NO_INS = bytes.fromhex("9000"), bytes.fromhex("6A82"), bytes.fromhex("6D00")
UID_COMMAND = bytes.fromhex("FFCA000000")
STATIC_UID = bytes.fromhex("04A1B2C3D4E5F6")
WEAK_UID, RANDOM_UID = bytes.fromhex("A1B2C3D4"), bytes.fromhex("08A1B2C3")

NUMBER = "2990000000019"
TEXT_1234567 = bytes.fromhex("030ED1010A5402727531323334353637FE")
DIRECTORIES = (b"2PAY.SYS.DDF01", b"1PAY.SYS.DDF01")
PPSE_MAESTRO = bytes.fromhex(
    "6F2C840E325041592E5359532E4444463031A51ABF0C1761154F0CA0000000043060C1234567898701039F2A0102"
)


class Card(Protocol):
    """What a card is to a reader."""

    @property
    def atr(self) -> bytes:
        """Its answer to reset."""

    def answer(self, command: bytes) -> bytes:
        """Return the response with its status."""


def text_record(text: str) -> bytes:
    """Return a tag's data area with a text record in English."""
    payload = b"\x02en" + text.encode()
    return _area(b"T", payload)


def uri_record(prefix: int, rest: str) -> bytes:
    """Return a tag's data area with a URI record; prefix 4 is https://."""
    return _area(b"U", bytes((prefix,)) + rest.encode())


@dataclass(slots=True)
class Tag:
    """An NTAG213: 45 pages of 4 bytes, four at a reading."""

    area: bytes
    uid: bytes = STATIC_UID
    container: bytes = bytes.fromhex("E1101200")
    atr: bytes = ATR_TYPE2

    def answer(self, command: bytes) -> bytes:
        if command == UID_COMMAND:
            return self.uid + OK
        if command[:3] != b"\xff\xb0\x00" or command[3] >= 45:
            return NO_INS
        memory = (self.uid + bytes(16))[:12] + self.container + self.area
        return memory.ljust(45 * 4, b"\0")[command[3] * 4 :][:16].ljust(16, b"\0") + OK


@dataclass(slots=True)
class Classic:
    """A MIFARE Classic 1K: sectors of four blocks, opened by a key."""

    data: bytes
    sector: int = 1
    key: bytes = bytes.fromhex("A0B1C2D3E4F5")
    key_type: int = 0x60
    uid: bytes = WEAK_UID
    atr: bytes = ATR_CLASSIC
    _loaded: bytes = b""
    _opened: int = -1

    def answer(self, command: bytes) -> bytes:
        if command == UID_COMMAND:
            return self.uid + OK
        if command[:2] == b"\xff\x82":
            self._loaded = command[5:]
            return OK
        if command[:2] == b"\xff\x86":
            block, kind = command[7], command[8]
            fits = (block // 4, kind, self._loaded) == (self.sector, self.key_type, self.key)
            self._opened = block // 4 if fits else -1
            return OK if fits else bytes.fromhex("6300")
        if command[:2] == b"\xff\xb0":
            return self._block(command[3])
        return NO_INS

    def _block(self, block: int) -> bytes:
        if block // 4 != self._opened:
            return bytes.fromhex("6982")
        start = block % 4 * 16
        trailer = bytes(6) + bytes.fromhex("FF078069") + b"\xff" * 6
        return (self.data.ljust(48, b"\0") + trailer)[start : start + 16] + OK


@dataclass(slots=True)
class FileCard:
    """An ISO/IEC 7816-4 card with one file in one application; T=0 gives lengths as 61xx, 6Cxx."""

    content: bytes
    aid: bytes = bytes.fromhex("F04C4F59414C01")
    file: bytes = bytes.fromhex("EF01")
    is_record: bool = False
    atr: bytes = ATR_ISO_DEP
    uid: bytes = b""
    _application: bool = False
    _selected: bool = False
    _waiting: bytes = b""

    @property
    def is_t0(self) -> bool:
        return self.atr == ATR_CONTACT_T0

    def answer(self, command: bytes) -> bytes:
        if command == UID_COMMAND:
            return self.uid + OK if self.uid else NO_INS
        if command[:2] == b"\x00\xc0":
            return self._waiting[: command[4] or 256] + OK
        if command[:2] == b"\x00\xa4":
            return self._selection(command)
        asked = bytes.fromhex("00B2" if self.is_record else "00B0")
        if command[:2] != asked or not self._selected:
            return bytes.fromhex("6981")
        if self.is_t0 and command[4] != len(self.content):
            return bytes((0x6C, len(self.content)))
        return self.content + (OK if command[4] == len(self.content) else bytes.fromhex("6282"))

    def _selection(self, command: bytes) -> bytes:
        name = command[5 : 5 + command[4]]
        if command[2] == 0x04:
            if name != self.aid:
                return NOT_FOUND
            self._application = True
            return self._told(b"\x6f\x09\x84\x07" + self.aid)
        self._selected = self._application and name == self.file
        return OK if self._selected else NOT_FOUND

    def _told(self, data: bytes) -> bytes:
        if not self.is_t0:
            return data + OK
        self._waiting = data
        return bytes((0x61, len(data)))


@dataclass(slots=True)
class BankCard:
    """A bank card that would tell its number to whoever reads its records; it keeps what came."""

    pan: str
    atr: bytes = ATR_ISO_DEP
    heard: list[bytes] = field(default_factory=list)

    def answer(self, command: bytes) -> bytes:
        self.heard.append(command)
        if command[:4] == b"\x00\xa4\x04\x00":
            is_directory = (
                command[5 : 5 + command[4]] in DIRECTORIES[: 1 + (self.atr == b"\x3b\x00")]
            )
            return PPSE_MAESTRO + OK if is_directory else NOT_FOUND
        if command == UID_COMMAND:
            return WEAK_UID + OK
        track2 = bytes.fromhex(f"{self.pan}D30121010000012345678F")
        return b"\x70" + bytes((len(track2) + 2,)) + b"\x57" + bytes((len(track2),)) + track2 + OK


@dataclass(slots=True)
class Watched:
    """Another card, that does something before it answers its n-th command, from 0."""

    card: Card
    place: int
    deed: Callable[[], object]
    heard: int = 0

    @property
    def atr(self) -> bytes:
        return self.card.atr

    def answer(self, command: bytes) -> bytes:
        place, self.heard = self.heard, self.heard + 1
        if place == self.place:
            self.deed()
        return self.card.answer(command)


def held(dialogue: Dialogue, answer: Callable[[bytes], bytes]) -> tuple[Told, list[bytes]]:
    """Hold a dialogue with a card; what it told, and the commands it was sent."""
    sent: list[bytes] = []
    try:
        sent.append(next(dialogue))
        while True:
            sent.append(dialogue.send(answer(sent[-1])))
    except StopIteration as end:
        told: Told = end.value
        return told, sent


def _area(kind: bytes, payload: bytes) -> bytes:
    record = b"\xd1\x01" + bytes((len(payload),)) + kind + payload
    return b"\x03" + bytes((len(record),)) + record + b"\xfe"
