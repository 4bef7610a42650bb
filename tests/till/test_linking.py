"""One account, several cards: another one beside the first or in its place, and a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.domain.ledger import cards_said
from loyaltyd.domain.refusal import Reason
from tests.till.shop import CARD, PLAIN, PLASTIC, Shop, bought, line, no, numbered, shop_at

NEXT, OTHER = numbered(7), numbered(8)
PHONE = "+79160000000"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db") as opened:
        yield opened
        opened.check()


@pytest.fixture
def points(shop: Shop) -> Shop:
    """5.00 points on the card of Anna, whose phone is known."""
    shop.issue({"card": CARD, "holder": {"name": "Anna", "phone": PHONE}})
    shop.confirm(bought("r1", line(1, "100.00")))
    return shop


def available(shop: Shop, number: str = CARD) -> str:
    held: str = shop.card(number)["wallets"]["bonus"]["available"]
    return held


def test_a_lost_card_is_replaced_and_the_new_one_has_its_points_and_its_holder(
    points: Shop,
) -> None:
    points.block(CARD)
    answer = points.replace(CARD, NEXT)
    assert (answer["status"], answer["holder"], available(points, NEXT)) == (
        "active",
        "Anna",
        "5.00",
    )
    spent = points.confirm(bought("r2", line(1, "100.00"), card=NEXT, redeem={"bonus": "max"}))
    assert spent["totals"]["redeemed"] == "5.00"


def test_a_replaced_card_buys_nothing_and_stays_replaced(points: Shop) -> None:
    points.replace(CARD, NEXT)
    before = points.seq()
    assert points.card(CARD)["status"] == "replaced"
    assert no(points.quote(bought("r2", line(1, "1.00")))) is Reason.CARD_REPLACED
    assert no(points.confirm(bought("r2", line(1, "1.00")))) is Reason.CARD_REPLACED
    assert no(points.unblock(CARD)) is Reason.CARD_REPLACED
    assert no(points.block(CARD)) is Reason.CARD_REPLACED
    assert no(points.replace(CARD, OTHER)) is Reason.CARD_REPLACED
    assert no(points.link(CARD, card=OTHER)) is Reason.CARD_REPLACED
    assert points.seq() == before


def test_replacing_again_changes_nothing(points: Shop) -> None:
    first = points.replace(CARD, NEXT)
    assert points.replace(CARD, NEXT) == {**first, "replayed": True}
    assert points.seq() == 3


def test_a_new_card_can_itself_be_replaced(points: Shop) -> None:
    points.replace(CARD, NEXT)
    points.replace(NEXT, OTHER)
    assert available(points, OTHER) == "5.00"


def test_goods_bought_with_the_old_card_come_back_onto_the_account(points: Shop) -> None:
    points.replace(CARD, NEXT)
    answer = points.give_back("r1", {"return": "b1", "lines": [{"line": 1, "quantity": "1"}]})
    assert answer["totals"]["clawed_back"] == {"bonus": "5.00"}
    assert available(points, NEXT) == "0.00"


@pytest.mark.parametrize("deed", ["replace", "link"])
def test_a_card_that_is_somebodys_takes_no_place(points: Shop, deed: str) -> None:
    points.issue({"card": NEXT})
    before = points.seq()
    act = points.replace if deed == "replace" else lambda a, b: points.link(a, card=b)
    assert no(act(CARD, NEXT)) is Reason.CARD_EXISTS
    assert no(act(CARD, CARD)) is Reason.CARD_EXISTS
    assert no(act(OTHER, numbered(9))) is Reason.CARD_UNKNOWN  # never used nor issued
    assert no(act(CARD, "4600682000013")) is Reason.CARD_UNKNOWN
    assert points.seq() == before


def test_a_second_card_of_the_household_earns_and_spends_from_one_account(points: Shop) -> None:
    answer = points.link(CARD, card=NEXT)
    assert (answer["number"], answer["status"]) == ("2990******019", "active")
    points.confirm(bought("r2", line(1, "40.00"), card=NEXT))
    assert available(points, CARD) == available(points, NEXT) == "7.00"
    assert points.link(CARD, card=NEXT)["replayed"] is True
    points.block(NEXT)
    assert available(points, CARD) == "7.00"
    assert no(points.link(CARD, card=NEXT)) is Reason.CARD_BLOCKED


def test_a_blocked_card_takes_nobody_in(points: Shop) -> None:
    points.block(CARD)
    assert no(points.link(CARD, card=NEXT)) is Reason.CARD_BLOCKED
    assert no(points.link(CARD, phone="+79990000000")) is Reason.CARD_BLOCKED


def test_a_linked_card_that_was_thought_new_elsewhere_stays_linked(points: Shop) -> None:
    points.link(CARD, card=NEXT)
    points.confirm(bought("r2", line(1, "40.00"), card=NEXT))
    records = points.records()
    assert cards_said(records[-1])[0].account == cards_said(records[0])[0].account


def test_a_phone_stands_for_the_card_of_who_gave_it(points: Shop) -> None:
    assert points.card(PHONE)["number"] == "2990******019"
    answer = points.confirm(bought("r2", line(1, "100.00"), card=PHONE, redeem={"bonus": "max"}))
    assert (answer["card"]["number"], answer["totals"]["redeemed"]) == ("2990******019", "5.00")


def test_a_phone_is_linked_later_and_no_record_holds_it(points: Shop) -> None:
    points.issue({"card": NEXT})
    points.link(NEXT, phone="+79990000000")
    assert points.card("+79990000000")["status"] == "active"
    assert points.link(NEXT, phone="+79990000000")["replayed"] is True
    assert points.records()[-1].type == "link"
    assert not [it for it in points.records() if "7999000" in it.line or PHONE in it.line]


def test_a_phone_that_is_another_customers_is_not_linked(points: Shop) -> None:
    points.issue({"card": NEXT})
    assert no(points.link(NEXT, phone=PHONE)) is Reason.PHONE_TAKEN


def test_a_phone_that_two_customers_gave_names_neither(points: Shop) -> None:
    points.issue({"card": NEXT, "holder": {"name": "Boris", "phone": PHONE}})
    assert no(points.card(PHONE)) is Reason.PHONE_SHARED
    assert no(points.quote(bought("r2", line(1, "1.00"), card=PHONE))) is Reason.PHONE_SHARED


def test_a_phone_that_nobody_gave_is_unknown(points: Shop) -> None:
    assert no(points.card("+70000000000")) is Reason.CARD_UNKNOWN


def test_a_phone_names_the_card_that_may_be_used(points: Shop) -> None:
    points.replace(CARD, NEXT)
    assert points.card(PHONE)["number"] == points.card(NEXT)["number"]
    points.block(NEXT)
    assert no(points.quote(bought("r2", line(1, "1.00"), card=PHONE))) is not None


def test_a_discount_card_may_become_a_bonus_card_and_a_gift_card_may_not(tmp_path: Path) -> None:
    text = PLAIN + (
        '\n[[cards]]\nkind = "gift"\nprefix = "7700"\nlength = 13\nwallet = "gift"\n'
        '\n[wallets.gift]\nscale = 2\nredeem_rate = "1.00"\n'
    )
    gift = numbered(1, "7700")
    with shop_at(tmp_path / "l.db", text) as shop:
        shop.issue({"card": PLASTIC})
        assert shop.replace(PLASTIC, CARD)["kind"] == "bonus"
        assert no(shop.replace(CARD, gift)) is Reason.CARDS_DIFFER
        assert no(shop.link(CARD, card=gift)) is Reason.CARDS_DIFFER
        shop.confirm({"receipt": "g", "loads": [{"card": gift, "amount": "500.00"}]})
        lost = shop.replace(gift, numbered(2, "7700"))
        assert lost["wallets"]["gift"]["available"] == "500.00"
        assert no(shop.link(numbered(2, "7700"), phone=PHONE)) is None
        assert no(shop.card(PHONE)) is Reason.CARD_UNKNOWN  # money is nobody's by a phone
        shop.check()
