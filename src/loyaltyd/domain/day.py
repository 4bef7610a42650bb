"""A till-day: the control totals over the records of a nightly file, and the state after them.

A file holds the records since the file before it, whatever business date each one has: no record is
missing from all files or stands in two, and what is rung up late is in the next file. So the totals
are told by business date.
"""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic_core import to_json

from loyaltyd.domain.ledger import CardState, CounterKey, Movements, postings_of
from loyaltyd.domain.record import Record

Money = Literal["gross", "discount", "redeemed", "refund"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DateTotal:
    """What the records of one type and business date come to; money in minor units."""

    business_date: str
    type: str
    count: int
    gross: int = 0  # receipts: before the program
    discount: int = 0
    redeemed: int = 0  # paid by wallets, whether as discount or as tender
    refund: int = 0  # returns and cancels: money back


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingTotal:
    """What moved between two kinds of bucket of a wallet, in its scale; every lot is "lot"."""

    wallet: str
    debit: str
    credit: str
    count: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The control totals of a file, sorted by their names."""

    dates: tuple[DateTotal, ...] = ()
    postings: tuple[PostingTotal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a manifest says of a till-day beside the lines.

    number counts the files of a stream from 1; previous is the SHA-256 of the file before (64 hex
    digits, "" for the first), state the hash of the projections after the last record. It is ""
    where more records followed at once, in the next file: only the log's end has tables to hash.
    """

    number: int
    business_date: dt.date  # the trading day at which the file was made
    previous: str = ""
    state: str = ""
    totals: Totals = Totals()


def totals_of(records: Iterable[Record]) -> Totals:
    """Add up the control totals of records; ValueError or TypeError when a body isn't a receipt's.

    A type that this version doesn't know is counted, and its postings are added.
    """
    counts: Counter[tuple[str, str]] = Counter()
    money: Counter[tuple[str, str, Money]] = Counter()
    moved: Counter[tuple[str, str, str]] = Counter()
    postings: Counter[tuple[str, str, str]] = Counter()
    for record in records:
        place = (record.moment.business_date.isoformat(), record.type)
        counts[place] += 1
        for name, amount in _money(record):
            money[*place, name] += amount
        for posting in postings_of(record):
            way = (posting.wallet, _kind(posting.debit), _kind(posting.credit))
            postings[way] += 1
            moved[way] += posting.amount
    return Totals(
        dates=tuple(_date_total(place, counts[place], money) for place in sorted(counts)),
        postings=tuple(
            PostingTotal(wallet=way[0], debit=way[1], credit=way[2], count=count, amount=moved[way])
            for way, count in sorted(postings.items())
        ),
    )


def state_hash(
    cards: Iterable[CardState],
    counters: Iterable[tuple[CounterKey, int]],
    lots: Iterable[tuple[str, str, str, int]],
) -> str:
    """Return the SHA-256, 64 hex digits, over the rows of a state, each ended by LF.

    A row is canonical JSON: a card, a counter, or a lot or debt as account, wallet, bucket, amount.
    Each kind comes in ascending order of its strings by code point, as SQLite orders its keys, and
    without what is at zero: so no till must hold years of rows at once to sort them. The same state
    gives the same hash at the till, at headquarters and from the lines alone.
    """
    digest = hashlib.sha256()
    for card in cards:
        digest.update(_row("card", card.id, card.account, card.kind, card.status))
    for key, amount in counters:
        digest.update(_row("counter", key.account, key.name, key.date, key.since, amount))
    for account, wallet, bucket, amount in lots:
        digest.update(_row("lot", account, wallet, bucket, amount))
    return digest.hexdigest()


def folded_state(folded: Movements) -> str:
    """Return the state hash of a fold."""
    counters = [(key, amount) for key, amount in folded.counters.items() if amount]
    return state_hash(
        sorted(folded.cards.values(), key=lambda card: card.id),
        sorted(counters, key=lambda it: (it[0].account, it[0].name, it[0].date, it[0].since)),
        sorted((*place, amount) for place, amount in folded.lots.items() if amount),
    )


def _row(*members: str | int) -> bytes:
    """A row's bytes, as `canonical` would have them: of a plain list nothing is to be sorted."""
    return to_json(members) + b"\n"


def _date_total(
    place: tuple[str, str], count: int, money: Mapping[tuple[str, str, Money], int]
) -> DateTotal:
    business_date, kind = place
    return DateTotal(
        business_date=business_date,
        type=kind,
        count=count,
        gross=money[*place, "gross"],
        discount=money[*place, "discount"],
        redeemed=money[*place, "redeemed"],
        refund=money[*place, "refund"],
    )


def _money(record: Record) -> Iterable[tuple[Money, int]]:
    for line in _lines(record.body.get("result")):
        yield "gross", line["gross"]
        yield "discount", sum(effect["amount"] for effect in line.get("effects", ()))
        yield "redeemed", sum(paid["money"] for paid in line.get("paid", ()))
    for line in _lines(record.body.get("returned")):
        yield "refund", line["refund"]


def _lines(value: object) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], value.get("lines", [])) if isinstance(value, dict) else []


def _kind(bucket: str) -> str:
    return bucket.partition("/")[0]
