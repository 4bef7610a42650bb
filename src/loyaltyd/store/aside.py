"""A ledger file that another process may be writing, opened to be read and no more."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loyaltyd.domain.errors import StoreDamaged, StoreError
from loyaltyd.store import database, records, schema
from loyaltyd.store.database import sqlite_errors
from loyaltyd.store.transaction import View


@contextmanager
def ledger_aside(path: Path) -> Iterator[View]:
    """The ledger at path; each call of the view reads it as it is then, and holds nothing back.

    A read that lasted for minutes would keep a running daemon from cutting its log. StoreError when
    there is no ledger, StoreDamaged when it can't be read.
    """
    database.check_library()
    if not path.exists():
        raise StoreError(f"{path}: no ledger here")
    with sqlite_errors(path):
        connection = database.reader(path)
        try:
            (application,) = connection.execute("PRAGMA application_id").fetchone() or (0,)
            if application != schema.APPLICATION_ID:
                raise StoreError(f"{path}: not a ledger of loyaltyd")
            stream = records.stream_of(connection)
            if stream is None:
                raise StoreDamaged(f"{path}: the ledger has lost its stream")
            yield View(connection, stream)
        finally:
            connection.close()
