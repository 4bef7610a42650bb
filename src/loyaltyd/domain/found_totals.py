"""What was left to pay where each discount rule stood, worked out from what the rules took."""

from collections import Counter

from loyaltyd.domain.program import CARD_RULE, Group, Program
from loyaltyd.domain.quote import Result


def totals_found(program: Program, result: Result) -> dict[str, int]:
    """For each rule that discounts the total that it found, minor units."""
    taken: Counter[str] = Counter()
    for line in result.lines:
        for effect in line.effects:
            taken[effect.rule] += effect.amount
    left = sum(line.gross for line in result.lines)
    found: dict[str, int] = {}
    for group in program.item:
        left = _add(found, left, group, taken)
    found[CARD_RULE] = left
    left -= taken[CARD_RULE]
    for group in program.receipt:
        left = _add(found, left, group, taken)
    return found


def _add(found: dict[str, int], left: int, group: Group, taken: Counter[str]) -> int:
    """Add what the rules of group found; what they leave of left is returned."""
    began, cascades = left, group.pick == "all" and group.base == "cascade"
    for rule in group.rules:
        found[rule.id] = left if cascades else began
        left -= taken[rule.id]
    return left
