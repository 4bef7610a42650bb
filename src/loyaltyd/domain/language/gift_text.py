"""The table give of a rule becomes a gift."""

from collections.abc import Mapping

from loyaltyd.domain.engine.gifts import (
    AmountOff,
    Bundle,
    Cost,
    Discount,
    Earn,
    Few,
    FixedPrice,
    Gift,
    Multiplied,
    PercentOff,
    PiecesEarned,
    PointsEarned,
    PrintedCoupon,
    Scale,
    ShareEarned,
    StepsEarned,
    Yield,
)
from loyaltyd.domain.language.grammar.discounts import DiscountTable
from loyaltyd.domain.language.grammar.earnings import EarnTable
from loyaltyd.domain.language.grammar.gifts import GiveTable
from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.language.grammar.rules import RuleTable
from loyaltyd.domain.money import WHOLE_SHARE, units


def gift(give: GiveTable, digits: int, scales: Mapping[str, int], times: int = 0) -> Gift:
    """Return what give says, money in minor units of so many digits, points in wallets' scales.

    times: how often at most in one receipt; 0 is as often as it goes.
    """
    if give.coupon is not None:
        return PrintedCoupon(
            name=give.coupon,
            activates=give.activates,
            expires=give.expires,
            personal=give.personal,
        )
    if give.earn is None:
        return _discount(give, digits, times)
    return Earn(
        wallet=give.earn,
        by=_yield(give, digits, scales[give.earn], times),
        of=give.of or "",
        activates=give.activates,
        expires=give.expires,
    )


def price(rule: RuleTable, table: ProgramTable) -> tuple[Cost, ...] | None:
    """What a reward takes of which wallets; None of a rule that applies by itself."""
    give = rule.give
    found = [
        Cost(wallet=name, points=units(amount, table.wallets[name].scale))
        for name, amount in (give.cost or {}).items()
    ]
    for name, wallet in table.wallets.items():
        if wallet.stamps is not None and wallet.stamps.reward == rule.id:
            found.append(Cost(wallet=name, points=wallet.stamps.every))
    asked = give.free is not None and give.buy is None
    return tuple(found) if found or asked else None


def _yield(give: EarnTable, digits: int, scale: int, times: int) -> Yield:
    if give.percent is not None:
        return ShareEarned(share=give.percent)
    if give.per_amount is not None:
        amount, points = give.per_amount
        return StepsEarned(amount=units(amount, digits), points=units(points, scale), times=times)
    if give.per_unit is not None:
        return PiecesEarned(points=units(give.per_unit, scale), times=times)
    if give.points is not None:
        return PointsEarned(points=units(give.points, scale))
    assert give.multiply is not None
    return Multiplied(factor=give.multiply)


def _discount(give: DiscountTable, digits: int, times: int) -> Discount:
    few = _few(give, times)
    if give.amount_off is not None:
        return AmountOff(amount=units(give.amount_off, digits), few=few)
    if give.fixed_price is not None:
        return FixedPrice(price=units(give.fixed_price, digits), few=few)
    if give.bundle is not None and give.buy is not None:
        return Bundle(count=give.buy, price=units(give.bundle, digits), times=times)
    cap = None if give.max is None else units(give.max, digits)
    if give.percent_off is not None or give.free is not None:
        share = WHOLE_SHARE if give.percent_off is None else give.percent_off
        return PercentOff(share=share, cap=cap, few=few)
    return _scale(give, cap, digits)


def _few(give: DiscountTable, times: int) -> Few | None:
    count = give.free or give.units
    if count is None:
        return None
    return Few(count=count, every=give.buy or 0, dearest=give.which == "dearest", times=times)


def _scale(give: DiscountTable, cap: int | None, digits: int) -> Scale:
    if give.percent_off_by_quantity is not None:
        return Scale(by="quantity", steps=give.percent_off_by_quantity, cap=cap)
    by = "spent" if give.percent_off_by_total is None else "total"
    steps = give.percent_off_by_total or give.percent_off_by_spent or ()
    return Scale(by=by, steps=tuple((units(it, digits), share) for it, share in steps), cap=cap)
