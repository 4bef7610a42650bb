"""Bytes that readers send, and numbers that must stay out of every text."""

PAN = "4111111111111111"
MIR_PAN = "2200123456789019"
OWN_PREFIXES = {"2990": 13, "7700": 16, "9630": 16, "9643": 13}
TRACK1_BANK = b"%B4111111111111111^IVANOV/IVAN^30121010000000?"
TRACK2_BANK = b";4111111111111111=30121010000012345678?"


def own(number: str) -> bool:
    """Whether number is in the card ranges of the program under test."""
    return OWN_PREFIXES.get(number[:4]) == len(number) and number.isdigit()


def with_parity(text: bytes, odd: int) -> bytes:
    """Return what a 7E1 (odd=0) or 7O1 (odd=1) device puts on the line, as 8N1 sees it."""
    return bytes(byte | ((byte.bit_count() % 2) ^ odd) << 7 for byte in text)
