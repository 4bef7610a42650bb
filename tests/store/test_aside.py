from __future__ import annotations

from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite3

from loyaltyd.domain.errors import StoreDamaged, StoreError
from loyaltyd.store.aside import ledger_aside
from tests.store.made import ANNA, confirming, edited, ledger_at, record


def test_a_ledger_that_is_open_is_read_beside_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with ledger_at(path) as ledger, ledger_aside(path) as view:
        assert view.stream == ledger.stream
        assert view.head().seq == 0
        ledger.write(confirming("r-1")).result()
        assert view.head().seq == 1
        ledger.write(confirming("r-2")).result()
        assert [it.id for it in view.entries(1, 10)] == ["r-1", "r-2"]


def test_entries_carry_what_their_lines_are_searched_by(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with ledger_at(path) as ledger:
        for name in ("r-1", "r-2", "r-3"):
            ledger.write(confirming(name, account=ANNA)).result()
        ledger.write(
            lambda tx: tx.append(record(tx.stream, 4, "cancel", {"receipt": "r-2"}))
        ).result()
    with ledger_aside(path) as view:
        found = view.entries(2, 2)
        assert [(it.seq, it.type, it.id, it.business_date) for it in found] == [
            (2, "receipt", "r-2", "2026-12-05"),
            (3, "receipt", "r-3", "2026-12-05"),
        ]
        assert [it.line for it in found] == view.lines(2, 2)
        assert view.entries(4, 9)[0].id == ""
        assert view.cancelled() == {"r-2"}


def test_nothing_can_be_written_through_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with ledger_at(path):
        pass
    with pytest.raises(StoreError, match="readonly"), ledger_aside(path) as view:
        view._connection.execute("DELETE FROM lot")


def test_what_is_no_ledger_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with pytest.raises(StoreError, match="no ledger here"), ledger_aside(path):
        pass
    assert not path.exists()
    connection = sqlite3.connect(str(path))
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    with pytest.raises(StoreError, match="not a ledger of loyaltyd"), ledger_aside(path):
        pass


def test_a_ledger_without_its_stream_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with ledger_at(path):
        pass
    with edited(path) as connection:
        connection.execute("DELETE FROM stream")
    with pytest.raises(StoreDamaged, match="lost its stream"), ledger_aside(path):
        pass
