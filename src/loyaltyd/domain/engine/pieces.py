"""Which pieces a rule means that is for a few of them: the cheapest or the dearest.

Goods by weight are a position, but no pieces. What an earlier rule made free is counted no more:
"buy 3 get 1" counts the paid ones.
"""

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction

from loyaltyd.domain.basket import PIECE, Line
from loyaltyd.domain.engine.gifts import Bundle, Few

PIECES = "pc"  # the unit of goods that are counted


def pieces(line: Line, free: int = 0) -> int:
    """How many pieces line has, without the thousandths that are free; goods by weight have none.

    >>> pieces(Line(line=1, sku="1", quantity=347, price=38999, unit="kg"))
    0
    """
    if line.unit != PIECES or line.quantity % PIECE:
        return 0
    return (line.quantity - free) // PIECE


def picked(few: Few, counts: Sequence[int], nets: Sequence[int]) -> list[int]:
    """How many of each line's pieces few means, by what one piece costs as the rule finds it.

    Of every so many counts over all lines together: of six pieces "of every 3 one" means the two
    cheapest of the six. A tie goes to the earlier line.
    """
    total = sum(counts)
    left = _times(total // few.every, few.times) * few.count if few.every else few.count
    return _first(left, _by_price(counts, nets, dearest=few.dearest), counts)


def asked_for(
    few: Few, count: int, counts: Sequence[int], nets: Sequence[int], able: Sequence[int]
) -> list[int]:
    """Count pieces of a reward, the cheapest or the dearest; of each line no more than able."""
    return _first(count, _by_price(counts, nets, dearest=few.dearest), able)


def bundled(bundle: Bundle, counts: Sequence[int], nets: Sequence[int]) -> list[int]:
    """How many of each line's pieces stand in bundles, made from the dearest pieces on.

    A bundle is made while its pieces would cost more than its price: those that follow cost less.
    """
    order = _by_price(counts, nets, dearest=True)

    def cost(bundles: int) -> Fraction:
        taken = _first(bundles * bundle.count, order, counts)
        return sum((Fraction(nets[it] * taken[it], counts[it]) for it in order), Fraction(0))

    every = range(1, _times(sum(counts) // bundle.count, bundle.times) + 1)
    better = bisect_left(every, 1, key=lambda it: cost(it) - cost(it - 1) <= bundle.price)
    return _first(better * bundle.count, order, counts)


def _times(able: int, most: int) -> int:
    return min(able, most) if most else able


def _by_price(counts: Sequence[int], nets: Sequence[int], *, dearest: bool) -> list[int]:
    """The lines that have pieces, by what one costs; a tie goes to the earlier line."""
    prices = {place: Fraction(nets[place], count) for place, count in enumerate(counts) if count}
    return sorted(prices, key=lambda place: prices[place] * (-1 if dearest else 1))


def _first(left: int, order: Sequence[int], counts: Sequence[int]) -> list[int]:
    found = [0] * len(counts)
    for place in order:
        found[place] = min(left, counts[place])
        left -= found[place]
    return found
