"""Whether a rule's `when` and `limit` hold, and if not, what is missing."""

from collections.abc import Iterator

from loyaltyd.domain.coupon import Coupon
from loyaltyd.domain.engine.explain import Why
from loyaltyd.domain.engine.limits import Couponed, limit_of
from loyaltyd.domain.engine.program import Rule
from loyaltyd.domain.engine.scene import Scene, Sight
from loyaltyd.domain.engine.when import AllOf, AnyOf, Conditions


def unmet(rule: Rule, sight: Sight) -> Why | None:
    """The first condition of rule that doesn't hold, in the language's order; None when all do."""
    for condition in rule.when:
        miss = condition.miss(sight)
        if miss is not None:
            return Why(rule.id, miss.cause, miss.needs, miss.has)
    return None


def coupon_used(rule: Rule, scene: Scene) -> Coupon | None:
    """The coupon that an applied rule uses: the first that it asks for and its limit allows."""
    if not scene.seen.coupons:
        return None
    limit = limit_of(rule.when)
    named = (coupon for asked in _asked(rule.when) for coupon in asked.serving(scene))
    return next((it for it in named if limit is None or limit.allows(it)), None)


def _asked(conditions: Conditions) -> Iterator[Couponed]:
    """The coupons that conditions ask for, and not those that they rule out."""
    for condition in conditions:
        if isinstance(condition, Couponed):
            yield condition
        elif isinstance(condition, AllOf | AnyOf):
            for part in condition.parts:
                yield from _asked(part)
