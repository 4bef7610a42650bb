"""The tables of the ledger file, and the triggers that keep its facts as they were written."""

from collections.abc import Collection, Mapping

from loyaltyd.domain.errors import StoreDamaged
from loyaltyd.store.database import Connection
from loyaltyd.store.fact_guards import guards_of, schema_faults

APPLICATION_ID = 0x6C6F7961  # "loya": file(1) and a stray SQLite file are told apart by it
VERSION = 3  # PRAGMA user_version: how many migrations made the file

LEDGER_TABLES: Mapping[str, str] = {
    "stream": """CREATE TABLE stream (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  header TEXT NOT NULL,
  chain TEXT NOT NULL,
  store TEXT NOT NULL,
  till TEXT NOT NULL,
  epoch TEXT NOT NULL,
  key TEXT NOT NULL
) STRICT""",
    "record": """CREATE TABLE record (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  line TEXT NOT NULL,
  type TEXT NOT NULL,
  id TEXT,
  receipt TEXT,
  account TEXT,
  business_date TEXT NOT NULL
) STRICT""",
    "record_by_id": """CREATE UNIQUE INDEX record_by_id ON record (type, id)
  WHERE id IS NOT NULL""",
    "record_by_receipt": """CREATE INDEX record_by_receipt ON record (receipt, seq)
  WHERE receipt IS NOT NULL""",
    "lot": """CREATE TABLE lot (
  account TEXT NOT NULL,
  wallet TEXT NOT NULL,
  bucket TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (account, wallet, bucket)
) STRICT, WITHOUT ROWID""",
    "counter": """CREATE TABLE counter (
  account TEXT NOT NULL,
  name TEXT NOT NULL,
  date TEXT NOT NULL,
  since TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (account, name, date, since)
) STRICT, WITHOUT ROWID""",
    "card": """CREATE TABLE card (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  number TEXT
) STRICT, WITHOUT ROWID""",
    "person": """CREATE TABLE person (
  account TEXT PRIMARY KEY,
  name TEXT,
  birthday TEXT,
  phone TEXT,
  consent TEXT
) STRICT, WITHOUT ROWID""",
    "answer": """CREATE TABLE answer (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  account TEXT,
  request_hash BLOB NOT NULL,
  body TEXT NOT NULL,
  seq INTEGER NOT NULL REFERENCES record,
  PRIMARY KEY (kind, id)
) STRICT""",
    "program": """CREATE TABLE program (
  hash TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  starts TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (id, version)
) STRICT""",
}

# What headquarters has, who changed since, which till-days were written, and which of those
# headquarters has answered.
LINK_TABLES: Mapping[str, str] = {
    "cursor": """CREATE TABLE cursor (
  name TEXT PRIMARY KEY,
  seq INTEGER NOT NULL CHECK (seq >= 0),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  at TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    "people_change": """CREATE TABLE people_change (
  kind TEXT NOT NULL CHECK (kind IN ('person', 'number')),
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID""",
    "people_change_by_seq": """CREATE INDEX people_change_by_seq ON people_change (seq)""",
    "day_file": """CREATE TABLE day_file (
  number INTEGER PRIMARY KEY CHECK (number > 0),
  business_date TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL CHECK (last >= first - 1),
  head BLOB NOT NULL CHECK (length(head) = 32),
  file TEXT NOT NULL UNIQUE CHECK (length(file) = 64),
  name TEXT NOT NULL
) STRICT""",
    "day_told": """CREATE TABLE day_told (
  number INTEGER PRIMARY KEY REFERENCES day_file,
  at TEXT NOT NULL
) STRICT""",
}

# Cards are looked up by their account, and accounts by a phone.
PEOPLE_INDEXES: Mapping[str, str] = {
    "card_by_account": """CREATE INDEX card_by_account ON card (account)""",
    "person_by_phone": """CREATE INDEX person_by_phone ON person (phone)
  WHERE phone IS NOT NULL""",
}

TABLES: Mapping[str, str] = {**LEDGER_TABLES, **LINK_TABLES, **PEOPLE_INDEXES}

# The tables of facts, each with the condition under which a new row is refused; see fact_guards.
OVER_A_KEY: Mapping[str, str] = {
    "stream": "EXISTS (SELECT 1 FROM stream)",
    "record": """NEW.seq IS NOT (SELECT ifnull(max(seq), 0) + 1 FROM record)
    OR EXISTS (SELECT 1 FROM record WHERE type = NEW.type AND id = NEW.id)""",
    "program": """EXISTS (SELECT 1 FROM program
    WHERE hash = NEW.hash OR (id = NEW.id AND version = NEW.version))""",
    "day_file": """NEW.number IS NOT (SELECT ifnull(max(number), 0) + 1 FROM day_file)
    OR NEW.first IS NOT (SELECT ifnull(max(last), 0) + 1 FROM day_file)""",
    "day_told": "EXISTS (SELECT 1 FROM day_told WHERE number = NEW.number)",
}


def guards(tables: Collection[str] = TABLES) -> dict[str, str]:
    """The triggers of tables, name to SQL: no fact that stands in one is ever changed."""
    return guards_of({name: taken for name, taken in OVER_A_KEY.items() if name in tables})


def is_empty(connection: Connection) -> bool:
    """Whether the file holds nothing yet, but for a cut start: the migrations' own table."""
    row = connection.execute(
        "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> '_sqlite_migrations'"
    ).fetchone()
    return row == (0,)


def faults(connection: Connection) -> list[str]:
    """What of the schema is missing, altered or foreign; empty when all is as it was made."""
    return schema_faults(connection, {**TABLES, **guards()})


def check_schema(connection: Connection) -> None:
    """Refuse a ledger without its guards; StoreDamaged names what is wrong."""
    if found := faults(connection):
        raise StoreDamaged(f"the ledger's schema was changed: {', '.join(found)}")
