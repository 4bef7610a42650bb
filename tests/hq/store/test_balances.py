"""What records add up to: rows that are back at zero are as if they had never been."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from loyaltyd.domain.ledger import DEBT, CounterKey
from loyaltyd.hq.store import balances
from loyaltyd.hq.store.balances import Added
from loyaltyd.hq.store.books import open_books
from loyaltyd.store.database import Connection

LOT = ("a", "bonus", "lot/2026-12-05/-")
SPENT = CounterKey(account="a", name="spend", date="2026-12-05", since="2026-12-05")


@pytest.mark.parametrize(("place", "amount"), [(LOT, 5), ((*LOT[:2], DEBT), -5)])
def test_a_lot_that_is_spent_and_a_debt_that_is_paid_leave_no_row(
    tmp_path: Path, place: tuple[str, str, str], amount: int
) -> None:
    books = open_books(tmp_path / "hq.db")

    def work(tx: Connection) -> list[object]:
        tx.execute("INSERT INTO stream VALUES (1, 'h', 'c', 's', 't', 'e', 'k')")
        for sign in (1, -1):
            lots, counters = Counter({place: sign * amount}), Counter({SPENT: sign})
            balances.add(tx, 1, Added(lots=lots, counters=counters))
        return [*balances.lots(tx, 1), *balances.counters(tx, 1)]

    assert books.write(work) == []
    books.close()
