"""What a run of records adds to headquarters' balances. Pure."""

from collections.abc import Iterable

from loyaltyd.domain.batch import BatchReason, BatchRefusal, NewRecord
from loyaltyd.domain.ledger import TYPES, add_amounts, card_said, counters_of, postings_of
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
    if record.type not in TYPES:
        return
    postings = postings_of(record)
    _check(posting.amount for posting in postings)
    _check(fact["amount"] for fact in counters_of(record))
    add_amounts(record, total.lots, total.counters)
    for posting in postings:
        total.totals[posting.wallet, posting.debit] -= posting.amount
        total.totals[posting.wallet, posting.credit] += posting.amount
    state = card_said(record)
    if state is not None and record.type == "card":
        total.cards[state.id, record.seq] = state
        total.said.add(state.id)
    elif state is not None and state.id not in total.said:
        total.opened.setdefault(state.id, (record.seq, state))


def _check(amounts: Iterable[object]) -> None:
    for amount in amounts:
        if type(amount) is not int or not -AMOUNT_LIMIT <= amount <= AMOUNT_LIMIT:
            raise ValueError("no amount")
