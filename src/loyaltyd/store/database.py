"""Connections to the till's SQLite file, the lock on it, and what its errors mean.

Never open the file by the standard library's sqlite3 in the same process: closing it through one
copy of SQLite drops the POSIX locks that the other holds (sqlite.org/howtocorrupt.html, 2.2.1).
"""

import errno
import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from urllib.parse import quote

from pysqlite3 import dbapi2 as sqlite3

from loyaltyd.domain.errors import StoreDamaged, StoreError, StoreFull

# From 3.7.0 up to these a checkpoint that races a commit can lose committed pages: the chapter
# "The WAL-Reset Bug" of sqlite.org/wal.html.
WAL_RESET_FIXED = (3, 51, 3)
WAL_RESET_FIXED_IN_BRANCH = {(3, 44): 6, (3, 50): 7}

BUSY_TIMEOUT_S = 5.0  # somebody's sqlite3 shell may hold the write lock; a cashier waits no longer.
WAL_BYTES_KEPT = 16 << 20  # four times what the ledger lets it grow to; a longer log is cut.

# Set, then read back: SQLite ignores a pragma that it doesn't know or can't do.
# A receipt changes a few rows in each of a dozen pages: of SQLite's default of 4096 it would write
# most for nothing. Small pages spare a till's flash: 15 KiB a receipt, not 36 (tools/bench, syncs).
PAGE_BYTES = 1024
WRITER_PRAGMAS: Mapping[str, str | int] = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: with NORMAL a power cut loses receipts that were answered
    "fullfsync": 1,  # macOS only: elsewhere fsync does what it says
    "wal_autocheckpoint": 0,  # a checkpoint inside a commit is a wait at the till
    "journal_size_limit": WAL_BYTES_KEPT,
    "foreign_keys": 1,
    "secure_delete": 1,  # who is forgotten leaves no name in a free page
    "recursive_triggers": 1,  # without it REPLACE deletes past the triggers that refuse it
    "trusted_schema": 0,
    "cell_size_check": 1,
}
READER_PRAGMAS: Mapping[str, str | int] = {
    "query_only": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
}

# The first name that an error's own name begins with decides (sqlite.org/rescode.html).
MEANINGS: tuple[tuple[str, type[StoreError]], ...] = (
    ("SQLITE_FULL", StoreFull),
    ("SQLITE_READONLY_DBMOVED", StoreDamaged),  # the file was moved or deleted while it was open
    ("SQLITE_READONLY", StoreFull),
    ("SQLITE_IOERR_SHMSIZE", StoreFull),  # no room for the log's index, before anything was written
    ("SQLITE_IOERR", StoreDamaged),
    ("SQLITE_CORRUPT", StoreDamaged),
    ("SQLITE_NOTADB", StoreDamaged),
)
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}

Row: TypeAlias = tuple[Any, ...]
Identities: TypeAlias = tuple[tuple[int, int] | None, ...]


class Cursor(Protocol):
    """The part of a DB-API cursor that the store uses."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Row | None: ...
    def fetchall(self) -> list[Row]: ...
    def __iter__(self) -> Iterator[Row]: ...


class Connection(Protocol):
    """The part of a DB-API connection that the store uses; it carries no types of its own."""

    @property
    def in_transaction(self) -> bool: ...
    @property
    def total_changes(self) -> int: ...
    def execute(self, sql: str, parameters: Sequence[object] = (), /) -> Cursor: ...
    def executemany(self, sql: str, parameters: Iterable[Sequence[object]], /) -> Cursor: ...
    def close(self) -> None: ...


def check_library(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> None:
    """Refuse a SQLite library that has the WAL-reset bug; StoreError."""
    fixed = WAL_RESET_FIXED_IN_BRANCH.get((version[0], version[1]))
    if version < WAL_RESET_FIXED and (fixed is None or version[2] < fixed):
        found = ".".join(map(str, version))
        raise StoreError(f"SQLite {found} can lose records (WAL-reset bug): use 3.51.3 or later")


def make_file(path: Path) -> None:
    """Make an empty file for its owner alone, in a directory likewise, unless they are there."""
    with os_errors(path):
        if path.exists():
            return
        alone = not path.parent.exists()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        sync(path.parent)  # a name that isn't synced dies with the power
        if alone:
            sync(path.parent.parent)


def locked(path: Path) -> int:
    """Take the lock that says a daemon runs on the ledger at path; the open descriptor holds it.

    StoreError when another one does. The lock is on a file of its own: with the first descriptor of
    the ledger that this process closed, SQLite would lose its locks on it.
    """
    with os_errors(path):
        descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise StoreError(f"{path}: another loyaltyd is running on this ledger") from error
    return descriptor


def writer(path: Path) -> Connection:
    """Open the one connection that writes; every transaction is begun by hand."""
    begun = path.stat().st_size > 0  # a file keeps the page size that it began with
    first = {} if begun else {"page_size": PAGE_BYTES}
    return _connected(path, "rw", {**first, **WRITER_PRAGMAS})


def reader(path: Path) -> Connection:
    """Open a connection that can't write, also while a daemon writes."""
    return _connected(path, "ro", READER_PRAGMAS)


def identities(path: Path) -> Identities:
    """Return which files stand at path and beside it as its log: device and inode, None: none."""
    return tuple(_identity(each) for each in (path, path.with_name(f"{path.name}-wal")))


def check_identities(path: Path, opened: Identities) -> None:
    """Refuse a ledger whose files aren't those that were opened; StoreDamaged.

    SQLite would go on in a file without a name, and all it recorded would end with this process.
    """
    if identities(path) != opened:
        raise StoreDamaged(f"{path}: moved or deleted while it was open")


def set_pragmas(connection: Connection, pragmas: Mapping[str, str | int]) -> None:
    """Set pragmas and read each of them back; StoreError when one doesn't hold."""
    for name, value in pragmas.items():
        connection.execute(f"PRAGMA {name} = {value}")
        (found,) = connection.execute(f"PRAGMA {name}").fetchone() or (None,)
        if found != value:
            raise StoreError(
                f"SQLite holds {name} at {found}, not {value}: records would not be safe"
            )


@contextmanager
def reading(connection: Connection) -> Iterator[None]:
    """One state of the ledger for all that is read inside."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:  # SQLite ends it by itself when the disk fails
            connection.execute("ROLLBACK")


@contextmanager
def writing(connection: Connection) -> Iterator[None]:
    """All that is written inside, or nothing of it; durable when this returns.

    What changed nothing is rolled back, not committed: it costs no sync.
    """
    connection.execute("BEGIN IMMEDIATE")
    changes = connection.total_changes
    try:
        yield
        if not connection.in_transaction:  # SQLite may end it by itself, as when the disk is full
            raise StoreFull("the transaction was lost on the way")
        if connection.total_changes != changes:
            _commit(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite raises inside into one of the store's errors, by the table above."""
    try:
        yield
    except sqlite3.Error as error:
        name = _name(error)
        kind = next((kind for start, kind in MEANINGS if name.startswith(start)), StoreError)
        raise kind(f"{path}: {error} ({name})") from error
    except UnicodeDecodeError as error:  # a spoilt byte of a text, which may be personal
        raise StoreDamaged(f"{path}: holds text that is no UTF-8") from error


@contextmanager
def os_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system raises inside into StoreError or StoreFull."""
    try:
        yield
    except OSError as error:
        kind = StoreFull if error.errno in NO_ROOM else StoreError
        raise kind(f"{path}: {error.strerror}") from error


def _connected(path: Path, mode: str, pragmas: Mapping[str, str | int]) -> Connection:
    connection: Connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        # Opened and checked in the caller's thread, then used by one thread of the ledger's own.
        check_same_thread=False,
    )
    try:
        set_pragmas(connection, pragmas)
    except BaseException:
        connection.close()
        raise
    return connection


def _commit(connection: Connection) -> None:
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        # Not even SHMSIZE is harmless here: the commit may be on the disk, or come back on it.
        if _name(error).startswith("SQLITE_IOERR"):
            raise StoreDamaged(f"{error} during COMMIT ({_name(error)})") from error
        raise


def _name(error: sqlite3.Error) -> str:
    return str(getattr(error, "sqlite_errorname", type(error).__name__))


def _identity(path: Path) -> tuple[int, int] | None:
    with os_errors(path):
        try:
            state = path.stat()
        except FileNotFoundError:
            return None
    return state.st_dev, state.st_ino


def sync(path: Path) -> None:
    """Let what a directory or a file holds be on the disk; never of a file that SQLite has open."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
