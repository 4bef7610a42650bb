"""Any receipt of any program comes back in any parts, and gives back exactly everything."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.account import Account, Seen, moved
from loyaltyd.domain.books.returns import Returned, goods_returned, sale_cancelled
from loyaltyd.domain.engine.quote import Points
from loyaltyd.domain.refusal import Refusal
from tests.domain.receipts import BONUS_CARD, EARN, basket, line, program, rub, rule, wallet
from tests.domain.sales import DAY, Sold, sales, sold, splits

SOMEBODY = Seen(card=BONUS_CARD, account=Account(id="a" * 32))
LATER = DAY + dt.timedelta(days=3)


def held(points: Sequence[Points]) -> Counter[str]:
    """Points by wallet."""
    return Counter({it.wallet: it.amount for it in points})


def came_back(
    found: Sold, parts: Sequence[dict[int, int]], on: dt.date = LATER
) -> tuple[list[Returned], Account | None]:
    """All parts, one after the other, and what the account then holds."""
    earlier: list[Returned] = []
    account = found.account
    for part in parts:
        outcome = goods_returned(found.case(tuple(earlier), account, on), part)
        assert not isinstance(outcome, Refusal), outcome
        earlier.append(outcome.returned)
        account = moved(account, outcome.postings) if account else None
        assert all(lot.amount > 0 for lot in (account.lots if account else ()))
    return earlier, account


def total(found: Sequence[Sequence[Points]]) -> Counter[str]:
    """The points of several returns by wallet."""
    return sum((held(points) for points in found), start=Counter[str]())


@given(st.data())
def test_returning_everything_in_any_parts_gives_back_exactly_everything(
    data: st.DataObject,
) -> None:
    found = data.draw(sales())
    parts = data.draw(splits(found.sale.basket))
    returns, account = came_back(found, parts)
    result = found.sale.result
    assert sum(it.refund for it in returns) == result.payable
    assert [it.refund >= 0 for it in returns] == [True] * len(returns)
    assert sum(it.spend for it in returns) == (result.spend if parts else 0)
    assert total([it.restored for it in returns]) == (held(result.spent) if parts else Counter())
    assert total([it.clawed_back for it in returns]) == (
        held(result.earned) if parts else Counter()
    )
    _nothing_was_made_or_lost(found, account if parts else None)


def _nothing_was_made_or_lost(found: Sold, account: Account | None) -> None:
    before = found.sale.seen.account
    if account is None or before is None:
        return
    for it in found.program.wallets:
        was = sum(lot.amount for lot in before.lots if lot.wallet == it.id) - before.debt(it.id)
        now = sum(lot.amount for lot in account.lots if lot.wallet == it.id) - account.debt(it.id)
        assert now == was, it.id


@given(st.data())
def test_the_lines_of_a_return_sum_to_its_totals(data: st.DataObject) -> None:
    found = data.draw(sales())
    for it in came_back(found, data.draw(splits(found.sale.basket)))[0]:
        assert total([line.restored for line in it.lines]) == held(it.restored)
        assert total([line.clawed_back for line in it.lines]) == held(it.clawed_back)
        assert all(points.amount > 0 for points in (*it.restored, *it.clawed_back))


@given(st.data())
def test_one_return_of_all_and_a_cancel_leave_the_same(data: st.DataObject) -> None:
    found = data.draw(sales().filter(lambda it: it.sale.basket.lines))
    whole = {it.line: it.quantity for it in found.sale.basket.lines}
    _, account = came_back(found, [whole], DAY)
    cancelled = sale_cancelled(found.case((), found.account, DAY))
    assert not isinstance(cancelled, Refusal)
    if account is not None and all(it.restore == "original" for it in found.program.wallets):
        assert found.account is not None
        assert moved(found.account, cancelled.postings) == account
    assert cancelled.returned.refund == found.sale.result.payable
    assert cancelled.returned.spend == found.sale.result.spend


@given(st.data())
def test_a_cancel_leaves_the_account_as_it_was(data: st.DataObject) -> None:
    found = data.draw(sales())
    before = found.sale.seen.account
    cancelled = sale_cancelled(found.case((), found.account, DAY))
    assert not isinstance(cancelled, Refusal)
    if before is not None and found.account is not None and not before.debts:
        after = moved(found.account, cancelled.postings)
        assert after.lots == moved(before, ()).lots
        assert after.debts == ()


def test_a_return_never_recomputes_a_discount() -> None:
    # the line that is left no longer reaches the least total, and keeps its ten per cent
    when = 'when = { min_total = "150.00" }'
    found = sold(
        program(rule("ten", "receipt", 'percent_off = "10%"', when)),
        basket(line(1, "100.00"), line(2, "100.00")),
        Seen(),
    )
    returns, _ = came_back(found, [{1: 1000}, {2: 1000}])
    assert [it.refund for it in returns] == [9000, 9000]


def test_what_a_lower_tier_would_have_earned_is_what_is_left() -> None:
    # counts_current: the receipt reached silver itself, and without its second line it doesn't
    tiers = (
        '[tiers]\nmeasure = "spend"\n'
        'levels = [{ id = "start", from = "0" }, { id = "silver", from = "150.00" }]\n'
    )
    more = rule(
        "silver", "points", 'earn = "bonus", percent = "5%"', 'when = { tier = ["silver"] }'
    )
    who = Seen(card=BONUS_CARD, account=Account(id="a" * 32, tier="start"))
    cart = basket(line(1, "100.00"), line(2, "100.00"))
    found = sold(program(tiers + wallet() + EARN + more), cart, who)
    assert held(found.sale.result.earned) == {"bonus": rub("20.00")}
    returns, _ = came_back(found, [{2: 1000}])
    assert held(returns[0].clawed_back) == {"bonus": rub("15.00")}


@pytest.mark.parametrize("policy", ["clamp", "only-pending"])
def test_a_cancel_obeys_no_wallets_policy(policy: str) -> None:
    text = wallet(f'debt = "{policy}"\nrestore = "none"') + EARN
    found = sold(program(text), basket(line(1, "100.00")), SOMEBODY)
    assert found.account is not None
    gone = replace(found.account, lots=())  # spent meanwhile
    cancelled = sale_cancelled(found.case((), gone, DAY))
    assert not isinstance(cancelled, Refusal)
    assert moved(gone, cancelled.postings).debt("bonus") == rub("5.00")
