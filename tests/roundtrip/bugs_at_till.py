"""Mistakes that the till's side of the protocol could be made with, each put into its code."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from loyaltyd.domain import outbox
from loyaltyd.domain.batch import Ack, Acked, Batch, BatchReason, Refused
from loyaltyd.domain.ledger import CardState, CounterKey
from loyaltyd.domain.outbox import Span, Verdict
from loyaltyd.domain.person import People
from loyaltyd.domain.record import Head
from loyaltyd.link.spool import Box
from loyaltyd.store import days, people
from loyaltyd.store.database import Connection
from loyaltyd.store.transaction import Transaction, View
from loyaltyd.till import inbox
from loyaltyd.till.day_copies import DayCopies
from loyaltyd.till.export import Exporter, _Made
from loyaltyd.till.inbox import Heard, Inbox
from loyaltyd.till.outbox import Outbox, batch_in

Patch = pytest.MonkeyPatch


def anybody_may_answer(patch: Patch) -> None:
    """An answer counts whoever signed it."""
    patch.setattr(inbox, "is_signed", lambda *_: True)


def any_streams_answer_counts(patch: Patch) -> None:
    """An answer counts for whichever till it was meant."""
    patch.setattr(Inbox, "_is_ours", lambda *_: True)


def late_acks_count(patch: Patch) -> None:
    """The cursor goes wherever the last answer that was read says."""
    decide = outbox.verdict

    def obeying(answer: Ack | Refused, known: Acked, own: Head, there: bytes | None) -> Verdict:
        found = decide(answer, known, own, there)
        return Verdict(acked=answer.head) if isinstance(answer, Ack) else found

    patch.setattr("loyaltyd.till.inbox.verdict", obeying)


def gaps_are_obeyed(patch: Patch) -> None:
    """A refusal moves the cursor to wherever it says, for whichever file it is."""
    decide = outbox.verdict

    def obeying(answer: Ack | Refused, known: Acked, own: Head, there: bytes | None) -> Verdict:
        head = answer.refusal.head if isinstance(answer, Refused) else None
        return decide(answer, known, own, there) if head is None else Verdict(acked=head)

    patch.setattr("loyaltyd.till.inbox.verdict", obeying)
    patch.setattr(Inbox, "_is_ours", lambda *_: True)


def no_way_back(patch: Patch) -> None:
    """The cursor never goes back, also when headquarters has lost what it had."""
    decide = outbox.verdict

    def stubborn(answer: Ack | Refused, known: Acked, own: Head, there: bytes | None) -> Verdict:
        found = decide(answer, known, own, there)
        back = found.acked is not None and found.acked.seq < known.head.seq
        return outbox.STALE if back else found

    patch.setattr("loyaltyd.till.inbox.verdict", stubborn)


def offered_is_acknowledged(patch: Patch) -> None:
    """The cursor moves when a file is made, not when headquarters has it."""
    put = Outbox.put

    def hasty(self: Outbox, box: Box, span: Span, at: dt.datetime) -> Span:
        made = put(self, box, span, at)
        head = Head(
            made.last, self._ledger.read(lambda view: view.hash_at(made.last)).result() or b""
        )
        self._ledger.write(lambda tx: tx.keep_acked(head, at)).result()
        return made

    patch.setattr(Outbox, "put", hasty)


def any_answer_lets_go(patch: Patch) -> None:
    """A file leaves out/ when it is answered, also by a refusal."""
    patch.setattr(Heard, "is_done", property(lambda heard: bool(heard.file)))


def first_record_is_left_out(patch: Patch) -> None:
    """A file begins with the record after the one that is due."""
    make = batch_in

    def later(view: View, span: Span, at: dt.datetime) -> Batch:
        return make(view, replace(span, first=span.first + (span.count > 0)), at)

    patch.setattr("loyaltyd.till.outbox.batch_in", later)
    patch.setattr("loyaltyd.till.export.batch_in", later)


def damaged_files_stay(patch: Patch) -> None:
    """A file that was refused as unreadable is left as it is."""
    patch.setattr(outbox, "DAMAGED", set[BatchReason]())


def first_persons_are_left_out(patch: Patch) -> None:
    """Of the people beside a batch, those of its first record are missing."""
    find = people.people_between

    def short(connection: Connection, first: int, last: int) -> People:
        return find(connection, first + (first > 0), last)

    patch.setattr(people, "people_between", short)


def state_in_any_order(patch: Patch) -> None:
    """The rows of the state are hashed as they happen to come."""
    lots, counters, cards = days._lots, days._counters, days._cards

    def other_lots(connection: Connection) -> Iterator[tuple[str, str, str, int]]:
        return reversed(list(lots(connection)))

    def other_counters(connection: Connection) -> Iterator[tuple[CounterKey, int]]:
        return reversed(list(counters(connection)))

    def other_cards(connection: Connection) -> Iterator[CardState]:
        return reversed(list(cards(connection)))

    patch.setattr(days, "_lots", other_lots)
    patch.setattr(days, "_counters", other_counters)
    patch.setattr(days, "_cards", other_cards)


def till_day_before_its_row(patch: Patch) -> None:
    """A till-day is put into out/ before the ledger remembers that it was made."""

    def hasty(self: Exporter, made: _Made) -> None:
        assert self._out is not None
        self._out.put(made.day.name, made.data)
        self._till.ledger.write(lambda tx: tx.keep_day(made.day)).result()

    patch.setattr(Exporter, "_keep", hasty)


def till_day_is_put_there_once(patch: Patch) -> None:
    """What somebody takes from out/ or spoils there is no concern of the till's."""
    settle = DayCopies._settle

    def once(self: DayCopies, out: Box, name: str, *, is_there: bool) -> None:
        if name not in seen:
            settle(self, out, name, is_there=is_there)
        seen.add(name)

    seen: set[str] = set()
    patch.setattr(DayCopies, "_settle", once)


def till_day_is_answered_by_any_ack(patch: Patch) -> None:
    """The copy of a till-day goes when headquarters has its records."""

    def hasty(self: Transaction, head: Head, at: dt.datetime) -> None:
        keep(self, head, at)
        day = self.last_day()
        if day is not None and not day.is_told and day.last <= head.seq:
            self.keep_told(day.number, at)

    keep = Transaction.keep_acked
    patch.setattr(Transaction, "keep_acked", hasty)


def named_before_it_is_whole(patch: Patch) -> None:
    """A file is written under the name by which it is looked for."""

    def direct(self: Box, name: str, data: bytes) -> None:
        with (self.folder / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    patch.setattr(Box, "put", direct)
