"""What a run of records adds to headquarters' balances. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from loyaltyd.domain.batch import BatchReason, BatchRefusal, NewRecord
from loyaltyd.domain.books.merging import holders_dropped
from loyaltyd.domain.ledger import SAYING, TYPES, CardState, add_amounts, cards_said
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
    if record.type not in TYPES:
        return
    body: Mapping[str, Any] = record.body
    for fact in body.get("counters", ()):
        _check(fact["amount"])
    for fact in body.get("postings", ()):
        amount, wallet = fact["amount"], str(fact["wallet"])
        _check(amount)
        total.totals[wallet, str(fact["debit"])] -= amount
        total.totals[wallet, str(fact["credit"])] += amount
    add_amounts(record, total.lots, total.counters)
    holders_dropped(record)  # else it couldn't be obeyed
    if "card" in body or "cards" in body:
        for state in cards_said(record):
            _add_card(total, record, state)


def _add_card(total: Added, record: Record, state: CardState) -> None:
    if record.type in SAYING:
        total.cards[state.id, record.seq] = state
        total.said.add(state.id)
    elif state.id not in total.said:
        total.opened.setdefault(state.id, (record.seq, state))


def _check(amount: object) -> None:
    if type(amount) is not int or not -AMOUNT_LIMIT <= amount <= AMOUNT_LIMIT:
        raise ValueError("no amount")
