"""The control totals of a till-day, and the hash of the state after it."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from loyaltyd.domain.day import DateTotal, PostingTotal, state_hash, state_rows, totals_of
from loyaltyd.domain.ledger import fold
from loyaltyd.domain.record import Fact
from tests.domain.batches import ACCOUNT, record
from tests.till.shop import CARD, back, bought, line, shop_at

BONUS: dict[str, Fact] = {"account": ACCOUNT, "wallet": "bonus"}


def test_totals_are_what_a_shopkeeper_adds_up_by_hand(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db") as shop:
        shop.confirm(bought("r1", line(1, "100.00", "2"), line(2, "50.00")))
        shop.clock.move(days=1)
        shop.confirm(bought("r2", line(1, "30.00"), redeem={"bonus": "12.50"}))
        shop.give_back("r1", back("b1", (1, "1")))
        totals = totals_of(shop.records())
    saturday, sunday = "2026-12-05", "2026-12-06"
    assert totals.dates == (
        DateTotal(business_date=saturday, type="receipt", count=1, gross=250_00),
        DateTotal(business_date=sunday, type="receipt", count=1, gross=30_00, redeemed=12_50),
        DateTotal(business_date=sunday, type="return", count=1, refund=100_00),
    )
    assert {(it.debit, it.credit): (it.count, it.amount) for it in totals.postings} == {
        ("issued", "lot"): (2, 12_50 + 87),  # 5 % of 250.00, of 17.50 half a point downwards
        ("lot", "redeemed"): (1, 12_50),
        # Of the 5.00 for the goods that came back 0.87 are still there, the rest is owed.
        ("lot", "issued"): (1, 87),
        ("debt", "issued"): (1, 4_13),
    }


def test_an_unknown_type_is_counted_and_its_postings_are_added() -> None:
    moved: list[Fact] = [{**BONUS, "debit": "issued", "credit": "escrow", "amount": 7}]
    totals = totals_of([record(1, kind="teleport", postings=moved)])
    assert totals.dates == (DateTotal(business_date="2026-12-05", type="teleport", count=1),)
    assert totals.postings == (
        PostingTotal(wallet="bonus", debit="issued", credit="escrow", count=1, amount=7),
    )


def test_no_records_have_no_totals() -> None:
    assert totals_of([]).dates == ()
    assert totals_of([]).postings == ()


def test_the_state_hash_is_over_sorted_rows_and_says_nothing_of_zeros(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db") as shop:
        shop.confirm(bought("r1", line(1, "100.00")))
        before = state_hash(state_rows(fold(shop.records())))
        shop.confirm(bought("r2", line(1, "60.00")))
        between = state_hash(state_rows(fold(shop.records())))
        shop.cancel("r2")
        records = shop.records()
    assert between != before
    assert state_hash(state_rows(fold(records))) == before  # what came is gone again, and no trace
    rows = list(state_rows(fold(records)))
    random.Random(1).shuffle(rows)
    assert state_hash(rows) == before
    assert not any(CARD in row for row in rows)


def test_the_state_hash_is_what_sha256sum_says_of_the_sorted_rows() -> None:
    rows = ['["lot","b"]', '["card","a"]']
    expected = hashlib.sha256(b'["card","a"]\n["lot","b"]\n').hexdigest()
    assert state_hash(rows) == expected
    assert state_hash([]) == hashlib.sha256(b"").hexdigest()
