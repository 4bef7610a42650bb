"""Amounts: text to minor units, roundings, and an amount spread over lines."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

DIGITS = 2  # of the currencies that it is asked about
TIES: list[str] = []  # for what lines tied since it was cleared, so that their order decided


def waterfall(
    amount: int, weights: Sequence[Fraction], rooms: Sequence[int], way: str
) -> list[int]:
    """Spread amount by weights; a line whose exact quota fills its room gets its room."""
    shares = [0] * len(weights)
    open_lines = [place for place, weight in enumerate(weights) if weight]
    amount = min(amount, sum(rooms[place] for place in open_lines))
    while open_lines:
        total = sum(weights[place] for place in open_lines)
        quotas = {place: amount * weights[place] / total for place in open_lines}
        full = [place for place in open_lines if quotas[place] >= rooms[place]]
        if not full:
            for place, share in _rounded(amount, quotas, way).items():
                shares[place] = share
            break
        for place in full:
            shares[place] = rooms[place]
        amount -= sum(rooms[place] for place in full)
        open_lines = [place for place in open_lines if place not in full]
    return shares


def kopecks(text: str) -> int:
    """Roubles as kopecks."""
    return int(Decimal(text).scaleb(DIGITS))


def percentage(text: str) -> Fraction:
    """A percentage such as 30% exactly."""
    return Fraction(text.removesuffix("%")) / 100


def half_up(value: Fraction) -> int:
    """Round half away from zero; value >= 0."""
    return floor(value + Fraction(1, 2))


def note_tie(ordered: Sequence[tuple[Fraction, int]], taken: int, what: str) -> None:
    """Note that lines are equal of which some were taken and some were left: (worth, line)."""
    if 0 < taken < len(ordered) and ordered[taken - 1][0] == ordered[taken][0]:
        tied = {line for worth, line in ordered if worth == ordered[taken][0]}
        if len(tied) > 1:
            TIES.append(what)


def _rounded(amount: int, quotas: dict[int, Fraction], way: str) -> dict[int, int]:
    if way == "largest-remainder":
        shares = {place: floor(quota) for place, quota in quotas.items()}
        order = sorted(quotas, key=lambda place: (shares[place] - quotas[place], place))
        more = amount - sum(shares.values())
        note_tie([(quotas[it] - shares[it], it) for it in order], more, "a remainder")
        for place in order[:more]:
            shares[place] += 1
        return shares
    shares = {place: ceil(quota - Fraction(1, 2)) for place, quota in quotas.items()}
    step = 1 if amount > sum(shares.values()) else -1
    if amount != sum(shares.values()):
        TIES.append("the first lines")
    for place, quota in quotas.items():  # of semantics 5 the invariant: within one unit of a quota
        if sum(shares.values()) != amount and abs(shares[place] + step - quota) <= 1:
            shares[place] += step
    return shares
