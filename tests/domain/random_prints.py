"""Random rules that print coupons, and coupons that receipts printed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from random import Random

from loyaltyd.domain.coupon import coupon_wallet
from loyaltyd.domain.ledger import Lot
from tests.domain.receipts import rule

RANGE = '[[cards]]\nkind = "coupon"\nprefix = "9902"\nlength = 13\nenrol = "printed"\n'
DAY = dt.date(2026, 12, 5)


def random_prints(chance: Random, count: int, when: Callable[[], str]) -> Iterator[str]:
    """So many rules that print coupons; when makes their conditions."""
    for number in range(count):
        dates = chance.choice(("", ', activates = "1d", expires = "30d"', ', expires = "7d"'))
        personal = chance.choice(("", ", personal = true"))
        more = chance.choice(("", 'group = "prints"\n', 'on = { category = ["dairy/*"] }\n'))
        limits = when()
        more += "" if "budget" in limits or "per_receipt" in limits else limits
        yield rule(f"print-{number}", "points", f'coupon = "9902*"{dates}{personal}', more)


def random_lots(chance: Random, name: str) -> tuple[Lot, ...]:
    """What is left of a printed coupon."""
    return tuple(
        Lot(
            wallet=coupon_wallet(name),
            active_from=DAY + dt.timedelta(days=chance.randint(-5, 2)),
            expires_at=chance.choice((None, DAY + dt.timedelta(days=chance.randint(-1, 3)))),
            amount=1,
        )
        for _ in range(chance.randint(0, 2))
    )
