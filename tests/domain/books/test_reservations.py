"""The records of a reservation: what its counters say, and that each end undoes them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.books.reservations import confirmed_body, release_body, reserve_body
from loyaltyd.domain.books.sale import Sale, receipt_body, sale_from
from loyaltyd.domain.ledger import REDEEMED, fold, postings_of
from loyaltyd.domain.record import Moment, Record
from loyaltyd.domain.reservation import EXPIRED, RELEASE, RESERVE, Reservation
from tests.domain.receipts import EARN, MOSCOW, SATURDAY, basket, line, program, rule, seen, wallet
from tests.domain.sales import sold
from tests.domain.test_record import STREAM

ONCE = rule("once", "receipt", 'amount_off = "5.00"', "limit = { per_account = 1 }")
PROGRAM = program(wallet() + EARN + ONCE)
SUNDAY = dt.datetime(2026, 12, 6, 0, 5, tzinfo=MOSCOW)


@pytest.fixture
def sale() -> Sale:
    """Goods for 100.00 less 5.00, of which 80.00 are paid by bonuses: 0.75 is earned."""
    who = seen("80.00")
    return sold(PROGRAM, basket(line(1, "100.00"), redeem={"bonus": "max"}), who).sale


def record(kind: str, sale: Sale, body: dict[str, Any], at: dt.datetime = SATURDAY) -> Record:
    moment = Moment(at=at, recorded_at=at, clock="synced", business_date=at.date())
    return Record(seq=1, type=kind, stream=STREAM, moment=moment, program=sale.program, body=body)


def reserved(sale: Sale) -> Record:
    return record(RESERVE, sale, reserve_body("h-1", sale))


def plain(sale: Sale) -> dict[str, Any]:
    return receipt_body(sale.basket, sale.seen, sale.place, sale.result, sale.postings)


def test_a_reservation_says_that_it_is_open_and_holds_uses_but_counts_no_visit(sale: Sale) -> None:
    body: Any = reserve_body("h-1", sale)
    names = [(it["account"], it["name"], it["amount"]) for it in body["counters"]]
    account, card = "a" * 32, "c" * 32
    assert names == [
        (account, "used/once", 1),
        (account, f"used/once/{card}", 1),
        ("reservation/h-1", "open", 1),
    ]
    assert [it["credit"] for it in body["postings"]] == ["reserved/2020-01-01/-"]


def test_a_reservation_reads_back_as_the_receipt_it_is_for(sale: Sale) -> None:
    again = sale_from(reserved(sale))
    assert replace(again, postings=()) == replace(sale, postings=())


@pytest.mark.parametrize("at", [SATURDAY, SUNDAY])
def test_a_release_leaves_nothing_of_it_even_after_midnight(sale: Sale, at: dt.datetime) -> None:
    made = reserved(sale)
    body = release_body(made, EXPIRED)
    assert (body["id"], body["because"]) == ("h-1", "expired")
    total = fold([made, record(RELEASE, sale, body, at)])
    assert not any(total.lots.values())
    assert not any(total.counters.values())


def test_a_confirm_leaves_what_the_receipt_alone_would(sale: Sale) -> None:
    made = reserved(sale)
    body = confirmed_body(sale, Reservation(id="h-1"), postings_of(made))
    assert body["reservation"] == {"id": "h-1"}
    total = fold([made, record("receipt", sale, body)])
    alone = fold([record("receipt", sale, plain(sale))])
    assert +total.lots == +alone.lots
    assert -total.lots == -alone.lots
    assert +total.counters == +alone.counters
    spent = [
        it for it in sale_from(record("receipt", sale, body)).postings if it.credit == REDEEMED
    ]
    assert [(it.debit, it.amount) for it in spent] == [("lot/2020-01-01/-", 8000)]


def test_a_reservation_of_nothing_is_one(sale: Sale) -> None:
    nobody = sold(PROGRAM, basket(line(1, "100.00")), Seen()).sale
    body: Any = reserve_body("h-1", nobody)
    assert body["postings"] == []
    assert [it["account"] for it in body["counters"]] == ["reservation/h-1"]
