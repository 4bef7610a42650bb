"""When rules hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from loyaltyd.domain.basket import Line
from loyaltyd.domain.coupon import Coupon
from tests.domain.oracle.exact import half_up, kopecks
from tests.domain.oracle.shop import STORE, Shop, Table

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
GROUP, DAY = "main-hall", dt.date(2026, 12, 5)  # where the tests' receipts are


def holds(shop: Shop, rule: Table, total: int) -> bool:
    """Whether all conditions of rule do, at that total, and its limit isn't reached."""
    return _hold(shop, rule.get("when", {}), total) and _unused(shop, rule)


def _hold(shop: Shop, when: Table, total: int) -> bool:
    asked: dict[str, Callable[[Any], bool]] = {
        "card_kind": lambda it: shop.seen.card is not None and shop.seen.card.kind in it,
        "tier": lambda it: shop.tier in it,
        "birthday": lambda it: it in shop.seen.past.birthdays,
        "first_purchase": lambda it: (shop.seen.past.visits == 0) is it,
        "every_visit": lambda it: (shop.seen.past.visits + 1) % int(it) == 0,
        "days_since_visit": lambda it: _days_away(shop) >= it,
        "spent": lambda it: _spent(shop, it) >= kopecks(it["min"]),
        "coupon": lambda it: any(code in _codes(shop) for code in _listed(it)),
        "tender": lambda it: bool(shop.basket.payments) and {*_tenders(shop)} <= {*it},
        "dates": lambda it: (
            it.get("from", dt.date.min) <= shop.at.date() <= it.get("until", dt.date.max)
        ),
        "weekday": lambda it: DAYS[shop.at.weekday()] in it,
        "time": lambda it: _inside(shop, it),
        "store": lambda it: STORE in it,
        "region": lambda it: any(shop.within(name) for name in it),
        "group": lambda it: GROUP in it,
        "tags": lambda it: any(tag in it for line in shop.lines for tag in line.tags),
        "basket": lambda it: _contains(shop, it),
        "min_total": lambda it: total >= kopecks(it),
        "all": lambda it: all(_hold(shop, inner, total) for inner in it),
        "any": lambda it: any(_hold(shop, inner, total) for inner in it),
        "not": lambda it: not _hold(shop, it, total),
    }
    of_accounts = {"birthday", "first_purchase", "every_visit", "days_since_visit", "spent"}
    if shop.seen.account is None and of_accounts & when.keys():
        return False
    return all(asked[key](value) for key, value in when.items())


def _unused(shop: Shop, rule: Table) -> bool:
    if "limit" not in rule:
        return True
    most: Table = rule["limit"]
    if "per_coupon" in most and not any(
        it.name in _listed(rule["when"]["coupon"])
        and sum(use.count for use in it.uses if use.rule == rule["id"]) < most["per_coupon"]
        for it in _usable(shop)
    ):
        return False
    if "per_cashier" in most and not (
        shop.seen.cashier
        and most["per_cashier"]
        > sum(it.cashier for it in shop.seen.past.uses if it.rule == rule["id"])
    ):
        return False
    digits = shop.program["wallets"][rule["give"]["earn"]]["scale"] if "earn" in rule["give"] else 2
    money = budget_left(shop, rule, digits)
    if money is not None and money <= 0:
        return False
    if shop.seen.account is None:
        return not {"per_account", "per_card"} & {*most}
    by_account = sum(it.account for it in shop.seen.past.uses if it.rule == rule["id"])
    by_card = sum(it.card for it in shop.seen.past.uses if it.rule == rule["id"])
    left = [
        most[key] - used
        for key, used in (("per_account", by_account), ("per_card", by_card))
        if key in most
    ]
    return all(it > 0 for it in left)


def budget_left(shop: Shop, rule: Table, digits: int) -> int | None:
    """What the rule may still give, if it has a budget."""
    budget = rule.get("limit", {}).get("budget")
    if budget is None:
        return None
    given = sum(it.given for it in shop.seen.past.uses if it.rule == rule["id"])
    return int(Fraction(budget) * 10**digits) - given


def times(rule: Table) -> int:
    """How often a rule may count in one receipt."""
    most: int = rule.get("limit", {}).get("per_receipt", 10**9)
    return most


def _codes(shop: Shop) -> list[str]:
    return [it.name for it in _usable(shop)]


def _usable(shop: Shop) -> list[Coupon]:
    who = shop.seen.account.id if shop.seen.account else "nobody"
    return [
        it
        for it in shop.seen.coupons
        if not it.state and it.owner in {"", who} and (not it.printed or _good(shop, it))
    ]


def _good(shop: Shop, coupon: Coupon) -> bool:
    """Whether one of a printed coupon's uses is left on that day."""
    today = shop.at.date()
    return any(it.active_from <= today < (it.expires_at or dt.date.max) for it in coupon.lots)


def _tenders(shop: Shop) -> list[str]:
    return [it.kind for it in shop.basket.payments]


def _listed(codes: str | list[str]) -> list[str]:
    return [codes] if isinstance(codes, str) else codes


def _inside(shop: Shop, window: str) -> bool:
    start, end = window.split("-")
    now = f"{shop.at:%H:%M}"
    return start <= now < end if start < end else now >= start or now < end


def _days_away(shop: Shop) -> int:
    last = shop.seen.past.last_visit
    return -1 if last is None else (DAY - last).days


def _spent(shop: Shop, spent: Table) -> int:
    within = spent.get("within", "")
    return sum(it.amount for it in shop.seen.past.spent if it.within == within)


def _contains(shop: Shop, basket: Table) -> bool:
    goods = shop.named_classes()[basket["class"]]["match"] if "class" in basket else basket
    named = {key: goods[key] for key in ("category", "sku", "tags") if key in goods}
    lines = [line for line in shop.lines if shop.on(named, line)]
    money = sum(half_up(Fraction(it.price * it.quantity, 1000)) for it in lines)
    return (
        len(lines) >= basket.get("min_positions", 0)
        and sum(_pieces(it) for it in lines) >= basket.get("min_pieces", 0)
        and sum(_kilograms(it) for it in lines) >= Fraction(basket.get("min_weight", "0"))
        and money >= kopecks(basket.get("min_amount", "0"))
    )


def _pieces(line: Line) -> int:
    # semantics 8: 0.347 kg is no piece; nor is a part of something that is sold by the piece
    return line.quantity // 1000 if line.unit == "pc" and line.quantity % 1000 == 0 else 0


def _kilograms(line: Line) -> Fraction:
    return {"kg": Fraction(line.quantity, 1000), "g": Fraction(line.quantity // 1000, 1000)}.get(
        line.unit, Fraction(0)
    )
