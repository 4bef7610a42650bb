"""Which keys may sign for which till."""

import datetime as dt
from dataclasses import dataclass

from loyaltyd.domain.record import Stream
from loyaltyd.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A till's public key, 64 hex digits, and the one place for which it may sign."""

    key: str
    chain: str
    store: str
    till: str

    def covers(self, stream: Stream) -> bool:
        """Whether the stream is one of that till."""
        place = (stream.chain, stream.store, stream.till, stream.key)
        return place == (self.chain, self.store, self.till, self.key)


def trusted(connection: Connection, key: str) -> Trusted | None:
    """For which till key may sign, if for any."""
    row = connection.execute(
        "SELECT chain, store, till FROM trusted WHERE key = ?", (key,)
    ).fetchone()
    if row is None:
        return None
    chain, store, till = row
    return Trusted(key=key, chain=chain, store=store, till=till)


def keep(connection: Connection, known: Trusted, at: dt.datetime) -> None:
    """Let a key sign for its till; nothing changes when it may already."""
    connection.execute(
        "INSERT INTO trusted (key, chain, store, till, at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (known.key, known.chain, known.store, known.till, at.isoformat(timespec="milliseconds")),
    )


def unheard(connection: Connection) -> list[Trusted]:
    """The keys of tills that never sent a batch."""
    rows = connection.execute(
        "SELECT key, chain, store, till FROM trusted"
        " WHERE key NOT IN (SELECT key FROM stream) ORDER BY chain, store, till"
    )
    return [
        Trusted(key=key, chain=chain, store=store, till=till) for key, chain, store, till in rows
    ]
