"""Value set aside for an open receipt: out of its lots, and nobody else's to spend.

A reservation is over when a receipt confirms it, or when it is released: cancelled, or expired.
While it is open a counter says so, on an account of its own, so that records tell by addition.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from loyaltyd.domain.account import Account, Debt, Seen
from loyaltyd.domain.ledger import LOT, REDEEMED, RESERVED, Posting

RESERVATION = "reservation/"  # and its id: the account on which OPEN is counted
OPEN = "open"
RESERVE, RELEASE = "reserve", "release"  # types of records
CANCELLED, EXPIRED = "cancelled", "expired"  # why it was released


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What an account owes to wallets."""

    account: str
    debts: tuple[Debt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """The reservation that a receipt confirms, and what its accounts owe by then.

    All else was decided when it was made; but what arrives now pays the debts of now.
    """

    id: str
    owed: tuple[Owed, ...] = ()

    def owing(self, seen: Seen) -> Seen:
        """The accounts of seen with the debts of now in place of those of then."""
        debts = {it.account: it.debts for it in self.owed}

        def now(account: Account) -> Account:
            return replace(account, debts=debts.get(account.id, ()))

        beside = tuple(replace(it, account=now(it.account)) for it in seen.beside)
        return replace(seen, account=seen.account and now(seen.account), beside=beside)


def owed_by(seen: Seen) -> tuple[Owed, ...]:
    """What the accounts of a receipt owe, each once."""
    accounts = [it for it in (seen.account, *(it.account for it in seen.beside)) if it is not None]
    debts = {it.id: it.debts for it in accounts if it.debts}
    return tuple(Owed(account=account, debts=found) for account, found in debts.items())


def held(sale: Iterable[Posting]) -> tuple[Posting, ...]:
    """What a receipt would spend, set aside: of each lot, as it would be taken."""
    return tuple(
        replace(it, credit=it.debit.replace(LOT, RESERVED, 1))
        for it in sale
        if it.credit == REDEEMED
    )


def freed(held: Sequence[Posting]) -> tuple[Posting, ...]:
    """What was set aside goes back into the very same lots."""
    return tuple(replace(it, debit=it.credit, credit=it.debit) for it in held)
