"""What was left to pay where each discount rule stood, worked out from what the rules took."""

from collections import Counter
from itertools import groupby

from loyaltyd.domain.engine.program import CARD_RULE, ITEM, POINTS, PRINTING, Program
from loyaltyd.domain.engine.quote import Result


def totals_found(program: Program, result: Result) -> dict[str, int]:
    """For each rule that discounts the total that it found, minor units."""
    taken: Counter[str] = Counter()
    for line in result.lines:
        for effect in line.effects:
            taken[effect.rule] += effect.amount
    left = sum(line.gross for line in result.lines)
    found: dict[str, int] = {}
    discounting = (it for it in program.turns.values() if it.rule.layer not in {POINTS, PRINTING})
    for _, turns in groupby(discounting, key=lambda it: it.place):
        them = list(turns)
        layer, group = them[0].rule.layer, them[0].group
        if layer != ITEM and CARD_RULE not in found:  # the first after the item rules
            found[CARD_RULE] = left
            left -= taken[CARD_RULE]
        began, cascades = left, group.pick == "all" and group.base == "cascade"
        for turn in them:
            found[turn.rule.id] = left if cascades else began
            left -= taken[turn.rule.id]
    found.setdefault(CARD_RULE, left)
    return found
