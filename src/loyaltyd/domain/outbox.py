"""What a till owes headquarters: which records lie in no file yet, and what an answer changes.

The outbox is no table. It is what lies past the cursor ("headquarters has acknowledged up to seq")
and isn't in a file that waits to be carried.
"""

from collections.abc import Collection
from dataclasses import dataclass

from loyaltyd.domain.batch import (
    RECORDS_MAX,
    Ack,
    Acked,
    BatchReason,
    Disagreement,
    Refused,
    disagreement,
)
from loyaltyd.domain.record import Head

PATIENCE_S = 3600.0  # while other files wait: cut off for a year, a till has 9,000
# What may be wrong with a file's bytes, and is not when the file is made anew.
DAMAGED = {
    BatchReason.UNREADABLE,
    BatchReason.ALTERED,
    BatchReason.SIGNATURE_INVALID,
    BatchReason.CHAIN_BROKEN,
    BatchReason.RECORD_INVALID,
}
SENTENCES = {
    Disagreement.BEHIND: "headquarters has record {theirs} and this ledger ends at {own}:"
    " it is an old copy",
    Disagreement.FORK: "headquarters has another record {theirs}: two ledgers were used as this"
    " till",
}


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The records first to last."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often files are made; how long ago the last was, and the oldest record not in one."""

    every_s: float
    made_s: float
    oldest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an answer changes.

    acked: where the cursor goes, None: it stays. again: the answered file must be made anew.
    trouble: why headquarters doesn't take what this till has. news: it was said only now.
    """

    acked: Head | None = None
    again: bool = False
    trouble: str = ""
    news: bool = True


STALE = Verdict(news=False)


def unoffered(acked: int, head: int, files: Collection[Span]) -> Span | None:
    """The first records past acked that lie in no file, at most RECORDS_MAX; None: all do."""
    first, end = acked + 1, head
    for span in sorted(files):
        if span.first > first:
            end = min(end, span.first - 1)
            break
        first = max(first, span.last + 1)
    return Span(first, min(end, first + RECORDS_MAX - 1)) if first <= end else None


def is_due(span: Span, files: Collection[Span], pace: Pace) -> bool:
    """Whether the records of span should be put into a file now.

    A full file is. Less waits until files that may still grow stale are gone, or for PATIENCE_S.
    """
    if span.count >= RECORDS_MAX:
        return True
    if pace.made_s < pace.every_s:
        return False
    is_gap = any(file.first > span.last for file in files)
    return is_gap or not files or pace.oldest_s >= PATIENCE_S


def verdict(answer: Ack | Refused, known: Acked, own: Head, own_hash: bytes | None) -> Verdict:
    """Decide what a genuine answer changes; own_hash is the till's own where theirs ends."""
    if isinstance(answer, Ack):
        return _ack_verdict(answer, known, own, own_hash)
    refusal = answer.refusal
    said = f"{refusal.reason}: {refusal.detail}"
    if refusal.reason is not BatchReason.GAP or refusal.head is None:
        return Verdict(again=refusal.reason in DAMAGED, trouble=said)
    if wrong := disagreement(refusal.head, own, own_hash):
        return _disagreeing(wrong, refusal.head, own)
    if known.at is not None and answer.at < known.at:
        return STALE  # it came late: since then headquarters has got what was missing
    return Verdict(acked=refusal.head)


def _ack_verdict(ack: Ack, known: Acked, own: Head, own_hash: bytes | None) -> Verdict:
    if wrong := disagreement(ack.head, own, own_hash):
        return _disagreeing(wrong, ack.head, own)
    if ack.head.seq > known.head.seq or (
        ack.head.seq == known.head.seq and (known.at is None or ack.at > known.at)
    ):
        return Verdict(acked=ack.head)
    return STALE


def _disagreeing(wrong: Disagreement, theirs: Head, own: Head) -> Verdict:
    said = SENTENCES[wrong].format(theirs=theirs.seq, own=own.seq)
    return Verdict(trouble=f"{wrong}: {said}")
