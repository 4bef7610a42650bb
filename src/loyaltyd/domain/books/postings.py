"""What a receipt moves: which lots pay, which lots receive, and what a debt takes first."""

import datetime as dt
from collections.abc import Iterable, Sequence

from loyaltyd.domain.account import Account, Seen, moved
from loyaltyd.domain.coupon import coupon_wallet
from loyaltyd.domain.engine.lots import earned_lots, opened_lot
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import Points, Result
from loyaltyd.domain.ledger import DEBT, ISSUED, LOADED, REDEEMED, Lot, Posting, taken, usable


def receipt_postings(
    result: Result, seen: Seen, program: Program, on: dt.date
) -> tuple[Posting, ...]:
    """The postings of a confirmed receipt: spending, then loads, then earning.

    on is its local day. Without an account only gift cards are spent from, and cards loaded.
    """
    postings: list[Posting] = []
    for points in result.spent:
        payer = _holder(points, seen)
        parts, missing = taken(usable(payer.lots, points.wallet, on), points.amount)
        assert not missing  # redemption is bounded by what the account was seen to hold
        postings += [spending(payer.id, lot, part) for lot, part in parts]
    for load in result.loads:
        wallet = program.wallet(load.wallet)
        assert wallet is not None
        postings += credited(
            _now(_holder(load, seen), postings), opened_lot(wallet, on, load.amount), LOADED
        )
    earnings = _earnings(result, seen.account, postings, program, on)
    return (*postings, *earnings, *_coupons(result, seen, on))


def _coupons(result: Result, seen: Seen, on: dt.date) -> list[Posting]:
    """Printed coupons that are used up, and those that the receipt prints."""
    used = {use.coupon for use in result.coupons}
    postings = []
    for coupon in seen.coupons:
        if coupon.printed and coupon.id in used:
            lot, *_ = usable(coupon.lots, coupon_wallet(coupon.name), on)
            postings.append(spending(coupon.id, lot, 1))
    for it in result.prints:
        ident, wallet = seen.print_of(it.rule), coupon_wallet(it.name)
        if ident:  # a quote has made no number yet
            lot = Lot(wallet=wallet, active_from=it.active_from, expires_at=it.expires_at, amount=1)
            postings.append(_moved(ident, wallet, ISSUED, lot.bucket, lot.amount))
    return postings


def _earnings(
    result: Result,
    account: Account | None,
    before: Sequence[Posting],
    program: Program,
    on: dt.date,
) -> list[Posting]:
    postings: list[Posting] = []
    for points in result.earned:
        assert account is not None  # nobody earns without one
        wallet = program.wallet(points.wallet)
        assert wallet is not None
        first, *others = earned_lots(wallet, points.amount, result.dated, on)
        for lot in (first, *others):  # what came before may have paid the debt
            postings += credited(_now(account, (*before, *postings)), lot, ISSUED)
    return postings


def _now(account: Account, postings: Sequence[Posting]) -> Account:
    """The account as what arrives now finds it: only what it owes matters then."""
    return moved(account, postings) if account.debts else account


def _holder(points: Points, seen: Seen) -> Account:
    holder = seen.account_of(points.account) if points.account else seen.account
    assert holder is not None  # nothing is spent or loaded but of accounts that were seen
    return holder


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


def merged(parts: Iterable[Points]) -> tuple[Points, ...]:
    """One sum for each wallet of each account: a line may hold a price and a payment of one."""
    totals: dict[tuple[str, str], int] = {}
    for points in parts:
        key = (points.wallet, points.account)
        totals[key] = totals.get(key, 0) + points.amount
    return tuple(
        Points(wallet=wallet, amount=amount, account=account)
        for (wallet, account), amount in totals.items()
        if amount
    )


def points_of(points: Sequence[Points], wallet: str, account: str = "") -> int:
    """How much of an account's wallet is in points; without an account, of the shopper's own."""
    return sum(it.amount for it in points if it.wallet == wallet and it.account == account)


def _moved(account: str, wallet: str, debit: str, credit: str, amount: int) -> Posting:
    return Posting(account=account, wallet=wallet, debit=debit, credit=credit, amount=amount)
