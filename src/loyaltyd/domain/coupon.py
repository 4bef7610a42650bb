"""Coupons that a receipt names: what the ledger says of each, as a quote decides on it.

A coupon is an account of its own. No code or number gets this far, only the id that stands for it.
"""

import unicodedata
from dataclasses import dataclass

from loyaltyd.domain.ledger import Lot

CODE_LENGTH_MAX = 64  # characters, as of any id of the till's
CODE = rf"[A-Za-z0-9А-Яа-яЁё._-]{{1,{CODE_LENGTH_MAX}}}"  # what people type and printers print


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUses:
    """How often a rule was applied."""

    rule: str
    count: int


BLOCKED, NOT_ISSUED = "blocked", "not_issued"  # why nobody may use a coupon


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A coupon as seen; name is what the program calls it, nothing when it doesn't know it.

    A card's name is that of its range, as "9900*".
    """

    id: str
    name: str = ""
    state: str = ""  # BLOCKED, NOT_ISSUED
    owner: str = ""  # the account that alone may use it
    printed: bool = False  # by a receipt: good while one of its lots is
    lots: tuple[Lot, ...] = ()
    uses: tuple[RuleUses, ...] = ()  # of rules that limit them

    def uses_of(self, rule: str) -> int:
        """How often the coupon was used for that rule."""
        return sum(it.count for it in self.uses if it.rule == rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """The id of the number that the till made for what a rule prints."""

    rule: str
    coupon: str


def coupon_wallet(name: str) -> str:
    """The wallet of a printed coupon's account, of which one lot is one use; no program has it."""
    return f"coupon/{name.removesuffix('*')}"


def coupon_code(text: str) -> str:
    """A code as it is compared: typed by hand, "spring10" is SPRING10."""
    return unicodedata.normalize("NFC", text).upper()
