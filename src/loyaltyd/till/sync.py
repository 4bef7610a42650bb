"""The till's side of the link: answers are followed, then what is due is put into the spool.

All that is remembered is the ledger's cursor, and which till-days were answered; what was offered
is what lies in `out/`. So it goes on after a restart, and what somebody took from the spool is put
there again.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path

from loyaltyd.domain.errors import LinkError, LoyaltyError
from loyaltyd.domain.outbox import Pace, Span, is_due, unoffered
from loyaltyd.link.spool import Spool
from loyaltyd.link.wire import Sign
from loyaltyd.store.ledger import Ledger
from loyaltyd.till.day_copies import DayCopies
from loyaltyd.till.inbox import Inbox
from loyaltyd.till.outbox import FILES_MAX, Offered, Outbox, Position, position

SIGN_OF_LIFE_S = 300.0
SILENCE_S = 60.0  # the least time that an answer may take before the link is called down
SILENCES = 3  # as many rounds of the courier


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """How the link is. waiting: records that headquarters hasn't acknowledged; files: in `out/`.

    trouble says what stands in the way, "" when nothing does; strange counts the files in `in/`
    that were no answers of headquarters.
    """

    up: bool
    acked: int = 0
    waiting: int = 0
    waiting_since: dt.datetime | None = None
    files: int = 0
    last_answer_at: dt.datetime | None = None
    trouble: str = ""
    strange: int = 0


class Sync:
    """One till's link: tick it from one thread at a time, read its state from any.

    busy: there is more to do at once. A spool that can't be used is a trouble, never an error.
    """

    def __init__(
        self, *, ledger: Ledger, folder: Path, hq_key: str, sign: Sign, every: dt.timedelta
    ) -> None:
        self._ledger, self._folder, self._every = ledger, folder, every
        self._inbox, self._outbox = Inbox(ledger, hq_key), Outbox(ledger, sign)
        self._days = DayCopies(ledger)
        self._silence_s = max(SILENCE_S, SILENCES * every.total_seconds())
        self._spool: Spool | None = None
        self._tidied = False
        self._refused = self._failed = ""  # by headquarters; by the spool
        self._made_s = self._heard_s = self._held_s = self._days_held_s = -inf
        self._owed_s = inf  # since when headquarters owes an answer
        self._files = 0
        self.busy = False
        self.state = self._told(ledger.read(position).result(), up=True)

    def tick(self, now: dt.datetime, monotonic_s: float) -> LinkState:
        """Look at both folders; StoreError when the ledger can't be used."""
        self.busy = False
        failed = [
            self._failure(lambda spool: self._follow(spool, monotonic_s)),
            self._failure(lambda spool: self._put_back(spool, monotonic_s)),
            self._failure(lambda spool: self._offer(spool, now, monotonic_s)),
        ]
        self._failed = next(filter(None, failed), "")
        self.state = self._state(self._ledger.read(position).result(), monotonic_s)
        return self.state

    def told(self) -> LinkState:
        """The state after the last look."""
        return self.state

    def _failure(self, step: Callable[[Spool], None]) -> str:
        try:
            step(self._opened())
        except LoyaltyError as error:
            self._spool = None  # its folders may have to be made again
            return str(error)
        return ""

    def _opened(self) -> Spool:
        if self._spool is None:
            self._spool = Spool(self._folder)
            if not self._tidied:
                self._outbox.tidy(self._spool.out)
                self._tidied = True
        return self._spool

    def _follow(self, spool: Spool, monotonic_s: float) -> None:
        look = self._inbox.look(spool)
        for heard in look.heard:
            said = heard.verdict
            if said is None:
                self._heard_s = monotonic_s if heard.file else self._heard_s
            elif said.news:
                self._refused, self._heard_s = said.trouble, monotonic_s
                self._held_s = monotonic_s if said.again else self._held_s
                if said.again:
                    self._days.doubt()
        self._inbox.clear(spool, look)

    def _put_back(self, spool: Spool, monotonic_s: float) -> None:
        """Put the till-days that headquarters hasn't got where they are carried from."""
        if monotonic_s - self._days_held_s < self._every.total_seconds():
            return
        try:
            self._days.settle(spool.out)
        except LinkError:
            self._days_held_s = monotonic_s  # on a full disk each attempt costs as much as a file
            raise

    def _offer(self, spool: Spool, now: dt.datetime, monotonic_s: float) -> None:
        at = self._ledger.read(position).result()
        offered = self._outbox.offered(spool.out, at)
        self._files = len(offered.names)
        span = self._due(offered, at, now, monotonic_s)
        if span is None:
            return
        if self._files >= FILES_MAX:
            raise LinkError(f"{spool.out.folder}: {FILES_MAX} files wait, and nobody takes them")
        try:
            made = self._outbox.put(spool.out, span, now)
        except LinkError:
            self._held_s = monotonic_s  # on a full disk each attempt costs as much as a file
            raise
        self._made_s = monotonic_s
        self.busy = made.last < at.own.seq
        self._files += 1
        if made.count:
            for name in offered.signs:  # a file of records is a sign of life too
                spool.out.remove(name)
                self._files -= 1

    def _due(
        self, offered: Offered, at: Position, now: dt.datetime, monotonic_s: float
    ) -> Span | None:
        """What should be made now, if anything."""
        every_s = self._every.total_seconds()
        if monotonic_s - self._held_s < every_s:
            return None
        span = unoffered(at.acked.head.seq, at.own.seq, offered.spans)
        if span is None:
            quiet_s = monotonic_s - max(self._made_s, self._heard_s)
            is_quiet = quiet_s >= SIGN_OF_LIFE_S and not offered.names
            return Span(at.own.seq + 1, at.own.seq) if is_quiet else None
        oldest = self._ledger.read(lambda view: view.moment_at(span.first)).result()
        pace = Pace(
            every_s=every_s,
            made_s=monotonic_s - self._made_s,
            oldest_s=0 if oldest is None else (now - oldest).total_seconds(),
        )
        return span if is_due(span, offered.spans, pace) else None

    def _state(self, at: Position, monotonic_s: float) -> LinkState:
        owes = at.waiting or self._files
        self._owed_s = min(self._owed_s, monotonic_s) if owes else inf
        silent_s = monotonic_s - max(self._owed_s, self._heard_s)
        return self._told(at, up=not owes or silent_s < self._silence_s)

    def _told(self, at: Position, *, up: bool) -> LinkState:
        return LinkState(
            up=up,
            acked=at.acked.head.seq,
            waiting=at.waiting,
            waiting_since=at.since,
            files=self._files,
            last_answer_at=at.acked.at,
            trouble="; ".join(filter(None, (self._refused, self._failed))),
            strange=self._inbox.strange,
        )
