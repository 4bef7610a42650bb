"""The payment guard: recognises a bank card before it reaches a queue, a log or a table.

Text that passes may be kept; of text that does not, nothing. EAN and UPC codes never come here: one
in ten of GS1 Russia's 46… would pass for a Visa of 13 digits.
"""

import re
from collections.abc import Callable

from loyaltyd.domain.card import luhn_fits

Own = Callable[[str], bool]  # whether a number falls into one of the program's card ranges

# First and last prefix of a scheme, and the lengths of its numbers. Source: the prefixes that
# the schemes publish under ISO/IEC 7812-1; the last three are national, outside its bank digits.
IIN_RANGES: tuple[tuple[str, str, range], ...] = (
    ("2200", "2204", range(16, 20)),  # Mir
    ("51", "55", range(16, 17)),  # Mastercard
    ("2221", "2720", range(16, 17)),  # Mastercard
    ("4", "4", range(13, 20, 3)),  # Visa
    ("34", "34", range(15, 16)),  # American Express
    ("37", "37", range(15, 16)),  # American Express
    ("300", "305", range(14, 20)),  # Diners Club
    ("309", "309", range(14, 20)),  # Diners Club
    ("36", "36", range(14, 20)),  # Diners Club
    ("38", "39", range(14, 20)),  # Diners Club
    ("3528", "3589", range(16, 20)),  # JCB
    ("6011", "6011", range(16, 20)),  # Discover
    ("644", "649", range(16, 20)),  # Discover
    ("65", "65", range(16, 20)),  # Discover
    ("62", "62", range(16, 20)),  # UnionPay
    ("50", "50", range(12, 20)),  # Maestro
    ("56", "69", range(12, 20)),  # Maestro
    ("8600", "8600", range(16, 17)),  # Uzcard
    ("9860", "9860", range(16, 17)),  # Humo
    ("9112", "9112", range(16, 17)),  # Belkart
)

# ISO/IEC 7813: on track 1 format code B and the number; on track 2 number, YYMM, service code.
# A track that lost its start sentinel is a bank card all the same.
TRACK1 = re.compile(r"B([0-9 ]{12,23})\^")
TRACK2 = re.compile(r"(?<![0-9])([0-9]{12,19})=[0-9]{2}(?:0[1-9]|1[0-2])[125679][024][0-7]")
TRACK3 = re.compile(r"[+!#&@][0-9]{2}([0-9]{12,19})=")  # ISO/IEC 4909: two digits of format code
# A number alone, or in groups as embossed. What follows "digits=" on a track is a field, no number,
DIGITS = re.compile(r"(?<![0-9])(?<![0-9]=)[0-9]{12,19}(?![0-9])")
GROUPS = re.compile(r"(?<![0-9])[0-9]{4}(?:[ -][0-9]{3,7}){2,4}(?![0-9])")
# and so is what follows the name on track 1: dates there begin like a Diners Club number.
AFTER_NAME = re.compile(r"(%[^^?%]*\^[^^?%]*\^)[^?]*")


def is_payment(text: str, own: Own) -> bool:
    """Whether text, a whole swipe or a barcode that is no EAN, holds a bank card.

    A bank's layout with a bank's number is certain. That layout with any other number, or a bank's
    number without the layout, is suspected, unless the number is one of the program's own.
    """
    laid_out = {_bare(number) for number in TRACK1.findall(text) + TRACK2.findall(text)}
    if any(is_pan(number) or not own(number) for number in laid_out):
        return True
    text = AFTER_NAME.sub(r"\1", text)
    plain = TRACK3.findall(text) + DIGITS.findall(text) + GROUPS.findall(text)
    return any(is_pan(number) and not own(number) for number in map(_bare, plain))


def is_pan(number: str) -> bool:
    """Whether digits have the prefix, the length and the check digit of a bank card's number."""
    return luhn_fits(number) and any(
        first <= number[: len(first)] <= last and len(number) in lengths
        for first, last, lengths in IIN_RANGES
    )


def _bare(number: str) -> str:
    return number.replace(" ", "").replace("-", "")
