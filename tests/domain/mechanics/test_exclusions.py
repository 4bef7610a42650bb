"""`exclude`: rules that never lower a line together."""

from __future__ import annotations

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.books.returns import Reversal, goods_returned
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.quote import Quote
from tests.domain.receipts import (
    DISCOUNT_CARD,
    basket,
    cause,
    discounts,
    earned_in,
    line,
    program,
    quoted,
    rule,
    seen,
    wallet,
)
from tests.domain.sales import clawed_back, sold

CART = basket(line(1, "100.00", category="dairy/milk"), line(2, "100.00"))
DAIRY = 'on = { category = ["dairy/*"] }\n'


def milk(more: str = "") -> str:
    """Twenty per cent off milk, an offer of the week."""
    return rule("milk", "item", 'percent_off = "20%"', DAIRY + more)


def ten(more: str = "") -> str:
    """Ten per cent off everything."""
    return rule("ten", "receipt", 'percent_off = "10%"', more)


@pytest.mark.parametrize(
    "text",
    [
        milk() + ten('exclude = ["milk"]'),
        milk('exclude = ["ten"]') + ten(),
        ten('exclude = ["milk"]') + milk(),
        '[groups.week]\n[groups.rest]\nexclude = ["week"]\n'
        + milk('group = "week"')
        + ten('group = "rest"'),
        '[groups.week]\nexclude = ["rest"]\n[groups.rest]\n'
        + milk('group = "week"')
        + ten('group = "rest"'),
    ],
)
def test_the_rule_that_runs_first_keeps_the_line_whichever_names_the_other(text: str) -> None:
    # milk 20.00; of the other 100.00 ten per cent
    answer = quoted(program(text), CART)
    assert [[it.rule for it in each.effects] for each in answer.result.lines] == [["milk"], ["ten"]]
    assert discounts(answer) == [2000, 1000]


def test_without_exclude_both_lower_the_line() -> None:
    assert discounts(quoted(program(milk() + ten()), CART)) == [2800, 1000]


def test_a_discount_cards_own_percentage_keeps_off_goods_on_offer() -> None:
    # a card's 5% and goods of the week: 5.00 off the other line alone
    answer = quoted(program(milk('exclude = ["card"]')), CART, Seen(card=DISCOUNT_CARD))
    assert discounts(answer) == [2000, 500]


def test_a_rule_that_an_offer_leaves_no_goods_says_so() -> None:
    only_milk = basket(line(1, "100.00", category="dairy/milk"))
    answer = quoted(program(milk() + ten('exclude = ["milk"]')), only_milk)
    assert (discounts(answer), cause(answer, "ten")) == ([2000], Cause.EXCLUDED)


def test_an_offer_that_took_nothing_excludes_nothing() -> None:
    never = milk('when = { min_total = "500.00" }')
    assert discounts(quoted(program(never + ten('exclude = ["milk"]')), CART)) == [1000, 1000]


def test_rules_of_one_group_that_all_count_may_exclude_each_other() -> None:
    each = rule("ten", "item", 'percent_off = "10%"', 'group = "g"\nexclude = ["milk"]')
    found = program('[groups.g]\npick = "all"\n' + milk('group = "g"') + each)
    assert discounts(quoted(found, CART)) == [2000, 1000]


def earning(exclude: str) -> str:
    return wallet() + milk() + rule("earn", "points", 'earn = "bonus", percent = "10%"', exclude)


@pytest.mark.parametrize(("exclude", "points"), [("", 1800), ('exclude = ["milk"]', 1000)])
def test_goods_on_offer_earn_nothing_where_the_program_says_so(exclude: str, points: int) -> None:
    # 10% of 80.00 + 100.00, or of 100.00 alone
    answer: Quote = quoted(program(earning(exclude)), CART, seen())
    assert earned_in(answer) == points


@pytest.mark.parametrize(("line_back", "taken"), [(1, 0), (2, 1000)])
def test_a_return_takes_back_what_those_goods_earned(line_back: int, taken: int) -> None:
    sale = sold(program(earning('exclude = ["milk"]')), CART, seen())
    reversal = goods_returned(sale.case((), sale.account, sale.sale.at.date()), {line_back: 1000})
    assert isinstance(reversal, Reversal)
    assert sum(it.amount for it in reversal.returned.clawed_back) == taken


def test_an_earning_rule_whose_goods_are_all_on_offer_says_so() -> None:
    only_milk = basket(line(1, "100.00", category="dairy/milk"))
    answer = quoted(program(earning('exclude = ["milk"]')), only_milk, seen())
    assert cause(answer, "earn") is Cause.EXCLUDED


def test_what_stays_of_a_lowered_line_earns_no_more_than_it_did() -> None:
    # one kopeck off three pieces: of the last of them alone it would round to nothing
    text = rule("kopeck", "receipt", 'amount_off = "0.01"', 'on = { sku = ["sku-1"] }')
    earn = rule("earn", "points", 'earn = "bonus", percent = "10%"', 'exclude = ["kopeck"]')
    cart = basket(line(1, "100.00", "3"), line(2, "100.00"))
    found = sold(program(wallet() + text + earn), cart, seen())
    assert clawed_back(found, {1: 2}, {2: 1}, {1: 1}) == [0, 1000, 0]


def test_a_rule_that_earns_names_the_rules_that_lowered_its_own_goods() -> None:
    text = (
        wallet()
        + rule("milk", "item", 'percent_off = "10%"', 'on = { sku = ["sku-1"] }')
        + rule("bread", "item", 'percent_off = "10%"', 'on = { sku = ["sku-2"] }')
        + rule(
            "earn",
            "points",
            'earn = "bonus", percent = "5%"',
            'on = { sku = ["sku-1"] }\nexclude = ["bread", "milk"]',
        )
    )
    answer = quoted(program(text), basket(line(1, "100.00"), line(2, "100.00")), seen())
    why = next(it for it in answer.trace if it.rule == "earn")
    assert (why.cause, why.needs) == (Cause.EXCLUDED, "milk")
