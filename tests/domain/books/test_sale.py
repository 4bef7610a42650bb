"""A receipt's record holds all that was decided on: anyone can run its quote again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given

from loyaltyd.domain.account import Account, Beside, Card, Seen
from loyaltyd.domain.basket import Load
from loyaltyd.domain.books.sale import (
    counted,
    measured_by,
    receipt_body,
    sale_counters,
    sale_from,
    sale_postings,
    use_counters,
)
from loyaltyd.domain.coupon import Print
from loyaltyd.domain.engine.quote import Quote, quote
from loyaltyd.domain.record import Moment, Record, Stream, record_from
from tests.domain.receipts import (
    BONUS_CARD,
    DISCOUNT_CARD,
    EARN,
    NOBODY,
    PLACE,
    SATURDAY,
    basket,
    line,
    program,
    rub,
    rule,
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


def test_a_record_names_the_receipt_its_card_and_the_cards_beside() -> None:
    found = sold(program(wallet() + EARN), basket(line(1, "100.00")), seen())
    body = record(found).body
    own = {"id": "c" * 32, "account": "a" * 32, "kind": "bonus"}
    assert (body["id"], body["card"]) == ("r-1", own)
    assert "cards" not in body
    gift = Beside(
        card=Card(id="b" * 32, kind="gift", range="7700/16"),
        account=Account(id="b" * 32),
        wallet="bonus",
    )
    found = sold(program(wallet() + EARN), basket(line(1, "9.00")), replace(NOBODY, beside=(gift,)))
    body = record(found).body
    assert body["cards"] == [{"id": "b" * 32, "account": "b" * 32, "kind": "gift"}]
    assert "card" not in body


def test_a_record_names_the_coupons_that_it_prints_and_whose_they_are() -> None:
    cards = '[[cards]]\nkind = "coupon"\nprefix = "990%d"\nlength = 13\nenrol = "printed"\n'
    text = (
        wallet()
        + cards % 1
        + cards % 2
        + '[groups.both]\npick = "all"\n'
        + rule("anyone", "points", 'coupon = "9901*"', 'group = "both"')
        + rule("own", "points", 'coupon = "9902*", personal = true', 'group = "both"')
    )
    prints = (Print(rule="own", coupon="2" * 32), Print(rule="anyone", coupon="1" * 32))
    found = sold(program(text), basket(line(1, "100.00")), replace(seen(), prints=prints))
    assert record(found).body["cards"] == [
        {"id": "1" * 32, "account": "1" * 32, "kind": "coupon"},
        {"id": "2" * 32, "account": "a" * 32, "kind": "coupon"},
    ]
    opened = [(it.account, it.wallet, it.amount) for it in found.sale.postings]
    assert opened == [("1" * 32, "coupon/9901", 1), ("2" * 32, "coupon/9902", 1)]
    unprinted = replace(found.sale, seen=seen())
    assert "cards" not in record(replace(found, sale=unprinted)).body


def test_a_record_says_what_moved_by_the_names_that_records_have() -> None:
    # of 100.00 twenty are paid with points, and five per cent of the other 80.00 are earned
    cart = basket(line(1, "100.00"), redeem={"bonus": "20.00"})
    found = sold(program(wallet() + EARN), cart, seen("20.00"))
    own = {"account": "a" * 32, "wallet": "bonus"}
    assert record(found).body["postings"] == [
        {**own, "debit": "lot/2020-01-01/-", "credit": "redeemed", "amount": rub("20.00")},
        {**own, "debit": "issued", "credit": "lot/2026-12-05/-", "amount": rub("4.00")},
    ]
    load = Load(card="c" * 32, amount=rub("5.00"))
    who = seen(debt="2.00")
    assert who.account is not None
    own_card = Beside(card=BONUS_CARD, account=who.account, wallet="bonus")
    cart = replace(basket(), loads=(load,))
    found = sold(program(wallet()), cart, replace(who, beside=(own_card,)))
    assert record(found).body["postings"] == [
        {**own, "debit": "loaded", "credit": "debt", "amount": rub("2.00")},
        {**own, "debit": "loaded", "credit": "lot/2026-12-05/-", "amount": rub("3.00")},
    ]


def test_what_a_rule_with_a_budget_gives_counts_on_an_account_of_its_own() -> None:
    five = rule("five", "receipt", 'amount_off = "5.00"', 'limit = { budget = "100.00" }')
    found = sold(program(five), basket(line(1, "100.00")), NOBODY)
    assert use_counters(found.sale.result, NOBODY) == [("budget/five", "given", rub("5.00"))]


def test_who_only_pays_money_onto_a_card_has_visited_nothing() -> None:
    result = sold(program(wallet()), basket(), seen()).sale.result
    assert sale_counters(result, seen(), DAY) == [counted("a" * 32, "spend", DAY, 0)]


@pytest.mark.parametrize(
    ("measure", "counters"),
    [
        ('measure = "spend"\n', {"spend", "returned"}),
        ('measure = "visits"\n', {"visits"}),
        ('measure = "points"\nwallet = "bonus"\n', {"earned/bonus", "clawed_back/bonus"}),
    ],
)
def test_a_tier_adds_up_the_counters_of_its_measure(measure: str, counters: set[str]) -> None:
    levels = 'levels = [{ id = "start", from = "0" }]\n'
    assert measured_by(program(wallet() + "[tiers]\n" + measure + levels).tiers) == counters
    assert measured_by(None) == {"spend", "returned"}


def test_a_use_counts_for_the_account_its_card_and_the_cashier() -> None:
    once = rule("once", "receipt", 'percent_off = "10%"', "limit = { per_account = 1 }")
    found = sold(program(wallet() + once), basket(line(1, "100.00")), seen())
    result, who = found.sale.result, found.sale.seen
    own = [("a" * 32, "used/once", 1), ("a" * 32, f"used/once/{'c' * 32}", 1)]
    assert use_counters(result, who) == own
    assert use_counters(result, replace(who, cashier="olga")) == [*own, ("olga", "used/once", 1)]
    assert use_counters(result, NOBODY) == []


def test_the_line_is_integers_and_strings_alone() -> None:
    found = sold(program(wallet() + EARN), basket(line(1, "0.01", "0.001")), seen("5.00"))
    facts = json.loads(record(found).line, parse_float=_never)
    assert facts["basket"]["lines"][0]["quantity"] == 1


def _never(text: str) -> float:
    raise AssertionError(text)
