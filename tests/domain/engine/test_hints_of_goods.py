"""Which goods a hint counts and tells, and that what it tells is kept."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from loyaltyd.domain.basket import NO_DISCOUNT, NO_REDEEM, PIECE, Basket
from loyaltyd.domain.engine.hints import Hint
from loyaltyd.domain.money import decimal
from tests.domain.hinting import BY_QUANTITY, DAIRY, FIFTY, MILK, hinted, missing
from tests.domain.oracle.reckoning import reckoned
from tests.domain.random_discounts import random_discount
from tests.domain.receipts import (
    CARDS,
    HEAD,
    NOBODY,
    SATURDAY,
    basket,
    line,
    program,
    rub,
    rule,
    seen,
)


def test_goods_that_the_rule_lowers_are_counted_and_no_others() -> None:
    # three of dairy reach 5%; with two of bread they are no five of six
    found = program(rule("pieces", "item", BY_QUANTITY, DAIRY))
    cart = basket(line(1, "89.90", "3", **MILK), line(2, "30.00", "2", category="bread"))
    assert missing(found, cart) is None


def test_pieces_of_any_goods_are_told_without_a_name() -> None:
    told = hinted(
        program(rule("pieces", "item", BY_QUANTITY)), basket(line(1, "9.00", "2", **MILK))
    )
    assert told is not None
    assert (told.missing, told.like) == (1, "")


def test_more_is_told_of_goods_that_are_counted_as_the_rule_counts() -> None:
    cheese = line(1, "900.00", "0.5", unit="kg", name="Cheese", category="dairy/cheese")
    milk = line(2, "1.00", "2", **MILK)
    told = hinted(program(rule("pieces", "item", BY_QUANTITY, DAIRY)), basket(cheese, milk))
    assert told is not None
    assert (told.missing, told.like) == (1, "Milk 1 l")
    # 450.00 of cheese: 50.00 more are money, whatever it weighs
    when = 'when = { basket = { category = ["dairy/*"], min_amount = "500.00" } }'
    told = hinted(program(rule("dairy", "receipt", 'percent_off = "5%"', when)), basket(cheese))
    assert told is not None
    assert (told.missing, told.like) == (rub("50.00"), "Cheese")


def test_goods_of_the_part_that_lacks_them_are_told() -> None:
    bread = {"name": "Rye bread", "category": "bread"}
    dairy = '{ basket = { category = ["dairy/*"], min_amount = "%s" } }'
    more = '{ basket = { category = ["bread"], min_amount = "500.00" } }'
    both = f"when = {{ all = [{dairy % '300.00'}, {more}] }}"
    found = program(rule("both", "receipt", 'percent_off = "5%"', both))
    told = hinted(found, basket(line(1, "310.00", **MILK), line(2, "450.00", **bread)))
    assert told is not None
    assert (told.missing, told.like) == (rub("50.00"), "Rye bread")
    # of either, what is there: no milk at all stands on the receipt
    either = f"when = {{ any = [{dairy % '500.00'}, {more}] }}"
    found = program(rule("either", "receipt", 'percent_off = "5%"', either))
    told = hinted(found, basket(line(1, "450.00", **bread)))
    assert told is not None
    assert (told.missing, told.like) == (rub("50.00"), "Rye bread")


def test_money_that_is_told_counts_as_no_piece() -> None:
    # as a second piece it would halve the receipt first, and 250.00 would be missing still
    half = rule("half", "receipt", 'percent_off = "50%"', "when = { basket = { min_pieces = 2 } }")
    told = hinted(program(half + FIFTY), basket(line(1, "452.70", name="Tea")))
    assert told is not None
    assert (told.rule.id, told.missing) == ("fifty", rub("47.30"))


CATEGORIES = ("dairy/milk", "bread", "tea")


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_told_is_kept_as_the_oracle_reckons(seed: int) -> None:
    chance = Random(seed)
    told = 0
    for _ in range(40):
        text = random_program(chance)
        found, cart, who = program(text), random_basket(chance), chance.choice((NOBODY, seen()))
        hint_told = hinted(found, cart, who)
        if hint_told is None:
            continue
        told += 1
        after = reckoned(HEAD + text + CARDS, more_of(cart, hint_told), who, SATURDAY)
        assert any(hint_told.rule.id == effect[0] for line in after.effects for effect in line)
    assert told


def random_program(chance: Random) -> str:
    """Some discounts, of which most want a total or a few pieces."""
    text = f'[hints]\nwithin = "{chance.choice(("20%", "60%"))}"\n'
    for group in ("g", "h"):
        text += f'[groups.{group}]\npick = "{chance.choice(("best", "first", "all"))}"\n'
        text += f'base = "{chance.choice(("cascade", "original"))}"\n'
    for number, layer in enumerate(("item", "item", "receipt", "receipt")):
        more = f'on = {{ category = ["{chance.choice(CATEGORIES)}"] }}\n'
        more = more if chance.random() < 0.5 else ""
        more += f'group = "{"g" if layer == "item" else "h"}"\n' if chance.random() < 0.5 else ""
        least = chance.randint(1, 60_000)
        more += f'when = {{ min_total = "{decimal(least, 2)}" }}\n' if chance.random() < 0.5 else ""
        text += rule(f"r{number}", layer, random_discount(chance, layer, tiers=False), more)
    return text


def random_basket(chance: Random) -> Basket:
    lines = (
        line(
            number,
            decimal(chance.randint(1, 20_000), 2),
            chance.choice(("1", "1", "2", "5", "0.347")),
            category=chance.choice(CATEGORIES),
            name=f"goods {number}",
            flags=chance.choice(((), (), (), (NO_DISCOUNT,))),
        )
        for number in range(1, chance.randint(2, 6))
    )
    return basket(*lines)


def more_of(cart: Basket, told: Hint) -> Basket:
    """The receipt with what the hint says on it."""
    of = next((it for it in cart.lines if it.name == told.like), cart.lines[0])
    if told.counts_pieces:
        meant = (it for it in cart.lines if told.rule.on.has(it) and it.quantity % PIECE == 0)
        of = of if told.like else next(meant)
        more = replace(of, line=99, quantity=told.missing * PIECE)
    else:
        plain = of if told.like else line(99, "0.00", sku="", category="")
        flags = (NO_DISCOUNT, NO_REDEEM)
        more = replace(
            plain,
            line=99,
            quantity=PIECE,
            price=told.missing,
            unit="",
            flags=flags,
            floor_price=None,
        )
    return replace(cart, lines=(*cart.lines, more))
