"""What is set aside leaves its lots and comes back into the very same ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.account import Account, Beside, Card, Debt, Seen, moved, spendable
from loyaltyd.domain.books.postings import spending
from loyaltyd.domain.ledger import DEBT, ISSUED, LOADED, Lot, Posting, usable
from loyaltyd.domain.reservation import Owed, Reservation, freed, held, owed_by

DAY = dt.date(2026, 12, 5)
OLD = Lot(wallet="bonus", active_from=DAY, expires_at=dt.date(2027, 1, 1), amount=3000)
NEW = Lot(wallet="bonus", active_from=DAY, expires_at=None, amount=7000)
ACCOUNT = Account(id="a" * 32, lots=(NEW, OLD))
# 50.00 of 100.00: all 30.00 that expire, and 20.00 that never do.
PAID = (spending(ACCOUNT.id, OLD, 3000), spending(ACCOUNT.id, NEW, 2000))


def test_what_a_receipt_spends_is_reserved_by_the_dates_of_its_lots() -> None:
    found = [(it.debit, it.credit, it.amount) for it in held(PAID)]
    assert found == [
        ("lot/2026-12-05/2027-01-01", "reserved/2026-12-05/2027-01-01", 3000),
        ("lot/2026-12-05/-", "reserved/2026-12-05/-", 2000),
    ]


def test_what_a_receipt_earns_and_loads_is_not_reserved() -> None:
    earned = Posting(account="a", wallet="bonus", debit=ISSUED, credit="lot/2026-12-05/-", amount=1)
    assert held((earned, replace(earned, debit=LOADED), replace(earned, credit=DEBT))) == ()


def test_what_is_reserved_can_not_be_spent_and_is_not_gone() -> None:
    after = moved(ACCOUNT, held(PAID))
    assert spendable(after, "bonus", DAY) == 5000
    assert after.reserved == (replace(NEW, amount=2000), OLD)
    assert usable(after.lots, "bonus", DAY) == [replace(NEW, amount=5000)]


@given(st.integers(1, 3000), st.integers(0, 7000))
def test_what_is_given_back_leaves_the_account_as_it_was(first: int, second: int) -> None:
    paid = (spending(ACCOUNT.id, OLD, first), spending(ACCOUNT.id, NEW, second))
    set_aside = held(paid)
    assert moved(moved(ACCOUNT, set_aside), freed(set_aside)) == moved(ACCOUNT, ())


@given(st.integers(1, 3000))
def test_what_is_given_back_and_spent_is_what_would_have_been_spent_at_once(amount: int) -> None:
    set_aside = held((spending(ACCOUNT.id, OLD, amount),))
    spent = (spending(ACCOUNT.id, OLD, amount),)
    assert moved(moved(ACCOUNT, set_aside), (*freed(set_aside), *spent)) == moved(ACCOUNT, spent)


def owing(account: Account, amount: int) -> Account:
    return replace(account, debts=(Debt(wallet="bonus", amount=amount),))


def test_the_debts_of_now_take_the_place_of_those_of_then() -> None:
    card = Card(id="c" * 32, kind="gift", range="7700/16")
    gift = Account(id="b" * 32)
    then = Seen(
        account=owing(ACCOUNT, 500), beside=(Beside(card=card, account=gift, wallet="gift"),)
    )
    now = Seen(
        account=ACCOUNT, beside=(Beside(card=card, account=owing(gift, 100), wallet="gift"),)
    )
    owed = owed_by(now)
    assert owed_by(replace(now, account=None)) == owed
    assert owed == (Owed(account=gift.id, debts=(Debt(wallet="bonus", amount=100),)),)
    assert Reservation(id="h-1", owed=owed).owing(then) == now
    assert Reservation(id="h-1").owing(Seen()) == Seen()
