"""What a run of records adds to headquarters' balances. Pure."""

from collections.abc import Iterable

from loyaltyd.domain.batch import BatchReason, BatchRefusal, NewRecord
from loyaltyd.domain.ledger import TYPES, movements, postings_of
from loyaltyd.domain.record import Record
from loyaltyd.hq.store.balances import Added
from loyaltyd.hq.store.schema import AMOUNT_LIMIT


def added(records: Iterable[NewRecord]) -> Added | BatchRefusal:
    """Add records up; a refusal names the one that can't be added."""
    total = Added()
    for it in records:
        try:
            _add(total, it)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            # By its class alone: a message may quote what stands in the record.
            said = f"record {it.record.seq}: can't be added up: {type(error).__name__}"
            return BatchRefusal(reason=BatchReason.RECORD_INVALID, detail=said)
    return total


def _add(total: Added, it: NewRecord) -> None:
    record = it.record
    moved, seq = movements(record), record.seq
    for amounts in (moved.lots, moved.counters):
        _check(amounts.values())
    total.lots.update(moved.lots)
    total.counters.update(moved.counters)
    if record.type in TYPES:
        _add_both_sides(total, record)
    for state in moved.cards.values():
        total.cards[state.id, seq] = state
        total.said.add(state.id)
    for state in moved.opened.values():
        if state.id not in total.said:
            total.opened.setdefault(state.id, (seq, state))


def _add_both_sides(total: Added, record: Record) -> None:
    postings = postings_of(record)
    _check(posting.amount for posting in postings)
    for posting in postings:
        total.totals[posting.wallet, posting.debit] -= posting.amount
        total.totals[posting.wallet, posting.credit] += posting.amount


def _check(amounts: Iterable[object]) -> None:
    for amount in amounts:
        if type(amount) is not int or not -AMOUNT_LIMIT <= amount <= AMOUNT_LIMIT:
            raise ValueError("no amount")
