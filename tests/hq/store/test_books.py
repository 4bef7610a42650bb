"""Headquarters' file: facts are only added, a transaction is whole or nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from loyaltyd.domain.errors import StoreDamaged, StoreError
from loyaltyd.hq.store import schema
from loyaltyd.hq.store.books import Books, NotKept, open_books
from loyaltyd.store.database import Connection
from loyaltyd.store.ledger import open_ledger
from tests.store.made import edited

STREAM = "INSERT INTO stream (id, header, chain, store, till, epoch, key)"
RECORD = "INSERT INTO record (stream, seq, hash, line, type, business_date)"
LOT = "INSERT INTO lot (stream, account, wallet, bucket, amount)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hq.db"


@pytest.fixture
def books(path: Path) -> Iterator[Books]:
    opened = open_books(path)
    opened.write(begin)
    yield opened
    opened.close()


def begin(tx: Connection) -> None:
    tx.execute(f"{STREAM} VALUES (1, 'h', 'c', 's', 't', 'e', 'k')")
    record(tx, 1)


def record(tx: Connection, seq: int) -> None:
    tx.execute(f"{RECORD} VALUES (1, ?, zeroblob(32), '', '', '')", (seq,))


def seqs(books: Books) -> list[int]:
    rows = books.read(lambda view: view.execute("SELECT seq FROM record ORDER BY seq").fetchall())
    return [seq for (seq,) in rows]


def test_what_was_written_is_there_when_it_is_opened_again(path: Path, books: Books) -> None:
    books.write(lambda tx: record(tx, 2))
    other = open_books(path)
    assert seqs(other) == [1, 2]
    other.close()


def test_work_that_fails_leaves_nothing(books: Books) -> None:
    def work(tx: Connection) -> None:
        record(tx, 2)
        raise KeyError

    with pytest.raises(KeyError):
        books.write(work)
    assert seqs(books) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE record SET line = 'x'",
        "DELETE FROM record",
        "UPDATE stream SET till = 'x'",
        "DELETE FROM stream",
        "INSERT OR REPLACE INTO record VALUES (1, 1, zeroblob(32), '', '', '')",
        f"{RECORD} VALUES (1, 3, zeroblob(32), '', '', '')",
        f"{RECORD} VALUES (2, 1, zeroblob(32), '', '', '')",
        f"{RECORD} VALUES (1, 2, zeroblob(31), '', '', '')",
        "INSERT OR REPLACE INTO stream VALUES (1, 'i', 'c', 's', 't', 'e', 'k')",
        f"{STREAM} VALUES (2, 'h', 'c', 's', 't', 'e', 'k')",
    ],
)
def test_facts_are_only_added_each_once_and_in_order(books: Books, sql: str) -> None:
    with pytest.raises((StoreError, NotKept)):
        books.write(lambda tx: tx.execute(sql))
    assert seqs(books) == [1]


@pytest.mark.parametrize("amount", [(1 << 62) + 1, 1 << 63, 10**40])
def test_an_amount_beyond_the_limits_is_not_kept(books: Books, amount: int) -> None:
    with pytest.raises(NotKept):
        books.write(lambda tx: tx.execute(f"{LOT} VALUES (1, 'a', 'w', 'b', ?)", (amount,)))
    books.write(lambda tx: tx.execute(f"{LOT} VALUES (1, 'a', 'w', 'b', ?)", (1 << 62,)))
    with pytest.raises(NotKept):
        books.write(lambda tx: tx.execute("UPDATE lot SET amount = amount + ?", (1 << 62,)))


def test_two_processes_may_write_by_turns(path: Path, books: Books) -> None:
    other = open_books(path)
    try:
        books.write(lambda tx: record(tx, 2))
        other.write(lambda tx: record(tx, 3))
        books.write(lambda tx: record(tx, 4))
    finally:
        other.close()
    assert seqs(books) == [1, 2, 3, 4]


def test_threads_write_one_at_a_time_and_read_beside(books: Books) -> None:
    inside = threading.Semaphore(1)

    def work(tx: Connection) -> None:
        assert inside.acquire(blocking=False)
        (last,) = tx.execute("SELECT max(seq) FROM record").fetchone() or (0,)
        assert seqs(books)[-1] == last
        record(tx, last + 1)
        inside.release()

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(books.write, work) for _ in range(20)]:
            done.result()
    assert seqs(books) == list(range(1, 22))


def test_a_file_that_was_moved_away_is_given_up(path: Path, books: Books) -> None:
    path.rename(path.with_name("elsewhere"))
    with pytest.raises(StoreDamaged, match="moved or deleted"):
        books.write(lambda tx: record(tx, 2))
    path.with_name("elsewhere").rename(path)
    with pytest.raises(StoreDamaged, match="was given up"):
        seqs(books)


def test_a_file_that_lost_a_guard_is_not_opened(path: Path) -> None:
    open_books(path).close()
    with edited(path, guarded=True) as connection:
        connection.execute("DROP TRIGGER record_no_update")
    with pytest.raises(StoreDamaged, match="record_no_update is missing"):
        open_books(path)


def test_a_tills_ledger_and_a_newer_file_are_not_opened(tmp_path: Path, path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    open_ledger(ledger, chain="c", store="s", till="t", key="ab" * 32).close()
    with pytest.raises(StoreError, match="not a file of loyaltyd's headquarters"):
        open_books(ledger)
    open_books(path).close()
    with edited(path, guarded=True) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(StoreError, match="made by a newer loyaltyd"):
        open_books(path)


def test_the_log_is_copied_into_the_file_before_it_grows_without_end(
    path: Path, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyaltyd.hq.store.books.WAL_PAGES_MAX", 20)
    log = path.with_name("hq.db-wal")
    for seq in range(2, 200):
        books.write(lambda tx, seq=seq: record(tx, seq))  # type: ignore[misc]  # bound at once
    assert log.stat().st_size < 60 * 1100
