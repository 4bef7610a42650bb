"""The files that headquarters refused; their bytes lie aside under their hashes."""

import datetime as dt
from dataclasses import dataclass

from loyaltyd.domain.batch import BatchReason
from loyaltyd.store.database import Connection

FILES_MAX = 1000  # of each sort: enough to find out what goes wrong
BYTES_MAX = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFile:
    """A file by the SHA-256 of its bytes; proven: its till's trusted key has signed it."""

    file: str
    stream: int | None
    proven: bool
    reason: BatchReason
    detail: str
    size: int
    at: dt.datetime
    times: int = 1


def keep(connection: Connection, refused: RefusedFile) -> None:
    """Note a refused file; one that came before came once more."""
    connection.execute(
        "INSERT INTO refused (file, stream, proven, reason, detail, bytes, times, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET stream = excluded.stream,"
        " proven = excluded.proven, reason = excluded.reason, detail = excluded.detail,"
        " times = times + 1, at = excluded.at",
        (
            *(refused.file, refused.stream, int(refused.proven), str(refused.reason)),
            *(refused.detail, refused.size, refused.times),
            refused.at.isoformat(timespec="milliseconds"),
        ),
    )


def forget(connection: Connection, file: str) -> None:
    """Drop the note on a file that was taken after all, when what it lacked had come."""
    connection.execute("DELETE FROM refused WHERE file = ?", (file,))


def surplus(connection: Connection, *, proven: bool) -> list[str]:
    """The oldest files of a sort, which are more than is kept; they are forgotten here.

    What anybody may send is counted apart: it must not push out what a till has signed.
    """
    rows = connection.execute(
        "SELECT file FROM (SELECT file, row_number() OVER newest AS place,"
        " sum(bytes) OVER newest AS held FROM refused WHERE proven = ?"
        " WINDOW newest AS (ORDER BY at DESC, file)) WHERE place > ? OR held > ?",
        (int(proven), FILES_MAX, BYTES_MAX),
    ).fetchall()
    for row in rows:
        connection.execute("DELETE FROM refused WHERE file = ?", row)
    return [name for (name,) in rows]


def newest(connection: Connection, limit: int) -> list[RefusedFile]:
    """The files that were refused last."""
    rows = connection.execute(
        "SELECT file, stream, proven, reason, detail, bytes, times, at FROM refused"
        " ORDER BY at DESC, file LIMIT ?",
        (limit,),
    )
    return [
        RefusedFile(
            file=file,
            stream=stream,
            proven=bool(proven),
            reason=BatchReason(reason),
            detail=detail,
            size=size,
            times=times,
            at=dt.datetime.fromisoformat(at),
        )
        for file, stream, proven, reason, detail, size, times, at in rows
    ]


def files(connection: Connection) -> set[str]:
    """All files that are noted."""
    return {name for (name,) in connection.execute("SELECT file FROM refused")}


def count(connection: Connection) -> int:
    """How many files are noted."""
    row = connection.execute("SELECT count(*) FROM refused").fetchone()
    return 0 if row is None else int(row[0])
