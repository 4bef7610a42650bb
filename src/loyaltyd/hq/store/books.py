"""Headquarters' file, opened: one transaction at a time writes, any number read.

Several processes may have it open, as `hq import` beside `hq serve`: nothing is remembered between
transactions, so each decides on what is in the file.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

from pysqlite3 import dbapi2 as sqlite3

from loyaltyd.domain.errors import StoreDamaged
from loyaltyd.hq.store import schema
from loyaltyd.store import database
from loyaltyd.store.database import Connection, reading, sqlite_errors, writing

WAL_PAGES_MAX = 16_000  # sixteen MiB, as long as the log is kept; a batch writes some three
# A column's CHECK, and a sum of integers that became a REAL; pysqlite3 gives both the code of all
# constraints, a trigger's too.
BEYOND_LIMITS = ("CHECK constraint failed", "cannot store REAL value in INTEGER column")

T = TypeVar("T")


class NotKept(Exception):  # noqa: N818 - what became of the work, no fault of the file
    """What was to be written isn't what its table may hold: the work is undone."""


def open_books(path: Path) -> "Books":
    """Open headquarters' file, or make it; StoreError, StoreDamaged."""
    database.check_library()
    with ExitStack() as opened, sqlite_errors(path):
        database.make_file(path)
        writer = database.writer(path)
        opened.callback(writer.close)
        schema.make_or_check(writer)
        return Books(path, writer, opened.pop_all())


class Books:
    """Work goes in as a function of a connection; what it wrote is durable when it is back."""

    def __init__(self, path: Path, writer: Connection, opened: ExitStack) -> None:
        self.path = path
        self._writer, self._opened = writer, opened
        self._turn = threading.Lock()
        self._damage: StoreDamaged | None = None
        self._files = database.identities(path)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run work in one transaction, synced when this returns; an exception rolls it back.

        Called from any thread, one at a time is let in. Work that changes nothing costs no sync.
        """
        with self._turn, self._watched():
            with _limits(), writing(self._writer):
                result = work(self._writer)
            self._bound_log()
            return result

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run work on one state of the file, beside whoever writes."""
        with (
            self._watched(),
            closing(database.reader(self.path)) as connection,
            reading(connection),
        ):
            return work(connection)

    def close(self) -> None:
        """Let go of the file, once the transaction under way is over."""
        with self._turn, sqlite_errors(self.path):
            self._opened.close()

    def _bound_log(self) -> None:
        # NOOP came with 3.51; an older library takes it for PASSIVE, which is slower and as right.
        _, pages, copied = _log_pages(self._writer, "NOOP")
        if pages - copied > WAL_PAGES_MAX:
            _log_pages(self._writer, "PASSIVE")

    @contextmanager
    def _watched(self) -> Iterator[None]:
        if self._damage is not None:
            raise StoreDamaged(f"headquarters' file was given up: {self._damage}")
        try:
            database.check_identities(self.path, self._files)
            with sqlite_errors(self.path):
                yield
        except StoreDamaged as error:
            self._damage = error
            raise


@contextmanager
def _limits() -> Iterator[None]:
    """Tell what no table may hold from a file that can't be used."""
    try:
        yield
    except OverflowError as error:
        raise NotKept("an amount is too large") from error
    except UnicodeEncodeError as error:
        raise NotKept("a text has half of a surrogate pair") from error
    except sqlite3.IntegrityError as error:
        if str(error).startswith(BEYOND_LIMITS):
            raise NotKept("an amount is too large") from error
        raise


def _log_pages(connection: Connection, mode: str) -> tuple[int, int, int]:
    row = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    busy, pages, copied = row or (0, 0, 0)
    return busy, pages, copied
