"""What is missing to a promise is told when it is near, and then it is kept to the kopeck."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.basket import NO_DISCOUNT, NO_REDEEM, Basket
from loyaltyd.domain.engine.gifts import Earn, PercentOff
from tests.domain.hinting import BY_QUANTITY, BY_TOTAL, DAIRY, FIFTY, MILK, TIERS, hinted, missing
from tests.domain.receipts import (
    DISCOUNT_CARD,
    EARN,
    NOBODY,
    basket,
    cause,
    discounts,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    wallet,
)


def with_more(cart: Basket, price: str, **members: str) -> Basket:
    """The receipt with goods for so much on it that no rule lowers and no points pay."""
    more = replace(line(99, price, **members), flags=(NO_DISCOUNT, NO_REDEEM))
    return replace(cart, lines=(*cart.lines, more))


def test_what_is_missing_to_a_step_is_told_and_reaches_it() -> None:
    # 2952.70 and 47.30 are 3000.00, of which 5% would be 150.00; the 47.30 can't be lowered
    found = program(rule("scale", "receipt", BY_TOTAL))
    cart = basket(line(1, "2952.70"))
    told = hinted(found, cart)
    assert told is not None
    assert (told.rule.id, told.missing, told.gives) == (
        "scale",
        rub("47.30"),
        PercentOff(share=50_000),
    )
    assert discounts(quoted(found, cart)) == [rub("88.58")]
    assert discounts(quoted(found, with_more(cart, "47.29"))) == [rub("88.58"), 0]
    assert discounts(quoted(found, with_more(cart, "47.30"))) == [rub("147.64"), 0]


@pytest.mark.parametrize(
    ("total", "more"),
    [
        *(("799.99", None), ("800.00", "200.00"), ("999.99", "0.01"), ("1000.00", None)),
        *(("2399.99", None), ("2400.00", "600.00"), ("3000.00", None), ("7999.99", None)),
        *(("8000.00", "2000.00"), ("10000.00", None)),
    ],
)
def test_a_fifth_of_a_step_is_near(total: str, more: str | None) -> None:
    found = program(rule("scale", "receipt", BY_TOTAL))
    assert missing(found, basket(line(1, total))) == (None if more is None else rub(more))


@pytest.mark.parametrize(
    ("within", "more"),
    [("0%", None), ("4.72%", None), ("4.73%", "47.30"), ("100%", "47.30")],
)
def test_the_program_says_what_is_near(within: str, more: str | None) -> None:
    # 47.30 of 1000.00 are 4.73%
    found = program(f'[hints]\nwithin = "{within}"\n' + rule("scale", "receipt", BY_TOTAL))
    assert missing(found, basket(line(1, "952.70"))) == (None if more is None else rub(more))


def test_what_is_missing_to_a_rule_is_told_and_brings_it() -> None:
    found, cart = program(FIFTY), basket(line(1, "452.70"))
    assert missing(found, cart) == rub("47.30")
    assert sum(discounts(quoted(found, with_more(cart, "47.29")))) == 0
    assert sum(discounts(quoted(found, with_more(cart, "47.30")))) == rub("50.00")


def test_what_earlier_rules_took_off_is_missing_too() -> None:
    # 500.00 less 10% are 450.00 where the second rule stands
    ten = rule("ten", "receipt", 'percent_off = "10%"')
    assert missing(program(ten + FIFTY), basket(line(1, "500.00"))) == rub("50.00")
    assert missing(program(FIFTY + ten), basket(line(1, "500.00"))) is None


def test_a_rule_that_lacks_something_else_too_is_not_told() -> None:
    cart = basket(line(1, "452.70"))
    for other in ('tier = ["gold"]', 'weekday = ["mon"]', 'card_kind = ["discount"]'):
        tiers = '[tiers]\nlevels = [{ id = "start", from = "0" }, { id = "gold", from = "9" }]\n'
        found = program(tiers + FIFTY.replace("min_total", f"{other}, min_total"))
        assert missing(found, cart, seen(tier="start")) is None


def test_a_rule_whose_limit_is_used_up_is_not_told() -> None:
    # limit stands after min_total: only working the receipt out again shows it
    found = program(FIFTY.strip() + "\nlimit = { per_account = 1 }\n")
    cart = basket(line(1, "452.70"))
    assert missing(found, cart, seen()) == rub("47.30")
    assert missing(found, cart, NOBODY) is None


def test_a_rule_that_another_of_its_group_beats_is_not_told() -> None:
    ten = rule("ten", "receipt", 'percent_off = "20%"', 'group = "g"')
    found = program("[groups.g]\n" + ten + FIFTY.strip() + '\ngroup = "g"\n')
    assert missing(found, basket(line(1, "452.70"))) is None


def test_the_nearest_is_told() -> None:
    # 10.00 of 450.00 are nearer than 60.00 of 500.00
    other = rule("other", "receipt", 'amount_off = "9.00"', 'when = { min_total = "450.00" }')
    told = hinted(program(FIFTY + other), basket(line(1, "440.00")))
    assert told is not None
    assert (told.rule.id, told.missing) == ("other", rub("10.00"))


@pytest.mark.parametrize(("without_card", "more"), [(0, "1.00"), (1, "2.00"), (2, None)])
def test_the_two_nearest_are_tried_and_no_third(without_card: int, more: str | None) -> None:
    # nobody has no account, so a rule with a limit of its own gives nothing when it is reached
    limits = ["limit = { per_account = 1 }"] * without_card + [""] * (3 - without_card)
    rules = (
        rule(
            f"r{least}",
            "receipt",
            'amount_off = "9.00"',
            f'when = {{ min_total = "{least}.00" }}\n{limit}',
        )
        for least, limit in zip((441, 442, 443), limits, strict=True)
    )
    cart = basket(line(1, "440.00"))
    assert missing(program("".join(rules)), cart) == (None if more is None else rub(more))


def test_of_nothing_nobody_is_near_and_a_kopeck_is_no_single_piece() -> None:
    points = 'earn = "bonus", points = "20.00"'
    many = rule("many", "points", points, 'when = { min_total = "500.00" }')
    every = program('[hints]\nwithin = "100%"\n' + wallet() + many)
    assert missing(every, basket(line(1, "0.00")), seen()) is None
    assert missing(every, basket(line(1, "0.01")), seen()) == rub("499.99")
    least = rule("two", "receipt", 'amount_off = "0.01"', 'when = { min_total = "0.02" }')
    assert missing(program(least), basket(line(1, "0.01"))) is None


def test_a_program_without_hints_tells_no_single_piece_either() -> None:
    found = rule("pieces", "item", BY_QUANTITY, DAIRY)
    cart = basket(line(1, "89.90", "2", **MILK))
    assert missing(program(found), cart) == 1
    assert missing(program('[hints]\nwithin = "0%"\n' + found), cart) is None


def test_a_rule_that_lacks_no_goods_hides_no_later_one() -> None:
    monday = rule("monday", "receipt", 'percent_off = "1%"', 'when = { weekday = ["mon"] }')
    assert missing(program(monday + FIFTY), basket(line(1, "452.70"))) == rub("47.30")


def test_a_total_may_be_reached_by_any_goods_though_the_rule_lowers_only_some() -> None:
    found = program(
        rule(
            "fifty", "receipt", 'amount_off = "50.00"', DAIRY + '\nwhen = { min_total = "500.00" }'
        )
    )
    told = hinted(found, basket(line(1, "452.70", **MILK)))
    assert told is not None
    assert (told.missing, told.like) == (rub("47.30"), "")


def test_a_step_that_is_reached_to_the_kopeck_lacks_all_of_the_way_to_the_next() -> None:
    close = 'percent_off_by_total = [["1000.00", "3%"], ["1200.00", "5%"]]'
    found = program(rule("scale", "receipt", close))
    assert missing(found, basket(line(1, "1000.00"))) == rub("200.00")


def test_what_was_spent_gives_its_percentage_once_the_receipt_reaches_its_own_least() -> None:
    # 2.70 come off first; the rule of 5000.00 spent lacks nothing but the total
    one = rule("one", "receipt", 'amount_off = "2.70"')
    spent = rule(
        "spent",
        "receipt",
        'percent_off_by_spent = [["1000.00", "1%"], ["5000.00", "3%"]]',
        'when = { min_total = "500.00" }',
    )
    told = hinted(program(TIERS + one + spent), basket(line(1, "452.70")), seen(measure="5000.00"))
    assert told is not None
    assert (told.missing, told.gives) == (rub("50.00"), PercentOff(share=30_000))


def test_steps_of_what_was_spent_take_no_turn_from_a_promise_that_goods_can_reach() -> None:
    # 10.00 of 5000.00 would be nearer than 47.30 of 500.00, but goods don't bring it
    give = 'percent_off_by_spent = [["1000.00", "1%"], ["5000.00", "3%"]]'
    spent = rule("s1", "receipt", give) + rule("s2", "receipt", give)
    told = missing(
        program(TIERS + FIFTY + spent), basket(line(1, "452.70")), seen(measure="4990.00")
    )
    assert told == rub("47.30")


def test_a_percentage_that_its_most_holds_back_already_gains_by_no_step_of_less() -> None:
    falling = 'percent_off_by_total = [["500.00", "5%"], ["1000.00", "3%"]]'
    assert missing(program(rule("scale", "receipt", falling)), basket(line(1, "990.00"))) is None


def test_a_step_of_the_same_percentage_gains_nothing() -> None:
    level = 'percent_off_by_total = [["500.00", "5%"], ["1000.00", "5%"]]'
    assert missing(program(rule("scale", "receipt", level)), basket(line(1, "990.00"))) is None


def test_the_least_percentage_that_there_is_is_told() -> None:
    # 0.0001% of 9990.00 are 0.999 kopecks
    found = program(rule("scale", "receipt", 'percent_off_by_total = [["10000.00", "0.0001%"]]'))
    assert missing(found, basket(line(1, "9990.00"))) == rub("10.00")


def test_the_most_that_a_scale_takes_off_is_told_with_it() -> None:
    found = program(rule("scale", "receipt", BY_TOTAL + ', max = "70.00"'))
    told = hinted(found, basket(line(1, "990.00")))
    assert told is not None
    assert told.gives == PercentOff(share=30_000, cap=rub("70.00"))


def test_money_of_some_goods_is_told_with_the_goods() -> None:
    when = 'when = { basket = { category = ["dairy/*"], min_amount = "500.00" } }'
    found = program(rule("dairy", "receipt", 'percent_off = "5%"', when))
    cart = basket(line(1, "450.00", **MILK), line(2, "900.00"))
    told = hinted(found, cart)
    assert told is not None
    assert (told.missing, told.like, told.counts_pieces) == (rub("50.00"), "Milk 1 l", False)
    assert sum(discounts(quoted(found, with_more(cart, "49.99", **MILK)))) == 0
    assert sum(discounts(quoted(found, with_more(cart, "50.00", **MILK)))) == rub("67.50")


def test_goods_without_a_name_are_not_told() -> None:
    when = 'when = { basket = { category = ["dairy/*"], min_amount = "500.00" } }'
    found = program(rule("dairy", "receipt", 'percent_off = "5%"', when))
    assert missing(found, basket(line(1, "450.00", category="dairy/milk"))) is None


@pytest.mark.parametrize(
    ("give", "held", "more"),
    [
        (BY_QUANTITY, "1", None),  # two of three are no single piece, and more than a fifth
        (BY_QUANTITY, "2", 1),
        (BY_QUANTITY, "3", None),
        (BY_QUANTITY, "5", 1),
        (BY_QUANTITY, "6", None),
        ("buy = 4, free = 1", "3", 1),
        ("buy = 4, free = 1", "2", None),
        ('buy = 3, bundle = "100.00"', "2", 1),
        ('percent_off = "50%", buy = 2, units = 1', "1", 1),
        (BY_QUANTITY.replace("6", "10").replace("3", "1"), "8", 2),
    ],
)
def test_pieces_are_told_when_one_is_missing_or_a_fifth(
    give: str, held: str, more: int | None
) -> None:
    found = program(rule("pieces", "item", give, DAIRY))
    cart = basket(line(1, "89.90", held, **MILK))
    told = hinted(found, cart)
    assert (told and told.missing) == more
    if told is not None:
        assert (told.counts_pieces, told.like) == (True, "Milk 1 l")
        fewer, enough = (
            sum(discounts(quoted(found, replace(cart, lines=(*cart.lines, milk)))))
            for milk in (
                line(2, "89.90", str(told.missing - 1) if told.missing > 1 else "0.5", **MILK),
                line(2, "89.90", str(told.missing), **MILK),
            )
        )
        assert enough > fewer


def test_goods_by_weight_are_missing_by_no_piece() -> None:
    found = program(rule("pieces", "item", BY_QUANTITY, DAIRY))
    assert missing(found, basket(line(1, "89.90", "2", unit="kg", **MILK))) is None


def test_pieces_that_the_basket_needs_are_told() -> None:
    when = 'when = { basket = { category = ["dairy/*"], min_pieces = 2 } }'
    found = program(rule("pair", "receipt", 'amount_off = "20.00"', when))
    told = hinted(found, basket(line(1, "300.00"), line(2, "89.90", **MILK)))
    assert told is not None
    assert (told.missing, told.like) == (1, "Milk 1 l")


def test_points_are_told_too() -> None:
    earn = rule(
        "many", "points", 'earn = "bonus", points = "20.00"', 'when = { min_total = "500.00" }'
    )
    found = program(wallet() + EARN + earn)
    told = hinted(found, basket(line(1, "452.70")), seen())
    assert told is not None
    assert told.missing == rub("47.30")
    assert isinstance(told.gives, Earn)
    assert missing(found, basket(line(1, "452.70"))) is None  # without a card there are none


def test_a_full_amount_that_is_missing_is_told() -> None:
    found = program(
        wallet() + rule("each", "points", 'earn = "bonus", per_amount = ["100.00", "1.00"]')
    )
    assert missing(found, basket(line(1, "85.00")), seen()) == rub("15.00")
    assert missing(found, basket(line(1, "75.00")), seen()) is None


def test_what_was_spent_before_is_missing_by_nothing_on_this_receipt() -> None:
    found = program(TIERS + rule("spent", "receipt", 'percent_off_by_spent = [["5000.00", "3%"]]'))
    cart = basket(line(1, "10.00"))
    assert missing(found, cart, seen(measure="4990.00")) is None
    assert missing(found, cart, seen(measure="5000.00")) is None


def test_a_discount_cards_own_percentage_lacks_nothing() -> None:
    who = Seen(card=DISCOUNT_CARD)
    assert missing(program(), basket(line(1, "10.00")), who) is None
    # 5% of 990.00 are 49.50, and the card takes nothing off goods that may not be lowered
    scale = program(rule("scale", "receipt", BY_TOTAL))
    assert missing(scale, basket(line(1, "990.00")), who) == rub("59.50")


def test_what_no_till_could_ring_up_is_not_told() -> None:
    # 1000% of 10000000000.01 would be more points than a wallet holds
    big = rule("big", "points", 'earn = "bonus", percent = "1000%"')
    when = FIFTY.replace("500.00", "10000000000.01")
    cart = basket(line(1, "9999999999.99"))
    assert missing(program(when), cart, seen()) == rub("0.02")
    assert missing(program(wallet('earn_base = "gross"') + when + big), cart, seen()) is None


def test_a_rule_that_gives_nothing_for_it_is_not_told() -> None:
    # the rule's goods may not be lowered
    found = program(FIFTY)
    cart = basket(line(1, "452.70", flags=(NO_DISCOUNT,)))
    assert cause(quoted(found, cart), "fifty") == "min_total"
    assert missing(found, cart) is None
