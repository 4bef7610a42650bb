"""The earning rules of the example program, together on one receipt."""

from __future__ import annotations

from loyaltyd.domain.account import Account, Seen
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Result
from loyaltyd.domain.facts import facts_of, value_from
from loyaltyd.domain.ledger import Lot
from tests.domain.receipts import (
    BONUS_CARD,
    SATURDAY,
    basket,
    earned_in,
    line,
    program,
    quoted,
    rub,
    wallet,
)
from tests.domain.sales import clawed_back, sold

EXAMPLE = """
[wallets.purse]
scale = 2
redeem_rate = "1.00"
points_as = "tender"

[wallets.coffee]
scale = 0

[tiers]
levels = [{ id = "start", from = "0" }, { id = "gold", from = "60000.00" }]

[[rules]]
id = "base-earn"
layer = "points"
give = { earn = "bonus", percent = "5%" }

[[rules]]
id = "coffee-stamp"
layer = "points"
on = { category = ["coffee/*"] }
give = { earn = "coffee", per_unit = "1" }

[[rules]]
id = "purse-earns-more"
layer = "points"
give = { earn = "bonus", percent = "2%", of = "purse", expires = "60d" }

[[rules]]
id = "gold-doubles"
layer = "points"
when = { tier = ["gold"] }
give = { earn = "bonus", multiply = "2" }

[[rules]]
id = "welcome-back"
layer = "points"
give = { earn = "bonus", points = "200.00" }
"""
DATES = 'activates = "14d"\nexpires = "1y"'
# 800.00 of goods and two cups of 100.00, 300.00 of it paid with the purse
CART = basket(
    line(1, "800.00"),
    line(2, "100.00", "2", category="coffee/latte"),
    redeem={"purse": "300.00"},
)


def example() -> Program:
    return program(wallet(DATES) + EXAMPLE)


def holder(tier: str) -> Seen:
    lot = Lot(wallet="purse", active_from=SATURDAY.date(), expires_at=None, amount=rub("300.00"))
    return Seen(card=BONUS_CARD, account=Account(id="a" * 32, tier=tier, lots=(lot,)))


def test_a_plain_card_earns_each_rule_once() -> None:
    # 5% of 1000.00, 2% of 300.00, and 200.00 for coming back: 50 + 6 + 200; two stamps
    answer = quoted(example(), CART, holder("start"))
    assert (earned_in(answer), earned_in(answer, "coffee")) == (rub("256.00"), 2)
    assert [it.amount for it in answer.result.dated] == [rub("6.00")]


def test_gold_doubles_what_stands_above_it() -> None:
    # 2 x (50 + 6) + 200; what the purse earned is doubled in its own lot of sixty days
    answer = quoted(example(), CART, holder("gold"))
    assert earned_in(answer) == rub("312.00")
    assert [it.amount for it in answer.result.dated] == [rub("12.00")]
    assert earned_in(answer, "coffee") == 2


def test_the_cups_come_back() -> None:
    # 800.00 are left, 240.00 of them paid with the purse: 2 x (40 + 4.80) + 200 = 289.60
    found = sold(example(), CART, holder("gold"))
    assert clawed_back(found, {2: 2}) == [rub("22.40")]
    assert clawed_back(found, {2: 2}, name="coffee") == [2]


def test_a_result_reads_back_from_its_record_as_it_was() -> None:
    result = quoted(example(), CART, holder("gold")).result
    facts = facts_of(result)
    assert facts["dated"] == [
        {
            "wallet": "bonus",
            "active_from": "2026-12-19",
            "expires_at": "2027-02-03",
            "amount": 1200,
        }
    ]
    assert value_from(Result, facts) == result
