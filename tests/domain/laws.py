"""What holds of every quote and every return, whatever the program: asserted, not worked out."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

from loyaltyd.domain.account import Account, Beside, moved
from loyaltyd.domain.books.returns import Case, Returned, Reversal, goods_returned
from loyaltyd.domain.books.sale import Sale
from loyaltyd.domain.engine.position import Position, positions
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import LineResult, Points, Result
from loyaltyd.domain.engine.redemption import paying_order
from loyaltyd.domain.ledger import Posting, usable
from loyaltyd.domain.money import AMOUNT_MAX, WHOLE_SHARE

Sums: TypeAlias = Counter[tuple[str, str]]  # (wallet, account when it isn't the shopper's) → units


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
    assert all(it.amount > 0 for it in result.dated)
    assert _summed(Points(wallet=it.wallet, amount=it.amount) for it in result.dated) <= earned
    loaded = sum(it.amount for it in sale.basket.loads)
    assert result.payable == sum(it.net for it in result.lines) + loaded
    for card in sale.seen.beside:
        held = usable(card.account.lots, card.wallet, sale.at.date())
        spent = _summed(result.spent)[card.wallet, card.account.id]
        assert spent <= sum(it.amount for it in held)
    if account is None:
        assert all(it.account for it in result.spent)
        assert (result.earned, result.spend) == ((), 0)
    else:
        _hold_of_spending(result, account, found, before, sale.at.date())


def hold_of_returns(sale: Sale, found: Program, parts: Sequence[dict[int, int]]) -> None:
    """Parts that together are all the goods bring back all money, and what they moved."""
    earlier: list[Returned] = []
    account, beside = _after(sale.seen.account, sale.seen.beside, sale.postings)
    for part in parts:
        case = Case(
            sale=sale,
            earlier=tuple(earlier),
            account=account,
            program=found,
            on=sale.at.date(),
            beside=beside,
        )
        outcome = goods_returned(case, part)
        assert isinstance(outcome, Reversal), outcome
        assert all(it.refund >= 0 for it in outcome.returned.lines)
        assert all(it.amount > 0 for it in outcome.postings)
        earlier.append(outcome.returned)
        account, beside = _after(account, beside, outcome.postings)
        holders = [*([account] if account else []), *(it.account for it in beside)]
        assert all(lot.amount > 0 for it in holders for lot in it.lots)
    assert sum(it.refund for it in earlier) == sum(it.net for it in sale.result.lines)
    restored = _summed(points for it in earlier for points in it.restored)
    kept = {it.id for it in found.wallets if it.restore == "none"}
    assert restored == _summed(it for it in sale.result.spent if it.wallet not in kept)
    taken = _summed(points for it in earlier for points in it.clawed_back)
    earned = _summed(sale.result.earned)
    assert taken <= earned
    owing = [it.id for it in found.wallets if it.debt == "allow"]
    assert [taken[it, ""] for it in owing] == [earned[it, ""] for it in owing]


def _after(
    account: Account | None, beside: tuple[Beside, ...], postings: Sequence[Posting]
) -> tuple[Account | None, tuple[Beside, ...]]:
    cards = tuple(replace(it, account=moved(it.account, postings)) for it in beside)
    return moved(account, postings) if account else None, cards


def _hold_of_line(line: LineResult, before: Position) -> None:
    assert line.gross == before.gross
    assert all(it.amount > 0 for it in line.effects)
    assert all(it.amount > 0 for it in line.earned)
    assert all(it.money > 0 or (it.money == 0 and it.points > 0) for it in line.paid)
    assert line.net >= 0
    as_discount = sum(it.money for it in line.paid if not it.tender)
    assert line.gross - line.discount - as_discount >= min(line.gross, before.floor)
    assert 0 <= line.free <= before.quantity
    assert before.may_discount or not line.effects
    assert before.may_earn or not line.earned
    assert before.may_redeem or not any(it.money for it in line.paid)


def _hold_of_spending(
    result: Result, account: Account, found: Program, before: Sequence[Position], on: dt.date
) -> None:
    """No wallet pays above its balance or its share, below its least amount, or while it owes."""
    able = {it.line.line for it in before if it.may_redeem}
    payable = sum(it.gross - it.discount for it in result.lines if it.line in able)
    for wallet in found.wallets:
        spent = _summed(result.spent)[wallet.id, ""]
        assert spent <= sum(it.amount for it in usable(account.lots, wallet.id, on))
    for wallet in paying_order(found):
        own = [it for at in result.lines for it in at.paid if not it.account]
        paid = [it for it in own if it.wallet == wallet.id and it.money]  # no price of a reward
        money, points = sum(it.money for it in paid), sum(it.points for it in paid)
        assert money <= payable * wallet.max_share // WHOLE_SHARE
        if points:
            assert points >= wallet.min_redeem
            assert not points % wallet.step
            assert not account.debt(wallet.id)
        payable -= money


def _spent(lines: Sequence[LineResult]) -> Sums:
    return _summed(
        Points(wallet=it.wallet, amount=it.points, account=it.account)
        for at in lines
        for it in at.paid
    )


def _summed(points: Iterable[Points]) -> Sums:
    found: Sums = Counter()
    for it in points:
        if it.amount:
            found[it.wallet, it.account] += it.amount
    return found
