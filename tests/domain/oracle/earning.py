"""What the receipt earns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

from tests.domain.oracle.conditions import budget_left, holds, times
from tests.domain.oracle.exact import DIGITS, half_up, kopecks, percentage, waterfall
from tests.domain.oracle.shop import Shop, Table

NET = "net-of-points"
Dates = tuple[dt.date, dt.date | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """Points of a rule on each line that open one lot, exactly; of a multiplier or not."""

    wallet: str
    dates: Dates
    lines: list[Fraction]
    plain: bool


def earn(shop: Shop) -> None:
    """Sum up the rules of each wallet exactly, round once, spread."""
    if shop.seen.account is None:
        return
    _reach_tier(shop, _bases(shop)["net-of-points"])
    if shop.plastic:
        return
    given = _given(shop)
    for name in shop.program.get("wallets", {}):
        _credit(shop, name, [it for it in given if it.wallet == name])


def _given(shop: Shop) -> list[Gift]:
    """What the rules give at the tier that the account has now."""
    given: list[Gift] = []
    for group, rules in shop.groups("points"):
        given += _group(shop, group, rules, [it for it in given if it.plain])
    return given


def _group(shop: Shop, group: Table, rules: Sequence[Table], before: list[Gift]) -> list[Gift]:
    offers: list[list[Gift]] = []
    for rule in rules:
        seen = list(before)
        if group["pick"] == "all" and group["base"] == "cascade":
            seen += [gift for offer in offers for gift in offer]
        offer = _offer(shop, rule, seen)
        offers.append([it for it in offer if any(it.lines)])
    if group["pick"] == "all":
        return [gift for offer in offers for gift in offer]
    chosen: list[Gift] = []
    for name in shop.program.get("wallets", {}):
        mine = [offer for offer in offers if offer and offer[0].wallet == name]
        if group["pick"] == "best":  # a tie goes to the rule that stands first
            mine.sort(key=lambda offer: -sum(sum(gift.lines) for gift in offer))
        chosen += mine[0] if mine else []
    return chosen


def _offer(shop: Shop, rule: Table, seen: Sequence[Gift]) -> list[Gift]:
    gifts = _offer_in_full(shop, rule, seen)
    total = sum((sum(it.lines, Fraction(0)) for it in gifts), Fraction(0))
    scale = shop.program["wallets"][rule["give"]["earn"]]["scale"]
    left = budget_left(shop, rule, scale)
    if left is None or total <= left:
        return gifts
    return [replace(it, lines=[part * left / total for part in it.lines]) for it in gifts]


def _offer_in_full(shop: Shop, rule: Table, seen: Sequence[Gift]) -> list[Gift]:
    give = rule["give"]
    name, bases = give["earn"], _bases(shop)
    wallet = shop.program["wallets"][name]
    unused = wallet.get("earn_base") != "none-if-redeemed" or not any(bases["discounting"])
    if not (unused and holds(shop, rule, sum(bases["net-of-points"]))):
        return []
    meant = [
        shop.on(rule.get("on"), it) and shop.may(it, "earn") and not shop.barred(rule, place)
        for place, it in enumerate(shop.lines)
    ]
    if "multiply" in give:
        more = Fraction(give["multiply"]) - 1
        return [
            Gift(
                wallet=name,
                dates=_dates(shop, give, wallet)
                if {"activates", "expires"} & {*give}
                else it.dates,
                lines=[
                    part * more if on else Fraction(0)
                    for part, on in zip(it.lines, meant, strict=True)
                ],
                plain=False,
            )
            for it in seen
            if it.wallet == name
        ]
    base = _paid_by(shop, give["of"]) if "of" in give else bases[wallet.get("earn_base", NET)]
    money = [amount if on else 0 for amount, on in zip(base, meant, strict=True)]
    gross = [amount if on else 0 for amount, on in zip(shop.gross, meant, strict=True)]
    lines = [it * 10 ** wallet["scale"] for it in _points(shop, rule, money, gross)]
    return [Gift(wallet=name, dates=_dates(shop, give, wallet), lines=lines, plain=True)]


def _points(shop: Shop, rule: Table, money: Sequence[int], gross: Sequence[int]) -> list[Fraction]:
    """Whole points on each line."""
    give = rule["give"]
    if "percent" in give:
        return [amount * percentage(give["percent"]) / 10**DIGITS for amount in money]
    if "per_unit" in give:  # semantics 8: 0.347 kg are no pieces; the example: nor are free ones
        counts = [
            it.quantity // 1000 - free if it.unit == "pc" and it.quantity % 1000 == 0 else 0
            for it, free in zip(shop.lines, shop.free, strict=True)
        ]
        paid = [count if amount else 0 for count, amount in zip(counts, money, strict=True)]
        share = Fraction(min(sum(paid), times(rule)), max(1, sum(paid)))
        return [Fraction(give["per_unit"]) * count * share for count in paid]
    if "per_amount" in give:
        step, each = give["per_amount"]
        total = min(sum(money) // kopecks(step), times(rule)) * Fraction(each)
    else:
        total = Fraction(give["points"])
        money = money if any(money) else gross
    return [total * amount / sum(money) if amount else Fraction(0) for amount in money]


def _bases(shop: Shop) -> dict[str, list[int]]:
    """What earns by each base; "discounting" is what points paid that act as a discount."""
    discounted = [
        gross - sum(amount for *_, amount in effects)
        for gross, effects in zip(shop.gross, shop.effects, strict=True)
    ]
    lowered = [sum(part for _, part, tender in it if not tender) for it in shop.paid]
    after = [it - part for it, part in zip(discounted, lowered, strict=True)]
    return {
        "net-of-points": after,
        "net-of-discounts": discounted,
        "gross": shop.gross,
        "none-if-redeemed": after,
        "discounting": lowered,
    }


def _paid_by(shop: Shop, payer: str) -> list[int]:
    if payer == "rest":
        return shop.net
    return [sum(money for name, money, _ in it if name == payer) for it in shop.paid]


def _dates(shop: Shop, give: Table, wallet: Table) -> Dates:
    today = shop.at.date()
    wait, life = (give.get(key, wallet.get(key)) for key in ("activates", "expires"))
    return _later(today, wait or "0d"), None if life is None else _later(today, life)


def _later(day: dt.date, days: str) -> dt.date:
    return day + dt.timedelta(days=int(days.removesuffix("d")))


def _reach_tier(shop: Shop, after: Sequence[int]) -> None:
    tiers = shop.program.get("tiers")
    if not tiers or not tiers.get("counts_current", True) or shop.seen.account is None:
        return
    measure, scale = tiers.get("measure", "spend"), DIGITS
    has = shop.seen.account.measure
    if measure == "visits":
        has, scale = has + 1, 0
    elif measure == "points":  # those that it earns at the tier that it came with
        scale = shop.program["wallets"][tiers["wallet"]]["scale"]
        mine = [it for it in _given(shop) if it.wallet == tiers["wallet"]]
        has += _rounded(shop, sum((sum(it.lines, Fraction(0)) for it in mine), Fraction(0)))
    else:  # goods that may not earn don't lead to a tier either
        has += sum(net for net, it in zip(after, shop.lines, strict=True) if shop.may(it, "earn"))
    levels = [it["id"] for it in tiers["levels"]]
    reached = [
        it["id"] for it in tiers["levels"] if has >= Fraction(it["from"]) * Fraction(10) ** scale
    ]
    shop.tier = max(reached[-1], shop.tier, key=levels.index)


def _rounded(shop: Shop, points: Fraction) -> int:
    return floor(points) if shop.rounding["points"] == "floor" else half_up(points)


def _credit(shop: Shop, name: str, gifts: Sequence[Gift]) -> None:
    exact = [sum(parts, Fraction(0)) for parts in zip(*(it.lines for it in gifts), strict=True)]
    total = sum(exact, Fraction(0))
    amount = _rounded(shop, total)
    if not amount:
        return
    shop.earned[name] = amount
    rooms = [amount] * len(exact)
    for place, part in enumerate(waterfall(amount, exact, rooms, shop.rounding["spread"])):
        if part:
            shop.shares[place][name] = part
    lots: dict[Dates, Fraction] = {}
    for it in gifts:
        lots[it.dates] = lots.get(it.dates, Fraction(0)) + sum(it.lines)
    split = waterfall(amount, list(lots.values()), [amount] * len(lots), "largest-remainder")
    usual = _dates(shop, {}, shop.program["wallets"][name])
    for dates, part in zip(lots, split, strict=True):
        if part and dates != usual:
            shop.dated.append((name, *dates, part))
