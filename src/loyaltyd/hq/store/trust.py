"""Which keys may sign for which till."""

import datetime as dt
from dataclasses import dataclass

from loyaltyd.domain.record import Stream
from loyaltyd.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A till's public key, 64 hex digits, and the one place for which it may sign, if it still may.

    distrusted: nothing that it signs is taken any more.
    """

    key: str
    chain: str
    store: str
    till: str
    distrusted: bool = False

    def covers(self, stream: Stream) -> bool:
        """Whether the key may sign for the stream."""
        place = (stream.chain, stream.store, stream.till, stream.key)
        return not self.distrusted and place == (self.chain, self.store, self.till, self.key)


def trusted(connection: Connection, key: str) -> Trusted | None:
    """Whose key it is; none when nobody ever trusted it."""
    row = connection.execute(
        "SELECT chain, store, till, distrusted_at FROM trusted WHERE key = ?", (key,)
    ).fetchone()
    return None if row is None else _trusted(key, *row)


def keep(connection: Connection, known: Trusted, at: dt.datetime) -> None:
    """Let a key sign for its till, also when it no longer could; it is that till's for good."""
    connection.execute(
        "INSERT INTO trusted (key, chain, store, till, at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET distrusted_at = NULL WHERE distrusted_at IS NOT NULL",
        (known.key, known.chain, known.store, known.till, at.isoformat(timespec="milliseconds")),
    )


def drop(connection: Connection, key: str, at: dt.datetime) -> None:
    """Let a key sign for nobody from now on; it stays known whose it was."""
    connection.execute(
        "UPDATE trusted SET distrusted_at = ? WHERE key = ? AND distrusted_at IS NULL",
        (at.isoformat(timespec="milliseconds"), key),
    )


def unheard(connection: Connection) -> list[Trusted]:
    """The keys of tills that never sent a batch."""
    rows = connection.execute(
        "SELECT key, chain, store, till, distrusted_at FROM trusted"
        " WHERE key NOT IN (SELECT key FROM stream) ORDER BY chain, store, till"
    )
    return [_trusted(*row) for row in rows]


def _trusted(key: str, chain: str, store: str, till: str, distrusted_at: str | None) -> Trusted:
    return Trusted(
        key=key, chain=chain, store=store, till=till, distrusted=distrusted_at is not None
    )
