"""Why each rule of a program was applied to a receipt or not, to the last condition.

Worked out from a quote when somebody asks: what a rule found is what the rules before it left.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from loyaltyd.domain.engine.candidates import left_out
from loyaltyd.domain.engine.checks import Check, checks, nearest
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.found_totals import totals_found
from loyaltyd.domain.engine.goods import GoodsClass
from loyaltyd.domain.engine.hints import Asked
from loyaltyd.domain.engine.program import CARD_RULE, ITEM, POINTS, PRINTING, Turn
from loyaltyd.domain.engine.quote import LineResult, Quote
from loyaltyd.domain.engine.scene import Sight, scene_of

BARS: Mapping[Cause, Callable[[GoodsClass], bool]] = {
    Cause.NO_DISCOUNT: lambda it: not it.discount,
    Cause.NO_EARN: lambda it: not it.earn,
    Cause.FLOOR: lambda it: bool(it.floor_price or it.floor_per_abv_litre),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """What a rule took off a line, of so much; minor units."""

    line: int
    of: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What became of a rule, each of its conditions, and of those that it misses the nearest."""

    why: Why
    checks: tuple[Check, ...] = ()
    nearest: Check | None = None
    lowered: tuple[Lowered, ...] = ()


def explained(asked: Asked, found: Quote) -> Iterator[Explained]:
    """Each rule of the program, and a discount card's own, in the order in which they work."""
    whys = {why.rule: why for why in found.trace}
    totals = totals_found(asked.program, found.result)
    scene = scene_of(asked.seen, asked.place, asked.at, asked.basket)
    at_points = replace(scene, tier=found.tier)
    card = whys.get(CARD_RULE)
    for turn in asked.program.turns.values():
        rule = turn.rule
        if card is not None and rule.layer != ITEM:
            yield Explained(why=card, lowered=_lowered(CARD_RULE, frozenset(), found))
            card = None
        points = rule.layer in {POINTS, PRINTING}
        total = _paid(found) if points else totals[rule.id]
        sight = Sight(at_points if points else scene, total)
        rows = checks(rule, sight)
        yield Explained(
            why=whys.get(rule.id) or left_out(rule.id, asked.seen.coupons, asked.program),
            checks=tuple(rows),
            nearest=nearest(rows),
            lowered=_lowered(rule.id, _unseen(turn), found),
        )
    if card is not None:
        yield Explained(why=card, lowered=_lowered(CARD_RULE, frozenset(), found))


def barring(why: Why, asked: Asked) -> tuple[GoodsClass, ...]:
    """The classes that keep a rule off its goods, if that is why it was not applied."""
    bars = BARS.get(why.cause)
    if bars is None:
        return ()
    rule, on = asked.program.rule(why.rule), asked.at.date()
    lines = [line for line in asked.basket.lines if rule is None or rule.on.has(line)]
    return tuple(
        it
        for it in asked.program.classes
        if bars(it) and it.in_force(asked.place, on) and any(map(it.match.has, lines))
    )


def _paid(found: Quote) -> int:
    """What was paid in money or tender: the total that a rule that earns finds."""
    lines = found.result.lines
    return sum(it.gross - it.discount - it.redeemed + it.tendered for it in lines)


def _unseen(turn: Turn) -> frozenset[str]:
    """The rules whose work this one doesn't see, though they may work before it."""
    if turn.group.pick == "all" and turn.group.base == "original":
        return frozenset(rule.id for rule in turn.group.rules)
    return frozenset()


def _lowered(rule: str, unseen: frozenset[str], found: Quote) -> tuple[Lowered, ...]:
    return tuple(it for line in found.result.lines for it in _of_line(rule, unseen, line))


def _of_line(rule: str, unseen: frozenset[str], line: LineResult) -> Iterator[Lowered]:
    left = line.gross
    for effect in line.effects:
        if effect.rule == rule:
            yield Lowered(line=line.line, of=left, amount=effect.amount)
        if effect.rule not in unseen:
            left -= effect.amount
