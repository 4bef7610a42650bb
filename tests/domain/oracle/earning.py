"""What the receipt earns."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from tests.domain.oracle.conditions import holds
from tests.domain.oracle.exact import DIGITS, half_up, kopecks, percentage, waterfall
from tests.domain.oracle.shop import Shop, Table


def earn(shop: Shop) -> None:
    """Sum up the rules of each wallet exactly, round once, spread."""
    if shop.seen.account is None or shop.plastic:
        return
    discounted = [
        gross - sum(amount for *_, amount in effects)
        for gross, effects in zip(shop.gross, shop.effects, strict=True)
    ]
    lowered = [sum(part for _, part, tender in it if not tender) for it in shop.paid]
    after = [it - part for it, part in zip(discounted, lowered, strict=True)]
    _reach_tier(shop, after)
    bases = {
        "net-of-points": after,
        "net-of-discounts": discounted,
        "gross": shop.gross,
        "none-if-redeemed": [0] * len(after) if any(lowered) else discounted,
    }
    points = {name: [Fraction(0)] * len(after) for name in shop.program.get("wallets", {})}
    for group, rules in shop.groups("points"):
        claims = [_claim(shop, rule, bases, sum(after)) for rule in rules]
        claims = [it for it in claims if any(it[1])]
        if group["pick"] == "best":  # a tie goes to the rule that stands first
            claims.sort(key=lambda it: -sum(it[1]))
        for name, claim in claims if group["pick"] == "all" else claims[:1]:
            points[name] = [a + b for a, b in zip(points[name], claim, strict=True)]
    for name, exact in points.items():
        _credit(shop, name, exact)


def _reach_tier(shop: Shop, after: Sequence[int]) -> None:
    tiers = shop.program.get("tiers")
    if not tiers or not tiers.get("counts_current", True) or shop.seen.account is None:
        return
    spend = shop.seen.account.measure  # goods that may not earn don't lead to a tier either
    spend += sum(net for net, it in zip(after, shop.lines, strict=True) if shop.may(it, "earn"))
    levels = [it["id"] for it in tiers["levels"]]
    reached = [it["id"] for it in tiers["levels"] if spend >= kopecks(it["from"])]
    shop.tier = max(reached[-1], shop.tier, key=levels.index)


def _claim(
    shop: Shop, rule: Table, bases: dict[str, list[int]], total: int
) -> tuple[str, list[Fraction]]:
    name, share = rule["give"]["earn"], percentage(rule["give"]["percent"])
    base = bases[shop.program["wallets"][name].get("earn_base", "net-of-points")]
    meant = [shop.on(rule.get("on"), it) and shop.may(it, "earn") for it in shop.lines]
    able = holds(shop, rule, total)
    return name, [
        amount * share if on and able else Fraction(0)
        for amount, on in zip(base, meant, strict=True)
    ]


def _credit(shop: Shop, name: str, money: Sequence[Fraction]) -> None:
    scale = shop.program["wallets"][name]["scale"]
    exact = [it * 10**scale / 10**DIGITS for it in money]
    total = sum(exact, Fraction(0))
    amount = floor(total) if shop.rounding["points"] == "floor" else half_up(total)
    if amount:
        shop.earned[name] = amount
    rooms = [amount] * len(exact)
    for place, part in enumerate(waterfall(amount, exact, rooms, shop.rounding["spread"])):
        if part:
            shop.shares[place][name] = part
