"""What two accounts hold becomes one's, to the last point, and what they owe is paid from it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.account import Account, Debt, moved
from loyaltyd.domain.books.merging import (
    Count,
    Merging,
    dropped,
    holders_dropped,
    merge_body,
    merge_postings,
    merging_from,
    renamed_record,
)
from loyaltyd.domain.ledger import DEBT, CardState, Lot, movements, postings_of
from loyaltyd.domain.record import Fact, Stream
from tests.domain.test_record import made
from tests.store.made import record

TODAY = dt.date(2026, 12, 5)
GIVER, TAKER = "a" * 32, "b" * 32
STREAM = {"chain": "zelenka", "store": "msk-017", "till": "3", "epoch": "0" * 16, "key": "ab" * 32}


def lot(amount: int, active: int = 0, expires: int | None = 10, wallet: str = "bonus") -> Lot:
    """A lot whose dates are so many days from today."""
    over = None if expires is None else TODAY + dt.timedelta(expires)
    return Lot(
        wallet=wallet, active_from=TODAY + dt.timedelta(active), expires_at=over, amount=amount
    )


def account(ident: str, *lots: Lot, owes: int = 0) -> Account:
    debts = (Debt(wallet="bonus", amount=owes),) if owes else ()
    return Account(id=ident, lots=lots, debts=debts)


def after(giver: Account, taker: Account) -> tuple[Account, Account]:
    postings = merge_postings(giver, taker, TODAY)
    return moved(giver, postings), moved(taker, postings)


def test_lots_of_the_same_dates_become_one_and_others_stand_beside_it() -> None:
    left, found = after(account(GIVER, lot(300), lot(5, -9, 2)), account(TAKER, lot(1000)))
    assert (left.lots, found.lots) == ((), (lot(5, -9, 2), lot(1300)))


def test_a_debt_is_paid_by_what_would_be_spent_first() -> None:
    _, found = after(account(GIVER, owes=120), account(TAKER, lot(100, 0, None), lot(100, 0, 1)))
    assert (found.debts, found.lots) == ((), (lot(80, 0, None),))


def test_a_debt_of_the_taker_is_paid_by_what_arrives_also_before_it_is_active() -> None:
    _, found = after(account(GIVER, lot(70, 5, 30)), account(TAKER, owes=30))
    assert (found.debts, found.lots) == ((), (lot(40, 5, 30),))


def test_what_is_over_pays_nothing() -> None:
    over = lot(100, -30, 0)
    _, found = after(account(GIVER, over), account(TAKER, owes=30))
    assert (found.debts, found.lots) == ((Debt(wallet="bonus", amount=30),), (over,))


def test_points_of_another_wallet_pay_no_debt() -> None:
    other = lot(100, wallet="stars")
    _, found = after(account(GIVER, other), account(TAKER, owes=30))
    assert (found.debts, found.lots) == ((Debt(wallet="bonus", amount=30),), (other,))


def test_what_is_reserved_goes_along_and_pays_no_debt() -> None:
    held = lot(100)
    left, found = after(replace(account(GIVER), reserved=(held,)), account(TAKER, owes=30))
    assert (left.reserved, found.reserved) == ((), (held,))
    assert found.debts == (Debt(wallet="bonus", amount=30),)


lots = st.lists(
    st.builds(
        lot,
        st.integers(1, 10**6),
        st.integers(-30, 30),
        st.none() | st.integers(-20, 60),
        st.sampled_from(["bonus", "stars"]),
    ),
    max_size=4,
    unique_by=lambda it: (it.wallet, it.bucket),
)
accounts = st.tuples(lots, lots, st.integers(0, 10**6), st.integers(0, 10**6))


@given(accounts)
def test_nothing_is_made_or_lost_and_nothing_stays_behind(
    held: tuple[list[Lot], list[Lot], int, int],
) -> None:
    giver = account(GIVER, *held[0], owes=held[2])
    taker = account(TAKER, *held[1], owes=held[3])
    left, found = after(giver, taker)
    assert (left.lots, left.debts) == ((), ())
    assert worth(found) == worth(giver, taker)
    live = [it for it in found.lots if it.expires_at is None or it.expires_at > TODAY]
    assert not (found.debts and any(it.wallet == "bonus" for it in live))
    sums: Counter[str] = Counter()
    for it in merge_postings(giver, taker, TODAY):
        assert it.amount > 0
        sums[it.debit] -= it.amount
        sums[it.credit] += it.amount
    assert sums["merged"] == 0


def worth(*holders: Account) -> dict[str, int]:
    """What accounts have of each wallet, less what they owe; wallets at zero are left out."""
    total: Counter[str] = Counter()
    for held in holders:
        for it in held.lots:
            total[it.wallet] += it.amount
        for debt in held.debts:
            total[debt.wallet] -= debt.amount
    return {wallet: amount for wallet, amount in total.items() if amount}


def test_a_merge_is_read_back_from_its_record() -> None:
    merging = Merging(
        giver=account(GIVER, lot(300), owes=7),
        taker=account(TAKER, lot(1)),
        counts=(Count(name="spend", date="2026-12-01", since="2026-12-02", amount=5000),),
        cards=(CardState(id=GIVER, account=GIVER, kind="bonus", status="blocked"),),
    )
    body = merge_body("t1", merging, TODAY)
    assert merging_from(body) == merging
    assert body["cards"] == [{"id": GIVER, "account": TAKER, "kind": "bonus", "status": "blocked"}]
    day = {"name": "spend", "date": "2026-12-01"}
    assert body["counters"] == [
        {**day, "account": GIVER, "since": "2026-12-02", "amount": -5000},
        {**day, "account": TAKER, "amount": 5000},
    ]
    assert body["dropped"] == [GIVER]
    record = made("merge", body)
    assert body["id"] == "t1"
    assert {it.credit for it in postings_of(record) if it.debit == lot(300).bucket} == {
        "merged",
        "debt",
    }
    # of the 300 seven pay the debt that comes along
    assert {key: amount for key, amount in movements(record).lots.items() if amount} == {
        (GIVER, "bonus", lot(300).bucket): -300,
        (GIVER, "bonus", DEBT): 7,
        (TAKER, "bonus", lot(300).bucket): 293,
    }
    for kind, found in (("merge", [GIVER]), ("forget", [GIVER]), ("receipt", [])):
        assert holders_dropped(made(kind, dropped(GIVER))) == found
    with pytest.raises(TypeError, match="dropped is no list"):
        holders_dropped(made("merge", {"dropped": GIVER}))


def test_a_record_of_before_names_the_account_that_holds_all_now() -> None:
    posting: dict[str, Fact] = {"account": GIVER, "wallet": "bonus", "amount": 1}
    body: dict[str, Fact] = {
        "id": GIVER,  # no account: whoever named a receipt so
        "seen": {"account": {"id": GIVER, "tier": "gold"}, "card": {"id": GIVER, "kind": "bonus"}},
        "postings": [posting, {**posting, "account": "c" * 32}],
    }
    found = renamed_record(record(Stream(**STREAM), 1, "receipt", body), {GIVER: TAKER})
    assert found.body == {
        "id": GIVER,
        "seen": {"account": {"id": TAKER, "tier": "gold"}, "card": {"id": GIVER, "kind": "bonus"}},
        "postings": [{**posting, "account": TAKER}, {**posting, "account": "c" * 32}],
    }
    assert found.seq == 1
