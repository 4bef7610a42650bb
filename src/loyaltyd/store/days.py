"""The till-days that were written, and the state that the next one is hashed over."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from loyaltyd.domain.day import state_hash
from loyaltyd.domain.ledger import CardState, CounterKey
from loyaltyd.store.database import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFile:
    """A till-day as the ledger remembers it: file is the SHA-256 of its bytes, 64 hex digits.

    head is the hash of record last; without records last is first - 1, and head that one's.
    is_told: headquarters has acknowledged this very file.
    """

    number: int
    business_date: dt.date
    first: int
    last: int
    head: bytes
    file: str
    name: str
    is_told: bool = False


SELECT = """SELECT number, business_date, first, last, head, file, name, day_told.at IS NOT NULL
  FROM day_file LEFT JOIN day_told USING (number)"""


def last_day(connection: Connection) -> DayFile | None:
    """The newest one; none before the first."""
    row = connection.execute(f"{SELECT} ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else _day(row)


def day(connection: Connection, number: int) -> DayFile | None:
    """The one of that number."""
    row = connection.execute(f"{SELECT} WHERE number = ?", (number,)).fetchone()
    return None if row is None else _day(row)


def day_of(connection: Connection, file: str) -> DayFile | None:
    """The one whose bytes have that hash."""
    row = connection.execute(f"{SELECT} WHERE file = ?", (file,)).fetchone()
    return None if row is None else _day(row)


def keep_day(connection: Connection, day: DayFile) -> None:
    """Remember a till-day, the next one."""
    connection.execute(
        "INSERT INTO day_file (number, business_date, first, last, head, file, name)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *(day.number, day.business_date.isoformat(), day.first, day.last),
            *(day.head, day.file, day.name),
        ),
    )


def keep_told(connection: Connection, number: int, at: dt.datetime) -> None:
    """Remember that headquarters has acknowledged that one, as it said at that time."""
    connection.execute("INSERT INTO day_told (number, at) VALUES (?, ?)", (number, at.isoformat()))


def state(connection: Connection) -> str:
    """The hash over all projections; row by row, however many there are."""
    return state_hash(_cards(connection), _counters(connection), _lots(connection))


def _cards(connection: Connection) -> Iterator[CardState]:
    for name, account, kind, status in connection.execute(
        "SELECT id, account, kind, status FROM card ORDER BY id"
    ):
        yield CardState(id=name, account=account, kind=kind, status=status)


def _counters(connection: Connection) -> Iterator[tuple[CounterKey, int]]:
    for account, name, date, since, amount in connection.execute(
        "SELECT account, name, date, since, amount FROM counter WHERE amount <> 0"
        " ORDER BY account, name, date, since"
    ):
        yield CounterKey(account=account, name=name, date=date, since=since), amount


def _lots(connection: Connection) -> Iterator[tuple[str, str, str, int]]:
    for row in connection.execute(
        "SELECT account, wallet, bucket, amount FROM lot WHERE amount <> 0"
        " ORDER BY account, wallet, bucket"
    ):
        yield row[0], row[1], row[2], row[3]


def _day(row: Row) -> DayFile:
    number, business_date, first, last, head, file, name, is_told = row
    return DayFile(
        number=number,
        business_date=dt.date.fromisoformat(business_date),
        first=first,
        last=last,
        head=head,
        file=file,
        name=name,
        is_told=bool(is_told),
    )
