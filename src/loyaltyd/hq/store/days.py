"""The till-days that came: what each manifest claims, and whether the records bear it out."""

import datetime as dt
import json
from dataclasses import dataclass

from loyaltyd.domain.batch import BatchReason
from loyaltyd.domain.day import Day
from loyaltyd.domain.facts import facts_of, value_from
from loyaltyd.store.database import Connection

RIGHT = "right"  # a verdict; the others are reasons of a batch


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDay:
    """A till-day over the records first..last of the stream with that number.

    verdict is None until it was compared, then None no more: "right" or a BatchReason.
    """

    stream: int
    file: str
    first: int
    last: int
    day: Day
    at: dt.datetime
    verdict: str | None = None


def keep(connection: Connection, kept: KeptDay) -> None:
    """Store a till-day; another file of that number takes its place, as a till makes it again."""
    connection.execute(
        "INSERT INTO day (stream, number, file, first, last, claim, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET file = excluded.file,"
        " first = excluded.first, last = excluded.last, claim = excluded.claim,"
        " at = excluded.at, verdict = NULL WHERE file <> excluded.file",
        (
            *(kept.stream, kept.day.number, kept.file, kept.first, kept.last),
            json.dumps(facts_of(kept.day), ensure_ascii=False),
            kept.at.isoformat(timespec="milliseconds"),
        ),
    )


def unchecked(connection: Connection) -> KeptDay | None:
    """A till-day that wasn't compared with the records yet; of a stream's the last one first."""
    row = connection.execute(
        "SELECT stream, file, first, last, claim, at, verdict FROM day"
        " WHERE verdict IS NULL ORDER BY stream, last DESC LIMIT 1"
    ).fetchone()
    return None if row is None else _day(*row)


def judge(connection: Connection, kept: KeptDay, verdict: BatchReason | None) -> None:
    """Say what a till-day's comparison found, unless another file took its place meanwhile."""
    connection.execute(
        "UPDATE day SET verdict = ? WHERE stream = ? AND number = ? AND file = ?",
        (RIGHT if verdict is None else str(verdict), kept.stream, kept.day.number, kept.file),
    )


def last_days(connection: Connection, limit: int) -> list[KeptDay]:
    """The till-days of each stream with its highest numbers, at most so many, newest first."""
    rows = connection.execute(
        "SELECT day.stream, file, first, last, claim, at, verdict FROM"
        " (SELECT id, (SELECT max(number) FROM day WHERE stream = id) AS newest FROM stream)"
        " CROSS JOIN day ON day.stream = id AND day.number > newest - ?"
        " ORDER BY day.stream, day.number DESC",
        (limit,),
    )
    return [_day(*row) for row in rows]


def numbers_missing(connection: Connection) -> dict[int, int]:
    """By stream, how many till-days before its newest never came."""
    rows = connection.execute(
        "SELECT stream, max(number) - count(*) FROM day WHERE number > 0 GROUP BY stream"
    )
    return dict(iter(rows))


def differing(connection: Connection) -> int:
    """How many till-days differ from their records."""
    row = connection.execute("SELECT count(*) FROM day WHERE verdict <> 'right'").fetchone()
    return 0 if row is None else int(row[0])


def _day(*row: object) -> KeptDay:
    stream, file, first, last, claim, at, verdict = row
    assert isinstance(claim, str)
    return KeptDay(
        stream=int(str(stream)),
        file=str(file),
        first=int(str(first)),
        last=int(str(last)),
        day=value_from(Day, json.loads(claim)),
        at=dt.datetime.fromisoformat(str(at)),
        verdict=None if verdict is None else str(verdict),
    )
