"""Whether a rule's `when` and `on` hold, and if not, what is missing."""

import datetime as dt
from collections.abc import Sequence

from loyaltyd.domain.explain import Cause, Why
from loyaltyd.domain.grammar.values import WEEKDAYS
from loyaltyd.domain.program import Rule
from loyaltyd.domain.scene import Scene


def unmet(rule: Rule, scene: Scene, total: int) -> Why | None:
    """The first condition of rule that doesn't hold, in the language's order; None when all do."""
    when = rule.when
    if when.tiers and scene.tier not in when.tiers:
        return Why(rule=rule.id, cause=Cause.TIER, needs=_words(when.tiers), has=scene.tier)
    if when.weekdays and scene.at.weekday() not in when.weekdays:
        days = [WEEKDAYS[day] for day in when.weekdays]
        today = WEEKDAYS[scene.at.weekday()]
        return Why(rule=rule.id, cause=Cause.WEEKDAY, needs=_words(days), has=today)
    if when.time and not _inside(when.time, scene.at.time()):
        start, end = when.time
        hours = f"{start:%H:%M}-{end:%H:%M}"
        return Why(rule=rule.id, cause=Cause.TIME, needs=hours, has=f"{scene.at:%H:%M}")
    if when.min_total is not None and total < when.min_total:
        return Why(rule=rule.id, cause=Cause.MIN_TOTAL, needs=when.min_total, has=total)
    return None


def _inside(window: tuple[dt.time, dt.time], time: dt.time) -> bool:
    start, end = window
    if start < end:
        return start <= time < end
    return time >= start or time < end  # passes midnight; 00:00 as the end means all that is left


def _words(names: Sequence[str]) -> str:
    return ", ".join(names)
