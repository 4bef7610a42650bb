"""What a receipt moves: which lots pay, which lots receive, and what a debt takes first."""

import datetime as dt
from collections.abc import Sequence

from loyaltyd.domain.account import Account, moved
from loyaltyd.domain.ledger import DEBT, ISSUED, REDEEMED, Lot, Posting, taken, usable
from loyaltyd.domain.lots import earned_lots
from loyaltyd.domain.program import Program
from loyaltyd.domain.quote import Points, Result


def receipt_postings(
    result: Result, account: Account, program: Program, on: dt.date
) -> tuple[Posting, ...]:
    """The postings of a confirmed receipt: spending first, then earning; on is its local day."""
    postings: list[Posting] = []
    for points in result.spent:
        parts, missing = taken(usable(account.lots, points.wallet, on), points.amount)
        assert not missing  # redemption is bounded by what the account was seen to hold
        postings += [spending(account.id, lot, part) for lot, part in parts]
    for points in result.earned:
        wallet = program.wallet(points.wallet)
        assert wallet is not None
        first, *others = earned_lots(wallet, points.amount, result.dated, on)
        postings += credited(account, first, ISSUED)
        for lot in others:  # the one before may have paid the debt
            postings += credited(moved(account, postings), lot, ISSUED)
    return tuple(postings)


def spending(account: str, lot: Lot, amount: int) -> Posting:
    """A lot pays."""
    return Posting(
        account=account, wallet=lot.wallet, debit=lot.bucket, credit=REDEEMED, amount=amount
    )


def credited(account: Account, lot: Lot, source: str) -> list[Posting]:
    """The lot's amount arrives from source: a debt is paid first, the rest opens the lot."""
    owed = account.debt(lot.wallet)
    repaid = min(owed, lot.amount)
    postings = []
    if repaid:
        postings.append(_moved(account.id, lot.wallet, source, DEBT, repaid))
    if lot.amount > repaid:
        postings.append(_moved(account.id, lot.wallet, source, lot.bucket, lot.amount - repaid))
    return postings


def takings(account: str, parts: Sequence[tuple[Lot, int]], target: str) -> list[Posting]:
    """Lots give what was taken from each."""
    return [_moved(account, lot.wallet, lot.bucket, target, part) for lot, part in parts]


def owing(account: str, wallet: str, amount: int) -> list[Posting]:
    """What no lot could give becomes a debt."""
    return [_moved(account, wallet, DEBT, ISSUED, amount)] if amount else []


def points_of(points: Sequence[Points], wallet: str) -> int:
    """How much of wallet is in points."""
    return sum(it.amount for it in points if it.wallet == wallet)


def _moved(account: str, wallet: str, debit: str, credit: str, amount: int) -> Posting:
    return Posting(account=account, wallet=wallet, debit=debit, credit=credit, amount=amount)
