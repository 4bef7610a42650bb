"""Lines of a stream's log, small ones, and where the log stands after each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from loyaltyd.domain.record import (
    Fact,
    Head,
    Moment,
    ProgramRef,
    Record,
    Stream,
    chained,
    first_hash,
)
from tests.domain.receipts import SATURDAY

STREAM = Stream(chain="zelenka", store="msk-017", till="3", epoch="0123456789abcdef", key="ab" * 32)
ACCOUNT = "a" * 32


def record(
    seq: int, *, of: Stream = STREAM, program: str = "test", kind: str = "receipt", **body: Fact
) -> Record:
    """A record with those members of its own; its id is of its seq unless body says another."""
    moment = Moment(
        at=SATURDAY,
        recorded_at=SATURDAY + dt.timedelta(seconds=seq),
        clock="synced",
        business_date=SATURDAY.date(),
    )
    ref = ProgramRef(id=program, version=1, hash="0" * 64)
    body = {"id": f"r{seq}", **body}
    return Record(seq=seq, type=kind, stream=of, moment=moment, program=ref, body=body)


def lines(count: int, *, first: int = 1, of: Stream = STREAM, program: str = "test") -> list[str]:
    """Records first.. of a log, each earning ten points of a wallet."""
    earned: list[Fact] = [
        {
            "account": ACCOUNT,
            "wallet": "bonus",
            "debit": "issued",
            "credit": "lot/2026-12-19/2027-12-05",
            "amount": 1000,
        }
    ]
    return [
        record(seq, of=of, program=program, postings=earned).line
        for seq in range(first, first + count)
    ]


def heads(of: Sequence[str], stream: Stream = STREAM) -> list[Head]:
    """Where the log ends before its first line, and after each."""
    found = [Head(0, first_hash(stream))]
    for line in of:
        found.append(Head(found[-1].seq + 1, chained(found[-1].hash, line)))
    return found
