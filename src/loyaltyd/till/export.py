"""The till-day: a file of all records since the file before it, written once and never again.

First the file is staged beside the ledger, then the ledger remembers it, then it gets its name, and
a copy of it goes where a courier takes it from. So whenever the power goes, nothing has left the
till that its ledger doesn't know, and what the ledger knows leaves later: a number never stands for
two contents.
"""

import asyncio
import threading
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from loyaltyd.domain.batch import RECORDS_MAX, Batch
from loyaltyd.domain.day import Day, totals_of
from loyaltyd.domain.outbox import Span
from loyaltyd.domain.record import record_from
from loyaltyd.link.spool import Box, file_name
from loyaltyd.link.wire import FILE_BYTES_MAX, Sign, batch_bytes, file_hash
from loyaltyd.store.days import DayFile
from loyaltyd.store.transaction import View
from loyaltyd.till.day_copies import DayCopies
from loyaltyd.till.outbox import batch_in
from loyaltyd.till.till import Till

STAGED = ".staged"  # after a name: not yet a file for anyone
FILES_MAX = 20  # of one call: a caller waits seconds, and asks again for what is left of years


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The files that were written, and the folder that they were put into; more: ask again."""

    folder: Path
    files: tuple[DayFile, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A file and what the ledger remembers of it; whole: its last record is the log's."""

    day: DayFile
    data: bytes = field(repr=False)
    whole: bool


class Exporter:
    """Writes till-days into out, the spool's; None: a till without a link keeps them."""

    def __init__(self, till: Till, sign: Sign, out: Box | None) -> None:
        self._till, self._sign = till, sign
        self._copies, self._out = DayCopies(till.ledger), out
        self._beside = self._copies.box
        self._one_at_a_time = threading.Lock()

    async def __call__(self) -> Exported:
        """Write what is new; LinkError when a folder can't be used: the next call goes on."""
        return await asyncio.to_thread(self.written)

    def written(self) -> Exported:
        """Write what is new, in the caller's thread."""
        with self._one_at_a_time:
            self._copies.make()
            self._beside.tidy()  # half a file of somebody's names, of a daemon that was killed
            self._name_staged()
            files: list[DayFile] = []
            more = True
            while more and len(files) < FILES_MAX:
                made = self._till.ledger.read_aside(self._next)
                if made is not None:
                    self._keep(made)
                    files.append(made.day)
                more = made is not None and not made.whole
            if self._out is not None:
                self._copies.settle(self._out)
            folder = (self._out or self._beside).folder
            return Exported(folder=folder, files=tuple(files), more=more)

    def _next(self, view: View) -> _Made | None:
        """Make the next file; None when the last one is of today and holds all there is."""
        now, end, last = self._till.now(view), view.head(), view.last_day()
        before = last.last if last else 0
        if last and (before, last.business_date) == (end.seq, now.business_date):
            return None
        span = Span(before + 1, min(end.seq, before + RECORDS_MAX))
        while True:
            batch = batch_in(view, span, now.recorded_at)
            whole = batch.last == end.seq
            day = Day(
                number=last.number + 1 if last else 1,
                business_date=now.business_date,
                previous=last.file if last else "",
                state=view.state() if whole else "",
                totals=totals_of(record_from(line, view.stream) for line in batch.lines),
            )
            made = self._made(replace(batch, day=day), day, whole=whole)
            if len(made.data) <= FILE_BYTES_MAX:
                return made
            assert len(batch.lines) > 1, "a record that no file takes: bodies are at most 64 KiB"
            span = Span(span.first, span.first + len(batch.lines) // 2 - 1)

    def _made(self, batch: Batch, day: Day, *, whole: bool) -> _Made:
        data = batch_bytes(batch, self._sign)
        kept = DayFile(
            number=day.number,
            business_date=day.business_date,
            first=batch.first,
            last=batch.last,
            head=batch.head,
            file=file_hash(data),
            name=file_name(batch),
        )
        return _Made(day=kept, data=data, whole=whole)

    def _keep(self, made: _Made) -> None:
        self._beside.put(made.day.name + STAGED, made.data)
        self._till.ledger.write(lambda tx: tx.keep_day(made.day)).result()
        self._name_staged()

    def _name_staged(self) -> None:
        """Give its name to what is staged, if the ledger knows it."""
        for name in self._beside.names():
            if name.endswith(STAGED):
                data = self._beside.read(name, FILE_BYTES_MAX) or b""
                day = self._till.ledger.read(partial(_day_of, data)).result()
                if day is None:
                    self._beside.remove(name)
                else:
                    self._beside.rename(name, day.name)


def _day_of(data: bytes, view: View) -> DayFile | None:
    return view.day_of(file_hash(data))
