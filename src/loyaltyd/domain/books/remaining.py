"""A sale's lines as they stand when some of their goods have come back."""

from collections.abc import Mapping
from dataclasses import replace

from loyaltyd.domain.books.sale import Sale
from loyaltyd.domain.engine.position import Position, positions
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import LineResult
from loyaltyd.domain.money import half_up
from loyaltyd.domain.refusal import Refusal


def remaining(sale: Sale, program: Program, returned: Mapping[int, int]) -> list[Position]:
    """The lines of which something stays; returned: line → thousandths that have come back."""
    lines = positions(sale.basket, program, sale.place, sale.at.date())
    assert not isinstance(lines, Refusal)  # the sale passed the same check
    staying = [it for it in lines if returned[it.line.line] < it.line.quantity]
    for position in staying:
        _reduce(position, result_of(sale, position.line.line), returned[position.line.line])
    return staying


def result_of(sale: Sale, number: int) -> LineResult:
    """What the receipt came to on that line."""
    return next(line for line in sale.result.lines if line.line == number)


def share_of(amount: int, quantity: int, sold: int) -> int:
    """The part of a line's amount that so much of its quantity has, rounded half up."""
    return half_up(amount * quantity, sold)


def _reduce(position: Position, result: LineResult, returned: int) -> None:
    """Leave on position what of result has not come back; the discount takes up the rounding."""
    sold = position.line.quantity

    def stays(amount: int) -> int:
        return amount - share_of(amount, returned, sold)

    position.gross = position.net = stays(result.gross)
    position.quantity = sold - returned
    position.free = position.quantity - stays(sold - result.free)
    for paid in result.paid:
        position.pay(replace(paid, money=stays(paid.money)))  # no rule asks for the points
    position.discount = position.net - stays(result.net)
    position.net -= position.discount
    # Who lowered the line has lowered what stays of it, even by less than a kopeck.
    position.effects = list(result.effects)
