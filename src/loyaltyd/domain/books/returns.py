"""Goods that come back, and receipts that never happened.

A return never recomputes discounts: the refund and the restored points are the line's own, by
cumulative quantity, half up. Only earning is worked out again, for the receipt as it now stands, by
the program that the sale was made under. So any number of parts gives back what one return would.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import lcm

from loyaltyd.domain.account import Account, Beside, Seen, moved
from loyaltyd.domain.books.clawback import Restoring, asked_back, restored, taken_back
from loyaltyd.domain.books.loads import unloaded
from loyaltyd.domain.books.postings import merged, points_of
from loyaltyd.domain.books.remaining import remaining, result_of, share_of
from loyaltyd.domain.books.returned_coupons import coupons_given_back, prints_taken_back
from loyaltyd.domain.books.sale import (
    CLAWED_BACK,
    EARNED,
    RETURNED,
    SPEND,
    VISITS,
    Sale,
    counted,
    uncounted,
    use_counters,
)
from loyaltyd.domain.coupon import Coupon
from loyaltyd.domain.engine.candidates import candidates
from loyaltyd.domain.engine.earning import Earned, earned, scene_of_points, spend
from loyaltyd.domain.engine.lots import earned_lots
from loyaltyd.domain.engine.position import Position
from loyaltyd.domain.engine.program import Program, Wallet
from loyaltyd.domain.engine.quote import Points
from loyaltyd.domain.engine.scene import scene_of
from loyaltyd.domain.engine.spread import spread
from loyaltyd.domain.facts import facts_of
from loyaltyd.domain.ledger import REDEEMED, Lot, Posting
from loyaltyd.domain.record import Fact
from loyaltyd.domain.refusal import Reason, Refusal, refused


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedLine:
    """What one line gives back: quantity in thousandths, refund in minor units."""

    line: int
    quantity: int
    refund: int
    restored: tuple[Points, ...] = ()
    clawed_back: tuple[Points, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a return gives back and takes back, and what no longer counts."""

    lines: tuple[ReturnedLine, ...] = ()
    restored: tuple[Points, ...] = ()
    clawed_back: tuple[Points, ...] = ()
    spend: int = 0
    measured: tuple[Points, ...] = ()  # what of clawed_back counted towards a tier

    @property
    def refund(self) -> int:
        """Money back, minor units."""
        return sum(line.refund for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A receipt that is to be undone, wholly or in part.

    earlier are its returns so far, account is its account as it is now with all its lots, beside
    are the cards beside it as they are now, program is the sale's own version, on is the local day.
    """

    sale: Sale
    earlier: tuple[Returned, ...]
    account: Account | None
    program: Program
    on: dt.date
    coupons: tuple[Coupon, ...] = ()  # that the sale printed, as they are now
    beside: tuple[Beside, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """A return or a cancel as decided: what it says, and what it moves."""

    returned: Returned
    postings: tuple[Posting, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extent:
    """How much of each line was returned before, and is after: line → thousandths."""

    before: Mapping[int, int]
    after: Mapping[int, int]


def goods_returned(case: Case, wanted: Mapping[int, int]) -> Reversal | Refusal:
    """Work out a return of wanted: line → thousandths."""
    before = {line.line: 0 for line in case.sale.basket.lines}
    for returned in case.earlier:
        for part in returned.lines:
            before[part.line] += part.quantity
    wrong = _unreturnable(case.sale, before, wanted)
    if wrong is not None:
        return wrong
    after = {line: quantity + wanted.get(line, 0) for line, quantity in before.items()}
    extent = _Extent(before=before, after=after)
    lines = [_returned_line(case, number, extent) for number in wanted]
    gone = spend(remaining(case.sale, case.program, before)) - spend(
        remaining(case.sale, case.program, after)
    )
    plain = Returned(lines=tuple(lines), restored=_summed(lines), spend=gone)
    gifts = _gifts_restored(case, plain)
    if all(after[it.line] == it.quantity for it in case.sale.basket.lines):
        gifts += prints_taken_back(case.sale, case.coupons)
    if case.account is None:
        return Reversal(returned=replace(plain, spend=0), postings=tuple(gifts))
    return _with(_moved_back(case, plain, extent), gifts)


def sale_cancelled(case: Case) -> Reversal | Refusal:
    """Undo the whole receipt, whatever the wallets' policies: it never happened."""
    if case.earlier:
        return refused(Reason.RECEIPT_RETURNED, receipt=case.sale.basket.receipt)
    unloads = unloaded(case.sale.postings, Seen(beside=case.beside))
    if isinstance(unloads, Refusal):
        return unloads
    wallets = tuple(replace(it, debt="allow", restore="original") for it in case.program.wallets)
    # What was earned may share a lot with the load: both would take what only one finds there.
    whole = replace(_moved_on(case, unloads), program=replace(case.program, wallets=wallets))
    nothing = {line.line: 0 for line in case.sale.basket.lines}
    everything = {line.line: line.quantity for line in case.sale.basket.lines}
    extent = _Extent(before=nothing, after=everything)
    lines = [_returned_line(whole, number, extent) for number in everything]
    plain = Returned(lines=tuple(lines), restored=_summed(lines), spend=case.sale.result.spend)
    coupons = [*prints_taken_back(case.sale, case.coupons), *coupons_given_back(case.sale)]
    beside = [*_gifts_restored(whole, plain), *unloads, *coupons]
    if case.account is None:
        return Reversal(returned=plain, postings=tuple(beside))
    return _with(_moved_back(whole, plain, extent), beside)


def reversal_body(kind: str, ident: str, case: Case, reversal: Reversal) -> dict[str, Fact]:
    """The members of a record that undoes a receipt; kind is its type: "return" or "cancel"."""
    body: dict[str, Fact] = {
        "id": ident,
        "receipt": case.sale.basket.receipt,
        "returned": facts_of(reversal.returned),
        "postings": [posting.facts() for posting in reversal.postings],
    }
    counters = _counters(kind, case, reversal.returned)
    if counters:
        body["counters"] = counters
    seen = Seen(account=case.account, coupons=case.coupons, beside=case.beside)
    if seen != Seen():
        body["seen"] = facts_of(seen)
    return body


def _counters(kind: str, case: Case, returned: Returned) -> list[Fact]:
    """What no longer counts: of a receipt that never happened, its uses of rules too."""
    sale, sold_on = case.sale, case.sale.place.business_date
    account = case.account.id if case.account else ""
    if kind != "cancel":
        return _lowered(account, returned, sold_on) if account else []
    found: list[Fact] = []
    if account:
        found = [
            uncounted(account, SPEND, sold_on, returned.spend),
            *([uncounted(account, VISITS, sold_on, 1)] if sale.result.lines else []),
            *(
                uncounted(account, EARNED + it.wallet, sold_on, it.amount)
                for it in sale.result.measured
            ),
        ]
    counts = use_counters(sale.result, sale.seen)
    return found + [uncounted(account, name, sold_on, n) for account, name, n in counts]


def _lowered(account: str, returned: Returned, sold_on: dt.date) -> list[Fact]:
    """What goods that came back take from the day of their sale."""
    return [
        counted(account, RETURNED, sold_on, -returned.spend),
        *(
            counted(account, CLAWED_BACK + it.wallet, sold_on, -it.amount)
            for it in returned.measured
        ),
    ]


def _unreturnable(
    sale: Sale, before: Mapping[int, int], wanted: Mapping[int, int]
) -> Refusal | None:
    sold = {line.line: line.quantity for line in sale.basket.lines}
    for number, quantity in wanted.items():
        if number not in sold:
            return refused(Reason.LINE_UNKNOWN, line=str(number))
        if before[number] + quantity > sold[number]:
            return refused(Reason.RETURN_EXCEEDS_SOLD, line=str(number))
    return None


def _returned_line(case: Case, number: int, extent: _Extent) -> ReturnedLine:
    """The line's own net and points, by cumulative quantity."""
    sold = next(line for line in case.sale.basket.lines if line.line == number)
    result = result_of(case.sale, number)
    before, after = extent.before[number], extent.after[number]

    def part(amount: int) -> int:
        return share_of(amount, after, sold.quantity) - share_of(amount, before, sold.quantity)

    points = (
        Points(wallet=paid.wallet, amount=part(paid.points), account=paid.account)
        for paid in result.paid
        if _wallet(case, paid.wallet).restore != "none"
    )
    return ReturnedLine(
        line=number,
        quantity=after - before,
        refund=part(result.net),
        restored=merged(points),
    )


def _moved_back(case: Case, plain: Returned, extent: _Extent) -> Reversal:
    """Restore what was spent, then take back what is no longer earned."""
    account = case.account
    assert account is not None
    postings: list[Posting] = []
    taken: list[Points] = []
    for wallet in case.program.wallets:
        before = sum(points_of(it.restored, wallet.id) for it in case.earlier)
        restoring = Restoring(
            wallet=wallet,
            spent=_spent(case, wallet, account.id),
            before=before,
            after=before + points_of(plain.restored, wallet.id),
        )
        postings += restored(restoring, moved(account, postings), case.on)
        claim = _claim(case, wallet, extent)
        own = _asked(case, wallet, extent, claim)
        moves, amount = taken_back(wallet, claim, moved(account, postings), own, case.on)
        postings += moves
        taken += [Points(wallet=wallet.id, amount=amount)] if amount else []
    returned = replace(
        plain,
        lines=_with_taken(case, plain.lines, taken),
        clawed_back=tuple(taken),
        measured=tuple(it for it in taken if case.program.measures(it.wallet)),
    )
    return Reversal(returned=returned, postings=tuple(postings))


def _gifts_restored(case: Case, plain: Returned) -> list[Posting]:
    """What gift cards paid goes back onto them."""
    postings: list[Posting] = []
    for points in plain.restored:
        if not points.account:
            continue
        holder = _holder(case, points.account)
        wallet = _wallet(case, points.wallet)
        before = sum(points_of(it.restored, wallet.id, holder.id) for it in case.earlier)
        restoring = Restoring(
            wallet=wallet,
            spent=_spent(case, wallet, holder.id),
            before=before,
            after=before + points.amount,
        )
        postings += restored(restoring, moved(holder, postings), case.on)
    return postings


def _moved_on(case: Case, postings: Sequence[Posting]) -> Case:
    """The case after postings on its accounts."""
    return replace(
        case,
        account=case.account and moved(case.account, postings),
        beside=tuple(replace(it, account=moved(it.account, postings)) for it in case.beside),
    )


def _holder(case: Case, account: str) -> Account:
    holder = Seen(beside=case.beside).account_of(account)
    assert holder is not None  # whoever undoes a sale has gathered each account that it moved
    return holder


def _with(reversal: Reversal, beside: Sequence[Posting]) -> Reversal:
    return replace(reversal, postings=(*reversal.postings, *beside))


def _claim(case: Case, wallet: Wallet, extent: _Extent) -> int:
    """How many of wallet's earned points the receipt, as it now stands, no longer earns."""
    first = points_of(case.sale.result.earned, wallet.id)
    still = first - _taken_before(case, wallet)
    if not first or all(
        extent.after[line.line] == line.quantity for line in case.sale.basket.lines
    ):
        return still
    if wallet.clawback == "floor-of-refund":
        whole, left = (
            sum(_earning_base(it) for it in remaining(case.sale, case.program, quantities))
            for quantities in (dict.fromkeys(extent.after, 0), extent.after)
        )
        gone = first * (whole - left) // whole if whole else 0
        return gone - (first - still)
    return max(0, still - _earned_now(case, wallet, extent.after).amount)


def _taken_before(case: Case, wallet: Wallet) -> int:
    return sum(points_of(it.clawed_back, wallet.id) for it in case.earlier)


def _asked(case: Case, wallet: Wallet, extent: _Extent, claim: int) -> list[Lot]:
    """The lots that the sale opened, each with what of claim it is asked for.

    Both sums are worked out from the sale, so any parts ask each lot for all that it got.
    """
    result, before = case.sale.result, _taken_before(case, wallet)
    first = points_of(result.earned, wallet.id)
    lots = earned_lots(wallet, first, result.dated, case.sale.at.date())
    if len(lots) < 2:
        return lots
    then = asked_back(lots, _lots_now(case, wallet, extent.before), before)
    now = asked_back(lots, _lots_now(case, wallet, extent.after), before + claim)
    return [
        replace(new, amount=new.amount - old.amount) for old, new in zip(then, now, strict=True)
    ]


def _lots_now(case: Case, wallet: Wallet, returned: Mapping[int, int]) -> dict[str, int]:
    """What the rest of the sale earns by lot; nothing where only its sum is worked out."""
    if wallet.clawback == "floor-of-refund":
        return {}
    now = _earned_now(case, wallet, returned)
    lots = earned_lots(wallet, now.amount, now.dated, case.sale.at.date())
    return {lot.bucket: lot.amount for lot in lots}


def _earned_now(case: Case, wallet: Wallet, returned: Mapping[int, int]) -> Earned:
    lines = remaining(case.sale, case.program, returned)
    staying = [replace(it.line, quantity=it.quantity) for it in lines]
    left = replace(case.sale.basket, lines=tuple(staying))
    scene = scene_of(case.sale.seen, case.sale.place, case.sale.at, left)
    able = candidates(staying, case.sale.seen.coupons, case.program)
    found, _ = earned(lines, case.program, scene_of_points(scene, lines, case.program, able), able)
    return next(it for it in found if it.wallet == wallet.id)


def _with_taken(
    case: Case, lines: Sequence[ReturnedLine], taken: Sequence[Points]
) -> tuple[ReturnedLine, ...]:
    """Spread what was taken back over the lines, by what had been earned on what came back."""
    parts: dict[int, list[Points]] = {line.line: [] for line in lines}
    sold = {line.line: line.quantity for line in case.sale.basket.lines}
    whole = lcm(*(sold[line.line] for line in lines))  # of which each line's share is an integer
    for points in taken:
        weights = [
            points_of(result_of(case.sale, line.line).earned, points.wallet)
            * (line.quantity * whole // sold[line.line])
            for line in lines
        ]
        weights = weights if any(weights) else [line.quantity for line in lines]
        for line, part in zip(lines, spread(points.amount, weights), strict=True):
            parts[line.line] += [Points(wallet=points.wallet, amount=part)] if part else []
    return tuple(replace(line, clawed_back=tuple(parts[line.line])) for line in lines)


def _summed(lines: Sequence[ReturnedLine]) -> tuple[Points, ...]:
    return merged(points for line in lines for points in line.restored)


def _spent(case: Case, wallet: Wallet, account: str) -> list[Posting]:
    """What the receipt took from a wallet of that account."""
    spent = (wallet.id, account, REDEEMED)
    return [it for it in case.sale.postings if (it.wallet, it.account, it.credit) == spent]


def _earning_base(position: Position) -> int:
    return position.gross - position.discount - position.as_discount if position.may_earn else 0


def _wallet(case: Case, name: str) -> Wallet:
    wallet = case.program.wallet(name)
    assert wallet is not None  # the sale's program knows what it paid with
    return wallet
