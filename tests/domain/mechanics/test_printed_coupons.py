"""Coupons that a receipt prints for another one: what is printed, when it is good, and once."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.basket import Basket
from loyaltyd.domain.books.returns import Case, Returned, Reversal, goods_returned, sale_cancelled
from loyaltyd.domain.books.sale import Sale, sale_postings
from loyaltyd.domain.coupon import Coupon, Print, coupon_wallet
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.printing import Printing
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.ledger import ISSUED, REDEEMED, Lot, Posting
from tests.domain.coupons import bringing, coupon, naming
from tests.domain.receipts import (
    NOBODY,
    SATURDAY,
    basket,
    cause,
    discounts,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    wallet,
)
from tests.domain.sales import Sold, sold

COUPONS = '[[cards]]\nkind = "coupon"\nprefix = "9902"\nlength = 13\nenrol = "printed"\n'
PRINTS = rule(
    "next-time",
    "points",
    'coupon = "9902*", activates = "1d", expires = "30d"',
    'when = { min_total = "500.00" }',
)
USES = rule("fifty", "coupon", 'amount_off = "50.00"', 'when = { coupon = "9902*" }')
TEXT = COUPONS + wallet() + PRINTS + USES
DAY = SATURDAY.date()  # 5 December 2026
ONE = "9902000000015"
IDENT = "e" * 32  # of the number that the till makes


def lot(first: int = -1, last: int | None = 30) -> Lot:
    """One use, between so many days from today."""
    return Lot(
        wallet="coupon/9902",
        active_from=DAY + dt.timedelta(days=first),
        expires_at=None if last is None else DAY + dt.timedelta(days=last),
        amount=1,
    )


def printed_one(found: Program, *lots: Lot) -> Coupon:
    return replace(coupon(found, ONE), printed=True, lots=lots)


def off(found: Program, brought: Coupon, who: Seen = NOBODY) -> int:
    cart = naming(basket(line(1, "300.00")), brought)
    return sum(discounts(quoted(found, cart, bringing(who, brought))))


@pytest.mark.parametrize(("price", "prints"), [("499.99", 0), ("500.00", 1)])
def test_a_receipt_prints_a_coupon_with_dates_of_its_own(price: str, prints: int) -> None:
    answer = quoted(program(TEXT), basket(line(1, price)))
    printing = Printing(
        rule="next-time",
        name="9902*",
        active_from=dt.date(2026, 12, 6),
        expires_at=dt.date(2027, 1, 4),
    )
    assert answer.result.prints == (printing,) * prints
    if prints:
        applied = Why(rule="next-time", cause=Cause.APPLIED, has="9902*")
        assert answer.trace == (applied,)


def test_what_a_quote_prints_has_no_number_yet_and_moves_nothing() -> None:
    found = program(TEXT)
    answer = quoted(found, basket(line(1, "500.00")))
    assert sale_postings(answer.result, NOBODY, found, SATURDAY) == ()


def test_a_confirmed_receipt_opens_a_lot_of_one_on_the_coupons_own_account() -> None:
    (posting,) = _sold(seen()).sale.postings
    assert posting == Posting(
        account=IDENT,
        wallet="coupon/9902",
        debit=ISSUED,
        credit="lot/2026-12-06/2027-01-04",
        amount=1,
    )


@pytest.mark.parametrize(
    ("lots", "told"),
    [
        ([lot()], None),
        ([lot(0, 1)], None),  # its first day, and its last
        ([lot(1)], Cause.COUPON_EARLY),
        ([lot(-9, 0)], Cause.COUPON_EXPIRED),
        ([lot(-9, None)], None),
        ([], Cause.COUPON_USED),
        ([lot(-9, 0), lot()], None),
    ],
)
def test_a_printed_coupon_is_good_on_its_days_and_once(lots: list[Lot], told: Cause | None) -> None:
    found = program(TEXT)
    brought = printed_one(found, *lots)
    cart = naming(basket(line(1, "300.00")), brought)
    answer = quoted(found, cart, bringing(NOBODY, brought))
    assert sum(discounts(answer)) == (0 if told else rub("50.00"))
    assert cause(answer, "fifty") is (told or Cause.APPLIED)


def test_a_use_takes_the_lot_however_many_rules_the_coupon_opens() -> None:
    more = rule("ten", "receipt", 'percent_off = "10%"', 'when = { coupon = "9902*" }')
    found = program(TEXT + more)
    brought = printed_one(found, lot(), lot(-1, 40))
    cart = naming(basket(line(1, "300.00")), brought)
    answer = quoted(found, cart, bringing(NOBODY, brought))
    assert len(answer.result.coupons) == 2
    (posting,) = sale_postings(answer.result, bringing(NOBODY, brought), found, SATURDAY)
    assert (posting.debit, posting.credit) == (lot().bucket, REDEEMED)  # of the two the earlier


@pytest.mark.parametrize(
    ("more", "who", "told"),
    [
        ('on = { category = ["dairy/*"] }', NOBODY, None),
        ("limit = { per_account = 1 }", NOBODY, Cause.NO_CARD),
        ("", NOBODY, Cause.APPLIED),
    ],
)
def test_it_prints_when_its_rule_says_so(more: str, who: Seen, told: Cause | None) -> None:
    found = program(COUPONS + wallet() + rule("p", "points", 'coupon = "9902*"', more))
    answer = quoted(found, basket(line(1, "10.00")), who)
    assert len(answer.result.prints) == (told is Cause.APPLIED)
    assert [why.cause for why in answer.trace] == ([told] if told else [])


def test_goods_that_may_not_earn_print_nothing() -> None:
    found = program(COUPONS + wallet() + rule("p", "points", 'coupon = "9902*"'))
    tobacco = line(1, "200.00", flags=("no_earn",))
    answer = quoted(found, basket(tobacco))
    assert (answer.result.prints, cause(answer, "p")) == ((), Cause.NO_EARN)
    assert len(quoted(found, basket(tobacco, line(2, "1.00"))).result.prints) == 1


def test_goods_on_offer_print_nothing_where_the_rule_excludes_the_offer() -> None:
    text = rule("sale", "item", 'amount_off = "1.00"') + rule(
        "p", "points", 'coupon = "9902*"', 'exclude = ["sale"]'
    )
    answer = quoted(program(COUPONS + text), basket(line(1, "10.00")))
    assert (answer.result.prints, cause(answer, "p")) == ((), Cause.EXCLUDED)


def test_of_a_group_the_first_that_can_prints_and_with_pick_all_each() -> None:
    big = rule("big", "points", 'coupon = "9902*"', 'group = "g"\nwhen = { min_total = "900.00" }')
    any_ = rule("any", "points", 'coupon = "9902*"', 'group = "g"')
    for pick, prints in (("best", ["big"]), ("first", ["big"]), ("all", ["big", "any"])):
        text = f'[groups.g]\npick = "{pick}"\n' + big + any_
        answer = quoted(program(COUPONS + text), basket(line(1, "900.00")))
        assert [it.rule for it in answer.result.prints] == prints
        less = quoted(program(COUPONS + text), basket(line(1, "10.00")))
        assert [it.rule for it in less.result.prints] == ["any"]


def test_a_personal_coupon_needs_an_account_to_be_of() -> None:
    personal = PRINTS.replace('"30d"', '"30d", personal = true')
    found = program(COUPONS + wallet() + personal)
    cart = basket(line(1, "500.00"))
    assert cause(quoted(found, cart), "next-time") is Cause.NO_CARD
    (printing,) = quoted(found, cart, seen()).result.prints
    assert printing.personal


def _sold(who: Seen = NOBODY, wanted: Basket | None = None) -> Sold:
    """A receipt of 500.00 in two lines whose coupon's number is made."""
    who = replace(who, prints=(Print(rule="next-time", coupon=IDENT),))
    return sold(program(TEXT), wanted or basket(line(1, "300.00"), line(2, "200.00")), who)


def _case(sale: Sale, *held: Lot, earlier: tuple[Returned, ...] = ()) -> Case:
    coupons = (Coupon(id=IDENT, printed=True, lots=held),)
    return Case(
        sale=sale,
        earlier=earlier,
        account=None,
        program=program(TEXT),
        on=DAY,
        coupons=coupons,
    )


HELD = Lot(
    wallet=coupon_wallet("9902*"),
    active_from=dt.date(2026, 12, 6),
    expires_at=dt.date(2027, 1, 4),
    amount=1,
)
BACK = Posting(account=IDENT, wallet="coupon/9902", debit=HELD.bucket, credit=ISSUED, amount=1)


def test_a_full_return_takes_the_unused_coupon_back_in_any_number_of_parts() -> None:
    sale = _sold().sale
    first = goods_returned(_case(sale, HELD), {1: 1000})
    assert isinstance(first, Reversal)
    assert first.postings == ()  # a part of the goods stays
    last = goods_returned(_case(sale, HELD, earlier=(first.returned,)), {2: 1000})
    assert isinstance(last, Reversal)
    assert last.postings == (BACK,)


def test_a_used_coupon_stays_used_when_the_receipt_that_printed_it_comes_back() -> None:
    for outcome in (
        goods_returned(_case(_sold().sale), {1: 1000, 2: 1000}),
        sale_cancelled(_case(_sold().sale)),
    ):
        assert isinstance(outcome, Reversal)
        assert outcome.postings == ()


def test_a_cancel_takes_the_printed_coupon_back_and_gives_the_used_one_back() -> None:
    cancelled = sale_cancelled(_case(_sold().sale, HELD))
    assert isinstance(cancelled, Reversal)
    assert cancelled.postings == (BACK,)
    found = program(TEXT)
    brought = printed_one(found, lot())
    cart = naming(basket(line(1, "300.00")), brought)
    sale = sold(found, cart, bringing(NOBODY, brought)).sale
    again = sale_cancelled(replace(_case(sale), coupons=()))
    back = goods_returned(replace(_case(sale), coupons=()), {1: 1000})
    assert isinstance(again, Reversal)
    assert isinstance(back, Reversal)
    (posting,) = again.postings
    assert (posting.debit, posting.credit) == (REDEEMED, lot().bucket)
    assert back.postings == ()  # a return gives no use back
