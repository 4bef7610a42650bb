"""Mistakes that headquarters' side of the protocol could be made with, each put into its code."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest

from loyaltyd.domain.batch import Batch, BatchRefusal, NewRecord, batch_of, new_records
from loyaltyd.domain.record import Head, chained, first_hash
from loyaltyd.hq import day_check, taking
from loyaltyd.hq.adding import added
from loyaltyd.hq.ingest import Headquarters
from loyaltyd.hq.reevaluation import Reevaluation
from loyaltyd.hq.store import balances, differences, people, records
from loyaltyd.hq.store.books import Books
from loyaltyd.hq.store.differences import Difference
from loyaltyd.hq.taking import Offered, Verdict
from loyaltyd.store.database import Connection

Patch = pytest.MonkeyPatch
NEAR = dt.timedelta(minutes=2)  # a broker's usual window for duplicates

DECISION = "loyaltyd.hq.taking.new_records"


class Undone(Exception):  # noqa: N818 - nothing is wrong, it is only not kept
    """The transaction is given up."""


def ack_before_commit(patch: Patch) -> None:
    """A batch is acknowledged when it is understood, and kept when the next one comes."""
    take, waiting = taking.take, dict[int, Offered]()

    def early(books: Books, file: Offered) -> Verdict:
        if (before := waiting.pop(id(books), None)) is not None:
            take(books, before)
        waiting[id(books)] = file
        return _given_up(books, file)

    patch.setattr(taking, "take", early)


def balances_after_the_commit(patch: Patch) -> None:
    """The records are one transaction, what they add up to is another."""
    take, add = taking.take, balances.add

    def in_two(books: Books, file: Offered) -> Verdict:
        later = list[tuple[int, balances.Added]]()
        patch.setattr(balances, "add", lambda _, *added: later.append(added))
        verdict = take(books, file)
        for number, total in later:
            books.write(partial(add, number=number, added=total))
        return verdict

    patch.setattr(taking, "take", in_two)


def half_a_batch(patch: Patch) -> None:
    """Records are kept one by one until one is wrong."""
    take = taking.take

    def one_by_one(books: Books, file: Offered) -> Verdict:
        batch = taking.genuine(file.data)
        if isinstance(batch, BatchRefusal):
            return take(books, file)
        before = Head(batch.first - 1, batch.previous)
        for line in batch.lines:
            part = batch_of(batch.stream, before, [line], (), batch.created_at)
            books.write(partial(taking._applied, batch=part, file=file))
            before = Head(part.last, part.head)
        return take(books, file)

    patch.setattr(taking, "take", one_by_one)


def known_by_its_time(patch: Patch) -> None:
    """A batch that was made within two minutes of another one is taken for the same."""
    take, last = taking.take, dict[str, dt.datetime]()

    def once(books: Books, file: Offered) -> Verdict:
        batch = taking.genuine(file.data)
        if isinstance(batch, Batch):
            name, at = batch.stream.till, batch.created_at
            if abs(at - last.setdefault(name, at)) < NEAR and last[name] != at:
                return Verdict(batch=batch, outcome=Head(batch.last, batch.head))
            last[name] = at
        return take(books, file)

    patch.setattr(taking, "take", once)


def known_by_its_receipt(patch: Patch) -> None:
    """A record is left out when its receipt's id was seen before, at whichever till."""
    append, seen = records.append, set[str]()

    def once(tx: Connection, number: int, found: Sequence[NewRecord]) -> None:
        names = [json.loads(it.line).get("id", it.line) for it in found]
        fresh = [it for name, it in zip(names, found, strict=True) if name not in seen]
        seen.update(names)
        append(tx, number, fresh)

    patch.setattr(records, "append", once)


def same_place_is_same_record(patch: Patch) -> None:
    """What stands at a place that is taken is skipped; nobody compares hashes."""

    def trusting(batch: Batch, head: Head, _: bytes) -> list[NewRecord] | BatchRefusal:
        hashes = [batch.previous]
        for line in batch.lines:
            hashes.append(chained(hashes[-1], line))
        place = min(head.seq, batch.last) - batch.first + 1
        return new_records(batch, head, hashes[place] if 0 <= place < len(hashes) else b"")

    patch.setattr(DECISION, trusting)


def gaps_are_closed(patch: Patch) -> None:
    """Records that come too early are taken, under the next numbers that are free."""

    def closing(batch: Batch, head: Head, there: bytes) -> list[NewRecord] | BatchRefusal:
        if batch.first <= head.seq + 1:
            return new_records(batch, head, there)
        found = new_records(batch, Head(batch.first - 1, batch.previous), batch.previous)
        if isinstance(found, BatchRefusal):
            return found
        return [
            replace(it, record=replace(it.record, seq=seq))
            for seq, it in enumerate(found, head.seq + 1)
        ]

    patch.setattr(DECISION, closing)


def chain_is_believed(patch: Patch) -> None:
    """The hash that a batch ends with is not computed again."""

    def believing(batch: Batch, head: Head, there: bytes) -> list[NewRecord] | BatchRefusal:
        end = batch.previous
        for line in batch.lines:
            end = chained(end, line)
        return new_records(replace(batch, head=end), head, there)

    patch.setattr(DECISION, believing)


def overlap_counts_twice(patch: Patch) -> None:
    """Records that came before are not kept again, but added up again."""
    whole = list[NewRecord]()

    def deciding(batch: Batch, head: Head, there: bytes) -> list[NewRecord] | BatchRefusal:
        found = new_records(batch, head, there)
        if not isinstance(found, BatchRefusal):
            all_of_it = new_records(batch, Head(batch.first - 1, batch.previous), batch.previous)
            assert not isinstance(all_of_it, BatchRefusal)
            whole[:] = all_of_it
        return found

    def adding(_: object) -> balances.Added | BatchRefusal:
        return added(whole)

    patch.setattr(DECISION, deciding)
    patch.setattr("loyaltyd.hq.taking.added", adding)


def signature_is_not_checked(patch: Patch) -> None:
    """Whoever writes a till's name into a file is that till."""
    patch.setattr(taking, "is_signed", lambda *_: True)


def anybody_is_trusted(patch: Patch) -> None:
    """A signature by any key is enough."""
    patch.setattr(taking, "_is_trusted", lambda *_: True)


def nothing_is_kept_aside(patch: Patch) -> None:
    """A refused file is thrown away."""
    patch.setattr(Headquarters, "_keep_aside", lambda *_: None)


def people_are_forgotten(patch: Patch) -> None:
    """Only the records of a batch are kept."""
    patch.setattr(people, "keep", lambda *_, **__: None)


def lines_are_written_anew(patch: Patch) -> None:
    """A line is kept as some other JSON of the same record."""
    append = records.append

    def spaced(tx: Connection, number: int, found: Sequence[NewRecord]) -> None:
        append(tx, number, [replace(it, line=json.dumps(json.loads(it.line))) for it in found])

    patch.setattr(records, "append", spaced)


def the_ack_says_what_was_offered(patch: Patch) -> None:
    """The answer names the file's last record, whatever is in the books."""
    take = taking.take

    def echoing(books: Books, file: Offered) -> Verdict:
        verdict = take(books, file)
        if verdict.batch is None or verdict.outcome == Head(0, first_hash(verdict.batch.stream)):
            return verdict
        return replace(verdict, outcome=Head(verdict.batch.last, verdict.batch.head))

    patch.setattr(taking, "take", echoing)


def till_days_are_believed(patch: Patch) -> None:
    """Nobody compares a till-day with its records."""
    patch.setattr(day_check, "fault", lambda *_: None)


def run_again_before_it_is_noted(patch: Patch) -> None:
    """How far receipts were run again is one transaction, what they showed is another."""
    keep, step = differences.keep, Reevaluation.step
    later = list[Sequence[Difference]]()

    def in_two(self: Reevaluation) -> bool:
        later.clear()  # what a process had in mind is gone with it
        more = step(self)
        for found in later:
            self._books.write(partial(keep, found=found))
        return more

    patch.setattr(differences, "keep", lambda _, found: later.append(found))
    patch.setattr(Reevaluation, "step", in_two)


def _given_up(books: Books, file: Offered) -> Verdict:
    """What would become of a file."""
    batch = taking.genuine(file.data)
    if isinstance(batch, BatchRefusal):
        return Verdict(batch=None, outcome=batch)
    outcomes = list[Head | BatchRefusal]()

    def work(tx: Connection) -> None:
        outcomes.append(taking._applied(tx, batch, file))
        raise Undone

    with pytest.raises(Undone):
        books.write(work)
    return Verdict(batch=batch, outcome=outcomes[0])
