"""A till-day is compared with the records that it was made over: its totals, and the state."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from loyaltyd.domain.batch import BatchReason
from loyaltyd.domain.day import state_hash, totals_of
from loyaltyd.domain.ledger import CounterKey, Movements, fold
from loyaltyd.domain.posted import posted_from
from loyaltyd.domain.record import Stream, record_from
from loyaltyd.hq.rerunning import POISON
from loyaltyd.hq.store import balances, records, streams
from loyaltyd.hq.store.days import KeptDay
from loyaltyd.store.database import Connection

Key = TypeVar("Key", tuple[str, str, str], tuple[str, str, str, str])


def fault(view: Connection, kept: KeptDay) -> BatchReason | None:
    """How a till-day differs from headquarters' records, which are the till's."""
    stream = streams.stream_with(view, kept.stream)
    lines = records.lines(view, kept.stream, kept.first, kept.last)
    try:
        totals = totals_of(record_from(line, stream) for _, line in lines)
    except POISON:
        return BatchReason.TOTALS_DIFFER
    if totals != kept.day.totals:
        return BatchReason.TOTALS_DIFFER
    if not kept.day.state:
        return None
    try:  # of a later record too: what could be read when it came, an upgrade may refuse
        state = state_at(view, kept.stream, stream, kept.last)
    except POISON:
        return BatchReason.STATE_DIFFERS
    return None if state == kept.day.state else BatchReason.STATE_DIFFERS


def state_at(view: Connection, number: int, stream: Stream, last: int) -> str:
    """The state hash after the record at last: today's balances without what came since."""
    head = streams.head(view, number, stream)
    lines = records.lines(view, number, last + 1, head.seq)
    since = fold(posted_from(line, stream) for _, line in lines)
    counters = _without(balances.counters(view, number), _counters(since))
    lots = _without(balances.lots(view, number), since.lots)
    return state_hash(
        balances.cards(view, number, last),
        (
            (CounterKey(account=account, name=name, date=date, since=day), amount)
            for (account, name, date, day), amount in counters
        ),
        ((*place, amount) for place, amount in lots),
    )


def _counters(since: Movements) -> Mapping[tuple[str, str, str, str], int]:
    return {
        (key.account, key.name, key.date, key.since): amount
        for key, amount in since.counters.items()
    }


def _without(
    rows: Iterable[tuple[Key, int]], since: Mapping[Key, int]
) -> Iterator[tuple[Key, int]]:
    """Rows in the order of their keys, less what was added since; none that is at zero."""
    undone = sorted((key, -amount) for key, amount in since.items())
    for key, found in groupby(heapq.merge(rows, undone, key=itemgetter(0)), key=itemgetter(0)):
        amount = sum(amount for _, amount in found)
        if amount:
            yield key, amount
