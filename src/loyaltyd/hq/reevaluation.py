"""What tills decided is decided again, and every till-day compared with its records.

A receipt is run from its line alone, a return or a cancel from what the log before it says too. It
happens after the commit and the answer: what a till has signed is kept, whatever is found here. A
record that can't even be read is a difference like another, and never stops those after it.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from loyaltyd.domain.books.merging import renamed_record
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.record import ProgramRef, Record
from loyaltyd.domain.reservation import RESERVE
from loyaltyd.hq import day_check
from loyaltyd.hq.day_check import Since
from loyaltyd.hq.rerunning import (
    RECEIPT,
    accounts_told,
    difference,
    is_as_written,
    read,
    unexplained,
)
from loyaltyd.hq.reserving import reservation_told, reserving_difference
from loyaltyd.hq.store import balances, days, differences, programs, receipts, records, streams
from loyaltyd.hq.store.books import Books
from loyaltyd.hq.store.days import KeptDay
from loyaltyd.hq.store.differences import Difference, Unruled
from loyaltyd.hq.undoing import TOLD_MAX, UNDOING, receipt_told, undoing_difference
from loyaltyd.store.database import Connection

RECORDS_A_STEP = 200  # a tenth of a second, so that a stop is soon heard
RECORDS_CARRIED = 2000  # as long: they are only added up
SELLING = frozenset((RECEIPT, RESERVE))  # types of records that say what goods come to
RULED = UNDOING | SELLING  # on which a program decides
UNREADABLE = "can't be read"  # though it could when it came

Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """A record that was looked at: what differs; told: the receipt and reservation it tells of.

    waits: it needs a program that isn't here.
    """

    seq: int
    what: str = ""
    told: tuple[str, ...] = ()
    waits: ProgramRef | None = None


class _Step:
    """The records of a stream that are looked at in one go, on one state of the books."""

    def __init__(self, view: Connection, number: int) -> None:
        self.view, self.number = view, number
        self.stream = streams.stream_with(view, number)
        self._told: dict[str, dict[int, Record]] = {}  # not noted in the books yet

    def note(self, record: Record) -> None:
        """A record of this step was looked at."""
        for name in _told_of(record):
            self._told.setdefault(name, {})[record.seq] = record

    def told(self, record: Record, name: str | None) -> list[Record]:
        """What the log says, before record, of the receipt or the reservation of that name."""
        if name is None:
            return []
        lines = receipts.lines(self.view, self.number, name, record.seq, TOLD_MAX + 1)
        noted = (read(line, self.stream) for line in lines)
        found = {it.seq: it for it in noted if it is not None} | self._told.get(name, {})
        told = [found[seq] for seq in sorted(found) if seq < record.seq][: TOLD_MAX + 1]
        sold = next((it for it in told if it.type in SELLING), None)
        now = {it: self._account_at(it, record.seq) for it in accounts_told(sold)} if sold else {}
        merged = {old: new for old, new in now.items() if old != new}
        return [renamed_record(it, merged) for it in told] if merged else told

    def _account_at(self, account: str, seq: int) -> str:
        """Which account held what account holds, before the record at seq."""
        return balances.account_of(self.view, self.number, account, seq) or account


class Reevaluation:
    """Goes over the books in small steps; each is a transaction, and may be lost without harm."""

    def __init__(self, books: Books, clock: Clock) -> None:
        self._books, self._clock = books, clock
        # Faults are kept too: a text that another version took can't be asked for ever.
        self._programs: dict[str, Program | str] = {}
        self._since: Since | None = None

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
                receipts.keep(tx, number, [(name, it.seq) for it in reruns for name in it.told])

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
            self._since = None
            return False

        def look(view: Connection) -> Callable[[Connection], None] | None:
            since = self._since_for(view, day)
            if since is not None and not since.reach(view, day.last, RECORDS_CARRIED):
                return None
            fault = day_check.fault(view, day, since)
            return lambda tx: days.judge(tx, day, fault)

        judging = self._books.read(look)
        if judging is not None:
            self._books.write(judging)
        return True

    def _since_for(self, view: Connection, day: KeptDay) -> Since | None:
        """What is carried down to a till-day; none when it claims no state."""
        if not day.day.state:
            return None
        if self._since is None or not self._since.may_reach(day):
            self._since = Since(view, day.stream)
        return self._since

    def _reruns(self, view: Connection, number: int, seqs: range, only: str = "") -> list[Rerun]:
        """Look at records of a stream; only: at those that the program of that hash ruled."""
        step, reruns = _Step(view, number), []
        for seq, line in records.lines(view, number, seqs[0], seqs[-1]):
            record = read(line, step.stream)
            if record is None:
                reruns.append(Rerun(seq=seq, what=UNREADABLE))
            elif not only or (record.type in RULED and record.program.hash == only):
                reruns.append(self._rerun(step, record, line))
                step.note(record)
        return reruns

    def _rerun(self, step: _Step, record: Record, line: str) -> Rerun:
        said, told = "" if is_as_written(record, line) else "line", _told_of(record)
        reservation = reservation_told(record)
        if reservation is not None:
            of_it = step.told(record, reservation)
            said = _listed(said, reserving_difference(record, of_it))
        if record.type not in RULED:
            what = "" if reservation is not None else unexplained(record)
            return Rerun(seq=record.seq, what=_listed(said, what), told=told)
        program = self._program(step.view, record.program.hash)
        if program is None:
            return Rerun(seq=record.seq, what=said, told=told, waits=record.program)
        if isinstance(program, str):
            what = program
        elif record.type in UNDOING:
            what = undoing_difference(record, step.told(record, receipt_told(record)), program)
        else:
            what = difference(record, program)
        return Rerun(seq=record.seq, what=_listed(said, what), told=told)

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


def _told_of(record: Record) -> tuple[str, ...]:
    """The receipt and the reservation that record tells of: no receipt's id has a slash."""
    return tuple(name for name in (receipt_told(record), reservation_told(record)) if name)


def _listed(*differing: str) -> str:
    return ", ".join(filter(None, differing))
