"""Whether a rule's `when` and `limit` hold, and if not, what is missing."""

from loyaltyd.domain.explain import Why
from loyaltyd.domain.program import Rule
from loyaltyd.domain.scene import Scene, Sight
from loyaltyd.domain.when import first_miss


def unmet(rule: Rule, scene: Scene, total: int) -> Why | None:
    """The first condition of rule that doesn't hold, in the language's order; None when all do."""
    if not rule.when:
        return None
    miss = first_miss(rule.when, Sight(scene, total))
    if miss is None:
        return None
    return Why(rule=rule.id, cause=miss.cause, needs=miss.needs, has=miss.has)
