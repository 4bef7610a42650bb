"""What a run of records adds to headquarters' balances. Pure."""

from collections.abc import Iterable

from loyaltyd.domain.batch import BatchReason, BatchRefusal, NewRecord
from loyaltyd.domain.ledger import TYPES, movements, postings_of
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
    moved, seq = movements(it.record), it.record.seq
    for amount in (*moved.lots.values(), *moved.counters.values()):
        _check(amount)
    total.lots.update(moved.lots)
    total.counters.update(moved.counters)
    for posting in postings_of(it.record) if it.record.type in TYPES else ():
        _check(posting.amount)
        total.totals[posting.wallet, posting.debit] -= posting.amount
        total.totals[posting.wallet, posting.credit] += posting.amount
    for state in moved.cards.values():
        total.cards[state.id, seq] = state
        total.said.add(state.id)
    for state in moved.opened.values():
        if state.id not in total.said:
            total.opened.setdefault(state.id, (seq, state))


def _check(amount: object) -> None:
    if type(amount) is not int or abs(amount) > AMOUNT_LIMIT:
        raise ValueError("no amount")
