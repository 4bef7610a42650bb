"""The till's ledger: one file, one thread that writes it, one that reads it."""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from os import close as close_descriptor
from pathlib import Path
from typing import ParamSpec, TypeVar

from loyaltyd.domain.errors import ConfigError, StoreDamaged, StoreError
from loyaltyd.domain.record import Stream, chained, first_hash
from loyaltyd.store import database, records, schema
from loyaltyd.store.backup import back_up_version, version_backup
from loyaltyd.store.database import Connection, reading, sqlite_errors, writing
from loyaltyd.store.transaction import Transaction, View

EPOCH_BYTES = 8
TAIL_RECORDS = (
    1000  # re-hashed at each start in 5 ms: torn writes are at the end; verify does the rest
)
WAL_PAGES_MAX = 4000  # four MiB, as SQLite's own bound; past it a checkpoint follows a commit
COMMITS_PER_LOOK = (
    50  # a receipt takes about fifteen pages: every 750 the length of the log is looked at
)

P = ParamSpec("P")
T = TypeVar("T")


def open_ledger(path: Path, *, chain: str, store: str, till: str, key: str) -> "Ledger":
    """Open the ledger of this till, or begin one; key is the till's public key, 64 hex digits.

    ConfigError when it is another till's, a newer version's or none: no start will mend that.
    StoreError when another daemon has it, StoreDamaged when it isn't as it was left.
    """
    database.check_library()
    with ExitStack() as opened, sqlite_errors(path):
        database.make_file(path)
        opened.callback(close_descriptor, database.locked(path))
        writer = database.writer(path)
        opened.callback(writer.close)
        _migrate(writer, path)
        stream = _begun(writer, chain=chain, store=store, till=till, key=key)
        _check(writer, path, stream)
        reader = database.reader(path)
        opened.callback(reader.close)
        return Ledger(path, stream, writer, reader, opened.pop_all())


class Ledger:
    """Work goes in as a function; its result comes back as a future, and is durable by then."""

    def __init__(
        self, path: Path, stream: Stream, writer: Connection, reader: Connection, opened: ExitStack
    ) -> None:
        self.path = path
        self.stream = stream
        self._writer, self._reader, self._opened = writer, reader, opened
        self._write_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger-write")
        self._read_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger-read")
        self._commits = 0
        self._damage: StoreDamaged | None = None
        self._files = database.identities(path)

    @property
    def damage(self) -> StoreDamaged | None:
        """Why the ledger refuses all further work; the daemon stops."""
        return self._damage

    def write(self, work: Callable[[Transaction], T]) -> Future[T]:
        """Run work in one transaction; the future resolves after COMMIT, with the log synced.

        Any exception rolls all of it back. Work that adds nothing costs no sync.
        """
        return self._submitted(self._write_thread, self._written, work)

    def read(self, work: Callable[[View], T]) -> Future[T]:
        """Run work on one state of the ledger, beside the writer."""
        return self._submitted(self._read_thread, self._read, work)

    def read_aside(self, work: Callable[[View], T]) -> T:
        """Run work here and now on one state of the ledger, by a connection of its own.

        For what takes seconds: the reading thread answers cashiers meanwhile.
        """
        with self._watched():
            connection = database.reader(self.path)
            try:
                with reading(connection):
                    return work(View(connection, self.stream))
            finally:
                connection.close()

    def checkpoint(self) -> Future[int]:
        """Copy the log into the file, best while the till is idle; pages that readers held back."""
        return self._submitted(self._write_thread, self._checkpointed)

    def close(self) -> None:
        """Finish what was handed in, and let go of the file."""
        self._write_thread.shutdown()
        self._read_thread.shutdown()
        with sqlite_errors(self.path):
            self._opened.close()  # the writer goes last and checkpoints on its way out

    def _submitted(
        self, thread: ThreadPoolExecutor, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        try:
            return thread.submit(work, *args, **kwargs)
        except RuntimeError as error:  # concurrent.futures has no error of its own for it
            raise StoreError(f"{self.path}: the ledger is closed") from error

    def _written(self, work: Callable[[Transaction], T]) -> T:
        with self._watched(), writing(self._writer):
            result = work(Transaction(self._writer, self.stream))
        self._commits += 1
        if self._commits % COMMITS_PER_LOOK == 0:
            with suppress(RuntimeError):  # closing has begun, which checkpoints too
                self._write_thread.submit(self._bound_log)
        return result

    def _read(self, work: Callable[[View], T]) -> T:
        with self._watched(), reading(self._reader):
            return work(View(self._reader, self.stream))

    def _checkpointed(self) -> int:
        with self._watched():
            _, pages, copied = _log_pages(self._writer, "PASSIVE")
            return pages - copied

    def _bound_log(self) -> None:
        with self._watched():
            _, pages, copied = _log_pages(self._writer, "NOOP")
            if pages - copied > WAL_PAGES_MAX:
                _log_pages(self._writer, "PASSIVE")

    @contextmanager
    def _watched(self) -> Iterator[None]:
        if self._damage is not None:
            raise StoreDamaged(f"the ledger was given up: {self._damage}")
        try:
            database.check_identities(self.path, self._files)
            with sqlite_errors(self.path):
                yield
        except StoreDamaged as error:
            self._damage = error
            raise


def _log_pages(connection: Connection, mode: str) -> tuple[int, int, int]:
    # NOOP came with 3.51; an older library takes it for PASSIVE, which is slower and as right.
    row = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    busy, pages, copied = row or (0, 0, 0)
    return busy, pages, copied


def _migrate(connection: Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone() or (0,)
    (application,) = connection.execute("PRAGMA application_id").fetchone() or (0,)
    if version > schema.VERSION:
        earlier = version_backup(path, schema.VERSION)
        copy = f"; {earlier} is from before, without what was recorded since" if earlier else ""
        raise ConfigError(
            f"{path}: made by a newer loyaltyd"
            f" (schema {version}, this one knows {schema.VERSION}){copy}"
        )
    if application != schema.APPLICATION_ID and not schema.is_empty(connection):
        raise ConfigError(f"{path}: not a ledger of loyaltyd")
    if version < schema.VERSION:
        # At the top it would cost each start 70 ms and 13 MiB that only the first one needs.
        from loyaltyd.store.migrations import migrate  # noqa: PLC0415 - the first start alone

        if version:
            back_up_version(connection, path, version)
        migrate(connection)


def _begun(connection: Connection, *, chain: str, store: str, till: str, key: str) -> Stream:
    found = records.stream_of(connection)
    if found is None:
        epoch = secrets.token_hex(EPOCH_BYTES)
        stream = Stream(chain=chain, store=store, till=till, epoch=epoch, key=key)
        with writing(connection):
            records.begin_stream(connection, stream)
        return stream
    for name, wanted in (("chain", chain), ("store", store), ("till", till), ("key", key)):
        if (has := getattr(found, name)) != wanted:
            raise ConfigError(f"the ledger is of {name} {has}, the settings say {name} {wanted}")
    return found


def _check(connection: Connection, path: Path, stream: Stream) -> None:
    schema.check_schema(connection)
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone() or ("",)
    if verdict != "ok":
        raise StoreDamaged(f"{path}: {verdict}")
    rows = connection.execute(
        "SELECT seq, hash, line FROM record ORDER BY seq DESC LIMIT ?", (TAIL_RECORDS + 1,)
    ).fetchall()[::-1]
    if rows and rows[0][0] == 1:
        rows.insert(0, (0, first_hash(stream), ""))
    for (before, previous, _), (seq, found, line) in pairwise(rows):
        if seq != before + 1 or found != chained(previous, line):
            raise StoreDamaged(f"{path}: the chain is broken at record {seq}")
