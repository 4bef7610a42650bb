"""Two accounts become one; and who held one is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.domain.ledger import cards_said
from loyaltyd.domain.refusal import Reason
from tests.domain.receipts import CARDS, EARN, HEAD, wallet
from tests.till.shop import CARD, Shop, back, bought, line, no, numbered, shop_at

SECOND, THIRD = numbered(7), numbered(8)
PHONE = "+79160000000"
# Points live a year; a return that finds them spent leaves a debt.
YEAR = HEAD + wallet('expires = "1y"') + EARN + CARDS


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db", YEAR) as opened:
        yield opened
        opened.check()


def bonus(answer: Any) -> dict[str, str]:
    wallets = answer.get("wallets") or answer["card"]["wallets"]
    held: dict[str, str] = wallets["bonus"]
    return held


@pytest.fixture
def two(shop: Shop) -> Shop:
    """10.00 points on the card, 3.00 on the second one that was earned a day later."""
    shop.confirm(bought("r1", line(1, "200.00")))
    shop.clock.move(days=1)
    shop.confirm(bought("r2", line(1, "60.00"), card=SECOND))
    return shop


def test_the_second_card_s_account_holds_all_and_both_cards_spend_from_it(two: Shop) -> None:
    answer = two.merge("t1", SECOND, CARD)
    assert (answer["transfer"], answer["seq"], answer["moved"]["bonus"]) == ("t1", 3, "3.00")
    assert bonus(answer)["available"] == "13.00"
    assert bonus(two.card(SECOND)) == bonus(two.card(CARD))
    spent = two.confirm(bought("r3", line(1, "100.00"), card=SECOND, redeem={"bonus": "11.00"}))
    assert bonus(spent)["available"] == "6.45"  # 13.00 - 11.00, and 5% of 89.00


def test_lots_keep_their_dates(two: Shop) -> None:
    expiring = [*bonus(two.card(CARD))["expiring"], *bonus(two.card(SECOND))["expiring"]]
    two.clock.move(days=364)  # the first 10.00 are over, the 3.00 of the day after live
    two.merge("t1", SECOND, CARD)
    assert bonus(two.card(CARD))["available"] == "3.00", expiring


def test_a_merge_is_answered_once_and_its_id_is_its_own(two: Shop) -> None:
    first = two.merge("t1", SECOND, CARD)
    assert two.merge("t1", SECOND, CARD) == {**first, "replayed": True}
    assert no(two.merge("t1", CARD, SECOND)) is Reason.ID_REUSED
    assert no(two.merge("t2", SECOND, CARD)) is Reason.CARDS_DIFFER  # they are one already
    assert two.seq() == 3


def test_only_accounts_that_are_there_are_merged(two: Shop) -> None:
    assert no(two.merge("t1", THIRD, CARD)) is Reason.CARD_UNKNOWN
    assert no(two.merge("t1", CARD, THIRD)) is Reason.CARD_UNKNOWN
    assert no(two.merge("t1", CARD, CARD)) is Reason.CARDS_DIFFER
    assert two.seq() == 2


def test_goods_of_the_closed_account_come_back_onto_the_one_that_has_its_points(two: Shop) -> None:
    two.merge("t1", SECOND, CARD)
    answer = two.give_back("r2", back("b1", (1, "1")))
    assert (answer["totals"]["refund"], answer["totals"]["clawed_back"]) == (
        "60.00",
        {"bonus": "3.00"},
    )
    assert bonus(answer)["available"] == "10.00"
    assert bonus(two.card(CARD))["available"] == "10.00"


def test_a_receipt_of_the_closed_account_is_cancelled_on_the_other(two: Shop) -> None:
    spent = two.confirm(bought("r3", line(1, "10.00"), card=SECOND, redeem={"bonus": "max"}))
    assert spent["totals"]["redeemed"] == "3.00"
    two.merge("t1", SECOND, CARD)
    assert bonus(two.cancel("r3"))["available"] == "13.00"


def test_a_chain_of_merges_leads_to_the_last_account(two: Shop) -> None:
    two.issue({"card": THIRD})
    two.merge("t1", SECOND, CARD)
    two.merge("t2", CARD, THIRD)
    assert bonus(two.card(SECOND))["available"] == "13.00"
    assert bonus(two.give_back("r2", back("b1", (1, "1"))))["available"] == "10.00"
    assert bonus(two.card(THIRD))["available"] == "10.00"


def test_what_is_owed_on_either_side_is_paid_from_the_other(two: Shop) -> None:
    two.confirm(bought("r3", line(1, "10.00"), card=SECOND, redeem={"bonus": "max"}))
    two.give_back("r2", back("b1", (1, "1")))  # 3.00 are gone: 0.35 pays, 2.65 is owed
    debt = bonus(two.card(SECOND))["debt"]
    assert debt == "2.65"
    answer = two.merge("t1", SECOND, CARD)
    assert (bonus(answer)["available"], bonus(answer)["debt"]) == ("7.35", "0.00")


def test_a_debt_larger_than_all_that_is_there_stays_one(two: Shop) -> None:
    two.confirm(bought("r3", line(1, "10.00"), card=SECOND, redeem={"bonus": "max"}))
    two.give_back("r2", back("b1", (1, "1")))
    two.issue({"card": THIRD})
    answer = two.merge("t1", SECOND, THIRD)
    assert (bonus(answer)["available"], bonus(answer)["debt"]) == ("0.00", "2.65")


def test_visits_and_spend_count_for_the_account_that_is_left(two: Shop) -> None:
    two.merge("t1", SECOND, CARD)
    account, closed = (cards_said(it)[0].account for it in two.records()[:2])
    day = two.clock.now.date()
    spend = two.till.ledger.read(lambda view: view.tally(account, "spend", day.min, day)).result()
    gone = two.till.ledger.read(lambda view: view.counters(closed, day.min)).result()
    assert (spend[0], gone) == (26000, {})


def test_the_holder_of_the_account_that_is_left_is_the_one_who_is_known(two: Shop) -> None:
    two.issue({"card": SECOND, "holder": {"name": "Anna", "phone": PHONE}})
    two.merge("t1", SECOND, CARD)
    assert two.card(CARD)["holder"] == "Anna"
    assert two.card(PHONE)["number"] == "2990******019"


def test_two_holders_become_the_second_s(two: Shop) -> None:
    two.issue({"card": SECOND, "holder": {"name": "Anna", "phone": PHONE}})
    two.issue({"card": CARD, "holder": {"name": "Boris"}})
    two.merge("t1", SECOND, CARD)
    assert two.card(SECOND)["holder"] == "Boris"
    assert no(two.card(PHONE)) is Reason.CARD_UNKNOWN


def test_who_is_forgotten_leaves_no_name_number_or_answer_in_the_file(two: Shop) -> None:
    two.issue({"card": CARD, "holder": {"name": "Annabella", "phone": PHONE}})
    two.merge("t1", SECOND, CARD)
    answer = two.forget(CARD)
    assert (answer["holder"], bonus(answer)["available"]) == ("", "13.00")
    assert no(two.card(PHONE)) is Reason.CARD_UNKNOWN
    assert no(two.receipt("r1")) is Reason.RECEIPT_UNKNOWN
    assert no(two.receipt("r2")) is Reason.RECEIPT_UNKNOWN
    # Its records stay: goods can come back, and no id is free again.
    assert no(two.confirm(bought("r1", line(1, "200.00")))) is Reason.ID_REUSED
    assert bonus(two.give_back("r2", back("b1", (1, "1"))))["available"] == "10.00"
    two.till.ledger.checkpoint().result()
    two.check()
    path = two.till.ledger.path
    two.till.ledger.close()
    for file in path.parent.glob("ledger.db*"):
        found = file.read_bytes()
        assert not [it for it in (b"Annabella", PHONE.encode(), CARD.encode()) if it in found], file


def test_a_card_that_nobody_used_can_be_forgotten_by_nobody(two: Shop) -> None:
    assert no(two.forget(THIRD)) is Reason.CARD_UNKNOWN
