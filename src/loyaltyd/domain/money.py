"""Amounts: decimal text to whole units and back, and the roundings that have names.

Money is an integer of a currency's minor units, points an integer of the wallet's scale, a share an
integer of millionths. Nothing here knows a float.
"""

import re
from fractions import Fraction

# ISO 4217 lists two decimals for all currencies in use but these.
MINOR_DIGITS = {
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
}
AMOUNT_MAX = 10**13  # minor units: sums and products of amounts stay inside SQLite's 64 bits.
WHOLE_SHARE = 1_000_000  # millionths: 100%
QUANTITY_DIGITS = 3

_DECIMAL = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,9}))?", re.ASCII)


def minor_digits(currency: str) -> int:
    """How many decimals an ISO 4217 currency has."""
    return MINOR_DIGITS.get(currency, 2)


def units(text: str, digits: int) -> int:
    """Read a decimal string as whole units of so many digits; ValueError says what is wrong.

    >>> units("129.90", 2), units("0.347", 3)
    (12990, 347)
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text[:40]}" is no decimal number such as "{decimal(12990, digits)}"')
    sign, whole, decimals = match[1], match[2], match[3] or ""
    if len(decimals) > digits:
        raise ValueError(f'"{text}" has more than {digits} decimals')
    value = int(whole + decimals.ljust(digits, "0"))
    if value > AMOUNT_MAX:
        raise ValueError(f'"{text}" is too large')
    return -value if sign else value


def decimal(value: int, digits: int) -> str:
    """Write whole units as a decimal string with exactly digits decimals.

    >>> decimal(-5, 2), decimal(1040, 2), decimal(7, 0)
    ('-0.05', '10.40', '7')
    """
    if digits == 0:
        return str(value)
    if value < 0:
        return f"-{decimal(-value, digits)}"
    text = str(value).zfill(digits + 1)
    return f"{text[:-digits]}.{text[-digits:]}"


def quantity_text(thousandths: int) -> str:
    """Write a quantity without needless zeros: 2000 is "2", 347 is "0.347"."""
    text = decimal(thousandths, QUANTITY_DIGITS)
    return text.rstrip("0").rstrip(".")


def share(text: str) -> int:
    """Read a percentage such as "30%" or "7.5%" as millionths; ValueError says what is wrong."""
    if not text.endswith("%"):
        raise ValueError(f'"{text[:40]}" is no percentage such as "30%"')
    value = units(text[:-1], 4)
    if value < 0:
        raise ValueError(f'"{text}" is below zero')
    return value


def share_text(millionths: int) -> str:
    """Write a percentage without needless zeros: 75000 is "7.5%"."""
    whole, part = divmod(millionths, 10**4)
    return f"{whole}.{part:04}".rstrip("0").rstrip(".") + "%"


def half_up(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero; denominator > 0."""
    if numerator < 0:
        return -half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def ceiling(numerator: int, denominator: int) -> int:
    """Divide and round up; denominator > 0."""
    return -(-numerator // denominator)


def part_of(amount: int, millionths: int) -> int:
    """A share of an amount, rounded half up."""
    return half_up(amount * millionths, WHOLE_SHARE)


def rate(text: str) -> Fraction:
    """Read a positive rate such as "1.00" exactly; ValueError says what is wrong."""
    value = units(text, 9)
    if value <= 0:
        raise ValueError(f'"{text}" must be above zero')
    return Fraction(value, 10**9)
