"""`on`, `match` and `tags`: which goods a rule or a class means."""

from __future__ import annotations

import pytest

from loyaltyd.domain.basket import Line
from loyaltyd.domain.engine.explain import Cause
from tests.domain.receipts import (
    EARN,
    basket,
    cause,
    discounts,
    earned_in,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    wallet,
)

MILK = line(1, "90.00", category="dairy/milk")
PROMO = line(2, "50.00", category="sweets", tags=("promo", "own"))
KEFIR = line(3, "70.00", category="dairy/kefir", tags=("own",))
CLASSES = '\n[classes.own]\nmatch = { tags = ["own"], sku = ["sku-1"] }\n'


def taken(goods: str, *lines: Line) -> list[int]:
    """What a tenth off goods takes off each line."""
    text = CLASSES + rule("tenth", "item", 'percent_off = "10%"', f"on = {{ {goods} }}")
    return discounts(quoted(program(text), basket(*(lines or (MILK, PROMO, KEFIR)))))


@pytest.mark.parametrize(
    ("goods", "off"),
    [
        ('tags = ["promo"]', ["0.00", "5.00", "0.00"]),
        ('tags = ["own"]', ["0.00", "5.00", "7.00"]),
        ('tags = ["own", "promo"]', ["0.00", "5.00", "7.00"]),
        ('tags = ["staff"]', ["0.00", "0.00", "0.00"]),
        ('category = ["dairy/milk"], tags = ["promo"]', ["9.00", "5.00", "0.00"]),  # any of them
        ('class = "own"', ["9.00", "5.00", "7.00"]),
    ],
)
def test_a_tag_names_goods_as_a_category_does(goods: str, off: list[str]) -> None:
    assert taken(goods) == [rub(it) for it in off]


def test_a_line_with_two_tags_of_a_rule_is_lowered_once() -> None:
    assert taken('tags = ["own", "promo"]', PROMO) == [rub("5.00")]


def test_a_multiplier_may_be_for_a_tag_or_for_a_class() -> None:
    # 90.00 at 5% is 4.50, and 50.00 + 70.00 of the chain's own goods twice as much: 12.00
    for goods, points in (('tags = ["own"]', "16.50"), ('class = "own"', "21.00")):
        twice = rule("twice", "points", 'earn = "bonus", multiply = "2"', f"on = {{ {goods} }}")
        found = program(wallet() + CLASSES + EARN + twice)
        assert earned_in(quoted(found, basket(MILK, PROMO, KEFIR), seen())) == rub(points)


@pytest.mark.parametrize(
    ("when", "cart", "holds"),
    [
        ('tags = ["promo"]', [MILK, PROMO], True),
        ('tags = ["staff", "promo"]', [MILK, PROMO], True),
        ('tags = ["promo"]', [MILK, KEFIR], False),
        ('not = { tags = ["promo"] }', [MILK, KEFIR], True),
        ('not = { tags = ["promo"] }', [MILK, PROMO], False),
        ('basket = { tags = ["own"], min_positions = 2 }', [PROMO, KEFIR], True),
        ('basket = { tags = ["own"], min_positions = 2 }', [MILK, KEFIR], False),
        ('basket = { sku = ["sku-1"], min_positions = 1 }', [MILK, KEFIR], True),
        ('basket = { sku = ["sku-1"], min_positions = 1 }', [PROMO, KEFIR], False),
    ],
)
def test_a_rule_may_ask_for_tagged_goods_in_the_basket(
    when: str, cart: list[Line], holds: bool
) -> None:
    five = rule("five", "receipt", 'amount_off = "5.00"', f"when = {{ {when} }}")
    assert sum(discounts(quoted(program(five), basket(*cart)))) == (rub("5.00") if holds else 0)


def test_the_tags_that_are_missing_are_said() -> None:
    five = rule("five", "receipt", 'amount_off = "5.00"', 'when = { tags = ["a", "b"] }')
    (told,) = quoted(program(five), basket(PROMO)).trace
    assert (told.cause, told.needs, told.has) == (Cause.TAGS, "a, b", "")


def test_a_rule_whose_tag_no_line_carries_finds_none_of_its_goods() -> None:
    tenth = rule("tenth", "item", 'percent_off = "10%"', 'on = { tags = ["staff"] }')
    assert cause(quoted(program(tenth), basket(PROMO)), "tenth") is Cause.GOODS


def test_a_prefix_of_two_steps_means_what_lies_below_both() -> None:
    cart = (line(1, "90.00", category="dairy/milk/raw"), line(2, "50.00", category="dairy/kefir"))
    assert taken('category = ["dairy/milk/*"]', *cart) == [rub("9.00"), 0]
    assert taken('category = ["dairy/*"]', *cart) == [rub("9.00"), rub("5.00")]


@pytest.mark.parametrize(
    ("category", "prefix"),
    [("/dairy/milk", "/dairy/*"), ("dairy//raw", "dairy//*"), ("dairy//raw", "dairy/*")],
)
def test_a_step_without_a_name_is_a_step(category: str, prefix: str) -> None:
    sold = line(1, "90.00", category=category)
    assert taken(f'category = ["{prefix}"]', sold) == [rub("9.00")]
