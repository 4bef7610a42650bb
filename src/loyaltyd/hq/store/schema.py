"""The tables of headquarters' file, and the triggers that keep its facts as they arrived.

A stream has a number here. Facts are `stream` and `record`; what follows from records is kept per
stream, so that each can be compared with its till: what an account holds is the sum over streams.
"""

from collections.abc import Mapping

from loyaltyd.domain.errors import StoreDamaged, StoreError
from loyaltyd.store.database import Connection
from loyaltyd.store.fact_guards import guards_of, schema_faults

APPLICATION_ID = 0x6C6F7968  # "loyh": not a till's ledger
VERSION = 1
AMOUNT_LIMIT = 1 << 62  # beyond it a sum could leave SQLite's integers

_AMOUNT = f"amount INTEGER NOT NULL CHECK (amount BETWEEN -{AMOUNT_LIMIT} AND {AMOUNT_LIMIT})"

TABLES: Mapping[str, str] = {
    "stream": """CREATE TABLE stream (
  id INTEGER PRIMARY KEY,
  header TEXT NOT NULL UNIQUE,
  chain TEXT NOT NULL,
  store TEXT NOT NULL,
  till TEXT NOT NULL,
  epoch TEXT NOT NULL,
  key TEXT NOT NULL
) STRICT""",
    "record": """CREATE TABLE record (
  stream INTEGER NOT NULL REFERENCES stream,
  seq INTEGER NOT NULL CHECK (seq > 0),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  line TEXT NOT NULL,
  type TEXT NOT NULL,
  business_date TEXT NOT NULL,
  PRIMARY KEY (stream, seq)
) STRICT""",
    # When the newest batch of its till was made, the last seq that is known to be missing, why its
    # last batch was refused, and up to which seq receipts were run again.
    "contact": """CREATE TABLE contact (
  stream INTEGER PRIMARY KEY REFERENCES stream,
  at TEXT NOT NULL,
  missing INTEGER NOT NULL DEFAULT 0,
  trouble TEXT,
  reevaluated INTEGER NOT NULL DEFAULT 0
) STRICT""",
    "lot": f"""CREATE TABLE lot (
  stream INTEGER NOT NULL REFERENCES stream,
  account TEXT NOT NULL,
  wallet TEXT NOT NULL,
  bucket TEXT NOT NULL,
  {_AMOUNT},
  PRIMARY KEY (stream, account, wallet, bucket)
) STRICT, WITHOUT ROWID""",
    "counter": f"""CREATE TABLE counter (
  stream INTEGER NOT NULL REFERENCES stream,
  account TEXT NOT NULL,
  name TEXT NOT NULL,
  date TEXT NOT NULL,
  since TEXT NOT NULL,
  {_AMOUNT},
  PRIMARY KEY (stream, account, name, date, since)
) STRICT, WITHOUT ROWID""",
    # Every state of a card, by the record that said so: a till-day may tell of an earlier one.
    "card": """CREATE TABLE card (
  stream INTEGER NOT NULL REFERENCES stream,
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  account TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  PRIMARY KEY (stream, id, seq)
) STRICT, WITHOUT ROWID""",
    # What all accounts' postings come to, both sides of each: a wallet's buckets add up to zero.
    "total": f"""CREATE TABLE total (
  stream INTEGER NOT NULL REFERENCES stream,
  wallet TEXT NOT NULL,
  bucket TEXT NOT NULL,
  {_AMOUNT},
  PRIMARY KEY (stream, wallet, bucket)
) STRICT, WITHOUT ROWID""",
    # seq is the last record of the batch that brought the row.
    "person": """CREATE TABLE person (
  stream INTEGER NOT NULL REFERENCES stream,
  account TEXT NOT NULL,
  seq INTEGER NOT NULL,
  name TEXT,
  birthday TEXT,
  phone TEXT,
  consent TEXT,
  PRIMARY KEY (stream, account)
) STRICT, WITHOUT ROWID""",
    "number": """CREATE TABLE number (
  stream INTEGER NOT NULL REFERENCES stream,
  card TEXT NOT NULL,
  seq INTEGER NOT NULL,
  number TEXT NOT NULL,
  PRIMARY KEY (stream, card)
) STRICT, WITHOUT ROWID""",
    # Which records make or undo a receipt, as far as records were run again.
    "told": """CREATE TABLE told (
  stream INTEGER NOT NULL REFERENCES stream,
  receipt TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (stream, receipt, seq)
) STRICT, WITHOUT ROWID""",
    # What a till-day's manifest claims; verdict is none until it was compared with the records.
    "day": """CREATE TABLE day (
  stream INTEGER NOT NULL REFERENCES stream,
  number INTEGER NOT NULL,
  file TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  claim TEXT NOT NULL,
  at TEXT NOT NULL,
  verdict TEXT,
  PRIMARY KEY (stream, number)
) STRICT, WITHOUT ROWID""",
    # Small beside the claims: the page counts till-days every few seconds.
    "day_by_number": "CREATE INDEX day_by_number ON day (stream, number)",
    "day_unchecked": "CREATE INDEX day_unchecked ON day (stream, last) WHERE verdict IS NULL",
    "day_differing": "CREATE INDEX day_differing ON day (stream) WHERE verdict <> 'right'",
    # A key stays its till's when it is trusted no more.
    "trusted": """CREATE TABLE trusted (
  key TEXT PRIMARY KEY,
  chain TEXT NOT NULL,
  store TEXT NOT NULL,
  till TEXT NOT NULL,
  at TEXT NOT NULL,
  distrusted_at TEXT
) STRICT, WITHOUT ROWID""",
    "program": """CREATE TABLE program (
  hash TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT""",
    "difference": """CREATE TABLE difference (
  stream INTEGER NOT NULL REFERENCES stream,
  seq INTEGER NOT NULL,
  what TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID""",
    # Receipts whose program isn't here: run again from first to last when it comes.
    "unruled": """CREATE TABLE unruled (
  stream INTEGER NOT NULL REFERENCES stream,
  hash TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  receipts INTEGER NOT NULL,
  PRIMARY KEY (stream, hash)
) STRICT, WITHOUT ROWID""",
    # proven: signed by the key that its header names, and that key is trusted for that till.
    "refused": """CREATE TABLE refused (
  file TEXT PRIMARY KEY,
  stream INTEGER REFERENCES stream,
  proven INTEGER NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  times INTEGER NOT NULL,
  at TEXT NOT NULL
) STRICT""",
    "refused_by_at": "CREATE INDEX refused_by_at ON refused (proven, at)",
}

# The tables of facts, each with the condition under which a new row is refused; see fact_guards.
OVER_A_KEY: Mapping[str, str] = {
    "stream": "EXISTS (SELECT 1 FROM stream WHERE id = NEW.id OR header = NEW.header)",
    "record": """NEW.seq IS NOT
    (SELECT ifnull(max(seq), 0) + 1 FROM record WHERE stream = NEW.stream)""",
    "program": "EXISTS (SELECT 1 FROM program WHERE hash = NEW.hash)",
}


def guards() -> dict[str, str]:
    """The triggers, name to SQL: what stands in stream, record and program is never changed."""
    return guards_of(OVER_A_KEY)


def make_or_check(connection: Connection) -> None:
    """Make the tables in an empty file; StoreError for a foreign or newer one, or a damaged one."""
    connection.execute("BEGIN IMMEDIATE")  # another process may be making them now
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() or (0,)
        if not tables:
            for sql in (*TABLES.values(), *guards().values()):
                connection.execute(sql)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        _check(connection)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def faults(connection: Connection) -> list[str]:
    """What of the schema is missing, altered or foreign; empty when all is as it was made."""
    return schema_faults(connection, {**TABLES, **guards()})


def _check(connection: Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone() or (0,)
    (application,) = connection.execute("PRAGMA application_id").fetchone() or (0,)
    if application != APPLICATION_ID:
        raise StoreError("not a file of loyaltyd's headquarters")
    if version > VERSION:
        raise StoreError(f"made by a newer loyaltyd (schema {version}, this one knows {VERSION})")
    if found := faults(connection):
        raise StoreDamaged(f"headquarters' schema was changed: {', '.join(found)}")
