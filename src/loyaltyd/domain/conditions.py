"""Whether a rule's `when` and `limit` hold, and if not, what is missing."""

from loyaltyd.domain.explain import Why
from loyaltyd.domain.program import Rule
from loyaltyd.domain.scene import Scene, Sight


def unmet(rule: Rule, scene: Scene, total: int) -> Why | None:
    """The first condition of rule that doesn't hold, in the language's order; None when all do."""
    if not rule.when:
        return None
    sight = Sight(scene, total)
    for condition in rule.when:
        miss = condition.miss(sight)
        if miss is not None:
            return Why(rule=rule.id, cause=miss.cause, needs=miss.needs, has=miss.has)
    return None
