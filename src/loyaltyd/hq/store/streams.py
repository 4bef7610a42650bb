"""The streams that headquarters keeps: whose they are, where they end, when they were heard of."""

import datetime as dt
from dataclasses import dataclass

from loyaltyd.domain.batch import BatchReason
from loyaltyd.domain.record import Head, Stream, first_hash
from loyaltyd.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a stream stands: missing is the last seq known to be lacking, 0 for none.

    at: when the newest of its batches was made; distrusted: its key signs for nobody any more.
    """

    stream: Stream
    head: int
    at: dt.datetime
    distrusted: bool
    missing: int
    trouble: BatchReason | None
    reevaluated: int


def number_of(connection: Connection, stream: Stream) -> int | None:
    """The number that stream has here; none when nothing of it came yet."""
    row = connection.execute(
        "SELECT id FROM stream WHERE header = ?", (stream.header(),)
    ).fetchone()
    return None if row is None else int(row[0])


def begun(connection: Connection, stream: Stream, at: dt.datetime) -> int:
    """The number that stream has here, given now if it has none."""
    found = number_of(connection, stream)
    if found is not None:
        return found
    (number,) = connection.execute("SELECT ifnull(max(id), 0) + 1 FROM stream").fetchone() or (1,)
    connection.execute(
        "INSERT INTO stream (id, header, chain, store, till, epoch, key)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *(number, stream.header(), stream.chain, stream.store, stream.till),
            *(stream.epoch, stream.key),
        ),
    )
    connection.execute("INSERT INTO contact (stream, at) VALUES (?, ?)", (number, _text(at)))
    return int(number)


def stream_with(connection: Connection, number: int) -> Stream:
    """The stream that has that number."""
    row = connection.execute(
        "SELECT chain, store, till, epoch, key FROM stream WHERE id = ?", (number,)
    ).fetchone()
    assert row is not None
    return _stream(*row)


def head(connection: Connection, number: int | None, stream: Stream) -> Head:
    """Where headquarters' log of a stream ends."""
    row = connection.execute(
        "SELECT seq, hash FROM record WHERE stream = ? ORDER BY seq DESC LIMIT 1", (number,)
    ).fetchone()
    return Head(0, first_hash(stream)) if row is None else Head(*row)


def note_taken(connection: Connection, number: int, at: dt.datetime, *, new: bool) -> None:
    """A batch of the stream, made at at, was taken; only with new records is it out of trouble.

    An old file proves nothing: a courier may bring it again, and so does who forked the log.
    """
    connection.execute(
        "UPDATE contact SET at = max(at, ?), trouble = iif(?, NULL, trouble) WHERE stream = ?",
        (_text(at), new, number),
    )


def note_refused(
    connection: Connection, number: int, reason: BatchReason, missing: int, at: dt.datetime
) -> None:
    """A batch, made at at and signed by the stream's till, was refused.

    Records are missing up to missing, 0 for none.
    """
    connection.execute(
        "UPDATE contact SET at = max(at, ?), trouble = ?, missing = max(missing, ?)"
        " WHERE stream = ?",
        (_text(at), str(reason), missing, number),
    )


def contacts(connection: Connection) -> dict[int, Contact]:
    """Every stream by its number, in the order of chain, store, till and first arrival."""
    rows = connection.execute(
        "SELECT id, chain, store, till, epoch, key, at, missing, trouble, reevaluated,"
        " (SELECT ifnull(max(seq), 0) FROM record WHERE record.stream = stream.id),"
        " EXISTS (SELECT 1 FROM trusted WHERE key = stream.key AND distrusted_at IS NOT NULL)"
        " FROM stream JOIN contact ON contact.stream = stream.id ORDER BY chain, store, till, id"
    )
    return {
        number: Contact(
            stream=_stream(*names),
            head=last,
            at=dt.datetime.fromisoformat(at),
            missing=missing if missing > last else 0,
            trouble=None if trouble is None else BatchReason(trouble),
            reevaluated=reevaluated,
            distrusted=bool(gone),
        )
        for number, *names, at, missing, trouble, reevaluated, last, gone in rows
    }


def _stream(chain: str, store: str, till: str, epoch: str, key: str) -> Stream:
    return Stream(chain=chain, store=store, till=till, epoch=epoch, key=key)


def _text(at: dt.datetime) -> str:
    """As texts these compare as the times do: each is UTC, of the same length."""
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds")
