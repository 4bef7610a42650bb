"""Points on their way back: spent ones return to their lots, earned ones are taken from theirs."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from loyaltyd.domain.account import Account, moved
from loyaltyd.domain.ledger import ISSUED, REDEEMED, Lot, Posting, lot_from, taken, usable
from loyaltyd.domain.postings import credited, opened_lot, owing, takings
from loyaltyd.domain.program import Wallet


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """So many of a receipt's spent points were restored before, so many are after."""

    wallet: Wallet
    spent: Sequence[Posting]  # the receipt's own, in spending order
    before: int
    after: int


def restored(restoring: Restoring, account: Account, on: dt.date) -> list[Posting]:
    """Refill the lots that the receipt used, latest expiry first; a debt is paid before.

    Points that are dead on arrival pay no debt. With restore = "reissue" the points are a new lot
    of that day, usable at once.
    """
    wallet, amount = restoring.wallet, restoring.after - restoring.before
    if not amount:
        return []
    if wallet.restore == "reissue":
        expires_at = opened_lot(wallet, on, amount).expires_at
        lots = [Lot(wallet=wallet.id, active_from=on, expires_at=expires_at, amount=amount)]
    else:
        lots = _refilled(restoring)
    postings: list[Posting] = []
    for lot in lots:
        dead = lot.expires_at is not None and lot.expires_at <= on
        holder = replace(account, debts=()) if dead else moved(account, postings)
        postings += credited(holder, lot, REDEEMED)
    return postings


def taken_back(
    wallet: Wallet, amount: int, account: Account, days: tuple[dt.date, dt.date]
) -> tuple[list[Posting], int]:
    """Take earned points back: (postings, how many); days are those of sale and return.

    The lot that the sale's day earned gives first, then what can be spent, then the account owes
    the rest: as far as the wallet's debt policy goes.
    """
    sold, on = days
    own = opened_lot(wallet, sold, 0)
    first = [lot for lot in account.lots if lot.wallet == wallet.id and lot.bucket == own.bucket]
    if wallet.debt == "only-pending":
        giving = [lot for lot in first if lot.active_from > on]
    else:
        others = [lot for lot in usable(account.lots, wallet.id, on) if lot.bucket != own.bucket]
        giving = [*first, *others]
    parts, missing = taken(giving, amount)
    postings = takings(account.id, parts, ISSUED)
    if wallet.debt != "allow":
        return postings, amount - missing
    return [*postings, *owing(account.id, wallet.id, missing)], amount


def _refilled(restoring: Restoring) -> list[Lot]:
    """The lots of all points restored so far, less those restored before."""
    lots = []
    filled = 0
    for posting in reversed(restoring.spent):
        start, end = filled, filled + posting.amount
        part = min(end, restoring.after) - max(start, restoring.before)
        if part > 0:
            lots.append(lot_from(posting.wallet, posting.debit, part))
        filled = end
    return lots
