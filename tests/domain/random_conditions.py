"""Random conditions, and shoppers whose earlier receipts some of them ask for."""

from __future__ import annotations

import datetime as dt
from random import Random

from loyaltyd.domain.coupon import Coupon, RuleUses
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.past import Past, Spending, Uses
from tests.domain.random_prints import random_lots

DAY = dt.date(2026, 12, 5)  # of the tests' receipts
CODES = ("A", "B", "C")
PLAIN = (
    'card_kind = ["bonus"]',
    'card_kind = ["discount", "bonus"]',
    'birthday = "-3d..+3d"',
    'birthday = "-0d..+7d"',
    "first_purchase = true",
    "first_purchase = false",
    "every_visit = 2",
    "every_visit = 3",
    "days_since_visit = 30",
    'spent = { min = "100.00", within = "30d" }',
    'spent = { min = "100.00" }',
    "dates = { from = 2026-12-05 }",
    "dates = { from = 2026-12-05, until = 2026-12-05 }",
    "dates = { until = 2026-12-04 }",
    'weekday = ["fri", "sat"]',
    'time = "08:00-20:00"',
    'store = ["msk-017", "msk-018"]',
    'store = ["spb-001"]',
    'group = ["main-hall"]',
    'region = ["moscow"]',
    'region = ["south", "north"]',
    'region = ["south"]',
    'tags = ["promo"]',
    'tags = ["own", "staff"]',
    'basket = { tags = ["own"], min_pieces = 2 }',
    "basket = { min_positions = 3 }",
    'basket = { category = ["dairy/*"], min_pieces = 2 }',
    'basket = { category = ["goods"], sku = ["sku-1"], min_amount = "50.00" }',
    'basket = { category = ["bread/*"], min_weight = "1.5" }',
    'min_total = "100.00"',
    'coupon = "A"',
    'tender = ["cash"]',
    'tender = ["card", "sbp"]',
    'coupon = ["B", "C"]',
)


def random_condition(chance: Random) -> str:
    """A condition, one time in four of others."""
    if chance.random() < 0.75:
        return chance.choice(PLAIN)
    tables = [_table(chance, depth=2) for _ in range(chance.randint(1, 3))]
    if chance.random() < 0.3:
        return f"not = {tables[0]}"
    return f"{chance.choice(('all', 'any'))} = [{', '.join(tables)}]"


def random_coupon(chance: Random) -> str:
    """The codes that a rule asks for."""
    codes = chance.sample(CODES, chance.randint(1, 2))
    return f'coupon = "{codes[0]}"' if len(codes) == 1 else f"coupon = {codes}"


def random_limit(chance: Random, *, coupon: bool) -> str:
    """A rule's limit, or none."""
    if chance.random() < 0.7:
        return ""
    kind = chance.random()
    if kind < 0.3:
        return f'limit = {{ budget = "{chance.randint(1, 60)}" }}\n'
    if kind < 0.4:
        return "limit = { per_cashier = 2 }\n"
    if kind < 0.6:  # where check lets it in
        return f"limit = {{ per_receipt = {chance.randint(1, 3)} }}\n"
    of = chance.choice(("account", "card", *(["coupon"] * 3 if coupon else [])))
    return f"limit = {{ per_{of} = {chance.randint(1, 2)} }}\n"


def random_past(chance: Random, found: Program) -> Past:
    """Earlier receipts, as far as the program asks."""
    asks = found.asks
    last = DAY - dt.timedelta(days=chance.randint(0, 60))
    rules = {it.rule for it in (*asks.limits, *asks.shared) if chance.random() < 0.5}
    return Past(
        visits=chance.randint(0, 6) if asks.visits else 0,
        last_visit=chance.choice((None, last)) if asks.last_visit else None,
        spent=tuple(
            Spending(within=str(it or ""), amount=chance.randint(-500, 30_000)) for it in asks.spent
        ),
        uses=tuple(
            Uses(
                rule=it,
                account=chance.randint(0, 2),
                card=chance.randint(0, 2),
                cashier=chance.randint(0, 3),
                given=chance.randint(0, 6000),
            )
            for it in sorted(rules)
        ),
        birthdays=tuple(str(it) for it in asks.birthdays if chance.random() < 0.5),
    )


def random_coupons(chance: Random, found: Program) -> tuple[Coupon, ...]:
    """Some codes, a wrong one among them, of which some were used before."""
    codes = chance.sample((*CODES, "WRONG"), chance.randint(0, 3))
    limits = [it.rule for it in found.asks.limited.values() if it.per_coupon]
    return tuple(
        Coupon(
            id=f"{code:0>32}",
            name=found.coupon_name(code),
            state=chance.choice(("", "", "", "blocked", "not_issued")),
            owner=chance.choice(("", "", "", "a" * 32, "b" * 32)),
            printed=chance.random() < 0.2,
            lots=random_lots(chance, found.coupon_name(code)),
            uses=tuple(RuleUses(rule=it, count=chance.randint(0, 2)) for it in limits),
        )
        for code in codes
    )


def _table(chance: Random, depth: int) -> str:
    keys = {it.partition(" ")[0]: it for it in chance.sample(PLAIN, chance.randint(1, 2))}
    if depth and chance.random() < 0.4:
        keys["nested"] = chance.choice(
            (
                f"not = {_table(chance, depth - 1)}",
                f"any = [{_table(chance, depth - 1)}, {_table(chance, depth - 1)}]",
            )
        )
    return f"{{ {', '.join(keys.values())} }}"
