"""Rewards: what is asked for, what it costs, and what may be given of it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil

from tests.domain.oracle.exact import waterfall
from tests.domain.oracle.shop import Shop, Table


def is_reward(shop: Shop, rule: Table) -> bool:
    """Whether rule applies only as asked for."""
    give = rule["give"]
    return bool(_prices(shop, rule)) or ("free" in give and "buy" not in give)


def wanted(shop: Shop, rule: Table) -> int:
    """How many pieces the receipt asks for."""
    return sum(it.count for it in shop.basket.rewards if it.rule == rule["id"])


def affordable(shop: Shop, rule: Table, held: dict[str, int]) -> int:
    """The most pieces that are asked for and that the points pay, one more after the other."""
    count = 0
    while count < wanted(shop, rule) and all(
        points <= shop.balance(name) - held.get(name, 0)
        for name, points in price_of(shop, rule, count + 1).items()
    ):
        count += 1
    return count


def price_of(shop: Shop, rule: Table, count: int) -> dict[str, int]:
    """Semantics 21: each pack costs the price, and a part of one as much."""
    pack = rule["give"].get("free", rule["give"].get("units"))
    return {
        name: ceil(Fraction(count, pack)) * points for name, points in _prices(shop, rule).items()
    }


def charge(shop: Shop, rule: Table, pieces: list[int]) -> None:
    """Take the price of those pieces of each line on those lines."""
    if not any(pieces):
        return
    weights = [Fraction(it) for it in pieces]
    for name, points in price_of(shop, rule, sum(pieces)).items():
        shop.spent[name, ""] = shop.spent.get((name, ""), 0) + points
        parts = waterfall(points, weights, [points] * len(pieces), shop.rounding["spread"])
        for place, part in enumerate(parts):
            if part:
                shop.prices[place].append((name, part))


def _prices(shop: Shop, rule: Table) -> dict[str, int]:
    """What a pack costs in each wallet's units."""
    wallets = shop.program.get("wallets", {})
    found = {
        name: int(Decimal(points).scaleb(wallets[name]["scale"]))
        for name, points in rule["give"].get("cost", {}).items()
    }
    for name, wallet in wallets.items():
        if wallet.get("stamps", {}).get("reward") == rule["id"]:
            found[name] = wallet["stamps"]["every"]
    return found
