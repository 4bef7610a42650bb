"""Two accounts become one: the first one's value, debts, counts and cards are the second's then."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from loyaltyd.domain.account import Account, moved
from loyaltyd.domain.books.postings import takings
from loyaltyd.domain.facts import facts_of, value_from
from loyaltyd.domain.ledger import (
    DEBT,
    MERGED,
    CardState,
    Posting,
    spending_order,
    taken,
)
from loyaltyd.domain.record import Fact, Record

FORGET, MERGE = "forget", "merge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A day's counter of an account: counted for date, known since a business date; ISO dates."""

    name: str
    date: str
    since: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """What merging is decided on: both accounts with all their lots, and the first one's rest."""

    giver: Account
    taker: Account
    counts: tuple[Count, ...] = ()
    cards: tuple[CardState, ...] = ()  # the giver's


def merge_body(ident: str, merging: Merging, on: dt.date) -> dict[str, Fact]:
    """The members of a merge's record: all that it was decided on, and all that it moves.

    on is its local day.
    """
    counters = [it for count in merging.counts for it in _counted(merging, count)]
    taker = merging.taker.id
    cards: list[Fact] = [
        {"id": it.id, "account": taker, "kind": it.kind, "status": it.status}
        for it in merging.cards
    ]
    return {
        "id": ident,
        "merging": facts_of(merging),
        "postings": [it.facts() for it in merge_postings(merging.giver, merging.taker, on)],
        "counters": list[Fact](counters),
        "cards": cards,
        **dropped(merging.giver.id),
    }


def merging_from(body: Mapping[str, Any]) -> Merging:
    """Read back what a merge was decided on; ValueError when it isn't one."""
    return value_from(Merging, body["merging"])


def dropped(*accounts: str) -> dict[str, Fact]:
    """The member of a record by which whoever keeps people drops the holders of accounts."""
    return {"dropped": list[Fact](accounts)}


def holders_dropped(record: Record) -> list[str]:
    """The accounts whose holder a record says to drop: to be forgotten, or closed by a merge."""
    found = record.body.get("dropped", []) if record.type in {FORGET, MERGE} else []
    if not isinstance(found, list):
        raise TypeError("dropped is no list")
    return [str(it) for it in found]


def merge_postings(giver: Account, taker: Account, on: dt.date) -> tuple[Posting, ...]:
    """Each lot keeps its dates; then what is owed on either side is paid from what has arrived.

    A debt is paid as earning would pay it: first, also by what isn't active yet, never by what is
    over on that local day; and from what would be spent first.
    """
    postings: list[Posting] = []
    for lot in giver.lots:
        postings += _across(giver.id, taker.id, lot.wallet, lot.bucket, lot.amount)
    for lot in giver.reserved:
        postings += _across(giver.id, taker.id, lot.wallet, lot.reserved_bucket, lot.amount)
    for debt in giver.debts:
        postings += _across(taker.id, giver.id, debt.wallet, DEBT, debt.amount)
    after = moved(taker, postings)
    for debt in after.debts:
        lots = [
            it
            for it in after.lots
            if it.wallet == debt.wallet and (it.expires_at is None or on < it.expires_at)
        ]
        parts, _ = taken(sorted(lots, key=spending_order), debt.amount)
        postings += takings(taker.id, parts, DEBT)
    return tuple(postings)


def renamed_record(record: Record, accounts: Mapping[str, str]) -> Record:
    """A record as if it had been made after accounts were merged: old id → the one that holds it.

    So a receipt is undone on the account that has its points now.
    """
    body = {name: _renamed(fact, accounts) for name, fact in record.body.items()}
    return replace(record, body=body)


def _renamed(facts: Fact, accounts: Mapping[str, str]) -> Fact:
    if isinstance(facts, list):
        return [_renamed(it, accounts) for it in facts]
    if not isinstance(facts, dict):
        return facts
    return {
        name: _holder(it, accounts) if name == "account" else _renamed(it, accounts)
        for name, it in facts.items()
    }


def _holder(account: Fact, accounts: Mapping[str, str]) -> Fact:
    """An account as facts have it: its id, or an object with one."""
    if isinstance(account, str):
        return accounts.get(account, account)
    assert isinstance(account, dict)
    return {**account, "id": accounts.get(str(account["id"]), account["id"])}


def _across(source: str, target: str, wallet: str, bucket: str, amount: int) -> Sequence[Posting]:
    """The same bucket of both accounts: of one it leaves, in the other it arrives."""
    return (
        Posting(account=source, wallet=wallet, debit=bucket, credit=MERGED, amount=amount),
        Posting(account=target, wallet=wallet, debit=MERGED, credit=bucket, amount=amount),
    )


def _counted(merging: Merging, count: Count) -> Iterable[dict[str, Fact]]:
    """A count leaves the giver as if it had never been; the taker has it since the merge."""
    fact: dict[str, Fact] = {"name": count.name, "date": count.date}
    yield {**fact, "account": merging.giver.id, "since": count.since, "amount": -count.amount}
    yield {**fact, "account": merging.taker.id, "amount": count.amount}
