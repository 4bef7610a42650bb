"""From a number, read or sent, to the card and account that it stands for."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from loyaltyd.domain.account import Account, Card
from loyaltyd.domain.card import CardNumber
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.refusal import Reason, Refusal
from loyaltyd.till.identify import Presented, identified, presented
from tests.domain.receipts import program
from tests.till.shop import CARD, PLASTIC, bought, line, shop_at

TAPPED = program().ranges[0].media
DAY = dt.date(2026, 12, 5)


@pytest.mark.parametrize(("number", "kind"), [(CARD, "bonus"), (PLASTIC, "discount")])
def test_a_number_is_of_the_range_that_holds_it(number: str, kind: str) -> None:
    found = identified(program(), number)
    assert isinstance(found, CardNumber)
    assert found.kind == kind


@pytest.mark.parametrize(
    ("text", "medium", "reason"),
    [
        ("4600682000013", None, Reason.CARD_UNKNOWN),
        ("4600682000013", "barcode", Reason.NOT_A_CARD),  # a scan of goods
        ("2990000000018", "barcode", Reason.CARD_INVALID),
        (CARD, "smell", Reason.NOT_A_CARD),  # a medium that the range doesn't name
    ],
)
def test_what_is_no_card_says_why(text: str, medium: str | None, reason: Reason) -> None:
    assert identified(program(), text, medium) == Refusal(reason=reason)


@pytest.mark.parametrize("medium", TAPPED)
def test_a_card_is_taken_by_every_medium_of_its_range(medium: str) -> None:
    assert isinstance(identified(program(), CARD, medium), CardNumber)


def test_one_number_has_one_id_and_no_id_shows_it(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db") as shop:
        till = shop.till

        def found(number: str) -> Presented:
            card = till.ledger.read(
                lambda view: presented(till, view, till.programs[0], number, DAY)
            ).result()
            assert isinstance(card, Presented)
            return card

        first = found(CARD)
        shop.confirm(bought("r-1", line(1, "100.00")))
        assert found(CARD).card == first.card
        assert found(CARD).account.id == first.account.id == first.card.id
        assert found(PLASTIC).card.id != first.card.id
        assert len(first.card.id) == 32
        assert CARD not in repr(found(CARD))


def test_a_quote_sees_no_lots_that_are_over() -> None:
    def lot(expires_at: dt.date | None) -> Lot:
        return Lot(wallet="bonus", active_from=DAY, expires_at=expires_at, amount=1)

    lots = (lot(DAY), lot(DAY + dt.timedelta(days=1)), lot(None))
    found = Presented(
        number=CardNumber(number=CARD, kind="bonus", range="2990/13"),
        card=Card(id="c" * 32, kind="bonus", range="2990/13"),
        account=Account(id="a" * 32, lots=lots),
        status="active",
    )
    assert found.live(DAY).lots == lots[1:]
