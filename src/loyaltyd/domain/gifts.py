"""What a rule gives, in the units that the engine counts in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentOff:
    """So many millionths off."""

    share: int
    cap: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountOff:
    """Money off: of an item rule off the price of each unit, of a receipt rule off the receipt."""

    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnPercent:
    """A share of what was paid, as points of a wallet."""

    wallet: str
    share: int


Discount = PercentOff | AmountOff
Gift = Discount | EarnPercent
