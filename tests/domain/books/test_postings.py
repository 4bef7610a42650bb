"""What a receipt moves: lots in order, debts first, new lots with both their dates."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from loyaltyd.domain.account import Account, Debt, Seen
from loyaltyd.domain.books.postings import merged, points_of, receipt_postings
from loyaltyd.domain.coupon import Coupon
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import CouponUse, Points, Result
from loyaltyd.domain.ledger import DEBT, ISSUED, REDEEMED, Lot
from tests.domain.receipts import BONUS_CARD, program, rub, wallet

DAY = dt.date(2026, 12, 5)
DATED = 'activates = "14d"\nexpires = "1y"'


def lot(expires: dt.date | None, amount: int, active: dt.date = dt.date(2026, 1, 1)) -> Lot:
    return Lot(wallet="bonus", active_from=active, expires_at=expires, amount=amount)


def moves(
    found: Program, account: Account, *, spent: int = 0, earned: int = 0, on: dt.date = DAY
) -> list[tuple[str, str, int]]:
    result = Result(
        lines=(),
        spent=(Points(wallet="bonus", amount=spent),) if spent else (),
        earned=(Points(wallet="bonus", amount=earned),) if earned else (),
    )
    who = Seen(card=BONUS_CARD, account=account)
    return [(it.debit, it.credit, it.amount) for it in receipt_postings(result, who, found, on)]


def test_the_earliest_expiry_is_spent_first_and_no_expiry_last() -> None:
    # semantics 16: 50 (Jan) + 50 (Feb), spend 70 leaves 0 + 30
    january, february = dt.date(2027, 1, 31), dt.date(2027, 2, 28)
    account = Account(id="a", lots=(lot(None, 50), lot(february, 50), lot(january, 50)))
    assert moves(program(wallet()), account, spent=70) == [
        ("lot/2026-01-01/2027-01-31", REDEEMED, 50),
        ("lot/2026-01-01/2027-02-28", REDEEMED, 20),
    ]


def test_of_one_expiry_the_earliest_activation_is_spent_first() -> None:
    end = dt.date(2027, 1, 31)
    account = Account(
        id="a", lots=(lot(end, 5, dt.date(2026, 3, 1)), lot(end, 5, dt.date(2026, 2, 1)))
    )
    assert moves(program(wallet()), account, spent=6)[0][0] == "lot/2026-02-01/2027-01-31"


def test_a_debt_is_paid_before_a_new_lot_opens() -> None:
    # semantics 16: overspent by 30, then 100 are earned: the new lot opens with 70
    account = Account(id="a", debts=(Debt(wallet="bonus", amount=30),))
    assert moves(program(wallet()), account, earned=100) == [
        (ISSUED, DEBT, 30),
        (ISSUED, "lot/2026-12-05/-", 70),
    ]


def test_a_debt_may_take_all_that_is_earned() -> None:
    account = Account(id="a", debts=(Debt(wallet="bonus", amount=300),))
    assert moves(program(wallet()), account, earned=100) == [(ISSUED, DEBT, 100)]


def test_points_wait_until_the_start_of_a_local_day_and_are_valid_from_the_purchase() -> None:
    # semantics 19: 1 May and 14 days is 15 May, 00:00
    found = program(wallet(DATED))
    bought = dt.date(2026, 5, 1)
    assert moves(found, Account(id="a"), earned=rub("1.00"), on=bought) == [
        (ISSUED, "lot/2026-05-15/2027-05-01", rub("1.00"))
    ]


def test_all_that_one_day_earns_is_one_bucket() -> None:
    found = program(wallet(DATED))
    first, second = (moves(found, Account(id="a"), earned=amount) for amount in (5, 7))
    assert first[0][1] == second[0][1] == "lot/2026-12-19/2027-12-05"


def test_what_an_earlier_lot_paid_of_the_debt_a_later_one_need_not_pay() -> None:
    # 30 are owed; of 100 earned 20 are gone in a month, and pay first; the other 80 pay 10
    month = Lot(wallet="bonus", active_from=DAY, expires_at=dt.date(2027, 1, 4), amount=20)
    earned = (Points(wallet="bonus", amount=100),)
    result = Result(lines=(), earned=earned, dated=(month,))
    account = Account(id="a", debts=(Debt(wallet="bonus", amount=30),))
    who = Seen(card=BONUS_CARD, account=account)
    postings = receipt_postings(result, who, program(wallet()), DAY)
    assert [(it.debit, it.credit, it.amount) for it in postings] == [
        (ISSUED, DEBT, 20),
        (ISSUED, DEBT, 10),
        (ISSUED, "lot/2026-12-05/-", 70),
    ]


def test_of_the_coupons_a_receipt_names_the_printed_ones_that_it_uses_give_their_one_use() -> None:
    one_use = Lot(wallet="coupon/9902", active_from=DAY, expires_at=None, amount=1)
    printed = Coupon(id="used", name="9902*", printed=True, lots=(one_use,))
    coupons = (printed, replace(printed, id="left"), Coupon(id="leaflet", name="SALE"))
    uses = tuple(CouponUse(coupon=it, rule="ten") for it in ("used", "leaflet"))
    result = Result(lines=(), coupons=uses)
    postings = receipt_postings(result, Seen(coupons=coupons), program(wallet()), DAY)
    assert [(it.account, it.debit, it.credit, it.amount) for it in postings] == [
        ("used", one_use.bucket, REDEEMED, 1)
    ]


def test_points_of_one_wallet_and_account_are_one_sum_and_nothing_is_left_out() -> None:
    gift = Points(wallet="bonus", amount=11, account="b")
    parts = (Points(wallet="bonus", amount=5), gift, Points(wallet="bonus", amount=7))
    nothing = Points(wallet="stars", amount=0)
    assert merged((*parts, nothing)) == (Points(wallet="bonus", amount=12), gift)


def test_points_are_told_apart_by_wallet_and_by_account() -> None:
    points = (
        Points(wallet="bonus", amount=5),
        Points(wallet="stars", amount=7),
        Points(wallet="bonus", amount=11, account="b"),
    )
    assert (points_of(points, "bonus"), points_of(points, "bonus", "b")) == (5, 11)
    assert points_of(points, "stars", "b") == 0
