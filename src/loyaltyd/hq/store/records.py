"""The records of all streams, as SQL; each a line with its hash, once and in order."""

from collections.abc import Iterator, Sequence

from loyaltyd.domain.batch import NewRecord
from loyaltyd.domain.record import Stream, first_hash
from loyaltyd.store.database import Connection


def hash_at(connection: Connection, number: int | None, stream: Stream, seq: int) -> bytes:
    """The hash of the record at seq, which is there, or of the stream's header at 0."""
    if seq == 0:
        return first_hash(stream)
    row = connection.execute(
        "SELECT hash FROM record WHERE stream = ? AND seq = ?", (number, seq)
    ).fetchone()
    assert row is not None
    found: bytes = row[0]
    return found


def append(connection: Connection, number: int, records: Sequence[NewRecord]) -> None:
    """Write the records that follow the stream's last."""
    connection.executemany(
        "INSERT INTO record (stream, seq, hash, line, type, business_date)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                *(number, it.record.seq, it.hash, it.line, it.record.type),
                it.record.moment.business_date.isoformat(),
            )
            for it in records
        ],
    )


def lines(connection: Connection, number: int, first: int, last: int) -> Iterator[tuple[int, str]]:
    """The records first..last of a stream: seq and line."""
    yield from connection.execute(
        "SELECT seq, line FROM record WHERE stream = ? AND seq BETWEEN ? AND ? ORDER BY seq",
        (number, first, last),
    )
