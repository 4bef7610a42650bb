"""What lies in `out/` of a till's spool, and how records come there: a file of them at a time."""

import datetime as dt
from dataclasses import dataclass
from functools import partial

from loyaltyd.domain.batch import Acked, Batch, batch_of
from loyaltyd.domain.errors import LinkError
from loyaltyd.domain.outbox import Span
from loyaltyd.domain.record import Head
from loyaltyd.link.spool import Box, file_name, named, place_name, stream_name
from loyaltyd.link.wire import FILE_BYTES_MAX, Sign, batch_bytes
from loyaltyd.store.ledger import Ledger
from loyaltyd.store.transaction import View

FILES_MAX = 1000  # six weeks of a file an hour; what waits longer waits in the ledger
LINES_MAX = 4 << 20  # characters of a file's records: compressed, far below FILE_BYTES_MAX
CHUNK = 100  # lines read at a time: of the largest receipts, some MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where the log ends, how far headquarters has it, and when the record after that was made."""

    own: Head
    acked: Acked
    since: dt.datetime | None

    @property
    def waiting(self) -> int:
        """How many records headquarters hasn't acknowledged."""
        return self.own.seq - self.acked.head.seq


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What waits in `out/`: spans of files with records, signs of life, and the names of all."""

    spans: tuple[Span, ...]
    signs: tuple[str, ...]
    names: tuple[str, ...]


def position(view: View) -> Position:
    """Where log and cursor stand."""
    acked = view.acked()
    return Position(own=view.head(), acked=acked, since=view.moment_at(acked.head.seq + 1))


def batch_in(view: View, span: Span, at: dt.datetime) -> Batch:
    """The batch of span's records, of as many from its first on as LINES_MAX lets through."""
    lines = _lines(view, span)
    first, last = span.first, span.first + len(lines) - 1
    previous = view.hash_at(first - 1)
    assert previous is not None, "the log ends before what is offered of it"
    # Who changed without a record goes with the next one, or now with a sign of life.
    people = view.people_between(first, max(first, last))
    return batch_of(view.stream, Head(first - 1, previous), lines, people, at)


class Outbox:
    """Makes files of a ledger's records; which ones were made is seen from what lies there."""

    def __init__(self, ledger: Ledger, sign: Sign) -> None:
        self._ledger, self._sign = ledger, sign
        stream = ledger.stream
        self._place = place_name(stream.chain, stream.store, stream.till)
        self._stream = stream_name(stream)

    def offered(self, box: Box, at: Position) -> Offered:
        """Look through box, and let go of what headquarters has and of what can't be carried."""
        kept = []
        for name, (_, size, _) in box.marks().items():
            said = named(name)
            if said is not None and said.place == self._place:
                span = self.span(name)
                is_past = span is not None and _is_past(span, at)
                if is_past or not 0 < size <= FILE_BYTES_MAX:
                    box.remove(name)  # headquarters has it, or no courier will ever carry it
                else:
                    # One that goes past the log is not of this ledger: it offers nothing of it.
                    ours = span is not None and span.last <= at.own.seq
                    kept.append((name, span if ours else None))
        return Offered(
            spans=tuple(span for _, span in kept if span is not None and span.count),
            signs=tuple(name for name, span in kept if span is not None and not span.count),
            names=tuple(name for name, _ in kept),
        )

    def tidy(self, box: Box) -> None:
        """Remove what this till left half done when it was killed."""
        box.tidy(self._place)

    def span(self, name: str) -> Span | None:
        """The records in the batch of that name; None when it is no batch of this ledger."""
        said = named(name)
        if said is None or said.records is None or said.stream != self._stream:
            return None
        return Span(*said.records)

    def put(self, box: Box, span: Span, at: dt.datetime) -> Span:
        """Make the file of span, or of as much as fits; without records it is a sign of life."""
        while True:
            made = partial(batch_in, span=span, at=at)
            batch = self._ledger.read_aside(made)  # a cashier's quote waits for none of it
            data = batch_bytes(batch, self._sign)
            if len(data) <= FILE_BYTES_MAX:
                box.put(file_name(batch), data)
                return Span(batch.first, batch.last)
            if len(batch.lines) < 2:
                raise LinkError(f"record {span.first} doesn't fit into a file")
            span = Span(span.first, span.first + len(batch.lines) // 2 - 1)


def _is_past(span: Span, at: Position) -> bool:
    """Whether headquarters has all the records of span; a sign of life is never past."""
    return span.count > 0 and span.last <= at.acked.head.seq


def _lines(view: View, span: Span) -> list[str]:
    """The lines of span, as many as LINES_MAX lets through, and one at least."""
    lines: list[str] = []
    room = LINES_MAX
    while len(lines) < span.count:
        for line in view.lines(span.first + len(lines), min(CHUNK, span.count - len(lines))):
            room -= len(line)
            if room < 0 and lines:
                return lines
            lines.append(line)
    return lines
