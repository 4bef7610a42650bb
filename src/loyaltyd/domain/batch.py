"""What a till hands to headquarters, and what it is told back.

A batch is the records first..last of one stream in their order, and the people that they brought.
Neither side trusts the way between: a batch proves itself by its hashes and the till's signature,
an answer by headquarters' own. Whatever is sent again, cut, late or out of order is decided here.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from loyaltyd.domain.day import Day
from loyaltyd.domain.person import People
from loyaltyd.domain.posted import posted_from
from loyaltyd.domain.record import Head, Record, Stream, chained

RECORDS_MAX = 1000  # of a batch: half a minute of a whole shop, a day of one till
LINE_MAX = 4 << 20  # characters of a record; what a till is asked has at most 64 KiB


class BatchReason(StrEnum):
    """Why headquarters didn't take a batch."""

    UNREADABLE = "unreadable"  # not a batch of any version: cut, altered, or something else
    TOO_LARGE = "too_large"
    ALTERED = "altered"  # its bytes are not those that its manifest was made over
    SIGNATURE_INVALID = "signature_invalid"
    TILL_UNKNOWN = "till_unknown"  # its key was never trusted for that till
    CHAIN_BROKEN = "chain_broken"  # its lines don't give the hashes that it names
    RECORD_INVALID = "record_invalid"  # a line is no record of this stream at that place
    GAP = "gap"  # records between headquarters' last and its first are missing
    FORK = "fork"  # headquarters has other records at the same places
    TOTALS_DIFFER = "totals_differ"  # the till-day's control totals are not those of its lines
    STATE_DIFFERS = "state_differs"  # folding the lines gives another state than the till's


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records of a stream, as lines; previous is the hash before the first, head after the last.

    Without records first is last + 1: the till says that it is there. A till-day has its day.
    """

    stream: Stream
    first: int
    lines: tuple[str, ...]
    previous: bytes
    head: bytes
    created_at: dt.datetime
    people: People = ()
    day: Day | None = None

    @property
    def last(self) -> int:
        """The seq of the last record, or of the one before an empty batch."""
        return self.first + len(self.lines) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRefusal:
    """A batch that was not taken; head is where headquarters' log of that stream ends, if known."""

    reason: BatchReason
    detail: str
    head: Head | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Headquarters has committed every record of stream up to head.

    file is the SHA-256 of the file that this answers, 64 hex digits: a till-day, which holds more
    than records, is only let go of by its own.
    """

    stream: Stream
    head: Head
    at: dt.datetime
    file: str = ""


@dataclass(frozen=True, slots=True)
class Acked:
    """How far headquarters has a till's log, and when it said so; at None: it never did."""

    head: Head
    at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Headquarters' word on a file: file is the SHA-256 of its bytes, 64 hex digits."""

    file: str
    refusal: BatchRefusal
    at: dt.datetime


class Disagreement(StrEnum):
    """Why a till can't go on from where headquarters says it is."""

    BEHIND = "till_behind"  # headquarters has more than this ledger: it is an old copy
    FORK = "fork"  # headquarters has another record there: two ledgers sign as this till


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record that headquarters didn't have, as it adds up, with its line and hash."""

    record: Record
    line: str
    hash: bytes


def batch_of(
    stream: Stream, before: Head, lines: Sequence[str], people: People, at: dt.datetime
) -> Batch:
    """Make the batch of the lines that follow before."""
    head = before.hash
    for line in lines:
        head = chained(head, line)
    return Batch(
        stream=stream,
        first=before.seq + 1,
        lines=tuple(lines),
        previous=before.hash,
        head=head,
        created_at=at,
        people=people,
    )


def meeting(batch: Batch, head: Head) -> int:
    """The seq at which batch and headquarters' log, which ends at head, must have one hash."""
    return min(head.seq, batch.last)


def new_records(batch: Batch, head: Head, hash_there: bytes) -> list[NewRecord] | BatchRefusal:
    """Decide which records of batch come after head; hash_there is headquarters' at the meeting.

    Hashes are chained: where they agree at one seq, all before it agree.
    """
    if batch.first < 1:
        return _refused(BatchReason.RECORD_INVALID, "records are numbered from 1", head)
    if batch.first > head.seq + 1:
        missing = f"{head.seq + 1} to {batch.first - 1}"
        return _refused(BatchReason.GAP, f"records {missing} are missing", head)
    hashes = [batch.previous]
    for line in batch.lines:
        hashes.append(chained(hashes[-1], line))
    if hashes[-1] != batch.head:
        return _refused(BatchReason.CHAIN_BROKEN, "the lines don't give the head's hash", head)
    place = meeting(batch, head)
    if hashes[place - batch.first + 1] != hash_there:
        return _refused(BatchReason.FORK, f"record {place} is another one here", head)
    return _records(batch, head, hashes)


def disagreement(theirs: Head, own: Head, own_hash: bytes | None) -> Disagreement | None:
    """Why headquarters' head isn't one of this till's; own_hash is the till's at theirs.seq."""
    if theirs.seq > own.seq:
        return Disagreement.BEHIND
    return None if theirs.hash == own_hash else Disagreement.FORK


def _records(batch: Batch, head: Head, hashes: Sequence[bytes]) -> list[NewRecord] | BatchRefusal:
    found = []
    for seq, line in enumerate(batch.lines, batch.first):
        if seq <= head.seq:
            continue
        record = _record(line, batch.stream)
        if isinstance(record, str) or record.seq != seq:
            said = record if isinstance(record, str) else "it says it is another one"
            return _refused(BatchReason.RECORD_INVALID, f"record {seq}: {said}", head)
        found.append(NewRecord(record, line, hashes[seq - batch.first + 1]))
    return found


def _record(line: str, stream: Stream) -> Record | str:
    """The record that a line holds, or what is wrong with the line."""
    if len(line) > LINE_MAX:
        return f"has more than {LINE_MAX} characters"
    try:
        return posted_from(line, stream)
    except ValueError as error:
        # By its class alone: a message may quote what stands in the line.
        return f"no record of this stream: {type(error).__name__}"


def _refused(reason: BatchReason, detail: str, head: Head) -> BatchRefusal:
    return BatchRefusal(reason=reason, detail=detail, head=head)
