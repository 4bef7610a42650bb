"""A receipt on its way, and what its goods are and may."""

from __future__ import annotations

import datetime as dt
import tomllib
from fractions import Fraction
from math import ceil
from typing import Any

from loyaltyd.domain.account import Account, Seen
from loyaltyd.domain.basket import Basket, Line
from loyaltyd.domain.language.law_packs.editions import EDITIONS
from tests.domain.oracle.exact import DIGITS, half_up, kopecks

Table = dict[str, Any]
STORE = "msk-017"  # where the tests' receipts are
PLAIN_GROUP: Table = {"pick": "best", "base": "cascade"}
ROUNDING: Table = {"points": "floor", "spread": "largest-remainder", "floor": "redistribute"}


class Shop:
    """A receipt at one stage after the other."""

    def __init__(self, program: Table, basket: Basket, seen: Seen, at: dt.datetime) -> None:
        self.program, self.basket, self.seen, self.at = program, basket, seen, at
        self.rounding = {**ROUNDING, **program.get("rounding", {})}
        self.lines = basket.lines
        self.gross = [half_up(Fraction(it.price * it.quantity, 1000)) for it in self.lines]
        self.net = list(self.gross)
        self.floors = [self._floor(it) for it in self.lines]
        self.free = [0] * len(self.lines)  # pieces that cost nothing
        self.effects: list[list[tuple[str, str, int]]] = [[] for _ in self.lines]
        self.paid: list[list[tuple[str, int, bool]]] = [[] for _ in self.lines]
        self.points: list[list[tuple[str, int]]] = [[] for _ in self.lines]  # as paid, line by line
        self.prices: list[list[tuple[str, int]]] = [[] for _ in self.lines]  # of rewards, points
        self.shares: list[dict[str, int]] = [{} for _ in self.lines]
        self.spent: dict[tuple[str, str], int] = {}  # wallet and whose: a gift card's, or none
        self.earned: dict[str, int] = {}
        self.dated: list[tuple[str, dt.date, dt.date | None, int]] = []
        self.tier = seen.account.tier if seen.account else ""
        self.plastic = seen.card is not None and seen.card.kind == "discount"

    def on(self, match: Table | None, line: Line) -> bool:
        """Whether line is of those goods."""
        if not match:
            return True
        if "class" in match:
            match = self.named_classes()[match["class"]]["match"]
        categories = match.get("category", [])
        below = any(it.endswith("/*") and line.category.startswith(it[:-1]) for it in categories)
        tagged = any(tag in match.get("tags", []) for tag in line.tags)
        named = line.category in categories or line.sku in match.get("sku", [])
        return below or named or tagged

    def within(self, region: str) -> bool:
        """Whether the receipt is made in a store of that region."""
        return any(
            STORE.startswith(it[:-1]) if it.endswith("*") else it == STORE
            for it in self.program["regions"][region]
        )

    def named_classes(self) -> dict[str, Table]:
        """The program's classes, and those of the law packs that it takes."""
        found = dict(self.program.get("classes", {}))
        for law, taken in self.program.get("laws", {}).items():
            entries = tomllib.loads(EDITIONS[law][taken["edition"]])["entries"]
            for name, goods in taken["goods"].items():
                found[f"{law}.{name}"] = {**entries[name], "match": goods}
        return found

    def classes(self, line: Line) -> list[Table]:
        """The classes of line that are in force."""
        day = self.at.date()
        return [
            it
            for it in self.named_classes().values()
            if self.on(it["match"], line)
            and it.get("from", day) <= day <= it.get("until", day)
            and ("region" not in it or any(self.within(name) for name in it["region"]))
        ]

    def may(self, line: Line, what: str) -> bool:
        """Whether what: earn, discount or redeem."""
        switched_on = all(it.get(what, True) for it in self.classes(line))
        return switched_on and f"no_{what}" not in line.flags

    def _floor(self, line: Line) -> int:
        units = [line.floor_price or 0]
        for goods in self.classes(line):
            units.append(kopecks(self._in_force(goods.get("floor_price", []))))
            volumes = [
                it for it in goods.get("floor_per_litres", []) if it["from"] <= self.at.date()
            ]
            for it in volumes[-1:]:  # semantics 9: of half a litre, another bottle in proportion
                assert line.litres is not None
                litres = Fraction(line.litres, 1000) / Fraction(it["litres"])
                units.append(ceil(kopecks(it["price"]) * litres))
            price = Fraction(self._in_force(goods.get("floor_per_abv_litre", [])))
            if price:  # semantics 10: rounded up; 9: of one unit, times the quantity
                assert line.abv is not None
                assert line.litres is not None
                units.append(ceil(price * 10**DIGITS * line.abv * line.litres / 10**6))
        return ceil(Fraction(max(units) * line.quantity, 1000))

    def _in_force(self, dated: list[Table]) -> str:
        prices = {it["from"]: str(it["price"]) for it in dated if it["from"] <= self.at.date()}
        return prices[max(prices)] if prices else "0"

    def room(self, place: int) -> int:
        """What a discount may still take: tender leaves the price where it is."""
        tender = sum(money for _, money, as_tender in self.paid[place] if as_tender)
        above_floor = self.net[place] + tender - self.floors[place]
        return max(0, min(self.net[place], above_floor))

    def balance(self, wallet: str) -> int:
        """What may still be spent of a wallet: no debt, no lot that waits or is gone."""
        account = self.seen.account
        if account is None or self.plastic or account.debt(wallet):
            return 0
        return self.usable(account, wallet) - self.spent.get((wallet, ""), 0)

    def usable(self, account: Account, wallet: str) -> int:
        """What an account's lots hold of a wallet that day."""
        today = self.at.date()
        return sum(
            lot.amount
            for lot in account.lots
            if lot.wallet == wallet
            and lot.active_from <= today
            and (lot.expires_at is None or today < lot.expires_at)
        )

    def groups(self, layer: str) -> list[tuple[Table, list[Table]]]:
        """The groups of a layer and their rules, in the file's order."""
        members: dict[str, list[Table]] = {}
        for rule in self.program.get("rules", []):
            prints = "coupon" in rule["give"]  # such rules work last, in groups of their own
            if ("printing" if prints else rule["layer"]) == layer:
                members.setdefault(rule.get("group", f"own {rule['id']}"), []).append(rule)
        known = self.program.get("groups", {})
        return [({**PLAIN_GROUP, **known.get(name, {})}, them) for name, them in members.items()]

    def take_one(self, rule: Table, place: int, wanted: int) -> int:
        """Let rule take what it may of one line; say how much it was."""
        amount = min(wanted, self.room(place))
        if amount:
            self.net[place] -= amount
            self.effects[place].append((rule["id"], rule["layer"], amount))
        return amount

    def barred(self, rule: Table, place: int) -> bool:
        """Whether a rule that it never goes with has lowered the line, whoever of the two says."""
        groups = self.program.get("groups", {})
        own = groups.get(rule.get("group"), {}).get("exclude", [])
        foes = set(rule.get("exclude", []))
        for other in self.program.get("rules", []):
            theirs = groups.get(other.get("group"), {}).get("exclude", [])
            named = rule["id"] in other.get("exclude", [])
            if named or other.get("group") in own or rule.get("group", "") in theirs:
                foes.add(other["id"])
        return bool({effect[0] for effect in self.effects[place]} & foes)
