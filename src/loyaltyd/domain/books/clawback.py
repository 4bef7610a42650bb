"""Points on their way back: spent ones return to their lots, earned ones are taken from theirs."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from loyaltyd.domain.account import Account, moved
from loyaltyd.domain.books.postings import credited, owing, takings
from loyaltyd.domain.engine.lots import opened_lot
from loyaltyd.domain.engine.program import Wallet
from loyaltyd.domain.ledger import (
    ISSUED,
    REDEEMED,
    Lot,
    Posting,
    lot_from,
    spending_order,
    taken,
    usable,
)


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


def asked_back(lots: Sequence[Lot], still: Mapping[str, int], amount: int) -> list[Lot]:
    """How the first amount that a sale loses is shared over the lots that it opened.

    Each gives first what it no longer earns: still is what the rest of the sale earns by bucket.
    Then the one that waits longest gives, so that pending points go before active ones.
    """
    order = sorted(lots, key=lambda lot: (-lot.active_from.toordinal(), spending_order(lot)))
    gone = [replace(lot, amount=lot.amount - still.get(lot.bucket, 0)) for lot in order]
    parts, missing = taken(gone, amount)
    found = Counter({lot.bucket: part for lot, part in parts})
    rest = [replace(lot, amount=lot.amount - found[lot.bucket]) for lot in order]
    found.update({lot.bucket: part for lot, part in taken(rest, missing)[0]})
    return [replace(lot, amount=found[lot.bucket]) for lot in order]


def taken_back(
    wallet: Wallet, amount: int, account: Account, own: Sequence[Lot], on: dt.date
) -> tuple[list[Posting], int]:
    """Take earned points back on that day: (postings, how many).

    The sale's own lots give first, what is asked of each and then whatever they have; then what can
    be spent; then the account owes the rest: as far as the wallet's debt policy goes.
    """
    held = {lot.bucket: lot for lot in account.lots if lot.wallet == wallet.id}
    first = [held[lot.bucket] for lot in own if lot.bucket in held]
    others = [it for it in usable(account.lots, wallet.id, on) if it not in first]
    if wallet.debt == "only-pending":
        first, others = [lot for lot in first if lot.active_from > on], []
    wanted = {lot.bucket: lot.amount for lot in own}
    asked = [replace(lot, amount=min(lot.amount, wanted[lot.bucket])) for lot in first]
    parts, missing = taken(asked, amount)
    found = Counter({lot.bucket: part for lot, part in parts})
    left = [replace(lot, amount=lot.amount - found[lot.bucket]) for lot in first]
    more, missing = taken([*left, *others], missing)
    found.update({lot.bucket: part for lot, part in more})
    postings = takings(account.id, [(held[it], part) for it, part in found.items()], ISSUED)
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
        lots.append(lot_from(posting.wallet, posting.debit, max(0, part)))
        filled = end
    return lots
