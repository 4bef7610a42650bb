"""The control totals of a till-day, and the hash of the state after it."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from pathlib import Path

from loyaltyd.domain.day import DateTotal, PostingTotal, folded_state, state_hash, totals_of
from loyaltyd.domain.ledger import CardState, CounterKey, Movements, fold
from loyaltyd.domain.record import Fact
from tests.domain.batches import ACCOUNT, record
from tests.till.shop import back, bought, line, shop_at

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


def test_the_state_hash_says_nothing_of_zeros_and_of_the_order_of_records(tmp_path: Path) -> None:
    with shop_at(tmp_path / "ledger.db") as shop:
        shop.confirm(bought("r1", line(1, "100.00")))
        before = folded_state(fold(shop.records()))
        shop.confirm(bought("r2", line(1, "60.00")))
        between = folded_state(fold(shop.records()))
        shop.cancel("r2")
        records = shop.records()
    assert between != before
    assert folded_state(fold(records)) == before  # what came is gone again, and no trace
    random.Random(1).shuffle(records)
    assert folded_state(fold(records)) == before


def test_the_state_hash_is_what_sha256sum_says_of_the_rows() -> None:
    key = CounterKey(account="a", name="visits", date="2026-12-05", since="2026-12-06")
    folded = Movements(
        lots=Counter(
            {("b", "bonus", "debt"): -5, ("a", "bonus", "lot/x/-"): 7, ("a", "x", "y"): 0}
        ),
        counters=Counter({key: 1}),
        cards={"c": CardState(id="c", account="a", kind="bonus", status="blocked")},
    )
    rows = (
        '["card","c","a","bonus","blocked"]\n'
        '["counter","a","visits","2026-12-05","2026-12-06",1]\n'
        '["lot","a","bonus","lot/x/-",7]\n'
        '["lot","b","bonus","debt",-5]\n'
    )
    assert folded_state(folded) == hashlib.sha256(rows.encode()).hexdigest()
    assert folded_state(Movements()) == state_hash([], [], []) == hashlib.sha256(b"").hexdigest()
