"""The cursor: how far headquarters has the log, beside the log itself."""

from operator import methodcaller
from pathlib import Path

import pytest

from loyaltyd.domain.batch import Acked
from loyaltyd.domain.record import Head, first_hash
from loyaltyd.store.ledger import Ledger
from loyaltyd.store.transaction import Transaction
from loyaltyd.store.verify import verified
from tests.store.made import AT, confirming, edited, ledger_at, record


def acked(ledger: Ledger) -> Acked:
    return ledger.read(lambda view: view.acked()).result()


def test_a_new_ledger_has_told_headquarters_nothing(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        assert acked(ledger) == Acked(Head(0, first_hash(ledger.stream)), None)


def test_the_cursor_moves_both_ways_and_stays_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    for seq in (2, 1):
        with ledger_at(path) as ledger:
            ledger.write(confirming(f"r{seq}")).result()
            ledger.write(methodcaller("keep_acked", Head(seq, bytes([seq]) * 32), AT)).result()
        with ledger_at(path) as ledger:
            assert acked(ledger) == Acked(Head(seq, bytes([seq]) * 32), AT)


def test_a_failure_moves_no_cursor(tmp_path: Path) -> None:
    def work(tx: Transaction) -> None:
        tx.keep_acked(Head(5, bytes(32)), AT)
        tx.append(record(tx.stream, 9, "day", {}))

    with ledger_at(tmp_path / "ledger.db") as ledger:
        before = acked(ledger)
        with pytest.raises(AssertionError, match="record 9 after 0"):
            ledger.write(work).result()
        assert acked(ledger) == before


def test_the_log_is_read_from_any_record_on_with_its_hashes(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        for number in range(1, 5):
            ledger.write(confirming(f"r{number}")).result()
        lines = ledger.read(lambda view: view.lines(1, 9)).result()
        assert len(lines) == 4
        assert ledger.read(lambda view: view.lines(2, 2)).result() == lines[1:3]
        assert ledger.read(lambda view: view.lines(5, 2)).result() == []
        head = ledger.read(lambda view: view.head()).result()
        assert ledger.read(lambda view: view.hash_at(4)).result() == head.hash
        assert ledger.read(lambda view: view.hash_at(0)).result() == first_hash(ledger.stream)
        assert ledger.read(lambda view: view.hash_at(5)).result() is None
        assert ledger.read(lambda view: view.moment_at(4)).result() == AT
        assert ledger.read(lambda view: view.moment_at(5)).result() is None


def test_verify_finds_a_cursor_and_a_till_day_that_are_not_of_this_log(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with ledger_at(path) as ledger:
        ledger.write(confirming("r1")).result()
        head = ledger.read(lambda view: view.head()).result()
        ledger.write(lambda tx: tx.keep_acked(head, AT)).result()
    assert verified(path).findings == ()
    with edited(path) as file:
        file.execute("UPDATE cursor SET hash = zeroblob(32)")
        file.execute(
            "INSERT INTO day_file VALUES (1, 'd', 1, 1, zeroblob(32), ?, 'day')", ("e" * 64,)
        )
    found = [finding.what for finding in verified(path).findings]
    assert found == [
        "headquarters' cursor stands at record 1 with another hash",
        "till-day 1 ends at record 1 with another hash",
    ]
