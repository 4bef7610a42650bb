"""What pays for rewards: of several wallets the one that holds least, and never a stranger's."""

from __future__ import annotations

from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.position import Paid
from tests.domain.mugs import asked
from tests.domain.receipts import NOBODY, discounts, holds, line, rub, rule, spent_of, wallet

STARS = "[wallets.stars]\nscale = 0\n"


def test_of_wallets_that_pay_for_as_few_pieces_the_first_is_named() -> None:
    text = wallet() + STARS + rule("r", "item", 'free = 1, cost = { bonus = "10.00", stars = "3" }')
    answer = asked(text, holds(bonus=rub("10.00"), stars=3), line(1, "50.00", "2"), r=2)
    assert (spent_of(answer), spent_of(answer, "stars")) == (rub("10.00"), 3)
    (told,) = answer.messages
    assert told.why == Why(rule="r", cause=Cause.POINTS, needs="20.00 bonus", has="10.00")


def test_of_packs_the_wallet_that_pays_for_fewer_pieces_is_named() -> None:
    # asked for four, two a pack: 20.00 bonus pays both packs, three stars only one
    text = wallet() + STARS + rule("r", "item", 'free = 2, cost = { bonus = "10.00", stars = "2" }')
    answer = asked(text, holds(bonus=rub("20.00"), stars=3), line(1, "50.00", "4"), r=4)
    assert discounts(answer) == [rub("100.00")]
    (told,) = answer.messages
    assert told.why == Why(rule="r", cause=Cause.POINTS, needs="4 stars", has="3")


def test_without_an_account_there_is_not_even_one_point() -> None:
    text = STARS + rule("r", "item", 'free = 1, cost = { stars = "1" }')
    answer = asked(text, NOBODY, line(1, "50.00"), r=1)
    assert discounts(answer) == [0]
    assert answer.trace == (Why(rule="r", cause=Cause.POINTS, needs="1 stars", has="0"),)


def test_a_piece_that_costs_less_already_sets_no_points_aside() -> None:
    # of both cups the dear one gets the price of 50.00; the cheap one keeps its 40.00, and what it
    # would cost is there for the other reward
    cups, tea = 'on = { sku = ["CUP"] }\ngroup = "g"', 'on = { sku = ["TEA"] }\ngroup = "g"'
    text = (
        wallet()
        + '[groups.g]\npick = "first"\n'
        + rule("cup", "item", 'fixed_price = "50.00", units = 1, cost = { bonus = "20.00" }', cups)
        + rule("tea", "item", 'free = 1, cost = { bonus = "5.00" }', tea)
    )
    cart = line(1, "80.00", sku="CUP"), line(2, "40.00", sku="CUP"), line(3, "9.00", sku="TEA")
    answer = asked(text, holds(bonus=rub("40.00")), *cart, cup=2, tea=1)
    assert discounts(answer) == [rub("30.00"), 0, rub("9.00")]
    assert spent_of(answer) == rub("25.00")


def test_a_reward_that_takes_more_off_than_a_piece_costs_makes_it_free() -> None:
    give = 'amount_off = "150.00", units = 1, cost = { bonus = "20.00" }'
    answer = asked(wallet() + rule("r", "item", give), holds(bonus=2000), line(1, "100.00"), r=1)
    assert (discounts(answer), spent_of(answer)) == ([rub("100.00")], rub("20.00"))


def test_of_every_five_two_are_given() -> None:
    # ten are twice five: four; of the five that are asked for one lacks five more
    text = wallet() + rule("r", "item", 'buy = 5, free = 2, cost = { bonus = "1.00" }')
    answer = asked(text, holds(bonus=rub("9.00")), line(1, "10.00", "10"), r=5)
    assert (discounts(answer), spent_of(answer)) == ([rub("40.00")], rub("2.00"))
    (told,) = answer.messages
    assert told.why == Why(rule="r", cause=Cause.PIECES, needs="15", has="10")


def test_a_line_whose_share_of_the_price_is_no_point_pays_nothing() -> None:
    text = STARS + rule("r", "item", 'free = 2, cost = { stars = "1" }')
    answer = asked(text, holds(stars=1), line(1, "50.00"), line(2, "50.00"), r=2)
    assert discounts(answer) == [rub("50.00"), rub("50.00")]
    assert [it.paid for it in answer.result.lines] == [
        (Paid(wallet="stars", money=0, points=1),),
        (),
    ]
