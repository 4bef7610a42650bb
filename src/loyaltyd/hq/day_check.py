"""A till-day is compared with the records that it was made over: its totals, and the state.

The state after a till-day is today's without what came since. Of many till-days the last is looked
at first, and what came since is carried from each to the one before it: no record is folded twice.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from loyaltyd.domain.batch import BatchReason
from loyaltyd.domain.day import state_hash, totals_of
from loyaltyd.domain.ledger import CounterKey, Movements, add_amounts
from loyaltyd.domain.posted import posted_from
from loyaltyd.domain.record import record_from
from loyaltyd.hq.rerunning import POISON
from loyaltyd.hq.store import balances, records, streams
from loyaltyd.hq.store.days import KeptDay
from loyaltyd.store.database import Connection

Key = TypeVar("Key", tuple[str, str, str], CounterKey)


class Since:
    """What the records of a stream after a place add up to, carried on to earlier places."""

    def __init__(self, view: Connection, number: int) -> None:
        self.number, self.stream = number, streams.stream_with(view, number)
        self.moved, self.is_readable = Movements(), True
        self._last = streams.head(view, number, self.stream).seq
        self._first = self._last + 1  # the records first to last are folded

    def may_reach(self, kept: KeptDay) -> bool:
        """Whether the end of a till-day is no later than what is folded already."""
        return kept.stream == self.number and kept.last < self._first

    def reach(self, view: Connection, place: int, limit: int) -> bool:
        """Fold what lies after place, some limit records of it at a time; True when there is none.

        A record that can't be read any more ends it, for each earlier place too.
        """
        head = streams.head(view, self.number, self.stream).seq
        last, first = min(head, self._last + limit), max(place + 1, self._first - limit)
        try:
            if self.is_readable:
                self._fold(view, self._last + 1, last)
                self._fold(view, first, self._first - 1)
        except POISON:
            self.is_readable = False
        self._first, self._last = first, last
        return not self.is_readable or (first, last) == (place + 1, head)

    def _fold(self, view: Connection, first: int, last: int) -> None:
        for _, line in records.lines(view, self.number, first, last):
            add_amounts(posted_from(line, self.stream), self.moved.lots, self.moved.counters)


def fault(view: Connection, kept: KeptDay, since: Since | None) -> BatchReason | None:
    """How a till-day differs from headquarters' records, which are the till's.

    since has reached its end; it is none when the till-day claims no state.
    """
    stream = streams.stream_with(view, kept.stream)
    lines = records.lines(view, kept.stream, kept.first, kept.last)
    try:
        totals = totals_of(record_from(line, stream) for _, line in lines)
    except POISON:
        return BatchReason.TOTALS_DIFFER
    if totals != kept.day.totals:
        return BatchReason.TOTALS_DIFFER
    if since is None:
        return None
    # What could be read when it came, an upgrade may refuse.
    is_right = since.is_readable and state_at(view, since, kept.last) == kept.day.state
    return None if is_right else BatchReason.STATE_DIFFERS


def state_at(view: Connection, since: Since, last: int) -> str:
    """The state hash after the record at last, which since has reached."""
    counters = _without(balances.counters(view, since.number), since.moved.counters)
    lots = _without(balances.lots(view, since.number), since.moved.lots)
    return state_hash(
        balances.cards(view, since.number, last),
        counters,
        ((*place, amount) for place, amount in lots),
    )


def _without(
    rows: Iterable[tuple[Key, int]], since: Mapping[Key, int]
) -> Iterator[tuple[Key, int]]:
    """Rows in the order of their keys, less what was added since; none that is at zero."""
    undone = sorted((key, -amount) for key, amount in since.items())
    for key, found in groupby(heapq.merge(rows, undone, key=itemgetter(0)), key=itemgetter(0)):
        amount = sum(amount for _, amount in found)
        if amount:
            yield key, amount
