"""Every receipt is run again from its line alone, and every till-day compared with its records.

It happens after the commit and the answer: what a till has signed is kept, whatever is found here.
A receipt that can't even be read is a difference like another, and never stops those after it.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from loyaltyd.domain.program import Program
from loyaltyd.domain.program_text import program_from
from loyaltyd.domain.record import ProgramRef, Record
from loyaltyd.hq import day_check
from loyaltyd.hq.rerunning import RECEIPT, difference, is_as_written, read, unexplained
from loyaltyd.hq.store import days, differences, programs, records, streams
from loyaltyd.hq.store.books import Books
from loyaltyd.hq.store.differences import Difference, Unruled
from loyaltyd.store.database import Connection

RECORDS_A_STEP = 200  # a tenth of a second, so that a stop is soon heard
UNREADABLE = "can't be read"  # though it could when it came

Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """A record that was looked at: what differs; waits: it needs a program that isn't here."""

    seq: int
    what: str = ""
    waits: ProgramRef | None = None


class Reevaluation:
    """Goes over the books in small steps; each is a transaction, and may be lost without harm."""

    def __init__(self, books: Books, clock: Clock) -> None:
        self._books, self._clock = books, clock
        # Faults are kept too: a text that another version took can't be asked for ever.
        self._programs: dict[str, Program | str] = {}

    def step(self) -> bool:
        """Look at some records, or at a till-day; False when none was waiting."""
        return self._run_new() or self._run_waiting() or self._check_day()

    def _run_new(self) -> bool:
        due = self._books.read(differences.due)
        if due is None:
            return False
        number, before, last = due
        seqs = range(before + 1, min(last, before + RECORDS_A_STEP) + 1)
        reruns = self._books.read(lambda view: self._reruns(view, number, seqs))

        def keep(tx: Connection) -> None:
            if differences.move_on(tx, number, before, seqs[-1]):
                differences.keep(tx, self._differences(number, reruns))
                differences.keep_unruled(tx, unruled(number, reruns))

        self._books.write(keep)
        return True

    def _run_waiting(self) -> bool:
        waiting = self._books.read(differences.ruled)
        if waiting is None:
            return False
        seqs = range(waiting.first, min(waiting.last, waiting.first + RECORDS_A_STEP - 1) + 1)
        number, only = waiting.stream, waiting.program.hash
        reruns = self._books.read(lambda view: self._reruns(view, number, seqs, only))

        def keep(tx: Connection) -> None:
            ran = sum(it.what != UNREADABLE for it in reruns)
            if differences.rule_up_to(tx, waiting, seqs[-1], ran):
                differences.keep(tx, self._differences(number, reruns))

        self._books.write(keep)
        return True

    def _check_day(self) -> bool:
        day = self._books.read(days.unchecked)
        if day is None:
            return False
        fault = self._books.read(lambda view: day_check.fault(view, day))
        self._books.write(lambda tx: days.judge(tx, day, fault))
        return True

    def _reruns(self, view: Connection, number: int, seqs: range, only: str = "") -> list[Rerun]:
        """Look at records of a stream; only: at receipts that the program of that hash ruled."""
        stream = streams.stream_with(view, number)
        reruns = []
        for seq, line in records.lines(view, number, seqs[0], seqs[-1]):
            record = read(line, stream)
            if record is None:
                reruns.append(Rerun(seq=seq, what=UNREADABLE))
            elif not only or (record.type == RECEIPT and record.program.hash == only):
                reruns.append(self._rerun(view, record, line))
        return reruns

    def _rerun(self, view: Connection, record: Record, line: str) -> Rerun:
        said = "" if is_as_written(record, line) else "line"
        if record.type != RECEIPT:
            return Rerun(seq=record.seq, what=_listed(said, unexplained(record)))
        program = self._program(view, record.program.hash)
        if program is None:
            return Rerun(seq=record.seq, what=said, waits=record.program)
        what = program if isinstance(program, str) else difference(record, program)
        return Rerun(seq=record.seq, what=_listed(said, what))

    def _program(self, view: Connection, sha256: str) -> Program | str | None:
        """The program of that hash; what is wrong with it, or none while it isn't here."""
        if sha256 not in self._programs:
            text = programs.program(view, sha256)
            if text is None:
                return None
            found = program_from(text.body)
            unread = "program can't be read"
            self._programs[sha256] = found if isinstance(found, Program) else unread
        return self._programs[sha256]

    def _differences(self, number: int, reruns: Iterable[Rerun]) -> list[Difference]:
        at = self._clock()
        return [
            Difference(stream=number, seq=it.seq, what=it.what, at=at) for it in reruns if it.what
        ]


def unruled(number: int, reruns: Iterable[Rerun]) -> list[Unruled]:
    """What of a stream waits for programs, a row for each of them."""
    waiting: dict[ProgramRef, list[int]] = {}
    for it in reruns:
        if it.waits is not None:
            waiting.setdefault(it.waits, []).append(it.seq)
    return [
        Unruled(stream=number, program=ref, first=seqs[0], last=seqs[-1], receipts=len(seqs))
        for ref, seqs in waiting.items()
    ]


def _listed(*differing: str) -> str:
    return ", ".join(filter(None, differing))
