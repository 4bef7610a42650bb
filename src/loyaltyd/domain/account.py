"""Who stands at the till, as the ledger saw them at that moment: what a quote decides on."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypedDict

from loyaltyd.domain.coupon import Coupon, Print
from loyaltyd.domain.ledger import DEBT, LOT, RESERVED, Lot, Posting, lot_from, usable
from loyaltyd.domain.past import NO_PAST, Past


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The card that was presented; range is the program's that it fell into, as "2990/13"."""

    id: str
    kind: str
    range: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What an account owes to a wallet, above zero."""

    wallet: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as seen: its tier, what the tiers measure, its lots and debts.

    reserved is what open reservations have taken out of its lots.
    """

    id: str
    tier: str = ""
    measure: int = 0  # spend in minor units, points in their scale, visits
    lots: tuple[Lot, ...] = ()
    debts: tuple[Debt, ...] = ()
    reserved: tuple[Lot, ...] = ()

    def debt(self, wallet: str) -> int:
        """What is owed to wallet."""
        return sum(debt.amount for debt in self.debts if debt.wallet == wallet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A card beside the shopper's own: a gift card that pays, or a card that is loaded.

    wallet is the one that its range pays from and is loaded into.
    """

    card: Card
    account: Account
    wallet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Card and account of a receipt, none for a shopper without a card; and its coupons."""

    card: Card | None = None
    account: Account | None = None
    past: Past = NO_PAST
    cashier: str = ""  # the account on which uses by a cashier count, where rules limit them
    coupons: tuple[Coupon, ...] = ()  # those that the receipt names, in its order
    beside: tuple[Beside, ...] = ()  # each card once
    prints: tuple[Print, ...] = ()  # of a receipt that is confirmed; no quote looks at them

    def card_beside(self, card: str) -> Beside | None:
        """The card of that id, where the receipt names it beside the shopper's own."""
        return next((it for it in self.beside if it.card.id == card), None)

    def print_of(self, rule: str) -> str:
        """The id of the coupon that a rule prints; nothing before its number is made."""
        return next((it.coupon for it in self.prints if it.rule == rule), "")

    def account_of(self, ident: str) -> Account | None:
        """The account of that id among those that the receipt touches."""
        accounts = (self.account, *(it.account for it in self.beside))
        return next((it for it in accounts if it is not None and it.id == ident), None)


def spendable(account: Account, wallet: str, on: dt.date) -> int:
    """What account may spend of wallet on that local day; nothing while it owes."""
    if account.debt(wallet):
        return 0
    return sum(lot.amount for lot in usable(account.lots, wallet, on))


def moved(account: Account, postings: Iterable[Posting]) -> Account:
    """Return the account after postings on it."""
    holds: Counter[tuple[str, str]] = Counter()
    for lot in account.lots:
        holds[lot.wallet, lot.bucket] += lot.amount
    for lot in account.reserved:
        holds[lot.wallet, lot.reserved_bucket] += lot.amount
    for debt in account.debts:
        holds[debt.wallet, DEBT] -= debt.amount
    for posting in postings:
        if posting.account == account.id:
            holds[posting.wallet, posting.debit] -= posting.amount
            holds[posting.wallet, posting.credit] += posting.amount
    return replace(account, **holdings(holds))


class Holdings(TypedDict):
    """The lots and debts of an account, and what is reserved."""

    lots: tuple[Lot, ...]
    debts: tuple[Debt, ...]
    reserved: tuple[Lot, ...]


def holdings(buckets: Mapping[tuple[str, str], int]) -> Holdings:
    """Lots and debts from amounts by (wallet, bucket), in one order on every machine."""
    filled = sorted((key, amount) for key, amount in buckets.items() if amount)
    lots, reserved = (
        tuple(
            lot_from(wallet, bucket, amount)
            for (wallet, bucket), amount in filled
            if bucket.startswith(kind)
        )
        for kind in (LOT, RESERVED)
    )
    return Holdings(
        lots=lots,
        reserved=reserved,
        debts=tuple(
            Debt(wallet=wallet, amount=-amount)
            for (wallet, bucket), amount in filled
            if bucket == DEBT
        ),
    )
