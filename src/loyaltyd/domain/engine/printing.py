"""The coupons that a receipt prints for another one: the last of its rules.

Of a group's rules all count with pick "all", else the first that can.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from loyaltyd.domain.engine.candidates import Candidates
from loyaltyd.domain.engine.claims import paid
from loyaltyd.domain.engine.conditions import unmet
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.gifts import PrintedCoupon
from loyaltyd.domain.engine.position import Position
from loyaltyd.domain.engine.program import PRINTING, Program, Rule
from loyaltyd.domain.engine.scene import Scene, Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """A coupon, usable while active_from <= day < expires_at; its number is the till's to make."""

    rule: str
    name: str  # of its range, as conditions have it
    active_from: dt.date
    expires_at: dt.date | None = None
    personal: bool = False


def printings(
    lines: Sequence[Position], program: Program, scene: Scene, able: Candidates
) -> tuple[list[Printing], list[Why]]:
    """What is printed when lines are paid as they stand, and what became of each rule."""
    found: list[Printing] = []
    trace: list[Why] = []
    for group in able.layer(PRINTING):
        before, sight = len(found), Sight(scene, sum(map(paid, lines)))
        for rule in group.rules:
            why = _missing(rule, lines, program, scene, able) or unmet(rule, sight)
            if why is None and group.pick != "all" and len(found) > before:
                why = Why(rule=rule.id, cause=Cause.BETTER_RULE)
            if why is None:
                found.append(_printing(rule, scene.at.date()))
                why = Why(rule=rule.id, cause=Cause.APPLIED, has=found[-1].name)
            trace.append(why)
    return found, trace


def _missing(
    rule: Rule, lines: Sequence[Position], program: Program, scene: Scene, able: Candidates
) -> Why | None:
    give = rule.give
    assert isinstance(give, PrintedCoupon)  # others stand in other layers
    if give.personal and scene.seen.account is None:
        return Why(rule=rule.id, cause=Cause.NO_CARD)
    earning = [lines[place] for place in able.places[rule.id] if lines[place].may_earn]
    if not earning:
        return Why(rule=rule.id, cause=Cause.NO_EARN)
    bars = program.exclusions.get(rule.id)
    if bars and all(position.lowered_by(bars) for position in earning):
        return Why(rule=rule.id, cause=Cause.EXCLUDED)
    return None


def _printing(rule: Rule, on: dt.date) -> Printing:
    give = rule.give
    assert isinstance(give, PrintedCoupon)
    return Printing(
        rule=rule.id,
        name=give.name,
        active_from=give.activates.after(on) if give.activates else on,
        expires_at=give.expires.after(on) if give.expires else None,
        personal=give.personal,
    )
