"""What a reward costs beside paying, earning and returns: it pays no money, and comes back."""

from __future__ import annotations

import pytest

from loyaltyd.domain.books.returns import Returned, Reversal, goods_returned, sale_cancelled
from loyaltyd.domain.engine.explain import Cause, Note
from loyaltyd.domain.engine.position import Paid
from tests.domain.mugs import MUG, MUGS, asked, mugs
from tests.domain.receipts import (
    EARN,
    basket,
    cause,
    earned_in,
    holds,
    line,
    program,
    quoted,
    rub,
    rule,
    spent_of,
    wallet,
)
from tests.domain.sales import DAY, sold


def test_what_rewards_took_is_not_there_to_redeem() -> None:
    # 200.00 less 150.00 for the mug; the rest pays the milk
    cart = basket(mugs(), line(2, "90.00"), rewards={"mug": 1}, redeem={"bonus": "max"})
    answer = quoted(program(MUGS), cart, holds(bonus=rub("200.00")))
    assert answer.redeemable[0].redeemable == rub("50.00")
    assert spent_of(answer) == rub("200.00")
    assert answer.result.payable == rub("40.00")


def test_spending_says_what_rewards_and_redemption_took_together() -> None:
    cart = basket(mugs("2"), rewards={"mug": 1}, redeem={"bonus": "30.00"})
    answer = quoted(program(MUGS), cart, holds(bonus=rub("900.00")))
    assert answer.result.lines[0].paid == (
        Paid(wallet="bonus", money=0, points=rub("150.00")),
        Paid(wallet="bonus", money=rub("30.00"), points=rub("30.00")),
    )
    assert spent_of(answer) == rub("180.00")
    assert answer.result.payable == rub("370.00")


@pytest.mark.parametrize("earn_base", ["net-of-points", "none-if-redeemed"])
def test_a_reward_earns_nothing_and_stops_nothing_else_from_earning(earn_base: str) -> None:
    # 5% of the 90.00 that are paid: the price of a reward pays no money
    text = wallet(f'earn_base = "{earn_base}"') + MUG + EARN
    answer = asked(text, holds(bonus=rub("150.00")), mugs(), line(2, "90.00"), mug=1)
    assert earned_in(answer) == rub("4.50")


def test_no_rule_earns_on_the_price_of_a_reward() -> None:
    purse = '[wallets.purse]\nscale = 2\nredeem_rate = "1.00"\npoints_as = "tender"\n'
    of = rule("of", "points", 'earn = "bonus", percent = "10%", of = "purse"')
    mug = MUG.replace("bonus = ", "purse = ")
    answer = asked(wallet() + purse + mug + of, holds(purse=rub("150.00")), mugs("2"), mug=1)
    assert (spent_of(answer, "purse"), cause(answer, "of")) == (rub("150.00"), Cause.NOT_PAID_WITH)


def test_a_returned_reward_gives_its_points_back_to_their_lots() -> None:
    sale = sold(program(MUGS), basket(mugs(), rewards={"mug": 1}), holds(bonus=rub("200.00")))
    assert sale.account is not None
    assert sum(it.amount for it in sale.account.lots) == rub("50.00")
    reversal = goods_returned(sale.case((), sale.account, DAY), {1: 1000})
    assert isinstance(reversal, Reversal)
    assert reversal.returned.refund == 0
    assert [it.amount for it in reversal.returned.restored] == [rub("150.00")]
    assert [it.credit for it in reversal.postings] == ["lot/2020-01-01/-"]


def test_three_mugs_of_which_one_was_bought_with_points_come_back_one_by_one() -> None:
    # semantics 14: by cumulative quantity, 800.00 as 266.67, 266.66, 266.67 and 100.00 points
    text = wallet() + MUG.replace("150.00", "100.00")
    sale = sold(program(text), basket(mugs("3"), rewards={"mug": 1}), holds(bonus=rub("100.00")))
    earlier: list[Returned] = []
    for refund, points in (("266.67", "33.33"), ("266.66", "33.34"), ("266.67", "33.33")):
        reversal = goods_returned(sale.case(tuple(earlier), sale.account, DAY), {1: 1000})
        assert isinstance(reversal, Reversal)
        assert reversal.returned.refund == rub(refund)
        assert [it.amount for it in reversal.returned.restored] == [rub(points)]
        earlier.append(reversal.returned)


@pytest.mark.parametrize(("restore", "points"), [("original", "150.00"), ("none", "0.00")])
def test_a_return_follows_the_wallets_policy_and_a_cancel_gives_all_back(
    restore: str, points: str
) -> None:
    text = wallet(f'restore = "{restore}"') + MUG
    sale = sold(program(text), basket(mugs(), rewards={"mug": 1}), holds(bonus=rub("150.00")))
    case = sale.case((), sale.account, DAY)
    back, cancelled = goods_returned(case, {1: 1000}), sale_cancelled(case)
    assert isinstance(back, Reversal)
    assert sum(it.amount for it in back.returned.restored) == rub(points)
    assert isinstance(cancelled, Reversal)
    assert sum(it.amount for it in cancelled.returned.restored) == rub("150.00")


def test_a_message_of_a_cut_reward_stands_before_that_of_a_cut_wish() -> None:
    cart = basket(mugs(), rewards={"mug": 1}, redeem={"bonus": "50.00"})
    answer = quoted(program(MUGS), cart, holds(bonus=rub("20.00")))
    assert [it.note for it in answer.messages] == [Note.REWARD_CUT, Note.WISH_CUT]
