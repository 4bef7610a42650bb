"""A batch's file comes in: gather, decide, apply. All of it in one transaction, or none of it."""

import datetime as dt
from dataclasses import dataclass, replace

from loyaltyd.domain.batch import (
    Batch,
    BatchReason,
    BatchRefusal,
    meeting,
    new_records,
)
from loyaltyd.domain.record import Head
from loyaltyd.hq.adding import added
from loyaltyd.hq.store import balances, days, people, records, refused, streams, trust
from loyaltyd.hq.store.books import Books, NotKept
from loyaltyd.hq.store.days import KeptDay
from loyaltyd.hq.store.refused import RefusedFile
from loyaltyd.link.signatures import is_signed
from loyaltyd.link.wire import batch_from, file_hash
from loyaltyd.store.database import Connection

ANCIENT = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)  # no clock of a till is set before


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A file as it came: its bytes, their SHA-256, and when."""

    data: bytes
    file: str
    at: dt.datetime

    def made_at(self, batch: Batch) -> dt.datetime:
        """When its till made the batch in it, as far as headquarters' own clock lets it be.

        So an old file that comes again is no sign of life.
        """
        return max(ANCIENT, min(batch.created_at, self.at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a file: where the log of its stream ends now, or why it was refused.

    batch is none unless its own key has signed it.
    """

    batch: Batch | None
    outcome: Head | BatchRefusal


def offered(data: bytes, at: dt.datetime) -> Offered:
    """A file that has just come."""
    return Offered(data=data, file=file_hash(data), at=at)


def take(books: Books, file: Offered) -> Verdict:
    """Take a file's records, or say why not; what was taken is durable when this returns."""
    batch = genuine(file.data)
    if isinstance(batch, BatchRefusal):
        return Verdict(batch=None, outcome=batch)
    try:
        outcome = books.write(lambda tx: _applied(tx, batch, file))
    except NotKept as error:
        outcome = BatchRefusal(reason=BatchReason.RECORD_INVALID, detail=str(error))
    return Verdict(batch=batch, outcome=outcome)


def genuine(data: bytes) -> Batch | BatchRefusal:
    """Read a file; only the key that its header names can have signed it, whoever's that is."""
    found = batch_from(data)
    if isinstance(found, BatchRefusal):
        return found
    if not found.is_genuine(is_signed):
        return BatchRefusal(
            reason=BatchReason.SIGNATURE_INVALID, detail="the file isn't signed by the key it names"
        )
    return found.batch


def note(books: Books, file: Offered, verdict: Verdict) -> list[str]:
    """Write down that a file was refused; the files that are then too many to keep."""
    return books.write(lambda tx: _noted(tx, file, verdict))


def _applied(tx: Connection, batch: Batch, file: Offered) -> Head | BatchRefusal:
    if not _is_trusted(tx, batch):
        said = "the key isn't trusted for that till: loyaltyd hq trust"
        return BatchRefusal(reason=BatchReason.TILL_UNKNOWN, detail=said)
    number = streams.number_of(tx, batch.stream)
    head = streams.head(tx, number, batch.stream)
    there = records.hash_at(tx, number, batch.stream, meeting(batch, head))
    found = new_records(batch, head, there)
    if isinstance(found, BatchRefusal):
        return found
    total = added(found)
    if isinstance(total, BatchRefusal):
        return replace(total, head=head)
    number = streams.begun(tx, batch.stream, file.made_at(batch))
    records.append(tx, number, found)
    balances.add(tx, number, total)
    for it in found:
        people.obey(tx, number, it.record)
    known = bool(batch.lines) and not found
    people.keep(tx, number, batch.people, batch.last, again=known)
    _keep_beside(tx, number, batch, file)
    streams.note_taken(tx, number, file.made_at(batch), new=bool(found))
    return streams.head(tx, number, batch.stream)


def _keep_beside(tx: Connection, number: int, batch: Batch, file: Offered) -> None:
    """Keep what a batch brings beside its records."""
    if batch.day is not None:
        kept = KeptDay(
            stream=number,
            file=file.file,
            first=batch.first,
            last=batch.last,
            day=batch.day,
            at=file.at,
        )
        days.keep(tx, kept)
    refused.forget(tx, file.file)


def _noted(tx: Connection, file: Offered, verdict: Verdict) -> list[str]:
    assert isinstance(verdict.outcome, BatchRefusal)
    reason, batch = verdict.outcome.reason, verdict.batch
    proven = batch is not None and _is_trusted(tx, batch)
    number = None
    if batch is not None and proven:
        made_at = file.made_at(batch)
        number = streams.begun(tx, batch.stream, made_at)
        missing = batch.first - 1 if reason is BatchReason.GAP else 0
        streams.note_refused(tx, number, reason, missing, made_at)
    noted = RefusedFile(
        file=file.file,
        stream=number,
        proven=proven,
        reason=reason,
        detail=verdict.outcome.detail,
        size=len(file.data),
        at=file.at,
    )
    refused.keep(tx, noted)
    return refused.surplus(tx, proven=proven)


def _is_trusted(tx: Connection, batch: Batch) -> bool:
    known = trust.trusted(tx, batch.stream.key)
    return known is not None and known.covers(batch.stream)
