"""What other engines take for the best percentage of each line: 50 rules of conditions and goods.

They find the percentages, and the amounts are rounded and summed here; they know of no groups,
floors, limits, wallets or points, and say nothing of why. Each comes to the same sum as loyaltyd.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import json_logic
import zen

from loyaltyd.domain.basket import Line
from loyaltyd.domain.money import half_up
from loyaltyd.domain.spans import WEEKDAYS
from tools.bench.workload import AT, CATEGORIES, LINES

TIER = "gold"
KEYS = ("category", "sku", "tier", "weekday")
HEAD = """id = "percentages"
version = 1
currency = "RUB"
starts = 2020-01-01

[[cards]]
kind = "bonus"
prefix = "2990"
length = 13

[tiers]
levels = [{ id = "start", from = "0" }, { id = "gold", from = "100.00" }]

[groups.item]
pick = "best"
"""
RULE = """
[[rules]]
id = "p-{number}"
layer = "item"
group = "item"
{when}on = {{ {key} = ["{goods}"] }}
give = {{ percent_off = "{percent}%" }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """So many per cent off goods, for a tier or on days or always."""

    percent: int
    key: str  # "category" | "sku"
    goods: str
    tier: str = ""
    days: tuple[str, ...] = ()


def promises(count: int) -> list[Promise]:
    """Such a mix of conditions and goods as the bench's programs have."""
    goods = [
        ("sku", f"46006820000{n % LINES:02}")
        if n % 4 == 0
        else ("category", f"goods/c{n % CATEGORIES}")
        for n in range(count)
    ]
    return [
        Promise(
            percent=5 + n % 10,
            key=key,
            goods=name,
            tier=TIER if n % 3 == 0 else "",
            days=("sat", "sun") if n % 3 == 1 else (),
        )
        for n, (key, name) in enumerate(goods)
    ]


def percentages(them: Sequence[Promise]) -> str:
    """The promises as a program: a group of item rules of which the best counts."""
    return HEAD + "".join(_rule(number, it) for number, it in enumerate(them))


def peers(them: Sequence[Promise], lines: Sequence[Line]) -> dict[str, Callable[[], int]]:
    """Calls that work out what is left to pay, by the peer's name."""
    facts = [
        {"category": it.category, "sku": it.sku, "tier": TIER, "weekday": WEEKDAYS[AT.weekday()]}
        for it in lines
    ]
    grosses = [line.gross for line in lines]

    def paying(found: Callable[[], Sequence[float]]) -> Callable[[], int]:
        def pay() -> int:
            pairs = zip(grosses, found(), strict=True)
            return sum(gross - half_up(gross * int(percent), 100) for gross, percent in pairs)

        return pay

    return {
        "zen decision table": paying(_table(them, facts)),
        "zen table sorted by hand": paying(_sorted_table(them, facts)),
        "zen expression": paying(_expression(them, facts)),
        "json-logic": paying(_json_logic(them, facts)),
    }


def _rule(number: int, it: Promise) -> str:
    when = f'when = {{ tier = ["{it.tier}"] }}\n' if it.tier else ""
    if it.days:
        when = f"when = {{ weekday = {json.dumps(it.days)} }}\n"
    return RULE.format(number=number, when=when, key=it.key, goods=it.goods, percent=it.percent)


def _table(
    them: Sequence[Promise], facts: Sequence[dict[str, str]]
) -> Callable[[], Sequence[float]]:
    """A decision table in loop mode: every hit of each line, and the highest of them."""
    decision, context = _decision(them, "collect"), {"lines": facts}
    return lambda: [
        max(hit["percent"] for hit in hits)
        for hits in decision.evaluate(context)["result"]["lines"]
    ]


def _sorted_table(
    them: Sequence[Promise], facts: Sequence[dict[str, str]]
) -> Callable[[], Sequence[float]]:
    """The same table with the highest percentage on top, so that a line's first hit ends it."""
    falling = sorted(them, key=lambda it: -it.percent)
    decision, context = _decision(falling, "first"), {"lines": facts}
    return lambda: [it["percent"] for it in decision.evaluate(context)["result"]["lines"]]


def _decision(them: Sequence[Promise], hits: str) -> zen.ZenDecision:
    table = {
        "hitPolicy": hits,
        "executionMode": "loop",
        "inputField": "lines",
        "outputPath": "lines",
        "passThrough": False,
        "inputs": [{"id": key, "name": key, "field": key} for key in KEYS],
        "outputs": [{"id": "percent", "name": "percent", "field": "percent"}],
        "rules": [*map(_row, them), {"_id": "none", **dict.fromkeys(KEYS, ""), "percent": "0"}],
    }
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "table", "name": "table", "type": "decisionTableNode", "content": table},
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": f"{source}-{target}", "sourceId": source, "targetId": target, "type": "edge"}
        for source, target in (("in", "table"), ("table", "out"))
    ]
    return zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))


def _row(it: Promise) -> dict[str, str]:
    cells = {
        it.key: f'"{it.goods}"',
        "tier": it.tier and f'"{it.tier}"',
        "weekday": ",".join(f'"{day}"' for day in it.days),
    }
    return {"_id": it.goods, **dict.fromkeys(KEYS, ""), **cells, "percent": f"{it.percent}"}


def _expression(
    them: Sequence[Promise], facts: Sequence[dict[str, str]]
) -> Callable[[], Sequence[float]]:
    """One compiled expression for the whole basket."""
    choices = []
    for it in them:
        test = f'#.{it.key} == "{it.goods}"'
        test += f' and tier == "{it.tier}"' if it.tier else ""
        test += f" and weekday in {json.dumps(it.days)}" if it.days else ""
        choices.append(f"{test} ? {it.percent} : 0")
    compiled = zen.compile_expression(f"map(lines, max([{', '.join(choices)}]))")
    context = {"lines": facts, "tier": facts[0]["tier"], "weekday": facts[0]["weekday"]}
    return lambda: compiled.evaluate(context)


def _json_logic(
    them: Sequence[Promise], facts: Sequence[dict[str, str]]
) -> Callable[[], Sequence[float]]:
    """The highest of all percentages that hold, a call a line."""
    choices: list[object] = []
    for it in them:
        tests: list[object] = [{"==": [{"var": it.key}, it.goods]}]
        if it.tier:
            tests.append({"==": [{"var": "tier"}, it.tier]})
        if it.days:
            tests.append({"in": [{"var": "weekday"}, it.days]})
        choices.append({"if": [{"and": tests}, it.percent, 0]})
    logic = {"max": choices}
    return lambda: [json_logic.jsonLogic(logic, line) for line in facts]
