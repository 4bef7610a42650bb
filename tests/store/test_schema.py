"""The guards: what stands in stream, record, program and day_file is never changed."""

from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite3

from loyaltyd.domain.errors import ConfigError, StoreDamaged
from loyaltyd.store import schema
from loyaltyd.store.migrations import LEDGER
from tests.store.made import AT, confirming, edited, ledger_at

FACTS = (
    "SELECT * FROM stream",
    "SELECT * FROM record",
    "SELECT * FROM program",
    "SELECT * FROM day_file",
    "SELECT * FROM day_told",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed ledger of two receipts, a program and a till-day."""
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(confirming("r1")).result()
        ledger.write(confirming("r2")).result()
    with edited(tmp_path / "ledger.db", guarded=True) as file:
        file.execute(
            "INSERT INTO program VALUES ('h', 'zelenka', 12, ?, 'text')", (AT.date().isoformat(),)
        )
        file.execute(
            "INSERT INTO day_file SELECT 1, business_date, 1, seq, hash, ?, 'day'"
            " FROM record WHERE seq = 2",
            ("e" * 64,),
        )
        file.execute("INSERT INTO day_told VALUES (1, ?)", (AT.isoformat(),))
    return tmp_path / "ledger.db"


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE record SET line = '{}' WHERE seq = 1",
        "UPDATE OR REPLACE record SET seq = 1 WHERE seq = 2",
        "DELETE FROM record WHERE seq = 2",
        "DELETE FROM record",
        "REPLACE INTO record VALUES (2, zeroblob(32), '', 'receipt', 'r2', NULL, NULL, 'd')",
        "REPLACE INTO record VALUES (3, zeroblob(32), '', 'receipt', 'r2', NULL, NULL, 'd')",
        "INSERT INTO record VALUES (5, zeroblob(32), '', 'receipt', 'r5', NULL, NULL, 'd')",
        "INSERT INTO record VALUES (NULL, zeroblob(32), '', 'receipt', 'r', NULL, NULL, 'd')",
        "UPDATE stream SET till = '4'",
        "DELETE FROM stream",
        "REPLACE INTO stream SELECT 1, header, chain, store, '4', epoch, key FROM stream",
        "UPDATE program SET body = 'another'",
        "DELETE FROM program",
        "REPLACE INTO program VALUES ('h', 'zelenka', 13, '2026-12-01', 'another')",
        "REPLACE INTO program VALUES ('i', 'zelenka', 12, '2026-12-01', 'another')",
        "UPDATE day_file SET last = 1",
        "DELETE FROM day_file",
        "REPLACE INTO day_file SELECT 1, 'd', 1, 2, zeroblob(32), file, 'x' FROM day_file",
        "UPDATE day_told SET at = 'never'",
        "DELETE FROM day_told",
        "REPLACE INTO day_told VALUES (1, 'another')",
        "INSERT INTO day_file SELECT 3, 'd', 3, 2, zeroblob(32), file, 'x' FROM day_file",
        "INSERT INTO day_file SELECT 2, 'd', 2, 2, zeroblob(32), file, 'x' FROM day_file",
        "INSERT INTO day_file SELECT 2, 'd', 4, 4, zeroblob(32), file, 'x' FROM day_file",
    ],
)
def test_a_fact_can_not_be_changed_removed_or_written_over(
    path: Path, change: str, recursive: str
) -> None:
    with edited(path, guarded=True) as file:
        file.execute(f"PRAGMA recursive_triggers = {recursive}")
        before = [file.execute(sql).fetchall() for sql in FACTS]
        with pytest.raises(sqlite3.IntegrityError, match="facts are only added"):
            file.execute(change)
        assert [file.execute(sql).fetchall() for sql in FACTS] == before


@pytest.mark.parametrize("guard", sorted(schema.guards()))
def test_a_ledger_without_one_of_its_guards_does_not_open(path: Path, guard: str) -> None:
    with edited(path, guarded=True) as file:
        file.execute(f"DROP TRIGGER {guard}")
    with pytest.raises(StoreDamaged, match=f"{guard} is missing"), ledger_at(path):
        pass


def test_a_ledger_with_a_guard_made_harmless_does_not_open(path: Path) -> None:
    with edited(path, guarded=True) as file:
        file.execute("DROP TRIGGER record_no_delete")
        file.execute(
            "CREATE TRIGGER record_no_delete BEFORE DELETE ON record WHEN 0 BEGIN SELECT 1; END"
        )
    with pytest.raises(StoreDamaged, match="record_no_delete is altered"), ledger_at(path):
        pass


def test_a_ledger_with_a_trigger_of_somebody_else_does_not_open(path: Path) -> None:
    with edited(path, guarded=True) as file:
        file.execute("CREATE TRIGGER more AFTER INSERT ON lot BEGIN UPDATE lot SET amount = 9; END")
    with pytest.raises(StoreDamaged, match="trigger more is not ours"), ledger_at(path):
        pass


def test_a_ledger_whose_table_was_rebuilt_loosely_does_not_open(path: Path) -> None:
    with edited(path, guarded=True) as file:
        file.execute("DROP TABLE lot")
        file.execute("CREATE TABLE lot (account, wallet, bucket, amount)")
    with pytest.raises(StoreDamaged, match="lot is altered"), ledger_at(path):
        pass


def test_a_ledger_of_a_newer_version_is_refused_by_its_number(path: Path) -> None:
    with edited(path, guarded=True) as file:
        file.execute("PRAGMA user_version = 99")
    with pytest.raises(ConfigError, match=r"newer loyaltyd \(schema 99, this one knows 3\)"):
        ledger_at(path).__enter__()


def test_each_migration_is_one_version() -> None:
    assert len(LEDGER._migrations) == schema.VERSION
