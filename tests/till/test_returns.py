"""Goods come back, receipts that never happened: what a till may undo, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.domain.refusal import Reason
from loyaltyd.store.database import writer
from tests.domain.receipts import CARDS, EARN, HEAD, wallet
from tests.till.shop import PLAIN, PLASTIC, Shop, back, bought, line, no, shop_at


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db") as opened:
        yield opened
        opened.check()


def bonus(answer: Any) -> tuple[str, str]:
    """What the wallet holds and owes."""
    found = answer["wallets"]["bonus"]
    return found["available"], found["debt"]


def test_goods_that_cost_nothing_are_sold_and_come_back(shop: Shop) -> None:
    done = shop.confirm(bought("r-1", line(1, "0.00", "3"), line(2, "0.00", "0.001")))
    assert done["totals"]["payable"] == "0.00"
    answer = shop.give_back("r-1", back("b-1", (1, "3"), (2, "0.001")))
    assert answer["totals"]["refund"] == "0.00"
    assert shop.receipt("r-1")["state"] == "returned"


def test_any_parts_of_a_line_give_back_what_the_line_cost(shop: Shop) -> None:
    # semantics 14: 100.00 over 3 pieces returns 33.33, 33.34, 33.33
    shop.confirm(bought("r-0", line(1, "1000.00")))
    shop.confirm(bought("r-1", line(1, "50.00", "3"), redeem={"bonus": "50.00"}))
    parts = [shop.give_back("r-1", back(f"b-{n}", (1, "1")))["totals"] for n in range(3)]
    assert [it["refund"] for it in parts] == ["33.33", "33.34", "33.33"]
    assert [it["restored"]["bonus"] for it in parts] == ["16.67", "16.66", "16.67"]
    assert [it["clawed_back"]["bonus"] for it in parts] == ["1.67", "1.67", "1.66"]
    assert bonus(shop.card()) == ("50.00", "0.00")


def test_a_line_named_twice_comes_back_with_both_quantities(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "10.00", "3")))
    answer = shop.give_back("r-1", back("b-1", (1, "1"), (1, "2")))
    assert [(it["line"], it["quantity"]) for it in answer["lines"]] == [(1, "3")]
    assert answer["totals"]["refund"] == "30.00"
    twice = shop.confirm(bought("r-2", line(1, "10.00", "3")))
    assert no(twice) is None
    assert no(shop.give_back("r-2", back("b-2", (1, "2"), (1, "2")))) is Reason.RETURN_EXCEEDS_SOLD


def test_goods_by_weight_come_back_by_weight(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "389.99", "0.347", unit="kg")))
    first = shop.give_back("r-1", back("b-1", (1, "0.100")))
    rest = shop.give_back("r-1", back("b-2", (1, "0.247")))
    assert (first["totals"]["refund"], rest["totals"]["refund"]) == ("39.00", "96.33")
    assert no(shop.give_back("r-1", back("b-3", (1, "0.001")))) is Reason.RETURN_EXCEEDS_SOLD


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([(1, "2.001")], Reason.RETURN_EXCEEDS_SOLD),
        ([(2, "1")], Reason.LINE_UNKNOWN),
        ([(1, "0")], Reason.REQUEST_INVALID),
        ([(1, "1"), (1, "0.000")], Reason.REQUEST_INVALID),
    ],
)
def test_what_was_not_sold_does_not_come_back(
    shop: Shop, parts: list[tuple[int, str]], reason: Reason
) -> None:
    shop.confirm(bought("r-1", line(1, "10.00", "2")))
    assert no(shop.give_back("r-1", back("b-1", *parts))) is reason
    assert no(shop.give_back("r-1", back("b-1", (1, "2")))) is None  # the id was left free


def test_a_return_of_an_unknown_receipt_is_refused(shop: Shop) -> None:
    assert no(shop.give_back("r-9", back("b-1", (1, "1")))) is Reason.RECEIPT_UNKNOWN
    assert no(shop.cancel("r-9")) is Reason.RECEIPT_UNKNOWN


def test_a_return_sent_again_is_answered_as_at_first(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "10.00", "2")))
    first = shop.give_back("r-1", back("b-1", (1, "1")))
    shop.give_back("r-1", back("b-2", (1, "1")))
    shop.clock.move(days=30)
    assert shop.give_back("r-1", back("b-1", (1, "1.0"))) == {**first, "replayed": True}
    assert shop.seq() == 3


def test_a_returns_id_belongs_to_its_lines_and_its_receipt(shop: Shop) -> None:
    for receipt in ("r-1", "r-2"):
        shop.confirm(bought(receipt, line(1, "10.00", "2")))
    shop.give_back("r-1", back("b-1", (1, "1")))
    assert no(shop.give_back("r-1", back("b-1", (1, "2")))) is Reason.ID_REUSED
    assert no(shop.give_back("r-2", back("b-1", (1, "1")))) is Reason.ID_REUSED


def test_a_receipt_without_a_card_gives_its_money_back_and_moves_nothing(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "10.00", "2"), card=None))
    answer = shop.give_back("r-1", back("b-1", (1, "1")))
    assert answer["totals"] == {
        "refund": "10.00",
        "restored": {"bonus": "0.00"},
        "clawed_back": {"bonus": "0.00"},
    }
    assert bonus(answer) == ("0.00", "0.00")


def test_a_discount_cards_receipt_gives_back_what_was_paid(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "10.00", "2"), card=PLASTIC))
    assert shop.give_back("r-1", back("b-1", (1, "2")))["totals"]["refund"] == "19.00"


def test_a_return_obeys_the_program_of_its_sale(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "100.00", "2")))
    later = PLAIN.replace("version = 1", "version = 2").replace('percent = "5%"', 'percent = "50%"')
    shop.publish(later)
    assert shop.give_back("r-1", back("b-1", (1, "1")))["totals"]["clawed_back"]["bonus"] == "5.00"
    assert shop.till.ledger.read(lambda view: view.record("return", "b-1")).result() is not None


def test_a_cancel_takes_all_back_as_if_the_receipt_never_happened(shop: Shop) -> None:
    shop.confirm(bought("r-0", line(1, "1000.00")))
    before = shop.card()
    shop.confirm(bought("r-1", line(1, "300.00"), redeem={"bonus": "20.00"}))
    assert shop.cancel("r-1")["wallets"] == before["wallets"]
    assert shop.card() == before
    assert shop.receipt("r-1")["state"] == "cancelled"


def test_a_cancel_sent_again_changes_nothing(shop: Shop) -> None:
    done = shop.confirm(bought("r-1", line(1, "300.00")))
    first = shop.cancel("r-1")
    assert shop.cancel("r-1") == {**first, "replayed": True}
    assert shop.seq() == 2
    again = shop.confirm(bought("r-1", line(1, "300.00")))  # still the answer, still cancelled
    assert again == {**done, "replayed": True}
    assert shop.receipt("r-1")["state"] == "cancelled"


def test_a_cancelled_receipt_takes_no_returns_and_a_returned_one_no_cancel(shop: Shop) -> None:
    for receipt in ("r-1", "r-2"):
        shop.confirm(bought(receipt, line(1, "10.00", "2")))
    shop.cancel("r-1")
    shop.give_back("r-2", back("b-2", (1, "1")))
    assert no(shop.give_back("r-1", back("b-1", (1, "1")))) is Reason.RECEIPT_CANCELLED
    assert no(shop.cancel("r-2")) is Reason.RECEIPT_RETURNED


@pytest.mark.parametrize("day", ["2026-12-01T10:29:59+03:00", "2026-12-08T10:30:01+03:00"])
def test_the_window_of_at_holds_for_returns_and_cancels(shop: Shop, day: str) -> None:
    shop.confirm(bought("r-1", line(1, "10.00", "2")))
    assert no(shop.give_back("r-1", back("b-1", (1, "1"), at=day))) is Reason.AT_OUT_OF_WINDOW
    assert no(shop.cancel("r-1", {"at": day})) is Reason.AT_OUT_OF_WINDOW


def test_a_return_and_a_cancel_happen_when_the_caller_says(shop: Shop) -> None:
    for receipt in ("r-1", "r-2"):
        shop.confirm(bought(receipt, line(1, "10.00")))
    at = "2026-12-06T23:30:00+03:00"
    shop.give_back("r-1", back("b-1", (1, "1"), at=at))
    shop.cancel("r-2", {"at": "2026-12-06T20:30:00Z"})
    for record in shop.records()[2:]:
        assert record.moment.at.isoformat() == at
        assert record.moment.business_date.isoformat() == "2026-12-06"


DATED = HEAD + wallet('activates = "14d"\nexpires = "1y"') + EARN + CARDS


def test_points_restored_after_their_expiry_are_dead_on_arrival(tmp_path: Path) -> None:
    # semantics 17: the original dates hold
    with shop_at(tmp_path / "ledger.db", DATED) as shop:
        shop.confirm(bought("r-0", line(1, "1000.00")))
        shop.clock.move(days=360)
        shop.confirm(bought("r-1", line(1, "100.00"), redeem={"bonus": "max"}))
        shop.clock.move(days=10)
        answer = shop.give_back("r-1", back("b-1", (1, "1")))
        assert answer["totals"]["restored"] == {"bonus": "50.00"}
        assert bonus(answer) == ("0.00", "0.00")
        assert answer["slip"] == ["bonus: 50.00 came back, but they have expired"]
        shop.check()


def test_dead_points_pay_no_debt(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db", DATED) as shop:
        shop.confirm(bought("r-0", line(1, "1000.00")))
        shop.clock.move(days=360)
        shop.confirm(bought("r-1", line(1, "100.00"), redeem={"bonus": "max"}))
        assert bonus(shop.give_back("r-0", back("b-0", (1, "1"))))[1] == "50.00"
        shop.clock.move(days=10)
        assert bonus(shop.give_back("r-1", back("b-1", (1, "1")))) == ("0.00", "50.00")
        shop.check()


def test_a_return_before_activation_cancels_what_waits_and_never_what_is_active(
    tmp_path: Path,
) -> None:
    # semantics 19
    with shop_at(tmp_path / "ledger.db", DATED) as shop:
        shop.confirm(bought("r-0", line(1, "100.00")))
        shop.clock.move(days=14)
        shop.confirm(bought("r-1", line(1, "200.00")))
        answer = shop.give_back("r-1", back("b-1", (1, "1")))
        assert bonus(answer) == ("5.00", "0.00")
        assert answer["wallets"]["bonus"]["pending"] == "0.00"


def test_a_debt_after_a_return_is_told_to_the_cashier(shop: Shop) -> None:
    shop.confirm(bought("r-0", line(1, "1000.00")))
    shop.confirm(bought("r-1", line(1, "50.00"), redeem={"bonus": "max"}))
    answer = shop.give_back("r-0", back("b-1", (1, "1")))
    assert bonus(answer) == ("0.00", "50.00")
    assert answer["messages"]["cashier"] == ["bonus: 50.00 owed, taken from the next points"]


def test_a_blocked_card_does_not_keep_goods_from_coming_back(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "10.00")))
    shop.block()
    assert shop.give_back("r-1", back("b-1", (1, "1")))["totals"]["refund"] == "10.00"


TIERS = """
[tiers]
measure = "spend"
levels = [{ id = "start", from = "0" }, { id = "silver", from = "100.00" }]
"""


@pytest.mark.parametrize("later", [0, 1])
def test_a_return_lowers_the_tier_at_the_next_review_and_not_before(
    tmp_path: Path, later: int
) -> None:
    # semantics 20
    with shop_at(tmp_path / "ledger.db", PLAIN + TIERS) as shop:
        shop.confirm(bought("r-1", line(1, "100.00")))
        shop.clock.move(days=later)
        shop.give_back("r-1", back("b-1", (1, "1")))
        assert shop.card()["tier"] == "silver"
        shop.clock.move(days=31)
        assert shop.card()["tier"] == "start"
        assert shop.card()["next_tier"] == {"id": "silver", "missing": "100.00"}
        shop.check()


@pytest.mark.parametrize("later", [0, 1])
def test_a_cancelled_receipt_never_reached_a_tier(tmp_path: Path, later: int) -> None:
    with shop_at(tmp_path / "ledger.db", PLAIN + TIERS) as shop:
        shop.confirm(bought("r-1", line(1, "100.00")))
        shop.clock.move(days=later)
        shop.cancel("r-1")
        assert shop.card()["tier"] == "start"
        shop.check()


def test_a_return_records_the_lots_that_it_could_touch_and_not_all_that_ever_expired(
    tmp_path: Path,
) -> None:
    with shop_at(tmp_path / "ledger.db", DATED) as shop:
        for number in range(5):
            shop.confirm(bought(f"r-{number}", line(1, "100.00")))
            shop.clock.move(days=100)
        shop.give_back("r-0", back("b-0", (1, "1")))
        seen: Any = shop.records()[-1].body["seen"]
        lots = [lot["active_from"] for lot in seen["account"]["lots"]]
        own, alive = "2026-12-19", ["2027-07-07", "2027-10-15", "2028-01-23"]
        assert lots == [own, *alive]  # the second one's is over as well, and none of the sale's
        shop.check()


@pytest.mark.parametrize("policy", ["allow", "clamp", "only-pending"])
def test_how_far_a_return_may_go_is_the_wallets_debt_policy(tmp_path: Path, policy: str) -> None:
    # semantics 18: earned 150, spent 100, all of it back
    text = HEAD + wallet(f'activates = "1d"\ndebt = "{policy}"') + EARN + CARDS
    with shop_at(tmp_path / "ledger.db", text) as shop:
        shop.confirm(bought("r-0", line(1, "3000.00")))
        shop.clock.move(days=1)
        shop.confirm(bought("r-1", line(1, "100.00", no_earn=True), redeem={"bonus": "max"}))
        answer = shop.give_back("r-0", back("b-1", (1, "1")))
        left = {
            "allow": ("150.00", ("0.00", "100.00")),
            "clamp": ("50.00", ("0.00", "0.00")),
            "only-pending": ("0.00", ("50.00", "0.00")),
        }
        assert (answer["totals"]["clawed_back"]["bonus"], bonus(answer)) == left[policy]
        shop.check()


@pytest.mark.parametrize(
    ("policy", "restored", "left"),
    [("original", "50.00", "0.00"), ("reissue", "50.00", "50.00"), ("none", "0.00", "0.00")],
)
def test_spent_points_come_back_as_the_wallets_restore_policy_says(
    tmp_path: Path, policy: str, restored: str, left: str
) -> None:
    text = HEAD + wallet(f'expires = "30d"\nrestore = "{policy}"') + EARN + CARDS
    with shop_at(tmp_path / "ledger.db", text) as shop:
        shop.confirm(bought("r-0", line(1, "1000.00")))
        shop.confirm(bought("r-1", line(1, "50.00"), redeem={"bonus": "max"}))
        shop.clock.move(days=30)  # what was earned is over
        answer = shop.give_back("r-1", back("b-1", (1, "1")))
        assert answer["totals"]["restored"] == {"bonus": restored}
        assert bonus(answer) == (left, "0.00")
        shop.check()


def test_an_id_stays_taken_when_its_answer_was_forgotten_with_the_holder(shop: Shop) -> None:
    sale, part = bought("r-1", line(1, "10.00", "2")), back("b-1", (1, "1"))
    shop.confirm(sale)
    shop.give_back("r-1", part)
    with closing(writer(shop.till.ledger.path)) as connection:
        connection.execute("DELETE FROM answer")
    before = shop.seq()
    assert no(shop.confirm(sale)) is Reason.ID_REUSED
    assert no(shop.give_back("r-1", part)) is Reason.ID_REUSED
    assert shop.seq() == before
