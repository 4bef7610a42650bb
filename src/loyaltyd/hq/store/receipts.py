"""Which records tell of a receipt: its sale, and what undid it, wholly or in part."""

from collections.abc import Iterable

from loyaltyd.store.database import Connection


def keep(connection: Connection, number: int, told: Iterable[tuple[str, int]]) -> None:
    """Note that records of a stream tell of receipts: a receipt's id, the record's seq."""
    connection.executemany(
        "INSERT INTO told (stream, receipt, seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(number, receipt, seq) for receipt, seq in told],
    )


def lines(connection: Connection, number: int, receipt: str, seq: int, limit: int) -> list[str]:
    """The first records of a stream that tell of a receipt, before seq, as lines in their order."""
    rows = connection.execute(
        "SELECT line FROM told JOIN record USING (stream, seq)"
        " WHERE stream = ? AND receipt = ? AND seq < ? ORDER BY seq LIMIT ?",
        (number, receipt, seq, limit),
    )
    return [line for (line,) in rows]
