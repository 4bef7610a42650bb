"""A receipt's record holds all that was decided on: anyone can run its quote again."""

from __future__ import annotations

import json
from typing import cast

from hypothesis import given

from loyaltyd.domain.account import Seen
from loyaltyd.domain.quote import Quote, quote
from loyaltyd.domain.record import Moment, Record, Stream, record_from
from loyaltyd.domain.sale import receipt_body, sale_from, sale_postings
from tests.domain.receipts import (
    DISCOUNT_CARD,
    EARN,
    PLACE,
    SATURDAY,
    basket,
    line,
    program,
    rub,
    seen,
    wallet,
)
from tests.domain.sales import DAY, Sold, sales, sold

STREAM = Stream(chain="zelenka", store="msk-017", till="3", epoch="0" * 16, key="ab" * 32)


def record(found: Sold) -> Record:
    sale = found.sale
    return Record(
        seq=1,
        type="receipt",
        stream=STREAM,
        moment=Moment(at=SATURDAY, recorded_at=SATURDAY, clock="synced", business_date=DAY),
        program=sale.program,
        body=receipt_body(sale.basket, sale.seen, sale.place, sale.result, sale.postings),
    )


@given(sales())
def test_a_sale_read_back_from_its_line_is_the_sale_and_gives_the_same_again(found: Sold) -> None:
    sale = sale_from(record_from(record(found).line, STREAM))
    assert sale == found.sale
    again = quote(sale.basket, sale.seen, found.program, sale.place, sale.at)
    assert isinstance(again, Quote)
    assert again.result == sale.result
    assert sale_postings(again.result, sale.seen, found.program, sale.at) == sale.postings


@given(sales())
def test_gross_less_discount_less_redeemed_is_payable_on_each_line_and_in_all(found: Sold) -> None:
    result = found.sale.result
    for it in result.lines:
        assert it.gross - it.discount - it.redeemed == it.net >= 0
        assert 0 <= it.tendered <= it.redeemed
        assert all(effect.amount > 0 for effect in it.effects)
    gross = sum(it.gross for it in result.lines)
    off = sum(it.discount + it.redeemed for it in result.lines)
    assert gross - off == result.payable
    for points in result.spent:
        paid = [paid for it in result.lines for paid in it.paid if paid.wallet == points.wallet]
        assert sum(it.points for it in paid) == points.amount
    for points in result.earned:
        parts = [part for it in result.lines for part in it.earned if part.wallet == points.wallet]
        assert sum(it.amount for it in parts) == points.amount


def test_a_receipt_counts_its_spend_and_a_visit_for_its_business_date() -> None:
    found = sold(program(wallet() + EARN), basket(line(1, "100.00")), seen())
    counters = record(found).body["counters"]
    day = PLACE.business_date.isoformat()
    assert counters == [
        {"account": "a" * 32, "name": "spend", "date": day, "amount": rub("100.00")},
        {"account": "a" * 32, "name": "visits", "date": day, "amount": 1},
    ]


def test_a_receipt_without_a_card_names_no_account_and_moves_nothing() -> None:
    found = sold(program(wallet() + EARN), basket(line(1, "100.00")), Seen())
    body = record(found).body
    assert not {"card", "counters"} & body.keys()
    assert body["postings"] == []
    assert body["seen"] == {}


def test_a_discount_cards_receipt_counts_and_earns_nothing() -> None:
    who = Seen(card=DISCOUNT_CARD, account=seen().account)
    found = sold(program(wallet() + EARN), basket(line(1, "100.00")), who)
    body = record(found).body
    assert body["postings"] == []
    assert cast(dict[str, str], body["card"])["kind"] == "discount"


def test_the_line_is_integers_and_strings_alone() -> None:
    found = sold(program(wallet() + EARN), basket(line(1, "0.01", "0.001")), seen("5.00"))
    facts = json.loads(record(found).line, parse_float=_never)
    assert facts["basket"]["lines"][0]["quantity"] == 1


def _never(text: str) -> float:
    raise AssertionError(text)
