"""The steps that bring a ledger file to this version's schema; add to the end, never change one.

A step only adds: sqlite-utils' transform() would drop the guards in silence.
"""

from typing import Any, cast

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from loyaltyd.store.database import Connection
from loyaltyd.store.schema import APPLICATION_ID, TABLES, guards

LEDGER = Migrations("ledger")


def migrate(connection: Connection) -> None:
    """Apply the steps that the file hasn't had, each in its own transaction."""
    # sqlite-utils is annotated for the standard library's connection and takes pysqlite3's as well.
    LEDGER.apply(Database(cast(Any, connection)))


@LEDGER(name="0001_ledger")
def _ledger(db: Database) -> None:
    for sql in (*TABLES.values(), *guards().values()):
        db.execute(sql)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute("PRAGMA user_version = 1")
