"""Connections: which library, which pragmas, which errors."""

import errno
import fcntl
import os
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite3

from loyaltyd.domain.errors import StoreDamaged, StoreError, StoreFull
from loyaltyd.store import database
from loyaltyd.store.database import WRITER_PRAGMAS, check_library, set_pragmas, sqlite_errors


@pytest.mark.parametrize(
    "version", [(3, 51, 3), (3, 52, 0), (3, 53, 4), (4, 0, 0), (3, 50, 7), (3, 44, 6)]
)
def test_a_library_with_the_wal_reset_fix_is_taken(version: tuple[int, int, int]) -> None:
    check_library(version)


@pytest.mark.parametrize(
    "version", [(3, 40, 1), (3, 44, 5), (3, 45, 9), (3, 50, 6), (3, 51, 2), (3, 7, 0)]
)
def test_a_library_with_the_wal_reset_bug_is_refused_by_its_version(
    version: tuple[int, int, int],
) -> None:
    with pytest.raises(StoreError, match=r"SQLite 3\.\d+\.\d+ can lose records"):
        check_library(version)


def test_the_library_in_use_has_the_fix() -> None:
    check_library()


def test_a_writer_holds_every_pragma(tmp_path: Path) -> None:
    database.make_file(tmp_path / "ledger.db")
    writer = database.writer(tmp_path / "ledger.db")
    held = {name: writer.execute(f"PRAGMA {name}").fetchone() for name in WRITER_PRAGMAS}
    writer.close()
    assert held == {name: (value,) for name, value in WRITER_PRAGMAS.items()}
    assert held["journal_mode"] == ("wal",)
    assert held["synchronous"] == (2,)


def test_a_file_that_can_not_keep_a_write_ahead_log_is_refused() -> None:
    memory = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(StoreError, match="journal_mode at memory, not wal"):
        set_pragmas(memory, WRITER_PRAGMAS)
    memory.close()


def test_a_pragma_that_sqlite_does_not_know_is_refused() -> None:
    memory = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(StoreError, match="durability at None, not 1"):
        set_pragmas(memory, {"durability": 1})
    memory.close()


def test_a_reader_can_not_write(tmp_path: Path) -> None:
    database.make_file(tmp_path / "ledger.db")
    writer = database.writer(tmp_path / "ledger.db")
    writer.execute("CREATE TABLE t (x)")
    reader = database.reader(tmp_path / "ledger.db")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("INSERT INTO t VALUES (1)")
    reader.close()
    writer.close()


def test_the_file_and_a_directory_made_for_it_are_the_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "lib" / "ledger.db"
    database.make_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_directory_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "lib").write_text("a file, not a directory")
    with pytest.raises(StoreError, match=r"lib/x/ledger\.db: Not a directory"):
        database.make_file(tmp_path / "lib" / "x" / "ledger.db")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_disk_without_room_is_full_and_nothing_worse(tmp_path: Path, code: int) -> None:
    with pytest.raises(StoreFull), database.os_errors(tmp_path):
        raise OSError(code, "no room")


def test_the_lock_is_free_again_once_its_descriptor_is_closed(tmp_path: Path) -> None:
    held = database.locked(tmp_path / "ledger.db")
    with pytest.raises(StoreError, match="another loyaltyd is running"):
        database.locked(tmp_path / "ledger.db")
    fcntl.flock(held, fcntl.LOCK_UN)
    again = database.locked(tmp_path / "ledger.db")
    with pytest.raises(StoreError, match="another loyaltyd is running"):
        database.locked(tmp_path / "ledger.db")
    for descriptor in (held, again):
        os.close(descriptor)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_FULL", StoreFull),
        ("SQLITE_READONLY", StoreFull),
        ("SQLITE_READONLY_DIRECTORY", StoreFull),
        ("SQLITE_READONLY_DBMOVED", StoreDamaged),
        ("SQLITE_IOERR_SHMSIZE", StoreFull),
        ("SQLITE_IOERR_FSYNC", StoreDamaged),
        ("SQLITE_IOERR_WRITE", StoreDamaged),
        ("SQLITE_CORRUPT_INDEX", StoreDamaged),
        ("SQLITE_NOTADB", StoreDamaged),
        ("SQLITE_BUSY", StoreError),
        ("SQLITE_CONSTRAINT_TRIGGER", StoreError),
    ],
)
def test_every_sqlite_error_has_one_meaning(
    tmp_path: Path, name: str, kind: type[StoreError]
) -> None:
    error = sqlite3.OperationalError("it failed")
    error.sqlite_errorname = name
    with pytest.raises(StoreError) as caught, sqlite_errors(tmp_path):
        raise error
    assert type(caught.value) is kind
    assert name in str(caught.value)
