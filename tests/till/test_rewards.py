"""Rewards and stamps at the till: what is asked, told, recorded, and run again from the record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.domain.record import record_from
from loyaltyd.domain.refusal import Reason, refused
from loyaltyd.hq.rerunning import difference
from loyaltyd.hq.undoing import undoing_difference
from tests.domain.receipts import CARDS, EARN, HEAD, program, rule, wallet
from tests.till.shop import Shop, back, bought, line, no, shop_at

NAMES = 'name = { ru = "Кофе", en = "Coffee" }'
CUPS = 'on = { category = ["coffee/*"] }'
RULES = (
    wallet()
    + f'[wallets.coffee]\n{NAMES}\nscale = 0\nstamps = {{ every = 10, reward = "free-coffee" }}\n'
    + rule("coffee-stamp", "points", 'earn = "coffee", per_unit = "1"', CUPS)
    + rule("free-coffee", "item", "free = 1", CUPS)
    + rule("mug", "item", 'free = 1, cost = { bonus = "150.00" }', 'on = { sku = ["MUG"] }')
    + EARN
)
TEXT = HEAD + RULES + CARDS


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db", TEXT) as opened:
        yield opened
        opened.check()


def cups(quantity: str) -> dict[str, Any]:
    return line(1, "150.00", quantity, category="coffee/latte")


def stamped(shop: Shop, count: str) -> None:
    assert no(shop.confirm(bought(f"stamps-{count}", cups(count)))) is None


def coffee(answer: Any) -> dict[str, str]:
    """The stamps of an answer."""
    found = answer["wallets"]["coffee"]
    return {key: it for key, it in found.items() if isinstance(it, str) and it != "0"}


def test_twelve_cups_are_a_reward_that_the_next_receipt_takes(shop: Shop) -> None:
    # semantics 21: a counter of 3, twelve cups, one reward and 5 left
    stamped(shop, "3")
    stamped(shop, "12")
    assert coffee(shop.card()) == {"available": "15", "every": "10", "rewards": "1"}
    asks = bought("r", cups("1"), rewards={"free-coffee": "1"})
    quoted = shop.quote(asks)
    assert coffee(quoted) == {
        "available": "15",
        "every": "10",
        "rewards": "1",
        "spent": "10",
        "after": "5",
    }
    assert quoted["wallets"]["coffee"]["rewards_after"] == "0"
    assert (quoted["totals"]["discount"], quoted["totals"]["payable"]) == ("150.00", "0.00")
    assert (quoted["totals"]["redeemed"], quoted["totals"]["earned"]["coffee"]) == ("0.00", "0")
    sold = shop.confirm({**asks, "quote": quoted["quote"]})
    assert coffee(sold) == {"available": "5", "every": "10", "spent": "10"}
    assert "every" not in sold["wallets"]["bonus"]


def test_people_hear_how_many_stamps_there_are_and_that_a_cup_waits(shop: Shop) -> None:
    stamped(shop, "8")
    said = shop.quote(bought("r", cups("1")))["messages"]
    assert said == {
        "cashier": [],
        "customer": ["You earn 7.50", "Coffee: 9 of 10"],
        "slip": ["bonus 67.50", "Coffee: 9 of 10"],
    }
    tenth = shop.confirm(bought("tenth", cups("2")))["messages"]
    assert tenth["customer"][1] == "Coffee: 1 reward is waiting"
    assert tenth["slip"][1:] == ["Coffee: 1 reward is waiting"]
    assert tenth["cashier"] == []  # nothing is there yet that this receipt could take
    waits = shop.quote(bought("next", cups("11")))["messages"]
    assert waits["cashier"] == ["Coffee: 1 reward is waiting"]
    assert waits["customer"][1:] == ["Coffee: 1 of 10", "Coffee: 2 rewards are waiting"]


def test_a_russian_till_counts_rewards_as_russians_do(shop: Shop) -> None:
    stamped(shop, "21")
    shop.till = replace(shop.till, language="ru")
    quoted = shop.quote(bought("r", cups("30"), rewards={"free-coffee": "3"}))["messages"]
    assert quoted["cashier"] == ["free-coffee: дано 2 из 3 (нужно 30 coffee, есть 21)"]
    assert quoted["customer"][1:] == ["Кофе: 9 из 10", "Кофе: ждут 2 награды"]


def test_a_reward_that_the_points_do_not_pay_is_told_to_the_cashier(shop: Shop) -> None:
    mug = line(1, "400.00", sku="MUG")
    answer = shop.quote(bought("r", mug, rewards={"mug": "1"}))
    assert answer["messages"]["cashier"] == ["mug: 0 of 1 given (needs 150.00 bonus, has 0.00)"]
    why = next(it for it in answer["explain"] if it["rule"] == "mug")
    assert why == {
        "rule": "mug",
        "applied": False,
        "cause": "points",
        "needs": "150.00 bonus",
        "has": "0.00",
        "because": "needs 150.00 bonus, has 0.00",
    }
    nothing = shop.quote(bought("r", mug))
    assert nothing["messages"]["cashier"] == []
    why = next(it for it in nothing["explain"] if it["rule"] == "mug")
    assert (why["cause"], why["because"]) == ("not_asked", "is given when the receipt asks for it")
    other = shop.quote(bought("r", cups("1"), rewards={"mug": "1"}))
    assert other["messages"]["cashier"] == ["mug: 0 of 1 given (none of its goods are here)"]


def test_a_mug_is_paid_with_points_that_come_back_with_it(shop: Shop) -> None:
    assert no(shop.confirm(bought("big", line(1, "4000.00")))) is None  # 200.00 points
    asks = bought("mug", line(1, "400.00", sku="MUG"), rewards={"mug": "1"})
    sold = shop.confirm(asks)
    assert sold["wallets"]["bonus"]["spent"] == "150.00"
    assert sold["wallets"]["bonus"]["available"] == "50.00"
    returned = shop.give_back("mug", back("b", (1, "1")))
    assert returned["totals"]["refund"] == "0.00"
    assert returned["totals"]["restored"]["bonus"] == "150.00"
    assert returned["wallets"]["bonus"]["available"] == "200.00"


def test_a_cancelled_receipt_gives_the_stamps_back(shop: Shop) -> None:
    stamped(shop, "10")
    shop.confirm(bought("r", cups("1"), rewards={"free-coffee": "1"}))
    assert coffee(shop.cancel("r"))["rewards"] == "1"


def test_a_used_reward_leaves_a_debt_of_stamps_and_no_bill(shop: Shop) -> None:
    # semantics 21: -1, not a bill
    stamped(shop, "9")
    shop.confirm(bought("tenth", cups("1")))
    shop.confirm(bought("free", cups("1"), rewards={"free-coffee": "1"}))
    returned = shop.give_back("tenth", back("b", (1, "1")))
    assert returned["totals"]["refund"] == "150.00"
    assert coffee(returned) == {"every": "10", "debt": "1"}
    assert shop.quote(bought("r", cups("1")))["messages"]["customer"][1] == "Coffee: 0 of 10"


@pytest.mark.parametrize("count", ["0", "1.5", "0.001"])
def test_rewards_are_asked_for_in_whole_pieces(shop: Shop, count: str) -> None:
    answer = shop.quote(bought("r", cups("1"), rewards={"free-coffee": count}))
    assert answer == refused(
        Reason.REQUEST_INVALID,
        member="rewards.free-coffee",
        why='must be a whole number above zero, as "1"',
    )


def test_a_name_that_is_no_reward_is_refused(shop: Shop) -> None:
    answer = shop.quote(bought("r", cups("1"), rewards={"coffee-stamp": "1"}))
    assert answer == refused(Reason.REWARD_UNKNOWN, reward="coffee-stamp")


def test_the_same_count_written_otherwise_is_the_same_receipt(shop: Shop) -> None:
    stamped(shop, "10")
    first = shop.confirm(bought("r", cups("1"), rewards={"free-coffee": "1"}))
    again = shop.confirm(bought("r", cups("1"), rewards={"free-coffee": "1.000"}))
    assert again == {**first, "replayed": True}
    other = shop.confirm(bought("r", cups("1"), rewards={"free-coffee": "2"}))
    assert no(other) is Reason.ID_REUSED


def test_a_quote_holds_for_the_rewards_that_it_was_asked_for(shop: Shop) -> None:
    stamped(shop, "10")
    asks = bought("r", cups("1"), rewards={"free-coffee": "1"})
    token = shop.quote(asks)["quote"]
    without = {key: it for key, it in asks.items() if key != "rewards"}
    assert no(shop.confirm({**without, "quote": token})) is Reason.QUOTE_INVALID
    assert no(shop.confirm({**asks, "quote": token})) is None


def test_a_reward_can_be_taken_once_though_two_quotes_promised_it(shop: Shop) -> None:
    stamped(shop, "10")
    asks = bought("r1", cups("1"), rewards={"free-coffee": "1"})
    tokens = [shop.quote(asks)["quote"], shop.quote({**asks, "receipt": "r2"})["quote"]]
    assert no(shop.confirm({**asks, "quote": tokens[0]})) is None
    second = shop.confirm({**asks, "receipt": "r2", "quote": tokens[1]})
    assert no(second) is Reason.QUOTE_CHANGED
    assert second.quote["totals"]["payable"] == "150.00"


def test_each_record_runs_again_from_its_line_alone(shop: Shop) -> None:
    stamped(shop, "20")
    shop.confirm(bought("big", line(1, "4000.00")))
    both = {"free-coffee": "1", "mug": "1"}
    goods = cups("3"), line(2, "400.00", "2", sku="MUG")
    shop.confirm(bought("both", *goods, rewards=both, redeem={"bonus": "max"}))
    shop.give_back("both", back("b1", (1, "1"), (2, "1")))
    shop.give_back("both", back("b2", (1, "2")))
    found = program(RULES)
    records = [record_from(it.line, it.stream) for it in shop.records()]
    told = [it for it in records if "both" in (it.body.get("id"), it.body.get("receipt"))]
    assert [it.type for it in told] == ["receipt", "return", "return"]
    assert {difference(it, found) for it in records if it.type == "receipt"} == {""}
    assert [undoing_difference(it, told[:n], found) for n, it in enumerate(told) if n] == ["", ""]
