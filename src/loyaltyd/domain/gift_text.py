"""The table give of a rule becomes a gift."""

from loyaltyd.domain.gifts import AmountOff, EarnPercent, Gift, PercentOff
from loyaltyd.domain.grammar.gifts import GiveTable
from loyaltyd.domain.money import units


def gift(give: GiveTable, digits: int) -> Gift:
    """Return what give says, money in minor units of so many digits."""
    if give.percent_off is not None:
        return PercentOff(
            share=give.percent_off, cap=None if give.max is None else units(give.max, digits)
        )
    if give.amount_off is not None:
        return AmountOff(amount=units(give.amount_off, digits))
    return EarnPercent(wallet=give.earn or "", share=give.percent or 0)
