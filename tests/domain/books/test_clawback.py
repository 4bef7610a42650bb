"""Points on their way back: which lots they return to, and which they are taken from."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from loyaltyd.domain.account import Account, Debt, moved
from loyaltyd.domain.books.clawback import Restoring, asked_back, restored, taken_back
from loyaltyd.domain.engine.program import Wallet
from loyaltyd.domain.ledger import DEBT, ISSUED, REDEEMED, Lot, Posting
from tests.domain.receipts import program, wallet

ID = "a" * 32
DAY = dt.date(2026, 12, 5)
EARLY, LATE = "lot/2026-01-01/2027-03-31", "lot/2026-01-01/2027-06-30"


def held(keys: str = "") -> Wallet:
    return program(wallet(keys)).wallets[0]


def lot(amount: int, active_from: dt.date = DAY, expires_at: dt.date | None = None) -> Lot:
    return Lot(wallet="bonus", active_from=active_from, expires_at=expires_at, amount=amount)


def account(*lots: Lot, debt: int = 0) -> Account:
    owed = (Debt(wallet="bonus", amount=debt),) if debt else ()
    return Account(id=ID, lots=lots, debts=owed)


def spent(bucket: str, amount: int) -> Posting:
    return Posting(account=ID, wallet="bonus", debit=bucket, credit=REDEEMED, amount=amount)


def back(before: int, after: int, keys: str = "") -> Restoring:
    """A sale that spent 200 of the early lot and 100 of the late one."""
    return Restoring(
        wallet=held(keys), spent=[spent(EARLY, 200), spent(LATE, 100)], before=before, after=after
    )


def moves(postings: list[Posting]) -> list[tuple[str, str, int]]:
    return [(it.debit, it.credit, it.amount) for it in postings]


@pytest.mark.parametrize(
    ("before", "after", "refilled"),
    [
        (0, 80, [(REDEEMED, LATE, 80)]),
        (80, 120, [(REDEEMED, LATE, 20), (REDEEMED, EARLY, 20)]),
        (120, 300, [(REDEEMED, EARLY, 180)]),
        (0, 300, [(REDEEMED, LATE, 100), (REDEEMED, EARLY, 200)]),
        (120, 120, []),
    ],
)
def test_restored_points_refill_the_lots_that_paid_the_latest_expiry_first(
    before: int, after: int, refilled: list[tuple[str, str, int]]
) -> None:
    assert moves(restored(back(before, after), account(), DAY)) == refilled


def test_reissued_points_are_one_new_lot_of_the_day_usable_at_once() -> None:
    found = back(0, 300, 'restore = "reissue"\nexpires = "30d"\nactivates = "14d"')
    assert moves(restored(found, account(), DAY)) == [(REDEEMED, "lot/2026-12-05/2027-01-04", 300)]


def test_points_that_were_reissued_before_are_not_reissued_again() -> None:
    found = back(80, 120, 'restore = "reissue"')
    assert moves(restored(found, account(), DAY)) == [(REDEEMED, "lot/2026-12-05/-", 40)]


def test_a_debt_is_paid_before_lots_are_refilled() -> None:
    postings = restored(back(0, 300), account(debt=150), DAY)
    assert moves(postings) == [
        (REDEEMED, DEBT, 100),
        (REDEEMED, DEBT, 50),
        (REDEEMED, EARLY, 150),
    ]
    assert moved(account(debt=150), postings).debts == ()


def test_points_that_are_dead_on_arrival_pay_no_debt() -> None:
    postings = restored(back(0, 300), account(debt=150), dt.date(2027, 3, 31))
    assert moves(postings) == [(REDEEMED, DEBT, 100), (REDEEMED, EARLY, 200)]


OWN = lot(100)  # what the sale of DAY earned, in a program without dates
OTHER = lot(70, DAY - dt.timedelta(days=9))


@pytest.mark.parametrize(
    ("amount", "taken"),
    [
        (60, [(OWN.bucket, ISSUED, 60)]),
        (170, [(OWN.bucket, ISSUED, 100), (OTHER.bucket, ISSUED, 70)]),
        (175, [(OWN.bucket, ISSUED, 100), (OTHER.bucket, ISSUED, 70), (DEBT, ISSUED, 5)]),
        (0, []),
    ],
)
def test_the_sales_own_lot_gives_first_then_what_can_be_spent_then_a_debt_is_owed(
    amount: int, taken: list[tuple[str, str, int]]
) -> None:
    postings, found = taken_back(held(), amount, account(OTHER, OWN), [OWN], DAY)
    assert (moves(postings), found) == (taken, amount)


@pytest.mark.parametrize(("policy", "taken"), [("clamp", 170), ("only-pending", 0)])
def test_without_debt_no_more_is_taken_than_there_is(policy: str, taken: int) -> None:
    found = held(f'debt = "{policy}"')
    postings, amount = taken_back(found, 500, account(OTHER, OWN), [OWN], DAY)
    assert amount == taken == sum(it.amount for it in postings)


def test_only_pending_takes_what_waits_and_nothing_that_is_active() -> None:
    found = held('debt = "only-pending"\nactivates = "14d"')
    waiting = lot(100, DAY + dt.timedelta(days=14))
    assert taken_back(found, 500, account(OTHER, waiting), [waiting], DAY)[1] == 100
    assert taken_back(found, 500, account(OTHER, waiting), [waiting], waiting.active_from)[1] == 0


def test_what_is_over_or_waits_of_another_day_is_not_taken() -> None:
    over = lot(70, DAY - dt.timedelta(days=9), DAY)
    waits = lot(70, DAY + dt.timedelta(days=1))
    postings, _ = taken_back(held(), 50, account(over, waits), [OWN], DAY)
    assert moves(postings) == [(DEBT, ISSUED, 50)]


def test_the_lot_of_the_sale_gives_even_when_it_is_over() -> None:
    found = held('expires = "30d"')
    own = lot(100, DAY, DAY + dt.timedelta(days=30))
    postings, _ = taken_back(found, 60, account(own), [own], DAY + dt.timedelta(days=40))
    assert moves(postings) == [(own.bucket, ISSUED, 60)]


WAITS = lot(10, DAY + dt.timedelta(days=14))
ACTIVE = lot(5)


@pytest.mark.parametrize(
    ("amount", "asked"), [(1, [1, 0]), (2, [2, 0]), (4, [4, 0]), (12, [10, 2]), (15, [10, 5])]
)
def test_a_lot_gives_what_it_no_longer_earns_then_the_one_that_waits_longest(
    amount: int, asked: list[int]
) -> None:
    still = {WAITS.bucket: 8, ACTIVE.bucket: 5}
    assert [it.amount for it in asked_back([ACTIVE, WAITS], still, amount)] == asked


def test_a_lot_that_earns_less_gives_before_one_that_waits() -> None:
    still = {WAITS.bucket: 10, ACTIVE.bucket: 2}
    assert [it.amount for it in asked_back([ACTIVE, WAITS], still, 4)] == [1, 3]


def test_a_lot_gives_all_that_it_no_longer_earns_before_one_that_waits_longer() -> None:
    waiting, usable = lot(10, dt.date(2026, 12, 19)), lot(5)
    shared = asked_back([waiting, usable], {waiting.bucket: 10}, 5)
    assert [(it.active_from, it.amount) for it in shared] == [
        (dt.date(2026, 12, 19), 0),
        (DAY, 5),
    ]


def test_each_lot_gives_what_it_is_asked_for_and_one_that_is_short_is_helped_by_the_other() -> None:
    own = (lot(2), lot(4, DAY + dt.timedelta(days=14)))
    held_now = (replace(own[0], amount=10), replace(own[1], amount=10))
    postings, _ = taken_back(held(), 6, account(*held_now), own, DAY)
    assert moves(postings) == [(own[0].bucket, ISSUED, 2), (own[1].bucket, ISSUED, 4)]
    short = (replace(own[0], amount=1), held_now[1])
    postings, _ = taken_back(held(), 6, account(*short), own, DAY)
    assert moves(postings) == [(own[0].bucket, ISSUED, 1), (own[1].bucket, ISSUED, 5)]


def test_points_are_taken_from_their_own_wallet_though_another_has_a_lot_of_the_same_days() -> None:
    stars = Lot(wallet="stars", active_from=DAY, expires_at=None, amount=900)
    for lots in ((lot(500), stars), (stars, lot(500))):
        postings, amount = taken_back(held(), 300, account(*lots), [lot(300)], DAY)
        assert [(it.wallet, it.amount) for it in postings] == [("bonus", 300)]
        assert amount == 300
