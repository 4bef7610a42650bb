"""One till: what every call works with, which program rules a day, and what time it is."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from loyaltyd.domain.business_day import business_date
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.place import Place
from loyaltyd.domain.record import Fact, Moment, ProgramRef, Record
from loyaltyd.domain.refusal import Reason, Refusal, refused
from loyaltyd.store.ledger import Ledger
from loyaltyd.store.transaction import Transaction, View
from loyaltyd.till.open_reservations import Reservations
from loyaltyd.till.pins import PinTries

LOOKED_BACK = dt.timedelta(days=2)  # an earlier day is over, whether or not anybody closed it
SYNCED, UNTRUSTED = "synced", "untrusted"


def holdover() -> str:
    """The state of a clock that nobody vouches for."""
    return "holdover"


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """A lane of a store with its ledger, its keys and the programs it knows."""

    ledger: Ledger
    group: str
    timezone: str
    language: str
    chain_key: bytes = field(repr=False)
    token_key: bytes = field(repr=False)
    at_window: dt.timedelta
    clock: Callable[[], dt.datetime]
    clock_state: Callable[[], str] = holdover
    programs: tuple[Program, ...]  # by version
    reservations: Reservations
    pin_tries: PinTries = field(default_factory=PinTries, repr=False)

    def program_on(self, business_date: dt.date) -> Program | Refusal:
        """The newest program that has started by that day."""
        started = [program for program in self.programs if program.starts <= business_date]
        return started[-1] if started else refused(Reason.NO_PROGRAM)

    def program_with(self, text_hash: str) -> Program | None:
        """The program of that text, whether or not it rules today."""
        return next((it for it in self.programs if it.hash == text_hash), None)

    def local(self, moment: dt.datetime) -> dt.datetime:
        """The moment on this till's wall clock, to the second."""
        return moment.astimezone(ZoneInfo(self.timezone)).replace(microsecond=0)

    def now(self, view: View) -> Moment:
        """This moment; a clock that fell behind the log stands still at its last record.

        So an ended promotion is not opened again, and no lot comes back to life. A clock that is
        synchronised is right, and the log was ahead: else one wrong year would stand for ever.
        """
        read, last, state = self.clock(), view.last_moment(), self.clock_state()
        if last is not None and read < last and state != SYNCED:
            read, state = last, UNTRUSTED
        here = read.astimezone(ZoneInfo(self.timezone))
        at = self.local(here)
        return Moment(at=at, recorded_at=here, clock=state, business_date=self.day_at(view, at))

    def moment(self, view: View, at: dt.datetime | None) -> Moment | Refusal:
        """When a fact happened: at as the caller sent it, inside the window, or now."""
        now = self.now(view)
        if at is None:
            return now
        if abs(at - self.clock()) > self.at_window:
            return refused(Reason.AT_OUT_OF_WINDOW)
        return self.moment_at(view, at, now)

    def moment_at(self, view: View, at: dt.datetime, now: Moment) -> Moment:
        """A fact of at, written now."""
        here = self.local(at)
        day = self.day_at(view, here)
        return Moment(at=here, recorded_at=now.recorded_at, clock=now.clock, business_date=day)

    def day_at(self, view: View, at: dt.datetime) -> dt.date:
        """The business date of a local moment: of the day that was open then, or the calendar's."""
        return business_date(view.day_marks(at.date() - LOOKED_BACK), at)

    def place(self, business_date: dt.date) -> Place:
        """Where this till stands, on that trading day."""
        stream = self.ledger.stream
        return Place(
            store=stream.store,
            till=stream.till,
            group=self.group,
            timezone=self.timezone,
            business_date=business_date,
        )


def next_record(
    tx: Transaction,
    kind: str,
    moment: Moment,
    program: Program | ProgramRef,
    body: Mapping[str, Fact],
) -> Record:
    """The record that would stand next in the log."""
    return Record(
        seq=tx.head().seq + 1,
        type=kind,
        stream=tx.stream,
        moment=moment,
        program=program_ref(program),
        body=body,
    )


def program_ref(program: Program | ProgramRef) -> ProgramRef:
    """The program as a record names it."""
    return ProgramRef(id=program.id, version=program.version, hash=program.hash)
