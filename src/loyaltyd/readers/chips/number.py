"""The card's number in what stands on a card: digits alone, or among the parts of a link."""

import re

from loyaltyd.domain.card import CARD_DIGITS_MAX, CARD_DIGITS_MIN
from loyaltyd.readers.guard import Own

DIGITS = re.compile(rf"[0-9]{{{CARD_DIGITS_MIN},{CARD_DIGITS_MAX}}}")
PARTS = re.compile(r"[^0-9A-Za-z]+")
ENDS = re.compile(rb"[\x00\xff]")  # what an unused byte of a card's memory holds


def number_in(text: str, own: Own) -> str | None:
    """Return the digits that a text is, or that a whole part of a link is; own ones, else the most.

    >>> number_in("loyal.example/c/2990000000019?from=2026", lambda _: False)
    '2990000000019'
    """
    whole = text.strip().replace(" ", "")
    parts = [whole, *PARTS.split(text)]
    found = [part for part in parts if DIGITS.fullmatch(part)]
    return next((part for part in found if own(part)), max(found, key=len, default=None))


def plain(data: bytes) -> str:
    """Return the text with which a card's memory begins, up to the first byte that is unused."""
    return ENDS.split(data)[0].decode("ascii", "replace")
