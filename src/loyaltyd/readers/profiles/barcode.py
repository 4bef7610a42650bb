"""Barcode scanners on a serial line: text, maybe behind an AIM identifier; NUL and GS are data."""

import re
from functools import partial

from loyaltyd.domain.card import ean_fits
from loyaltyd.readers.framing import Decoded, FrameDecoder
from loyaltyd.readers.guard import Own, is_payment
from loyaltyd.readers.read import CardRead, PaymentCard

FRAME_BYTES_MAX = 4096  # the largest QR code holds 2,953 bytes (ISO/IEC 18004, version 40-L)

AIM = re.compile(r"\]([A-Za-z])[0-9A-Za-z]")  # ISO/IEC 15424: symbology and modifier
ADD_ON = re.compile(r"\]E[12]")  # an EAN's supplement of 2 or 5 digits, as a symbol of its own
EAN_DIGITS = {14: 12, 15: 13, 17: 12, 18: 13}  # of a code and its supplement in one, ]E3
EAN = re.compile(r"[0-9]{6,13}")  # from UPC-E to EAN-13


class BarcodeDecoder(FrameDecoder):
    """Bytes of a scanner in, reads out; own says which numbers are the program's cards."""

    def __init__(self, own: Own) -> None:
        super().__init__(FRAME_BYTES_MAX, partial(_decoded, own=own))


def _decoded(text: str, own: Own) -> Decoded:
    symbology, number = _symbol(text)
    if not number:
        return "noise"
    if ean_fits(number) or (symbology == "E" and EAN.fullmatch(number)):
        return CardRead(_with_leading_zero(number, own), "barcode")
    return PaymentCard() if is_payment(number, own) else CardRead(number, "barcode")


def _symbol(text: str) -> tuple[str, str]:
    """Return the AIM code character, "" without one, and the data, of an EAN without its add-on."""
    aim = AIM.match(text)
    if aim is None:
        return "", text
    data = text[aim.end() :]
    if aim[1] == "E":
        data = ADD_ON.split(data)[0]
    if aim[0] == "]E3":
        data = data[: EAN_DIGITS.get(len(data))]
    return aim[1], data


def _with_leading_zero(number: str, own: Own) -> str:
    """Return the EAN-13 of a card that a scanner sent as the 12 digits of UPC-A, else number."""
    whole = f"0{number}"
    return whole if ean_fits(whole) and own(whole) and not own(number) else number
