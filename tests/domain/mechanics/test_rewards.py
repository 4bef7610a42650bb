"""Rewards: given only as the receipt asks for them, at a price in points or for nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.basket import Basket, Line
from loyaltyd.domain.engine.explain import Cause, Note, Why
from loyaltyd.domain.engine.position import Paid
from loyaltyd.domain.engine.quote import Quote, Result, quote
from loyaltyd.domain.facts import facts_of, value_from
from loyaltyd.domain.past import Past, Uses
from loyaltyd.domain.refusal import Reason, refused
from tests.domain.mugs import MUG, MUGS, asked, mugs
from tests.domain.receipts import (
    DISCOUNT_CARD,
    EARN,
    NOBODY,
    PLACE,
    SATURDAY,
    basket,
    cause,
    discounts,
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

PAIR = wallet() + rule("pair", "item", 'free = 2, cost = { bonus = "3.00" }')


def cut(answer: Quote) -> list[tuple[str, int, int, Why | None]]:
    """What the cashier hears of rewards: which, how many of how many, and why."""
    told = [it for it in answer.messages if it.note is Note.REWARD_CUT]
    assert all(it.audience == "cashier" for it in told)
    return [(it.subject, it.amount, it.more, it.why) for it in told]


def test_a_reward_that_is_not_asked_for_changes_nothing() -> None:
    answer = asked(MUGS, holds(bonus=rub("900.00")), mugs())
    assert (discounts(answer), spent_of(answer), cut(answer)) == ([0], 0, [])
    assert answer.trace == (Why(rule="mug", cause=Cause.NOT_ASKED),)


def test_a_mug_for_150_bonuses() -> None:
    answer = asked(MUGS, holds(bonus=rub("200.00")), mugs(), line(2, "90.00"), mug=1)
    assert discounts(answer) == [rub("400.00"), 0]
    assert answer.result.payable == rub("90.00")
    assert spent_of(answer) == rub("150.00")
    assert answer.result.lines[0].paid == (Paid(wallet="bonus", money=0, points=rub("150.00")),)
    assert answer.trace == (Why(rule="mug", cause=Cause.APPLIED, has=rub("400.00")),)
    assert cut(answer) == []


def test_its_price_pays_no_money_and_is_no_tender() -> None:
    (result,) = asked(MUGS, holds(bonus=rub("200.00")), mugs(), mug=1).result.lines
    assert (result.redeemed, result.tendered, result.net, result.free) == (0, 0, 0, 1000)


def test_as_many_as_are_asked_for_and_no_more() -> None:
    answer = asked(MUGS, holds(bonus=rub("900.00")), mugs("3"), mug=2)
    assert (discounts(answer), spent_of(answer)) == ([rub("800.00")], rub("300.00"))


@pytest.mark.parametrize(
    ("balance", "given"), [("449.99", 2), ("450.00", 3), ("149.99", 0), ("150.00", 1)]
)
def test_never_on_credit(balance: str, given: int) -> None:
    answer = asked(MUGS, holds(bonus=rub(balance)), mugs("3"), mug=3)
    assert discounts(answer) == [given * rub("400.00")]
    assert spent_of(answer) == given * rub("150.00")
    why = Why(rule="mug", cause=Cause.POINTS, needs="450.00 bonus", has=balance)
    assert cut(answer) == ([("mug", given, 3, why)] if given < 3 else [])
    assert cause(answer, "mug") is (Cause.APPLIED if given else Cause.POINTS)


def test_who_owes_gets_none() -> None:
    answer = asked(MUGS, holds({"bonus": 1}, bonus=rub("900.00")), mugs(), mug=1)
    assert discounts(answer) == [0]
    assert answer.trace == (Why(rule="mug", cause=Cause.POINTS, needs="150.00 bonus", has="0.00"),)


@pytest.mark.parametrize("who", [NOBODY, replace(holds(bonus=90_000), card=DISCOUNT_CARD)])
def test_without_a_card_that_holds_points_nothing_pays_for_it(who: Seen) -> None:
    assert cause(asked(MUGS, who, mugs(), mug=1), "mug") is Cause.POINTS


def test_what_the_receipt_earns_does_not_pay_for_its_reward() -> None:
    # 5% of 2900.00 would be 145.00 more
    cart = mugs(), line(2, "2500.00")
    answer = asked(MUGS + EARN, holds(bonus=rub("149.00")), *cart, mug=1)
    assert earned_in(answer) == rub("145.00")
    assert discounts(answer) == [0, 0]


# semantics 21: free-product cost rounds up, 5 free at 2 per 3 points costs 9
@pytest.mark.parametrize(("count", "points"), [(1, 3), (2, 3), (3, 6), (4, 6), (5, 9), (6, 9)])
def test_five_free_at_two_for_three_points_cost_nine(count: int, points: int) -> None:
    answer = asked(PAIR, holds(bonus=rub("90.00")), line(1, "10.00", "6"), pair=count)
    assert (discounts(answer), spent_of(answer)) == ([count * 1000], rub(f"{points}.00"))


@pytest.mark.parametrize(("balance", "free"), [("8.99", 4), ("9.00", 5), ("2.99", 0)])
def test_points_for_a_pack_give_the_whole_pack(balance: str, free: int) -> None:
    answer = asked(PAIR, holds(bonus=rub(balance)), line(1, "10.00", "6"), pair=5)
    assert discounts(answer) == [free * 1000]


def test_the_price_is_spread_over_the_lines_by_the_pieces_that_each_gives() -> None:
    # the three cheapest: one of line 2 and two of line 1. Two packs, 6.00: 4.00 and 2.00
    cart = line(1, "20.00", "2"), line(2, "10.00"), line(3, "30.00")
    answer = asked(PAIR, holds(bonus=rub("90.00")), *cart, pair=3)
    assert discounts(answer) == [4000, 1000, 0]
    points = [sum(it.points for it in each.paid) for each in answer.result.lines]
    assert points == [400, 200, 0]


@pytest.mark.parametrize(("which", "taken"), [("cheapest", [0, 1000]), ("dearest", [3000, 0])])
def test_the_cheapest_goes_first_unless_the_rule_says_the_dearest(
    which: str, taken: list[int]
) -> None:
    text = wallet() + rule("r", "item", f'free = 1, which = "{which}", cost = {{ bonus = "1" }}')
    answer = asked(text, holds(bonus=100), line(1, "30.00"), line(2, "10.00"), r=1)
    assert discounts(answer) == taken


@pytest.mark.parametrize(
    ("give", "taken"),
    [
        ('percent_off = "50%", units = 1', 20_000),
        ('percent_off = "50%", units = 1, max = "120.00"', 12_000),
        ('amount_off = "150.00", units = 1', 15_000),
        ('fixed_price = "99.00", units = 1', 30_100),
    ],
)
def test_points_may_buy_a_lower_price_of_a_piece(give: str, taken: int) -> None:
    text = wallet() + rule("r", "item", f'{give}, cost = {{ bonus = "80.00" }}')
    answer = asked(text, holds(bonus=rub("100.00")), mugs("2"), r=1)
    assert (discounts(answer), spent_of(answer)) == ([taken], rub("80.00"))
    assert answer.result.lines[0].free == 0


@pytest.mark.parametrize(("there", "free"), [("2", 0), ("3", 1), ("6", 2), ("9", 2)])
def test_of_every_three_one_for_points(there: str, free: int) -> None:
    # two are asked for: they take six pieces
    text = wallet() + rule("r", "item", 'buy = 3, free = 1, cost = { bonus = "5.00" }')
    answer = asked(text, holds(bonus=rub("100.00")), line(1, "10.00", there), r=2)
    assert (discounts(answer), spent_of(answer)) == ([free * 1000], free * rub("5.00"))
    why = Why(rule="r", cause=Cause.PIECES, needs="6", has=there)
    assert cut(answer) == ([("r", free, 2, why)] if free < 2 else [])


def test_a_price_in_several_wallets_takes_all_of_them() -> None:
    more = "[wallets.stars]\nscale = 0\n"
    text = wallet() + more + rule("r", "item", 'free = 1, cost = { bonus = "10.00", stars = "3" }')
    answer = asked(text, holds(bonus=rub("100.00"), stars=7), line(1, "50.00", "4"), r=3)
    # 100.00 pay ten, seven stars pay two
    assert (spent_of(answer), spent_of(answer, "stars")) == (rub("20.00"), 6)
    why = Why(rule="r", cause=Cause.POINTS, needs="9 stars", has="7")
    assert cut(answer) == [("r", 2, 3, why)]
    assert answer.result.lines[0].paid == (
        Paid(wallet="bonus", money=0, points=2000),
        Paid(wallet="stars", money=0, points=6),
    )


def test_free_without_a_price_is_given_to_anybody_who_asks() -> None:
    text = rule("sample", "item", "free = 1")
    assert discounts(asked(text, NOBODY, line(1, "9.00", "2"))) == [0]
    assert discounts(asked(text, NOBODY, line(1, "9.00", "2"), sample=1)) == [900]


def test_a_reward_of_none_of_its_goods_costs_nothing() -> None:
    answer = asked(MUGS, holds(bonus=rub("900.00")), line(1, "90.00"), mug=1)
    assert (discounts(answer), spent_of(answer)) == ([0], 0)
    assert cut(answer) == [("mug", 0, 1, Why(rule="mug", cause=Cause.GOODS))]


def test_fewer_pieces_than_were_asked_for() -> None:
    answer = asked(MUGS, holds(bonus=rub("900.00")), mugs("2"), mug=3)
    assert spent_of(answer) == rub("300.00")
    assert cut(answer) == [("mug", 2, 3, Why(rule="mug", cause=Cause.PIECES, needs="3", has="2"))]


@pytest.mark.parametrize(
    ("goods", "why"),
    [
        (mugs(flags=("no_discount",)), Why(rule="mug", cause=Cause.NO_DISCOUNT)),
        (mugs("0.5"), Why(rule="mug", cause=Cause.PIECES, needs="1", has="0")),
        (mugs(price="0.00"), Why(rule="mug", cause=Cause.PIECES, needs="1", has="0")),
        (mugs(floor_price=1), Why(rule="mug", cause=Cause.FLOOR)),
    ],
)
def test_what_can_not_be_given_is_not_charged(goods: Line, why: Why) -> None:
    answer = asked(MUGS, holds(bonus=rub("900.00")), goods, mug=1)
    assert (discounts(answer), spent_of(answer)) == ([0], 0)
    assert cut(answer) == [("mug", 0, 1, why)]


@pytest.mark.parametrize(("floor", "given"), [("100.00", 3), ("100.01", 2), ("400.00", 0)])
def test_a_floor_price_cuts_no_reward_short(floor: str, given: int) -> None:
    # 4 mugs of 400.00 at a floor of 100.00 each leave room for three whole ones
    answer = asked(MUGS, holds(bonus=rub("900.00")), mugs("4", floor_price=rub(floor)), mug=4)
    assert discounts(answer) == [given * rub("400.00")]
    assert spent_of(answer) == given * rub("150.00")


def test_the_next_cheapest_is_given_where_a_floor_is_in_the_way() -> None:
    cart = mugs(floor_price=100), line(2, "500.00", sku="MUG")
    answer = asked(MUGS, holds(bonus=rub("900.00")), *cart, mug=1)
    assert discounts(answer) == [0, rub("500.00")]


# ── beside other rules ──


def test_conditions_and_limits_hold_as_for_any_rule() -> None:
    text = wallet() + rule(
        "mug",
        "item",
        'free = 1, cost = { bonus = "150.00" }',
        'when = { min_total = "500.00" }\nlimit = { per_account = 1 }',
    )
    who = holds(bonus=rub("900.00"))
    used = replace(who, past=Past(uses=(Uses(rule="mug", account=1),)))
    small = asked(text, who, line(1, "499.99"), mug=1)
    assert cause(small, "mug") is Cause.MIN_TOTAL
    assert cut(small)[0][3] == small.trace[0]
    assert cause(asked(text, used, line(1, "500.00"), mug=1), "mug") is Cause.LIMIT
    answer = asked(text, who, line(1, "500.00"), mug=1)
    assert answer.result.used == ("mug",)
    assert asked(text, who, line(1, "500.00")).result.used == ()


@pytest.mark.parametrize(("times", "given"), [(1, 2), (2, 3), (3, 3)])
def test_a_limit_of_the_receipt_counts_packs(times: int, given: int) -> None:
    text = PAIR.rstrip() + f"\nlimit = {{ per_receipt = {times} }}\n"
    answer = asked(text, holds(bonus=rub("90.00")), line(1, "10.00", "6"), pair=3)
    assert discounts(answer) == [given * 1000]
    why = Why(rule="pair", cause=Cause.LIMIT, needs="1", has="1")
    assert cut(answer) == ([("pair", 2, 3, why)] if given < 3 else [])


@pytest.mark.parametrize(
    ("budget", "given"), [("1200.00", 3), ("1199.99", 2), ("400.00", 1), ("399.99", 0)]
)
def test_a_budget_cuts_no_reward_short_either(budget: str, given: int) -> None:
    text = MUGS.rstrip() + f'\nlimit = {{ budget = "{budget}" }}\n'
    answer = asked(text, holds(bonus=rub("900.00")), mugs("3"), mug=3)
    assert discounts(answer) == [given * rub("400.00")]
    assert spent_of(answer) == given * rub("150.00")
    why = Why(rule="mug", cause=Cause.BUDGET, needs=rub(budget), has=0)
    assert cut(answer) == ([("mug", given, 3, why)] if given < 3 else [])


def test_two_rewards_share_the_balance_in_the_files_order() -> None:
    text = wallet() + MUG + MUG.replace('"mug"', '"again"')
    answer = asked(text, holds(bonus=rub("299.99")), mugs("2"), mug=1, again=1)
    assert [cause(answer, "mug"), cause(answer, "again")] == [Cause.APPLIED, Cause.POINTS]
    why = Why(rule="again", cause=Cause.POINTS, needs="150.00 bonus", has="149.99")
    assert cut(answer) == [("again", 0, 1, why)]
    answer = asked(text, holds(bonus=rub("300.00")), mugs("2"), mug=1, again=1)
    assert (answer.result.payable, spent_of(answer)) == (0, rub("300.00"))


@pytest.mark.parametrize(("balance", "given"), [("159.99", 1), ("160.00", 2)])
def test_rewards_of_one_group_never_spend_a_point_twice(balance: str, given: int) -> None:
    group = '[groups.g]\npick = "best"\n'
    tea = rule(
        "tea", "item", 'free = 1, cost = { bonus = "10.00" }', 'on = { sku = ["TEA"] }\ngroup = "g"'
    )
    text = wallet() + group + MUG.rstrip() + '\ngroup = "g"\n' + tea
    cart = mugs(), line(2, "90.00", sku="TEA")
    answer = asked(text, holds(bonus=rub(balance)), *cart, mug=1, tea=1)
    assert [it > 0 for it in discounts(answer)].count(True) == given
    assert spent_of(answer) == (rub("160.00") if given == 2 else rub("150.00"))


def test_a_better_rule_of_its_group_leaves_the_points_where_they_are() -> None:
    group = '[groups.g]\npick = "best"\n'
    half = 'percent_off = "10%", units = 1, cost = { bonus = "5.00" }'
    text = (
        wallet()
        + group
        + rule("r", "item", half, 'group = "g"')
        + rule("sale", "item", 'percent_off = "50%"', 'on = { sku = ["sku-1"] }\ngroup = "g"')
    )
    # of the two pieces one would be of line 1, which half off is better for
    who, cart = holds(bonus=rub("50.00")), (line(1, "30.00"), line(2, "40.00"))
    answer = asked(text, who, *cart, r=2)
    assert discounts(answer) == [1500, 400]
    assert spent_of(answer) == rub("5.00")
    assert cut(answer) == [("r", 1, 2, Why(rule="r", cause=Cause.BETTER_RULE))]
    alone = asked(text, who, cart[0], r=1)
    assert (spent_of(alone), cause(alone, "r")) == (0, Cause.BETTER_RULE)
    assert cut(alone)[0][3] == alone.trace[0]


def test_a_rule_that_it_does_not_go_with_comes_first() -> None:
    sale = rule("sale", "item", 'percent_off = "50%"')
    text = wallet() + sale + MUG.rstrip() + '\nexclude = ["sale"]\n'
    answer = asked(text, holds(bonus=rub("900.00")), mugs(), mug=1)
    assert (cause(answer, "mug"), spent_of(answer)) == (Cause.EXCLUDED, 0)


def test_a_piece_that_a_reward_made_free_is_counted_no_more() -> None:
    three = rule("three-for-two", "item", "buy = 3, free = 1")
    who = holds(bonus=rub("900.00"))
    answer = asked(MUGS + three, who, mugs("3"), mug=1)
    assert cause(answer, "three-for-two") is Cause.PIECES
    assert discounts(asked(MUGS + three, who, mugs("4"), mug=1)) == [rub("800.00")]


# ── refusals and records ──


@pytest.mark.parametrize("name", ["cup", "base-earn", "bonus"])
def test_what_is_no_reward_of_the_program_is_refused(name: str) -> None:
    cart = basket(mugs(), rewards={name: 1})
    found = quote(cart, NOBODY, program(MUGS + EARN), PLACE, SATURDAY)
    assert found == refused(Reason.REWARD_UNKNOWN, reward=name)


def test_baskets_and_results_read_back_from_their_records_as_they_were() -> None:
    cart = basket(mugs(), rewards={"mug": 1})
    facts = facts_of(cart)
    assert facts["rewards"] == [{"rule": "mug", "count": 1}]
    assert value_from(Basket, facts) == cart
    result = quoted(program(MUGS), cart, holds(bonus=rub("150.00"))).result
    assert value_from(Result, facts_of(result)) == result
    assert "rewards" not in facts_of(basket(mugs()))
