"""Answers to reset: what kind of card one announces."""

from typing import Literal

Family = Literal["type2", "classic", "storage", "chip"]

# PC/SC part 3, section 3.1.3.2.3: a contactless storage card, told by its standard and name.
STORAGE = bytes.fromhex("3B8F8001804F0CA000000306")
FAMILIES: dict[bytes, Family] = {  # by the two bytes of the card's name, after that of the standard
    bytes.fromhex("0001"): "classic",  # MIFARE Classic 1K
    bytes.fromhex("0002"): "classic",  # 4K
    bytes.fromhex("0026"): "classic",  # Mini
    bytes.fromhex("0003"): "type2",  # MIFARE Ultralight, and NTAG21x under its name
    bytes.fromhex("003A"): "type2",  # Ultralight C
}
NAMES: dict[Family, str] = {
    "type2": "NFC tag",
    "classic": "MIFARE Classic",
    "storage": "contactless storage card",
    "chip": "chip card",
}


def family(atr: bytes) -> Family:
    """Return which dialogue fits the card; a chip card may have contacts or none."""
    if not atr.startswith(STORAGE):
        return "chip"
    name = len(STORAGE) + 1
    return FAMILIES.get(atr[name : name + 2], "storage")


def is_contactless(atr: bytes) -> bool:
    """Whether the reader speaks for the card, so that it can be asked for a UID."""
    return atr[:1] == b"\x3b" and atr[1:2] >= b"\x80" and atr[2:4] == b"\x80\x01"
