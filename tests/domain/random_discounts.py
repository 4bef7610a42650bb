"""What a random rule takes off, in the program's language."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from loyaltyd.domain.money import decimal

SHARES = ("10%", "7%", "33.3333%", "100%", "0.5%")


def random_reward(chance: Random, wallets: Sequence[str]) -> str:
    """The keys of give of a reward, most of them at a price in points."""
    free = f"free = {chance.randint(1, 3)}"
    give = chance.choice(
        (
            *(free, free, f"buy = {chance.randint(4, 6)}, {free}"),
            f'percent_off = "{chance.choice(SHARES)}"{_units(chance)}{_most(chance)}',
            f'amount_off = "{_amount(chance, 5000)}"{_units(chance)}',
            f'fixed_price = "{_amount(chance, 9000)}"{_units(chance)}',
        )
    )
    paying = chance.sample(wallets, chance.choice((1, 1, 2)))
    prices = ", ".join(f'{name} = "{chance.choice((1, 7, 40))}"' for name in paying)
    cost = "" if give == free and chance.random() < 0.2 else f", cost = {{ {prices} }}"
    return f"{give}{_which(chance)}{cost}"


def random_discount(chance: Random, layer: str, *, tiers: bool) -> str:
    """The keys of give of one discount; tiers says whether the program has any."""
    kind = chance.random()
    if kind < 0.25:
        return _scale(chance, tiers=tiers)
    if layer == "item" and kind < 0.4:
        every = chance.randint(2, 5)
        return f"buy = {every}, free = {chance.randint(1, every - 1)}{_which(chance)}"
    if layer == "item" and kind < 0.5:
        return f'buy = {chance.randint(2, 4)}, bundle = "{_amount(chance, 60_000)}"'
    few = _few(chance) if layer == "item" and chance.random() < 0.4 else ""
    if layer == "item" and kind < 0.6:
        return f'fixed_price = "{_amount(chance, 9000)}"{few}'
    if kind < 0.75:
        return f'amount_off = "{_amount(chance, 5000)}"{few}'
    return f'percent_off = "{chance.choice(SHARES)}"{few}{_most(chance)}'


def _few(chance: Random) -> str:
    return f"{_units(chance)}{_which(chance)}"


def _units(chance: Random) -> str:
    units = chance.randint(1, 4)
    buy = f"buy = {units + chance.randint(1, 3)}, " if chance.random() < 0.5 else ""
    return f", {buy}units = {units}"


def _which(chance: Random) -> str:
    return chance.choice(("", ', which = "cheapest"', ', which = "dearest"'))


def _scale(chance: Random, *, tiers: bool) -> str:
    by = chance.choice(("total", "quantity", "spent") if tiers else ("total", "quantity"))
    starts = sorted(chance.sample(range(1, 15) if by == "quantity" else range(60_000), 3))
    written = starts if by == "quantity" else [f'"{decimal(it, 2)}"' for it in starts]
    steps = ", ".join(f'[{it}, "{chance.choice(SHARES)}"]' for it in written)
    return f"percent_off_by_{by} = [{steps}]{_most(chance)}"


def _most(chance: Random) -> str:
    return f', max = "{_amount(chance, 4000)}"' if chance.random() < 0.3 else ""


def _amount(chance: Random, most: int) -> str:
    return decimal(chance.randint(1, most), 2)
