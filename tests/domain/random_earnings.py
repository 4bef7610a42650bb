"""Random gifts of the points layer, in the language of programs."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random


def random_earning(chance: Random, wallets: Sequence[str]) -> str:
    """The table give of a rule that earns; not every one of them fits every program."""
    way = chance.choice(("percent", "percent", "per_amount", "per_unit", "points", "multiply"))
    number = chance.choice(("1", "2", "7", "13"))
    value = {
        "percent": f'"{chance.choice(("5%", "1%", "150%", "0.3333%"))}"',
        "per_amount": f'["{chance.choice(("10.00", "33.33", "250"))}", "{number}"]',
        "multiply": f'"{chance.choice(("2", "3", "1.5", "1.333"))}"',
    }.get(way, f'"{number}"')
    keys = [f'earn = "{chance.choice(wallets)}"', f"{way} = {value}"]
    if way in {"percent", "per_amount"} and chance.random() < 0.4:
        keys.append(f'of = "{chance.choice((*wallets, "rest", "rest"))}"')
    if chance.random() < 0.2:
        keys.append(f'activates = "{chance.choice((0, 3, 30))}d"')
    if chance.random() < 0.3:
        keys.append(f'expires = "{chance.choice((60, 90, 365))}d"')
    return ", ".join(keys)
