"""Card numbers: check digits, masking, and the ids that stand for them in records."""

import hashlib
import hmac
from dataclasses import dataclass, field

# What a card of the program can be.
BONUS, DISCOUNT, GIFT, STORED_VALUE = "bonus", "discount", "gift", "stored-value"
MONEY_KINDS = (GIFT, STORED_VALUE)  # which pay for other people's receipts, whoever holds them
OWN_KINDS = (BONUS, DISCOUNT)  # which say who buys, and hold nothing that others gave
COLLECTING = (BONUS, STORED_VALUE)  # whose accounts earn
PIN_DIGITS = 4
CARD_ID_BYTES = 16  # of HMAC-SHA256: no two of a chain's cards share 128 bits by chance.
CARD_DIGITS_MIN, CARD_DIGITS_MAX = 4, 19  # ISO/IEC 7812-1 ends at 19.


def masked(number: str) -> str:
    """Return number with only its first four and last three characters: what people may see.

    >>> masked("2990000000019")
    '2990******019'
    """
    if len(number) < 11:  # four and three of a shorter number would tell most of it
        return "*" * len(number)
    return f"{number[:4]}{'*' * (len(number) - 7)}{number[-3:]}"


COUPON_KIND = "coupon"
PRINTED = "printed"  # how coupons are enrolled whose numbers receipts print
PRINTED_DIGITS_MIN = 7  # that are free: of ten million numbers few are good at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNumber:
    """A number that belongs to one of the program's card ranges; its repr is masked."""

    number: str = field(repr=False)
    kind: str
    range: str  # prefix and length of the range it fell into, as "2990/13"

    @property
    def masked(self) -> str:
        """The number as cashiers, logs and errors may show it."""
        return masked(self.number)


def card_id(chain_key: bytes, kind: str, number: str) -> str:
    """Return the 32 hex digits that stand for a card in records: HMAC-SHA256 under the chain's key.

    Every till of the chain makes the same id, so two cut-off tills that enrol one card open
    one account.
    """
    message = f"{kind}\x1f{number}".encode()
    return hmac.new(chain_key, message, hashlib.sha256).digest()[:CARD_ID_BYTES].hex()


def card_pin(chain_key: bytes, kind: str, number: str) -> str:
    """Return the PIN of a card of a range with `pin = true`, under the chain's key.

    It is made and not stored, so that each till of the chain knows it without a line. Whoever makes
    the cards prints it under a scratch field. HMAC-SHA256's first eight bytes, as a number, without
    all but its last four digits.
    """
    message = f"pin\x1f{kind}\x1f{number}".encode()
    digest = hmac.new(chain_key, message, hashlib.sha256).digest()
    return str(int.from_bytes(digest[:8]) % 10**PIN_DIGITS).zfill(PIN_DIGITS)


def printed_digits(chain_key: bytes, seed: str, count: int) -> str:
    """So many digits, the same for a seed, that nobody can guess without the chain's key."""
    number = int.from_bytes(hmac.digest(chain_key, f"printed\x1f{seed}".encode(), hashlib.sha256))
    return str(number % 10**count).zfill(count)


def ean_fits(number: str) -> bool:
    """Whether the last digit is a GTIN-8, -12 or -13's check digit (GS1 specifications 7.9)."""
    if not (number.isascii() and number.isdigit()) or len(number) not in {8, 12, 13}:
        return False
    total = sum(
        int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(number))
    )
    return total % 10 == 0


def luhn_fits(number: str) -> bool:
    """Whether the last digit is the check digit of ISO/IEC 7812-1 annex B."""
    if not (number.isascii() and number.isdigit()):
        return False
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
