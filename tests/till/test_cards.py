"""A card is looked at, issued, blocked; its number and its holder stay out of the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.domain.refusal import Reason
from tests.till.shop import (
    CARD,
    PLAIN,
    PLASTIC,
    Shop,
    bought,
    line,
    no,
    numbered,
    seeded_shop_at,
    shop_at,
)
from tools.seed import VIKTOR

ANNA: dict[str, Any] = {
    "card": CARD,
    "kind": "bonus",
    "holder": {"name": "Anna", "birthday": "1990-05-01", "phone": "+79160000000"},
}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_at(tmp_path / "ledger.db") as opened:
        yield opened
        opened.check()


def test_a_card_that_was_never_used_is_new_and_holds_nothing(shop: Shop) -> None:
    answer = shop.card()
    assert (answer["number"], answer["status"], answer["holder"]) == ("2990******019", "new", "")
    assert answer["wallets"]["bonus"]["available"] == "0.00"
    assert shop.seq() == 0


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (CARD, None),
        ("2990000000018", Reason.CARD_INVALID),  # its check digit is 9
        ("299000000001", Reason.CARD_UNKNOWN),
        ("29900000000190", Reason.CARD_UNKNOWN),
        ("4600682000013", Reason.CARD_UNKNOWN),
        ("x", Reason.CARD_UNKNOWN),
    ],
)
def test_a_number_is_a_card_when_a_range_holds_it(
    shop: Shop, number: str, reason: Reason | None
) -> None:
    assert no(shop.card(number)) is reason
    assert no(shop.issue({"card": number})) is reason
    assert no(shop.quote(bought("r", line(1, "1.00"), card=number))) is reason


def test_issuing_opens_the_account_and_greets_by_name(shop: Shop) -> None:
    answer = shop.issue(ANNA)
    assert (answer["status"], answer["holder"]) == ("active", "Anna")
    assert shop.quote(bought("r", line(1, "1.00")))["messages"]["cashier"] == ["Greet Anna"]


def test_issuing_again_changes_nothing_and_another_holder_is_refused(shop: Shop) -> None:
    first = shop.issue(ANNA)
    assert shop.issue(ANNA) == {**first, "replayed": True}
    other = {**ANNA, "holder": {"name": "Boris"}}
    assert no(shop.issue(other)) is Reason.CARD_EXISTS
    assert no(shop.issue({"card": CARD})) is Reason.CARD_EXISTS
    assert (shop.seq(), shop.card()["holder"]) == (1, "Anna")


def test_a_card_opened_by_its_first_use_can_be_given_its_holder(shop: Shop) -> None:
    shop.confirm(bought("r", line(1, "100.00")))
    answer = shop.issue(ANNA)
    assert "replayed" not in answer
    assert (answer["holder"], answer["wallets"]["bonus"]["available"]) == ("Anna", "5.00")
    assert shop.seq() == 1


def test_a_card_of_another_kind_than_was_said_is_not_issued(shop: Shop) -> None:
    assert no(shop.issue({**ANNA, "kind": "discount"})) is Reason.REQUEST_INVALID
    assert no(shop.issue({**ANNA, "card": PLASTIC})) is Reason.REQUEST_INVALID
    assert shop.seq() == 0


def test_a_blocked_card_buys_nothing_until_it_is_unblocked(shop: Shop) -> None:
    shop.issue(ANNA)
    assert shop.block()["status"] == "blocked"
    body = bought("r", line(1, "1.00"))
    assert no(shop.confirm(body)) is Reason.CARD_BLOCKED
    assert shop.card()["status"] == "blocked"
    assert shop.unblock()["status"] == "active"
    assert no(shop.confirm(body)) is None


def test_blocking_twice_records_once(shop: Shop) -> None:
    shop.issue(ANNA)
    first = shop.block()
    assert shop.block() == {**first, "replayed": True}
    assert shop.seq() == 2


def test_a_card_that_nobody_has_seen_cannot_be_blocked(shop: Shop) -> None:
    assert no(shop.block()) is Reason.CARD_UNKNOWN
    assert no(shop.unblock()) is Reason.CARD_UNKNOWN


def test_a_receipt_does_not_unblock_a_card(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "1.00")))
    shop.block()
    shop.cancel("r-1")
    assert shop.card()["status"] == "blocked"


def test_a_card_that_must_be_issued_is_unknown_before(tmp_path: Path) -> None:
    text = PLAIN.replace('prefix = "2990"', 'prefix = "2990"\nenrol = "issued-only"')
    with shop_at(tmp_path / "ledger.db", text) as shop:
        assert no(shop.card()) is Reason.CARD_UNKNOWN
        assert shop.issue(ANNA)["status"] == "active"
        assert no(shop.card()) is None


def test_the_card_shows_its_tier_and_what_the_next_one_needs(tmp_path: Path) -> None:
    with seeded_shop_at(tmp_path / "ledger.db") as shop:
        answer = shop.card()
        assert (answer["tier"], answer["next_tier"]["id"]) == ("silver", "gold")
        assert answer["wallets"]["bonus"]["expiring"] == [{"amount": "40.00", "on": "2026-12-31"}]
        assert shop.card(VIKTOR)["status"] == "blocked"


def test_neither_number_nor_holder_enters_a_record(shop: Shop) -> None:
    shop.issue(ANNA)
    shop.confirm(bought("r-1", line(1, "100.00")))
    shop.block()
    shop.unblock()
    shop.cancel("r-1")
    lines = [record.line for record in shop.records()]
    assert len(lines) == 5
    for secret in (CARD, "Anna", "1990-05-01", "79160000000"):
        assert not [it for it in lines if secret in it]


def test_two_cards_have_two_accounts(shop: Shop) -> None:
    shop.confirm(bought("r-1", line(1, "100.00")))
    assert shop.card(numbered(7))["wallets"]["bonus"]["available"] == "0.00"
