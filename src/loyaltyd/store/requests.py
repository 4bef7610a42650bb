"""What callers were answered, kept so that the same request again gets the same bytes."""

from dataclasses import dataclass, field

from loyaltyd.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the request of that kind and id was answered, by the record at seq."""

    kind: str  # the record type that it made: "receipt", "return", "cancel", "card"
    id: str
    account: str | None  # whose data the body quotes: `forget` deletes it with them
    request_hash: bytes  # SHA-256 of the request as parsed; another body is another request
    body: str = field(repr=False)
    seq: int


def answer(connection: Connection, kind: str, caller_id: str) -> Answer | None:
    """The stored answer to that request, if it was ever granted."""
    row = connection.execute(
        "SELECT account, request_hash, body, seq FROM answer WHERE kind = ? AND id = ?",
        (kind, caller_id),
    ).fetchone()
    if row is None:
        return None
    account, request_hash, body, seq = row
    return Answer(
        kind=kind, id=caller_id, account=account, request_hash=request_hash, body=body, seq=seq
    )


def keep_answer(connection: Connection, kept: Answer) -> None:
    """Store an answer beside its record, which is already appended."""
    connection.execute(
        "INSERT INTO answer (kind, id, account, request_hash, body, seq) VALUES (?, ?, ?, ?, ?, ?)",
        (kept.kind, kept.id, kept.account, kept.request_hash, kept.body, kept.seq),
    )
