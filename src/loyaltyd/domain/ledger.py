"""The fold: what records make of lots, debts, counters and cards.

Value moves by postings between named buckets, amount > 0: a posting's debit bucket gives, its
credit bucket receives. A holder's buckets are lots, what is reserved of them, and the debt; all
others are the chain's side and are only named.

    lot/2026-12-19/2027-12-05   usable from the start of the first local day, gone at the second's
    lot/2026-12-19/-            never expires
    reserved/2026-12-19/-       what of that lot is set aside for receipts that are still open
    debt                        what the holder owes; giving from it makes it larger
    issued, redeemed, loaded    the chain's side of earning, of spending and of paying in
    merged                      between two accounts that become one

Folding is addition, so records give the same balances in any order of arrival.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from loyaltyd.domain.record import Fact, Record

ISSUED, REDEEMED, LOADED, DEBT = "issued", "redeemed", "loaded", "debt"
MERGED = "merged"
LOT, RESERVED = "lot/", "reserved/"  # and the dates
NEVER = "-"
TYPES = frozenset(  # of records; what another type holds is for a later version to say
    ("receipt", "cancel", "return", "reserve", "release", "card", "link", "merge")
) | {"adjust", "expire", "right", "day", "clock", "forget"}
SAYING = frozenset(("card", "link", "merge"))  # what a card is from now on, known or not


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A dated bucket of a wallet: usable while active_from <= day < expires_at (None: for ever)."""

    wallet: str
    active_from: dt.date
    expires_at: dt.date | None = None
    amount: int

    @property
    def bucket(self) -> str:
        """The name that postings use."""
        return f"{LOT}{self.active_from}/{self.expires_at or NEVER}"

    @property
    def reserved_bucket(self) -> str:
        """The name of what is set aside of it."""
        return f"{RESERVED}{self.active_from}/{self.expires_at or NEVER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """So much of an account's wallet, in its scale, moves from bucket debit to bucket credit."""

    account: str
    wallet: str
    debit: str
    credit: str
    amount: int

    def facts(self) -> dict[str, Fact]:
        """The posting as a record holds it."""
        return {
            "account": self.account,
            "wallet": self.wallet,
            "debit": self.debit,
            "credit": self.credit,
            "amount": self.amount,
        }


class CounterKey(NamedTuple):  # a million are hashed for a year's till-days
    """One day's counter of an account: counted for date, known since a business date."""

    account: str
    name: str  # "spend" and "returned" (minor units, for the day of the sale), "visits", "used/…"
    date: str  # ISO dates, as records and the store have them
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardState:
    """What the log says about a card: whose it is and whether it may be used."""

    id: str
    account: str
    kind: str
    status: str = "active"  # "active" | "blocked" | "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movements:
    """What one record, or many, add to the projections."""

    lots: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # account, wallet, bucket
    counters: Counter[CounterKey] = field(default_factory=Counter)
    cards: dict[str, CardState] = field(default_factory=dict)  # as a record of SAYING says
    # first used: says nothing of a card that is known
    opened: dict[str, CardState] = field(default_factory=dict)


def movements(record: Record) -> Movements:
    """Return what record adds; nothing for a type that this version doesn't know.

    A lot's change is signed; the bucket "debt" changes downwards as the debt grows.
    """
    moved = Movements()
    add_amounts(record, moved.lots, moved.counters)
    for state in cards_said(record):
        (moved.cards if record.type in SAYING else moved.opened)[state.id] = state
    return moved


def add_amounts(
    record: Record, lots: Counter[tuple[str, str, str]], counters: Counter[CounterKey]
) -> None:
    """Add the amounts that record moves to what others have moved."""
    if record.type not in TYPES:
        return
    body: Mapping[str, Any] = record.body
    for fact in body.get("postings", ()):
        account, wallet, amount = str(fact["account"]), str(fact["wallet"]), fact["amount"]
        for bucket, change in ((str(fact["debit"]), -amount), (str(fact["credit"]), amount)):
            if bucket.startswith((LOT, RESERVED)) or bucket == DEBT:
                lots[account, wallet, bucket] += change
    today = record.moment.business_date.isoformat()
    for fact in body.get("counters", ()):
        since = str(fact.get("since", today))
        key = CounterKey(str(fact["account"]), str(fact["name"]), str(fact["date"]), since)
        counters[key] += fact["amount"]


def cards_said(record: Record) -> list[CardState]:
    """What record says of cards: all of it in a card's own record, whose they are in another."""
    if record.type not in TYPES:
        return []
    own, beside = record.body.get("card"), record.body.get("cards", [])
    if not isinstance(beside, list):
        raise TypeError("cards is no list")
    return [_card_state(card) for card in (own, *beside) if isinstance(card, dict)]


def postings_of(record: Record) -> tuple[Posting, ...]:
    """The postings that record holds, in its order."""
    return tuple(
        Posting(
            account=str(fact["account"]),
            wallet=str(fact["wallet"]),
            debit=str(fact["debit"]),
            credit=str(fact["credit"]),
            amount=cast(int, fact["amount"]),
        )
        for fact in _members(record, "postings")
    )


def counters_of(record: Record) -> Sequence[Mapping[str, Fact]]:
    """The counters' changes that record holds, as it has them."""
    return _members(record, "counters")


def fold(records: Iterable[Record]) -> Movements:
    """Add up what records move: the projections, rebuilt from the lines alone."""
    total = Movements()
    for record in records:
        add_amounts(record, total.lots, total.counters)
        for state in cards_said(record):
            if record.type in SAYING:
                total.cards[state.id] = state
            else:
                total.cards.setdefault(state.id, state)
    return total


def lot_from(wallet: str, bucket: str, amount: int) -> Lot:
    """Read a lot's name back, or that of what is reserved of it; ValueError when it is neither."""
    kind, active_from, expires_at = bucket.split("/")
    if f"{kind}/" not in {LOT, RESERVED}:
        raise ValueError(f"no lot: {bucket}")
    return Lot(
        wallet=wallet,
        active_from=dt.date.fromisoformat(active_from),
        expires_at=None if expires_at == NEVER else dt.date.fromisoformat(expires_at),
        amount=amount,
    )


def spending_order(lot: Lot) -> tuple[dt.date, dt.date]:
    """The order of spending: earliest expiry, no expiry last, then earliest activation."""
    return (lot.expires_at or dt.date.max, lot.active_from)


def usable(lots: Iterable[Lot], wallet: str, on: dt.date) -> list[Lot]:
    """The lots of wallet that can be spent on that local day, in spending order."""
    found = (
        lot
        for lot in lots
        if lot.wallet == wallet
        and lot.amount > 0
        and lot.active_from <= on
        and (lot.expires_at is None or on < lot.expires_at)
    )
    return sorted(found, key=spending_order)


def taken(lots: Iterable[Lot], amount: int) -> tuple[list[tuple[Lot, int]], int]:
    """Take amount from lots in their order: what each gives, and what is still missing."""
    parts: list[tuple[Lot, int]] = []
    for lot in lots:
        part = min(lot.amount, amount)
        if part > 0:
            parts.append((lot, part))
            amount -= part
    return parts, amount


def _card_state(card: Mapping[str, Fact]) -> CardState:
    return CardState(
        id=str(card["id"]),
        account=str(card["account"]),
        kind=str(card["kind"]),
        status=str(card.get("status", "active")),
    )


def _members(record: Record, name: str) -> list[Mapping[str, Fact]]:
    found = record.body.get(name, [])
    return cast(list[Mapping[str, Fact]], found)
