"""The steps that bring a ledger file to this version's schema; add to the end, never change one.

A step only adds: sqlite-utils' transform() would drop the guards in silence.
"""

from typing import Any, cast

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from loyaltyd.store.database import Connection
from loyaltyd.store.schema import (
    APPLICATION_ID,
    LEDGER_TABLES,
    LINK_TABLES,
    PEOPLE_INDEXES,
    guards,
)

LEDGER = Migrations("ledger")

# Who was enrolled before there was a link goes up with the first record of their account.
FOUND_PEOPLE = """WITH opened AS MATERIALIZED (
  SELECT account, min(seq) AS seq FROM record GROUP BY account)
INSERT INTO people_change
  SELECT 'person', account, ifnull(seq, 1) FROM person LEFT JOIN opened USING (account)
  UNION ALL SELECT 'number', id, ifnull(seq, 1)
  FROM card LEFT JOIN opened USING (account) WHERE number IS NOT NULL"""


def migrate(connection: Connection) -> None:
    """Apply the steps that the file hasn't had, each in its own transaction."""
    # sqlite-utils is annotated for the standard library's connection and takes pysqlite3's as well.
    LEDGER.apply(Database(cast(Any, connection)))


@LEDGER(name="0001_ledger")
def _ledger(db: Database) -> None:
    for sql in (*LEDGER_TABLES.values(), *guards(LEDGER_TABLES).values()):
        db.execute(sql)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute("PRAGMA user_version = 1")


@LEDGER(name="0002_link")
def _link(db: Database) -> None:
    for sql in (*LINK_TABLES.values(), *guards(LINK_TABLES).values()):
        db.execute(sql)
    db.execute(FOUND_PEOPLE)
    db.execute("PRAGMA user_version = 2")


@LEDGER(name="0003_people_indexes")
def _people_indexes(db: Database) -> None:
    for sql in PEOPLE_INDEXES.values():
        db.execute(sql)
    db.execute("PRAGMA user_version = 3")
