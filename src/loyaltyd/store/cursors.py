"""How far headquarters has this log: the till's whole outbox is what lies past it."""

import datetime as dt

from loyaltyd.domain.batch import Acked
from loyaltyd.domain.record import Head, Stream, first_hash
from loyaltyd.store.database import Connection

HQ = "hq"


def acked(connection: Connection, stream: Stream) -> Acked:
    """What headquarters last said that it has; of a till that it never answered, nothing."""
    row = connection.execute("SELECT seq, hash, at FROM cursor WHERE name = ?", (HQ,)).fetchone()
    if row is None:
        return Acked(Head(0, first_hash(stream)), None)
    seq, found, at = row
    return Acked(Head(seq, found), dt.datetime.fromisoformat(at))


def keep_acked(connection: Connection, head: Head, at: dt.datetime) -> None:
    """Move the cursor to head, as headquarters said at that time."""
    connection.execute(
        "INSERT INTO cursor (name, seq, hash, at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET seq = excluded.seq, hash = excluded.hash, at = excluded.at",
        (HQ, head.seq, head.hash, at.isoformat(timespec="milliseconds")),
    )
