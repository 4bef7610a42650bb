"""What an account holds on a day is read from its dates, in one place."""

from __future__ import annotations

import datetime as dt

import pytest

from loyaltyd.domain.account import Account, Debt
from loyaltyd.domain.ledger import Lot
from loyaltyd.till.wallets import SOON, Balance, balance, wallet_answers
from tests.domain.receipts import program, wallet

DAY = dt.date(2026, 12, 5)
ONE_DAY = dt.timedelta(days=1)


def account(*lots: tuple[dt.date, dt.date | None, int], debt: int = 0) -> Account:
    return Account(
        id="a" * 32,
        lots=tuple(
            Lot(wallet="bonus", active_from=start, expires_at=end, amount=amount)
            for start, end, amount in lots
        ),
        debts=(Debt(wallet="bonus", amount=debt),) if debt else (),
    )


@pytest.mark.parametrize(
    ("start", "end", "available", "pending"),
    [
        (DAY, None, 100, 0),
        (DAY, DAY + ONE_DAY, 100, 0),  # gone from the start of the day after
        (DAY - ONE_DAY, DAY, 0, 0),
        (DAY + ONE_DAY, None, 0, 100),
        (DAY + ONE_DAY, DAY + 2 * ONE_DAY, 0, 100),
    ],
)
def test_a_lot_is_usable_from_the_start_of_its_first_day_to_the_start_of_its_last(
    start: dt.date, end: dt.date | None, available: int, pending: int
) -> None:
    found = balance(account((start, end, 100)), "bonus", DAY)
    assert (found.available, found.pending) == (available, pending)


def test_what_ends_within_a_month_is_about_to_expire_summed_by_day() -> None:
    soon, later = DAY + SOON, DAY + SOON + ONE_DAY
    lots = [(DAY, soon, 10), (DAY - ONE_DAY, soon, 5), (DAY, DAY + ONE_DAY, 3), (DAY, later, 7)]
    assert balance(account(*lots), "bonus", DAY) == Balance(
        available=25, expiring=((DAY + ONE_DAY, 3), (soon, 15))
    )


def test_what_waits_does_not_expire_yet() -> None:
    waiting = account((DAY + ONE_DAY, DAY + 2 * ONE_DAY, 10))
    assert balance(waiting, "bonus", DAY).expiring == ()


def test_every_wallet_of_the_program_is_listed_in_its_scale() -> None:
    found = program(wallet() + "[wallets.stamps]\nscale = 0\n")
    answers: object = wallet_answers(account((DAY, None, 1234), debt=5), found, DAY)
    assert answers == {
        "bonus": {
            "available": "12.34",
            "pending": "0.00",
            "reserved": "0.00",
            "debt": "0.05",
            "expiring": [],
        },
        "stamps": {
            "available": "0",
            "pending": "0",
            "reserved": "0",
            "debt": "0",
            "expiring": [],
        },
    }


def test_without_an_account_every_wallet_is_empty() -> None:
    assert wallet_answers(None, program(wallet()), DAY)["bonus"]["available"] == "0.00"
