"""Random changes of a program's tree: values, keys, rules; most of what they make is refused.

Keys come from the language's own models and values from programs that use them, so that whatever
the language gets is tried too.
"""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, TypeAlias

from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.toml import keys_at
from loyaltyd.domain.toml_lines import Path
from tests.domain.random_conditions import random_condition, random_coupon, random_limit
from tests.domain.random_discounts import random_discount
from tests.domain.random_earnings import random_earning
from tests.domain.receipts import rule

Tree: TypeAlias = dict[str, Any]
RULES_MAX = 40  # enough to meet each other, and a program is still read in milliseconds
AMOUNTS = ("0", "0.00", "0.01", "1", "0.001", "100.00", "99999999999.99", "100000000000.00")
SHARES = ("0%", "0.0001%", "1%", "33.3333%", "99.9999%", "100%", "100.0001%", "999999999%")
SPANS = ("0d", "1d", "36600d", "1mo", "1200mo", "100y", "99y after month-end", "rolling-1d")
WINDOWS = ("00:00-24:00", "23:59-00:00", "00:00-00:01", "12:00-11:59", "-182d..+182d", "-0d..+0d")
TEXTS = (
    "",
    " ",
    "ж",
    "\U0001f600",
    "\u202e",
    "\x00",
    "\x7f",
    "\n",
    "a" * 64,
    "я" * 200,
    "{amount}",
)
NAMES = (
    "card",
    "rest",
    "*",
    "a/*",
    "//*",
    "rule 0",
    "-",
    "lifetime",
    "calendar-year",
    "USD",
    "JPY",
)
NUMBERS = (0, 1, 2, 3, 5, 6, 12, 1000, 10_000, 1_000_000, 2**31, 10**13, -1, 0.5)
DAYS = (
    *(dt.date.min, dt.date(2026, 12, 4), dt.date(2026, 12, 5), dt.date(2026, 12, 6)),
    *(dt.date(2028, 2, 29), dt.date.max),
)


class Mutator:
    """Changes trees, by values that stand in some programs."""

    def __init__(self, programs: Sequence[str]) -> None:
        self.trees: list[Tree] = [tomllib.loads(text) for text in programs]
        self._values: dict[str, list[object]] = {}  # by key, whatever table that is in
        for tree in self.trees:
            for path, value in _places(tree):
                if isinstance(path[-1], str):
                    self._values.setdefault(path[-1], []).append(value)

    def mutated(self, chance: Random, tree: Tree) -> Tree:
        """A changed copy of tree."""
        found = copy.deepcopy(tree)
        for _ in range(chance.choice((1, 1, 2, 3, 5))):
            change = chance.choice(
                (
                    self._odd,
                    self._known,
                    self._known,
                    self._added,
                    _dropped,
                    _moved,
                    _ruled,
                    _ruled,
                    _laid,
                )
            )
            change(chance, found)
        del found["rules"][RULES_MAX:]
        return found

    def _odd(self, chance: Random, tree: Tree) -> None:
        """A single value becomes another one of its kind, most of them at an edge."""
        leaves = [it for it in _places(tree) if not isinstance(it[1], dict | list)]
        path, value = chance.choice(leaves)
        _around(tree, path)[path[-1]] = odd(chance, value)

    def _known(self, chance: Random, tree: Tree) -> None:
        """The value of a key becomes what some program has there."""
        known = [path for path, _ in _places(tree) if path[-1] in self._values]
        path = chance.choice(known)
        _around(tree, path)[path[-1]] = copy.deepcopy(chance.choice(self._values[str(path[-1])]))

    def _added(self, chance: Random, tree: Tree) -> None:
        """A table gets a key that it may have."""
        tables = [(path, it) for path, it in _places(tree) if isinstance(it, dict)]
        path, table = chance.choice(tables)
        keys = [key for key in keys_at(ProgramTable, path) if key in self._values]
        if keys:
            key = chance.choice(keys)
            table[key] = copy.deepcopy(chance.choice(self._values[key]))


def odd(chance: Random, value: object) -> object:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return chance.choice(NUMBERS)
    if isinstance(value, dt.date):
        return chance.choice((*DAYS, "2026-12-05"))
    text = str(value)
    alike = next((it for end, it in _ALIKE.items() if re.search(end, text)), NAMES)
    return chance.choice((*alike, *alike, *alike, chance.choice(TEXTS), chance.choice(NAMES)))


_ALIKE: Mapping[str, Sequence[str]] = {
    r"%$": SHARES,
    r"^[0-9.]+$": AMOUNTS,
    r"^[0-9]+(d|mo|y)": SPANS,
    r"[0-9]-[0-9]|\.\.": WINDOWS,
}


def words_of(tree: Tree, key: str) -> list[str]:
    """The strings that a program has under a key, wherever."""
    found: dict[str, None] = {}
    for path, value in _places(tree):
        if isinstance(value, str) and key in path[-3:]:  # regions.scotland[0]
            found[value] = None
    return list(found)


def _dropped(chance: Random, tree: Tree) -> None:
    inner = [path for path, _ in _places(tree) if len(path) > 1]
    if inner:
        path = chance.choice(inner)
        del _around(tree, path)[path[-1]]


def _moved(chance: Random, tree: Tree) -> None:
    """The items of an array are copied, turned round, mixed or emptied."""
    arrays = [it for _, it in _places(tree) if isinstance(it, list)]
    if not arrays:
        return
    items = chance.choice(arrays)
    way = chance.randrange(5)
    if way == 0:
        items.reverse()
    elif way == 1:
        chance.shuffle(items)
    elif way == 2:
        items.clear()
    else:
        another = copy.deepcopy(chance.choice(items or [{}]))
        if isinstance(another, dict) and "id" in another:
            another["id"] = f"r{chance.randrange(10**6)}"
        items.insert(chance.randint(0, len(items)), another)


def _ruled(chance: Random, tree: Tree) -> None:
    """One more rule, of the kinds that the oracle is asked about."""
    layer = chance.choice(("item", "receipt", "coupon", "points"))
    wallets = list(tree.get("wallets", {})) or ["bonus"]
    if layer == "points":
        give = random_earning(chance, wallets)
    else:
        give = random_discount(chance, layer, tiers="tiers" in tree)
    condition = random_condition(chance) if chance.random() < 0.5 else ""
    condition = random_coupon(chance) if layer == "coupon" else condition
    when = f"when = {{ {condition} }}\n" if condition else ""
    groups = [it for it in tree.get("groups", {}) if chance.random() < 0.5]
    group = f'group = "{groups[0]}"\n' if groups else ""
    name = f"r{chance.randrange(10**6)}"
    text = rule(name, layer, give, when + group + random_limit(chance, coupon="coupon" in when))
    rules = tree["rules"]
    rules.insert(chance.randint(0, len(rules)), tomllib.loads(text)["rules"][0])


def _laid(chance: Random, tree: Tree) -> None:
    """A rule goes to another layer or another group."""
    if not tree["rules"]:
        return
    changed = chance.choice(tree["rules"])
    if chance.random() < 0.4:
        changed["layer"] = chance.choice(("item", "receipt", "coupon", "points"))
    else:
        name = f"g{chance.randrange(4)}"
        pick, base = chance.choice(("best", "first", "all")), chance.choice(("cascade", "original"))
        tree.setdefault("groups", {}).setdefault(name, {"pick": pick, "base": base})
        changed["group"] = name


def _places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Everything inside of value with its path; a container before what it holds."""
    pairs: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, dict):
        pairs = iter(value.items())
    elif isinstance(value, list):
        pairs = iter(enumerate(value))
    for step, inner in pairs:
        yield (*path, step), inner
        yield from _places(inner, (*path, step))


def _around(tree: Tree, path: Path) -> Any:
    found: Any = tree
    for step in itertools.islice(path, len(path) - 1):
        found = found[step]
    return found
