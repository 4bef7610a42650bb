"""When rules hold."""

from __future__ import annotations

from tests.domain.oracle.exact import kopecks
from tests.domain.oracle.shop import Shop, Table

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def holds(shop: Shop, rule: Table, total: int) -> bool:
    """Whether all conditions of rule do, at that total."""
    when = rule.get("when", {})
    if "time" in when:
        start, end = when["time"].split("-")
        now = f"{shop.at:%H:%M}"
        if not (start <= now < end if start < end else now >= start or now < end):
            return False
    return (
        shop.tier in when.get("tier", [shop.tier])
        and DAYS[shop.at.weekday()] in when.get("weekday", DAYS)
        and total >= kopecks(when.get("min_total", "0"))
    )
