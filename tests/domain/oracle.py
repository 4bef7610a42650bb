"""The quote a second time: slow, obvious, in exact fractions, from the documents alone.

It reads the program's text by itself and shares no code with the engine but the values that go in.
Where the documents leave a choice, a comment says which one it takes.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

from loyaltyd.domain.account import Seen
from loyaltyd.domain.basket import Basket, Line

Table = dict[str, Any]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DIGITS = 2  # of the currencies that it is asked about
PLAIN_GROUP: Table = {"pick": "best", "base": "cascade"}
ROUNDING: Table = {"points": "floor", "spread": "largest-remainder", "floor": "redistribute"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """What a receipt comes to, line by line; minor units, and points in their scales."""

    nets: list[int]
    effects: list[list[tuple[str, str, int]]]  # rule, layer, amount
    paid: list[list[tuple[str, int]]]  # wallet, money
    spent: dict[str, int]
    earned: dict[str, int]
    shares: list[dict[str, int]]  # wallet → points


def reckoned(text: str, basket: Basket, seen: Seen, at: dt.datetime) -> Reckoning:
    """Work out basket by the program in text."""
    shop = _Shop(tomllib.loads(text), basket, seen, at)
    shop.run_item_layer()
    shop.run_receipt_layer()
    shop.redeem()
    shop.earn()
    return Reckoning(
        nets=shop.net,
        effects=shop.effects,
        paid=[[(name, money) for name, money, _ in each] for each in shop.paid],
        spent=shop.spent,
        earned=shop.earned,
        shares=shop.shares,
    )


def waterfall(
    amount: int, weights: Sequence[Fraction], rooms: Sequence[int], way: str
) -> list[int]:
    """Spread amount by weights; a line whose exact quota is above its room gets its room."""
    shares = [0] * len(weights)
    open_lines = [place for place, weight in enumerate(weights) if weight]
    amount = min(amount, sum(rooms[place] for place in open_lines))
    while open_lines:
        total = sum(weights[place] for place in open_lines)
        quotas = {place: amount * weights[place] / total for place in open_lines}
        full = [place for place in open_lines if quotas[place] > rooms[place]]
        if not full:
            for place, share in _rounded(amount, quotas, way).items():
                shares[place] = share
            break
        for place in full:
            shares[place] = rooms[place]
        amount -= sum(rooms[place] for place in full)
        open_lines = [place for place in open_lines if place not in full]
    return shares


def _rounded(amount: int, quotas: dict[int, Fraction], way: str) -> dict[int, int]:
    if way == "largest-remainder":
        shares = {place: floor(quota) for place, quota in quotas.items()}
        order = sorted(quotas, key=lambda place: (shares[place] - quotas[place], place))
        for place in order[: amount - sum(shares.values())]:
            shares[place] += 1
        return shares
    shares = {place: ceil(quota - Fraction(1, 2)) for place, quota in quotas.items()}
    step = 1 if amount > sum(shares.values()) else -1
    for place, quota in quotas.items():  # of semantics 5 the invariant: within one unit of a quota
        if sum(shares.values()) != amount and abs(shares[place] + step - quota) <= 1:
            shares[place] += step
    return shares


def _money(text: str) -> int:
    return int(Decimal(text).scaleb(DIGITS))


def _share(text: str) -> Fraction:
    return Fraction(text.removesuffix("%")) / 100


def _half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


class _Shop:
    """A receipt at one stage after the other."""

    def __init__(self, program: Table, basket: Basket, seen: Seen, at: dt.datetime) -> None:
        self.program, self.basket, self.seen, self.at = program, basket, seen, at
        self.rounding = {**ROUNDING, **program.get("rounding", {})}
        self.lines = basket.lines
        self.gross = [_half_up(Fraction(it.price * it.quantity, 1000)) for it in self.lines]
        self.net = list(self.gross)
        self.floors = [self._floor(it) for it in self.lines]
        self.effects: list[list[tuple[str, str, int]]] = [[] for _ in self.lines]
        self.paid: list[list[tuple[str, int, bool]]] = [[] for _ in self.lines]
        self.shares: list[dict[str, int]] = [{} for _ in self.lines]
        self.spent: dict[str, int] = {}
        self.earned: dict[str, int] = {}
        self.tier = seen.account.tier if seen.account else ""
        self.plastic = seen.card is not None and seen.card.kind == "discount"

    # What goods are and may.

    def _on(self, match: Table | None, line: Line) -> bool:
        if not match:
            return True
        categories = match.get("category", [])
        below = any(it.endswith("/*") and line.category.startswith(it[:-1]) for it in categories)
        return below or line.category in categories or line.sku in match.get("sku", [])

    def _classes(self, line: Line) -> list[Table]:
        classes = self.program.get("classes", {}).values()
        return [it for it in classes if self._on(it["match"], line)]

    def _may(self, line: Line, what: str) -> bool:
        switched_on = all(it.get(what, True) for it in self._classes(line))
        return switched_on and f"no_{what}" not in line.flags

    def _floor(self, line: Line) -> int:
        units = [line.floor_price or 0]
        for goods in self._classes(line):
            units.append(_money(self._in_force(goods.get("floor_price", []))))
            price = Fraction(self._in_force(goods.get("floor_per_abv_litre", [])))
            if price:  # semantics 10: rounded up; 9: of one unit, times the quantity
                assert line.abv is not None
                assert line.litres is not None
                units.append(ceil(price * 10**DIGITS * line.abv * line.litres / 10**6))
        return ceil(Fraction(max(units) * line.quantity, 1000))

    def _in_force(self, dated: list[Table]) -> str:
        prices = {it["from"]: str(it["price"]) for it in dated if it["from"] <= self.at.date()}
        return prices[max(prices)] if prices else "0"

    def _room(self, place: int) -> int:
        return max(0, self.net[place] - self.floors[place])

    # When rules hold.

    def _groups(self, layer: str) -> list[tuple[Table, list[Table]]]:
        members: dict[str, list[Table]] = {}
        for rule in self.program.get("rules", []):
            if rule["layer"] == layer:
                members.setdefault(rule.get("group", f"own {rule['id']}"), []).append(rule)
        known = self.program.get("groups", {})
        return [({**PLAIN_GROUP, **known.get(name, {})}, them) for name, them in members.items()]

    def _holds(self, rule: Table, total: int) -> bool:
        when = rule.get("when", {})
        if "time" in when:
            start, end = when["time"].split("-")
            now = f"{self.at:%H:%M}"
            if not (start <= now < end if start < end else now >= start or now < end):
                return False
        return (
            self.tier in when.get("tier", [self.tier])
            and DAYS[self.at.weekday()] in when.get("weekday", DAYS)
            and total >= _money(when.get("min_total", "0"))
        )

    # The layers that lower prices.

    def run_item_layer(self) -> None:
        """Let each group work; of a line's offers pick says which count."""
        for group, rules in self._groups("item"):
            start = list(self.net)
            if group["pick"] == "all":
                for rule in rules:
                    base = start if group["base"] == "original" else list(self.net)
                    self._take(rule, self._item_offer(rule, base))
                continue
            offers = [self._item_offer(rule, start) for rule in rules]
            for place in range(len(self.lines)):
                column = [offer[place] for offer in offers]
                first = next((amount for amount in column if amount), 0)
                wanted = first if group["pick"] == "first" else max(column)
                self._take_one(rules[column.index(wanted)], place, wanted)

    def _item_offer(self, rule: Table, base: Sequence[int]) -> list[int]:
        offer = [0] * len(self.lines)
        if not self._holds(rule, sum(base)):
            return offer
        give = rule["give"]
        for place, line in enumerate(self.lines):
            if not (self._on(rule.get("on"), line) and self._may(line, "discount")):
                continue
            if "percent_off" in give:
                amount = _half_up(base[place] * _share(give["percent_off"]))
            else:  # off the price of each unit
                amount = _half_up(Fraction(_money(give["amount_off"]) * line.quantity, 1000))
            offer[place] = min(amount, base[place], self._room(place))
        most = _money(give["max"]) if "max" in give else sum(offer)  # of the rule, on the receipt
        weights = [Fraction(it) for it in offer]
        return waterfall(most, weights, offer, self.rounding["spread"])

    def run_receipt_layer(self) -> None:
        """A discount card's percentage, then the groups."""
        groups = self._groups("receipt")
        if self.plastic and self.seen.card is not None:
            prefix = self.seen.card.range.partition("/")[0]
            share = next(it["discount"] for it in self.program["cards"] if it["prefix"] == prefix)
            card = {"id": "card", "layer": "receipt", "give": {"percent_off": share}}
            groups.insert(0, (PLAIN_GROUP, [card]))
        for group, rules in groups:
            start = list(self.net)
            if group["pick"] == "all":
                for rule in rules:
                    base = start if group["base"] == "original" else list(self.net)
                    self._take(rule, self._receipt_offer(rule, base))
                continue
            offers = [(rule, self._receipt_offer(rule, start)) for rule in rules]
            giving = [it for it in offers if any(it[1])]
            if group["pick"] == "best":
                giving.sort(key=lambda it: -sum(it[1]))
            for rule, offer in giving[:1]:
                self._take(rule, offer)

    def _receipt_offer(self, rule: Table, base: Sequence[int]) -> list[int]:
        if not self._holds(rule, sum(base)):
            return [0] * len(base)
        meant = [self._on(rule.get("on"), it) and self._may(it, "discount") for it in self.lines]
        weights = [Fraction(net if on else 0) for net, on in zip(base, meant, strict=True)]
        give = rule["give"]
        if "percent_off" in give:
            amount = _half_up(sum(weights) * _share(give["percent_off"]))
            amount = min(amount, _money(give["max"])) if "max" in give else amount
        else:
            amount = min(_money(give["amount_off"]), sum(base))
        rooms = [self._room(place) for place in range(len(base))]
        if self.rounding["floor"] == "redistribute":
            return waterfall(amount, weights, rooms, self.rounding["spread"])
        whole = [int(weight) for weight in weights]
        plain = waterfall(amount, weights, whole, self.rounding["spread"])
        return [min(share, room) for share, room in zip(plain, rooms, strict=True)]

    def _take(self, rule: Table, offer: Sequence[int]) -> None:
        for place, amount in enumerate(offer):
            self._take_one(rule, place, amount)

    def _take_one(self, rule: Table, place: int, wanted: int) -> None:
        amount = min(wanted, self._room(place))
        if amount:
            self.net[place] -= amount
            self.effects[place].append((rule["id"], rule["layer"], amount))

    # Wallets.

    def redeem(self) -> None:
        """Let wallets pay: discounts before tender, each in the file's order."""
        wallets = self.program.get("wallets", {}).items()
        paying = [it for it in wallets if "redeem_rate" in it[1]]
        account = self.seen.account
        for name, wallet in sorted(paying, key=lambda it: it[1].get("points_as") == "tender"):
            wish = self.basket.wish(name)
            if wish is None or account is None or self.plastic or account.debt(name):
                continue
            able = self._redeemable(name, wallet)
            self._pay(name, wallet, able if wish.amount is None else min(able, wish.amount))

    def _redeemable(self, name: str, wallet: Table) -> int:
        assert self.seen.account is not None
        rooms = self._payable(wallet)
        may = [net for net, it in zip(self.net, self.lines, strict=True) if self._may(it, "redeem")]
        money = min(floor(sum(may) * _share(wallet.get("max_share", "100%"))), sum(rooms))
        today = self.at.date()
        balance = sum(
            lot.amount
            for lot in self.seen.account.lots
            if lot.wallet == name
            and lot.active_from <= today
            and (lot.expires_at is None or today < lot.expires_at)
        )
        return min(floor(money / _worth(wallet)), balance)

    def _payable(self, wallet: Table) -> list[int]:
        tender = wallet.get("points_as") == "tender"
        rooms = [net if tender else self._room(place) for place, net in enumerate(self.net)]
        allowed = [self._may(line, "redeem") for line in self.lines]
        return [room if may else 0 for room, may in zip(rooms, allowed, strict=True)]

    def _pay(self, name: str, wallet: Table, points: int) -> None:
        points -= points % (int(Decimal(wallet.get("step", "0")).scaleb(wallet["scale"])) or 1)
        money = floor(points * _worth(wallet))
        if points < Decimal(wallet.get("min_redeem", "0")).scaleb(wallet["scale"]) or not money:
            return
        rooms = self._payable(wallet)
        weights = [Fraction(net if room else 0) for net, room in zip(self.net, rooms, strict=True)]
        self.spent[name] = points
        tender = wallet.get("points_as") == "tender"
        for place, part in enumerate(waterfall(money, weights, rooms, self.rounding["spread"])):
            self.net[place] -= part
            if part:
                self.paid[place].append((name, part, tender))

    # Earning.

    def earn(self) -> None:
        """Sum up the rules of each wallet exactly, round once, spread."""
        if self.seen.account is None or self.plastic:
            return
        discounted = [
            gross - sum(amount for *_, amount in effects)
            for gross, effects in zip(self.gross, self.effects, strict=True)
        ]
        lowered = [sum(part for _, part, tender in it if not tender) for it in self.paid]
        after = [it - part for it, part in zip(discounted, lowered, strict=True)]
        self._reach_tier(after)
        bases = {
            "net-of-points": after,
            "net-of-discounts": discounted,
            "gross": self.gross,
            "none-if-redeemed": [0] * len(after) if any(lowered) else discounted,
        }
        points = {name: [Fraction(0)] * len(after) for name in self.program.get("wallets", {})}
        for group, rules in self._groups("points"):
            claims = [self._claim(rule, bases, sum(after)) for rule in rules]
            claims = [it for it in claims if any(it[1])]
            if group["pick"] == "best":  # a tie goes to the rule that stands first
                claims.sort(key=lambda it: -sum(it[1]))
            for name, claim in claims if group["pick"] == "all" else claims[:1]:
                points[name] = [a + b for a, b in zip(points[name], claim, strict=True)]
        for name, exact in points.items():
            self._credit(name, exact)

    def _reach_tier(self, after: Sequence[int]) -> None:
        tiers = self.program.get("tiers")
        if not tiers or not tiers.get("counts_current", True) or self.seen.account is None:
            return
        spend = self.seen.account.measure  # goods that may not earn don't lead to a tier either
        spend += sum(
            net for net, it in zip(after, self.lines, strict=True) if self._may(it, "earn")
        )
        levels = [it["id"] for it in tiers["levels"]]
        reached = [it["id"] for it in tiers["levels"] if spend >= _money(it["from"])]
        self.tier = max(reached[-1], self.tier, key=levels.index)

    def _claim(
        self, rule: Table, bases: dict[str, list[int]], total: int
    ) -> tuple[str, list[Fraction]]:
        name, share = rule["give"]["earn"], _share(rule["give"]["percent"])
        base = bases[self.program["wallets"][name].get("earn_base", "net-of-points")]
        meant = [self._on(rule.get("on"), it) and self._may(it, "earn") for it in self.lines]
        holds = self._holds(rule, total)
        return name, [
            amount * share if on and holds else Fraction(0)
            for amount, on in zip(base, meant, strict=True)
        ]

    def _credit(self, name: str, money: Sequence[Fraction]) -> None:
        scale = self.program["wallets"][name]["scale"]
        exact = [it * 10**scale / 10**DIGITS for it in money]
        total = sum(exact, Fraction(0))
        amount = floor(total) if self.rounding["points"] == "floor" else _half_up(total)
        if amount:
            self.earned[name] = amount
        rooms = [amount] * len(exact)
        for place, part in enumerate(waterfall(amount, exact, rooms, self.rounding["spread"])):
            if part:
                self.shares[place][name] = part


def _worth(wallet: Table) -> Fraction:
    """Minor units of money that one unit of the wallet pays."""
    return Fraction(wallet["redeem_rate"]) * Fraction(10) ** (DIGITS - int(wallet["scale"]))
