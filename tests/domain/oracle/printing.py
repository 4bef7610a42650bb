"""The coupons that a receipt prints."""

from __future__ import annotations

import datetime as dt

from tests.domain.oracle.conditions import holds
from tests.domain.oracle.shop import Shop, Table

Print = tuple[str, str, dt.date, dt.date | None]  # rule, range, usable from, gone at


def run_printing(shop: Shop) -> list[Print]:
    """Of a group the first rule that can print does; with pick "all" each."""
    found: list[Print] = []
    total = sum(shop.gross) - sum(it[2] for each in shop.effects for it in each)
    total -= sum(money for each in shop.paid for _, money, tender in each if not tender)
    for group, rules in shop.groups("printing"):
        able = [rule for rule in rules if _prints(shop, rule, total)]
        for rule in able if group["pick"] == "all" else able[:1]:
            give = rule["give"]
            last = _later(shop, give["expires"]) if "expires" in give else None
            found.append((rule["id"], give["coupon"], _later(shop, give.get("activates")), last))
    return found


def _prints(shop: Shop, rule: Table, total: int) -> bool:
    goods = any(
        shop.on(rule.get("on"), it) and shop.may(it, "earn") and not shop.barred(rule, place)
        for place, it in enumerate(shop.lines)
    )
    somebody = shop.seen.account is not None or not rule["give"].get("personal", False)
    return goods and somebody and holds(shop, rule, total)


def _later(shop: Shop, days: str | None) -> dt.date:
    return shop.at.date() + dt.timedelta(days=int((days or "0d").removesuffix("d")))
