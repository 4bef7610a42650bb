"""Where running a receipt again gave something else, and where it couldn't be run yet."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from loyaltyd.domain.record import ProgramRef
from loyaltyd.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The receipt at seq of a stream isn't what its line leads to; what names how."""

    stream: int
    seq: int
    what: str
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unruled:
    """So many receipts of a stream, first to last, follow a program that isn't known here."""

    stream: int
    program: ProgramRef
    first: int
    last: int
    receipts: int


def keep(connection: Connection, found: Iterable[Difference]) -> None:
    """Store differences, over what was said of the same receipts before."""
    connection.executemany(
        "INSERT INTO difference (stream, seq, what, at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET what = excluded.what, at = excluded.at",
        [(it.stream, it.seq, it.what, it.at.isoformat(timespec="milliseconds")) for it in found],
    )


def keep_unruled(connection: Connection, found: Iterable[Unruled]) -> None:
    """Add receipts, later ones than before, to those that wait for their program."""
    connection.executemany(
        "INSERT INTO unruled (stream, hash, id, version, first, last, receipts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET last = excluded.last, receipts = receipts + excluded.receipts",
        [
            (
                *(it.stream, it.program.hash, it.program.id, it.program.version),
                *(it.first, it.last, it.receipts),
            )
            for it in found
        ],
    )


def rule_up_to(connection: Connection, waiting: Unruled, seq: int, receipts: int) -> bool:
    """So many of the waiting receipts, up to seq, were run; False when somebody was faster."""
    place = (waiting.stream, waiting.program.hash)
    moved = connection.execute(
        "UPDATE unruled SET first = ?, receipts = receipts - ?"
        " WHERE stream = ? AND hash = ? AND first = ?",
        (seq + 1, receipts, *place, waiting.first),
    )
    connection.execute("DELETE FROM unruled WHERE stream = ? AND hash = ? AND first > last", place)
    return moved.rowcount == 1


def unruled(connection: Connection, limit: int) -> list[Unruled]:
    """What waits for programs, at most so much of it."""
    rows = connection.execute(
        "SELECT stream, hash, id, version, first, last, receipts FROM unruled"
        " ORDER BY stream, first LIMIT ?",
        (limit,),
    )
    return [_unruled(*row) for row in rows]


def unruled_receipts(connection: Connection) -> int:
    """How many receipts wait for programs."""
    row = connection.execute("SELECT ifnull(sum(receipts), 0) FROM unruled").fetchone()
    return 0 if row is None else int(row[0])


def ruled(connection: Connection) -> Unruled | None:
    """Some of what waits, whose program has come."""
    row = connection.execute(
        "SELECT stream, hash, id, version, first, last, receipts FROM unruled"
        " WHERE hash IN (SELECT hash FROM program) LIMIT 1"
    ).fetchone()
    return None if row is None else _unruled(*row)


def due(connection: Connection) -> tuple[int, int, int] | None:
    """A stream with records that weren't looked at: its number, the last looked at, its last."""
    row = connection.execute(
        "SELECT stream, reevaluated, last FROM (SELECT stream, reevaluated,"
        " (SELECT max(seq) FROM record WHERE record.stream = contact.stream) AS last FROM contact)"
        " WHERE last > reevaluated LIMIT 1"
    ).fetchone()
    return None if row is None else (row[0], row[1], row[2])


def move_on(connection: Connection, number: int, before: int, seq: int) -> bool:
    """The stream's records were looked at up to seq; False when somebody else was faster."""
    moved = connection.execute(
        "UPDATE contact SET reevaluated = ? WHERE stream = ? AND reevaluated = ?",
        (seq, number, before),
    )
    return moved.rowcount == 1


def newest(connection: Connection, limit: int) -> list[Difference]:
    """The differences that were found last."""
    rows = connection.execute(
        "SELECT stream, seq, what, at FROM difference ORDER BY at DESC, stream, seq DESC LIMIT ?",
        (limit,),
    )
    return [
        Difference(stream=stream, seq=seq, what=what, at=dt.datetime.fromisoformat(at))
        for stream, seq, what, at in rows
    ]


def count(connection: Connection) -> int:
    """How many receipts differ."""
    row = connection.execute("SELECT count(*) FROM difference").fetchone()
    return 0 if row is None else int(row[0])


def _unruled(*row: Any) -> Unruled:
    stream, sha256, name, version, first, last, receipts = row
    return Unruled(
        stream=stream,
        program=ProgramRef(id=name, version=version, hash=sha256),
        first=first,
        last=last,
        receipts=receipts,
    )
