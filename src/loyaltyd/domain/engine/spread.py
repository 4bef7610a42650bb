"""An amount divided over lines: every share exact, their sum the amount, on any machine.

Shares go by weight. The largest remainder is the default, a tie goes to the earlier line; "first-
lines" is the way of Sylius: each share rounded half down, and the difference one unit a line from
the first.
"""

from collections.abc import Sequence

LARGEST_REMAINDER, FIRST_LINES = "largest-remainder", "first-lines"


def spread(amount: int, weights: Sequence[int], way: str = LARGEST_REMAINDER) -> list[int]:
    """Divide amount >= 0 by weights >= 0; no weight gets nothing, and no weights at all nothing."""
    total = sum(weights)
    if total == 0 or amount == 0:
        return [0] * len(weights)
    if amount == total:
        return list(weights)
    return (_by_first_lines if way == FIRST_LINES else _by_remainder)(amount, weights, total)


def spread_within(
    amount: int, weights: Sequence[int], rooms: Sequence[int], way: str = LARGEST_REMAINDER
) -> list[int]:
    """Divide amount by weights, no line above its room; what it refuses goes to the others.

    The shares sum to amount, or to all the room there is.
    """
    if rooms == weights:  # nothing holds a line back, as on most receipts
        return spread(min(amount, sum(weights)), weights, way)
    shares = [0] * len(weights)
    open_lines = [place for place, weight in enumerate(weights) if weight and rooms[place]]
    rest = amount
    while rest and open_lines:
        total = sum(weights[place] for place in open_lines)
        # Its exact quota fills a line, its rounded one doesn't: what many rounded lines took too
        # much would all come off one other line, which would end units away from its quota.
        full = [place for place in open_lines if rest * weights[place] >= rooms[place] * total]
        if not full:
            asked = spread(rest, [weights[place] for place in open_lines], way)
            for place, part in zip(open_lines, asked, strict=True):
                shares[place] = part
            return shares
        for place in full:
            shares[place] = rooms[place]
            rest -= rooms[place]
        open_lines = [place for place in open_lines if place not in full]
    return shares


def _by_remainder(amount: int, weights: Sequence[int], total: int) -> list[int]:
    shares = [amount * weight // total for weight in weights]
    remainders = [amount * weight % total for weight in weights]
    missing = amount - sum(shares)
    # reverse keeps the order of equals: a tie goes to the earlier line
    for place in sorted(range(len(weights)), key=remainders.__getitem__, reverse=True)[:missing]:
        shares[place] += 1
    return shares


def _by_first_lines(amount: int, weights: Sequence[int], total: int) -> list[int]:
    # half down: a remainder of exactly one half stays below
    shares = [(2 * amount * weight + total - 1) // (2 * total) for weight in weights]
    difference = amount - sum(shares)
    step = 1 if difference > 0 else -1
    for place, weight in enumerate(weights):
        if difference == 0:
            break
        # A share that was rounded this way already would end more than a unit off its quota.
        rounded = shares[place] * total - amount * weight
        if weight and rounded * step <= 0:
            shares[place] += step
            difference -= step
    return shares
