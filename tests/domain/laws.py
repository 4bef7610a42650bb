"""What holds of every quote and every return, whatever the program: asserted, not worked out."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence

from loyaltyd.domain.account import Account, moved
from loyaltyd.domain.ledger import usable
from loyaltyd.domain.money import AMOUNT_MAX, WHOLE_SHARE
from loyaltyd.domain.position import Position, positions
from loyaltyd.domain.program import Program
from loyaltyd.domain.quote import LineResult, Points, Result
from loyaltyd.domain.redemption import paying_order
from loyaltyd.domain.returns import Case, Returned, Reversal, goods_returned
from loyaltyd.domain.sale import Sale


def hold_of_result(sale: Sale, found: Program) -> None:
    """Sums, floors, and what a line may not."""
    result, account = sale.result, sale.seen.account
    before = positions(sale.basket, found, sale.place, sale.at.date())
    assert isinstance(before, list)
    assert [it.line for it in result.lines] == [it.line for it in sale.basket.lines]
    for line, position in zip(result.lines, before, strict=True):
        _hold_of_line(line, position)
    earned = _summed(points for line in result.lines for points in line.earned)
    assert earned == _summed(result.earned)
    assert _summed(result.spent) == _spent(result.lines)
    assert all(0 < it.amount <= AMOUNT_MAX for it in result.earned)
    assert all(it.amount > 0 for it in result.spent)  # at most the balance, many lots together
    dated: Counter[str] = Counter()
    for lot in result.dated:
        assert lot.amount > 0
        dated[lot.wallet] += lot.amount
    assert dated <= earned
    assert result.payable == sum(it.net for it in result.lines)
    if account is None:
        assert (result.spent, result.earned, result.spend) == ((), (), 0)
    else:
        _hold_of_spending(result, account, found, before, sale.at.date())


def hold_of_returns(sale: Sale, found: Program, parts: Sequence[dict[int, int]]) -> None:
    """Parts that together are all the goods bring back all money, and what they moved."""
    account = moved(sale.seen.account, sale.postings) if sale.seen.account else None
    earlier: list[Returned] = []
    for part in parts:
        case = Case(
            sale=sale, earlier=tuple(earlier), account=account, program=found, on=sale.at.date()
        )
        outcome = goods_returned(case, part)
        assert isinstance(outcome, Reversal), outcome
        assert all(it.refund >= 0 for it in outcome.returned.lines)
        assert all(it.amount > 0 for it in outcome.postings)
        earlier.append(outcome.returned)
        account = moved(account, outcome.postings) if account else None
        assert account is None or all(it.amount > 0 for it in account.lots)
    assert sum(it.refund for it in earlier) == sale.result.payable
    if sale.seen.account is None:
        return
    restored = _summed(points for it in earlier for points in it.restored)
    taken = _summed(points for it in earlier for points in it.clawed_back)
    for wallet in found.wallets:
        spent = _summed(sale.result.spent)[wallet.id]
        earned = _summed(sale.result.earned)[wallet.id]
        assert restored[wallet.id] == (0 if wallet.restore == "none" else spent)
        assert taken[wallet.id] == earned if wallet.debt == "allow" else taken[wallet.id] <= earned


def _hold_of_line(line: LineResult, before: Position) -> None:
    assert line.gross == before.gross
    assert all(it.amount > 0 for it in line.effects)
    assert all(it.amount > 0 for it in line.earned)
    assert all(it.money > 0 and it.points >= 0 for it in line.paid)
    assert line.net >= 0
    as_discount = sum(it.money for it in line.paid if not it.tender)
    assert line.gross - line.discount - as_discount >= min(line.gross, before.floor)
    assert 0 <= line.free <= before.quantity
    assert before.may_discount or not line.effects
    assert before.may_earn or not line.earned
    assert before.may_redeem or not line.paid


def _hold_of_spending(
    result: Result, account: Account, found: Program, before: Sequence[Position], on: dt.date
) -> None:
    """No wallet pays above its balance or its share, below its least amount, or while it owes."""
    able = {it.line.line for it in before if it.may_redeem}
    payable = sum(it.gross - it.discount for it in result.lines if it.line in able)
    for wallet in paying_order(found):
        spent = _summed(result.spent)[wallet.id]
        money = sum(it.money for line in result.lines for it in line.paid if it.wallet == wallet.id)
        assert money <= payable * wallet.max_share // WHOLE_SHARE
        assert spent <= sum(it.amount for it in usable(account.lots, wallet.id, on))
        if spent:
            assert spent >= wallet.min_redeem
            assert not spent % wallet.step
            assert not account.debt(wallet.id)
        payable -= money


def _spent(lines: Sequence[LineResult]) -> Counter[str]:
    return _summed(Points(wallet=it.wallet, amount=it.points) for at in lines for it in at.paid)


def _summed(points: Iterable[Points]) -> Counter[str]:
    found: Counter[str] = Counter()
    for it in points:
        if it.amount:
            found[it.wallet] += it.amount
    return found
