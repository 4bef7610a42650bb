"""The layers that lower prices: stacking, rounding, floors, groups (semantics 4, 7, 9 and 12)."""

from __future__ import annotations

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.program import CARD_RULE
from tests.domain.receipts import (
    DISCOUNT_CARD,
    basket,
    cause,
    discounts,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
)

TEN = rule("ten", "receipt", 'percent_off = "10%"')
TEN_EACH = rule("ten", "item", 'percent_off = "10%"')
SHELF = [line(1, "1.06"), line(2, "2.06"), line(3, "3.06"), line(4, "4.06")]


def net(text: str, price: str, who: Seen | None = None) -> int:
    return quoted(program(text), basket(line(1, price)), who or seen()).result.payable


def grouped(pick: str, base: str = "cascade", layer: str = "receipt") -> str:
    """A group of ten per cent, and of twenty from 100.01 on."""
    first = rule("ten", layer, 'percent_off = "10%"', 'group = "g"')
    more = 'group = "g"\nwhen = { min_total = "100.01" }'
    return f'[groups.g]\npick = "{pick}"\nbase = "{base}"\n{first}' + rule(
        "twenty", layer, 'percent_off = "20%"', more
    )


def test_an_item_rule_rounds_on_each_line_and_a_receipt_rule_once() -> None:
    # semantics 4: 0.11 + 0.21 + 0.31 + 0.41 = 1.04, and on the sum 1.02
    cart = basket(*SHELF)
    assert discounts(quoted(program(TEN_EACH), cart)) == [11, 21, 31, 41]
    assert sum(discounts(quoted(program(TEN), cart))) == 102


@pytest.mark.parametrize("text", [TEN, TEN_EACH])
def test_the_discount_is_rounded_half_up_and_not_the_net(text: str) -> None:
    # semantics 4: 10% of 25.45 is 2.55, which leaves 22.90
    assert net(text, "25.45") == rub("22.90")


@pytest.mark.parametrize(
    ("price", "gross", "left"), [("389.99", "135.33", "125.86"), ("519.00", "180.09", "167.48")]
)
def test_goods_by_weight_are_discounted_on_the_line_and_not_on_the_unit_price(
    price: str, gross: str, left: str
) -> None:
    # semantics 7: 7% off 0.347 kg
    found = program(rule("seven", "item", 'percent_off = "7%"'))
    answer = quoted(found, basket(line(1, price, "0.347", unit="kg")))
    assert (answer.result.lines[0].gross, answer.result.payable) == (rub(gross), rub(left))


VODKA = line(1, "499.00", floor_price=rub("409.00"))
CART = (VODKA, line(2, "60.00"), line(3, "159.59"))
TWENTY = rule("twenty", "receipt", 'percent_off = "20%"')


def test_what_a_floor_stops_goes_to_other_lines() -> None:
    # semantics 9: 20% of 718.59 is 143.72
    answer = quoted(program(TWENTY), basket(*CART))
    assert discounts(answer) == [rub("90.00"), rub("14.68"), rub("39.04")]
    assert sum(discounts(answer)) == rub("143.72")


def test_what_a_floor_stops_is_lost_when_the_program_says_so() -> None:
    # semantics 9: the plain split is 99.80/12.00/31.92
    found = program('[rounding]\nfloor = "lose"\n' + TWENTY)
    assert discounts(quoted(found, basket(*CART))) == [rub("90.00"), rub("12.00"), rub("31.92")]


def test_an_item_rule_stops_at_the_floor_of_its_line() -> None:
    found = program(rule("half", "item", 'percent_off = "50%"'))
    assert discounts(quoted(found, basket(*CART))) == [9000, 3000, 7980]


def test_a_line_at_its_floor_says_that_the_floor_stopped_the_rule() -> None:
    cart = basket(line(1, "409.00", floor_price=rub("409.00")))
    answer = quoted(program(TEN), cart)
    assert (discounts(answer), cause(answer, "ten")) == ([0], Cause.FLOOR)


HUNDRED = rule("hundred", "receipt", 'amount_off = "100.00"')


def both(order: str, base: str) -> str:
    """Ten per cent and a hundred off in one group whose rules all count."""
    rules = {
        "percent": rule("ten", "receipt", 'percent_off = "10%"', 'group = "g"'),
        "fixed": rule("hundred", "receipt", 'amount_off = "100.00"', 'group = "g"'),
    }
    last = "fixed" if order == "percent" else "percent"
    return f'[groups.g]\npick = "all"\nbase = "{base}"\n' + rules[order] + rules[last]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (both("percent", "cascade"), "800.00"),
        (both("fixed", "cascade"), "810.00"),
        (both("percent", "original"), "800.00"),
        (both("fixed", "original"), "800.00"),
        (TEN + HUNDRED, "800.00"),
        (HUNDRED + TEN, "810.00"),
    ],
)
def test_the_order_of_a_percentage_and_an_amount_matters_unless_both_see_the_original(
    text: str, left: str
) -> None:
    # semantics 12: 1000.00 with -10% and -100
    assert net(text, "1000.00") == rub(left)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (grouped("all", "cascade"), "94.50"),  # twenty finds 94.50, below its least total
        (grouped("all", "original"), "73.50"),  # parallel: 10.50 and 21.00
        (grouped("best"), "84.00"),
        (grouped("first"), "94.50"),
    ],
)
def test_a_group_picks_all_the_best_or_the_first_of_its_rules(text: str, left: str) -> None:
    # semantics 12: 105.00 with "10%" and "20% if > 100"
    assert net(text, "105.00") == rub(left)


def test_twenty_before_ten_compounds() -> None:
    # semantics 12: 75.60 = 105.00 x 0.8 x 0.9
    twenty = rule("twenty", "receipt", 'percent_off = "20%"', 'when = { min_total = "100.01" }')
    assert net(twenty + TEN, "105.00") == rub("75.60")


@pytest.mark.parametrize(("pick", "taken"), [("best", [100, 500]), ("first", [100, 50])])
def test_an_item_group_picks_line_by_line(pick: str, taken: list[int]) -> None:
    first = rule("ten", "item", 'percent_off = "10%"', 'group = "g"')
    five = rule("five", "item", 'amount_off = "5.00"', 'group = "g"\non = { sku = ["sku-2"] }')
    found = program(f'[groups.g]\npick = "{pick}"\n' + first + five)
    answer = quoted(found, basket(line(1, "10.00"), line(2, "5.00")))
    assert discounts(answer) == taken
    assert cause(answer, "five") is (Cause.APPLIED if pick == "best" else Cause.BETTER_RULE)


@pytest.mark.parametrize("layer", ["item", "receipt"])
def test_a_tie_in_a_group_goes_to_the_rule_that_stands_first(layer: str) -> None:
    one = rule("one", layer, 'percent_off = "10%"', 'group = "g"')
    two = rule("two", layer, 'amount_off = "10.00"', 'group = "g"')
    answer = quoted(program("[groups.g]\n" + one + two), basket(line(1, "100.00")))
    assert (cause(answer, "one"), cause(answer, "two")) == (Cause.APPLIED, Cause.BETTER_RULE)


def test_groups_add_up_and_receipt_rules_come_after_all_item_rules() -> None:
    # the receipt rule stands first in the file and still sees 90.00
    answer = quoted(program(TEN + TEN_EACH.replace('"ten"', '"each"')), basket(line(1, "100.00")))
    effects = [(it.rule, it.layer, it.amount) for it in answer.result.lines[0].effects]
    assert effects == [("each", "item", 1000), ("ten", "receipt", 900)]


def test_an_amount_off_is_per_unit_on_a_line_and_once_on_a_receipt() -> None:
    cart = basket(line(1, "50.00", "3"), line(2, "20.00", "0.5"))
    item = program(rule("five", "item", 'amount_off = "5.00"'))
    receipt = program(rule("five", "receipt", 'amount_off = "5.00"'))
    assert discounts(quoted(item, cart)) == [1500, 250]
    assert sum(discounts(quoted(receipt, cart))) == 500


def test_an_amount_off_takes_no_more_than_there_is() -> None:
    assert net(HUNDRED, "60.00") == 0
    assert net(rule("hundred", "item", 'amount_off = "100.00"'), "60.00") == 0


@pytest.mark.parametrize("layer", ["item", "receipt"])
def test_max_caps_a_percentage_over_all_its_lines(layer: str) -> None:
    found = program(rule("capped", layer, 'percent_off = "10%", max = "30.00"'))
    answer = quoted(found, basket(line(1, "100.00"), line(2, "200.00"), line(3, "300.00")))
    assert discounts(answer) == [500, 1000, 1500]


def test_a_discount_cards_percentage_is_the_first_receipt_rule() -> None:
    who = Seen(card=DISCOUNT_CARD)
    answer = quoted(program(HUNDRED), basket(line(1, "1000.00")), who)
    assert [it.rule for it in answer.result.lines[0].effects] == [CARD_RULE, "hundred"]
    assert answer.result.payable == rub("850.00")
    assert cause(answer, CARD_RULE) is Cause.APPLIED


def test_a_discount_card_finds_nothing_to_lower_on_a_receipt_without_lines() -> None:
    answer = quoted(program(HUNDRED), basket(), Seen(card=DISCOUNT_CARD))
    assert (cause(answer, CARD_RULE), answer.result.payable) == (Cause.NO_DISCOUNT, 0)


def test_a_bonus_card_has_no_percentage_of_its_own() -> None:
    assert net("", "1000.00", seen()) == rub("1000.00")


@pytest.mark.parametrize(
    ("on", "taken"),
    [
        ('{ category = ["dairy/*"] }', [10, 10, 0, 0]),
        ('{ category = ["dairy"] }', [0, 0, 10, 0]),
        ('{ category = ["dairy/milk"] }', [10, 0, 0, 0]),
        ('{ sku = ["sku-4"] }', [0, 0, 0, 10]),
        ('{ sku = ["sku-4"], category = ["dairy/milk"] }', [10, 0, 0, 10]),
    ],
)
def test_a_rule_is_for_the_goods_that_it_names(on: str, taken: list[int]) -> None:
    found = program(rule("ten", "item", 'percent_off = "10%"', f"on = {on}"))
    categories = ("dairy/milk", "dairy/milk/low", "dairy", "dairying/x")
    cart = [line(number, "1.00", category=it) for number, it in enumerate(categories, 1)]
    assert discounts(quoted(found, basket(*cart))) == taken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rule("r", "item", 'percent_off = "10%"', 'on = { sku = ["x"] }'), Cause.GOODS),
        (rule("r", "receipt", 'percent_off = "0.1%"'), Cause.TOO_LITTLE),
        (rule("a", "item", 'percent_off = "100%"') + TEN.replace("ten", "r"), Cause.NOTHING_LEFT),
    ],
)
def test_a_rule_that_takes_nothing_says_why_and_changes_nothing(text: str, expected: Cause) -> None:
    answer = quoted(program(text), basket(line(1, "1.00")))
    assert cause(answer, "r") is expected
    assert "r" not in {it.rule for it in answer.result.lines[0].effects}


def test_goods_that_may_not_be_discounted_say_so() -> None:
    answer = quoted(program(TEN), basket(line(1, "1.00", flags=("no_discount",))))
    assert cause(answer, "ten") is Cause.NO_DISCOUNT


@pytest.mark.parametrize(("base", "taken"), [("cascade", 1900), ("original", 2000)])
def test_item_rules_that_all_count_see_the_net_or_the_original(base: str, taken: int) -> None:
    rules = [rule(name, "item", 'percent_off = "10%"', 'group = "g"') for name in ("a", "b")]
    found = program(f'[groups.g]\npick = "all"\nbase = "{base}"\n' + "".join(rules))
    assert discounts(quoted(found, basket(line(1, "100.00")))) == [taken]


@pytest.mark.parametrize(
    ("way", "taken"), [("largest-remainder", [161, 53, 86]), ("first-lines", [162, 52, 86])]
)
def test_a_receipt_rule_is_spread_the_programs_way(way: str, taken: list[int]) -> None:
    # semantics 5: 3.00 over 43/14/23
    found = program(
        f'[rounding]\nspread = "{way}"\n' + rule("three", "receipt", 'amount_off = "3"')
    )
    cart = basket(*(line(number, it) for number, it in enumerate(("43", "14", "23"), 1)))
    assert discounts(quoted(found, cart)) == taken


def test_a_loss_at_a_floor_stays_lost_to_an_amount_off_too() -> None:
    off = rule("hundred", "receipt", 'amount_off = "100.00"')
    cart = basket(line(1, "100.00", floor_price=rub("90.00")), line(2, "100.00"))
    assert discounts(quoted(program(off), cart)) == [rub("10.00"), rub("90.00")]
    lost = program('[rounding]\nfloor = "lose"\n' + off)
    assert discounts(quoted(lost, cart)) == [rub("10.00"), rub("50.00")]


def test_why_nothing_comes_off_is_said_of_all_lines_together() -> None:
    found = program(rule("one", "item", 'percent_off = "1%"'))
    gratis, cheap = line(1, "0.00"), line(2, "0.10")
    floored = line(3, "5.00", floor_price=rub("5.00"))
    # a line that could give a kopeck gives none of its tenth of one
    assert cause(quoted(found, basket(cheap, floored)), "one") is Cause.TOO_LITTLE
    # one that costs something may not, and the other costs nothing
    assert cause(quoted(found, basket(gratis, floored)), "one") is Cause.FLOOR
    assert cause(quoted(found, basket(gratis)), "one") is Cause.NOTHING_LEFT


@pytest.mark.parametrize(
    ("pick", "percent", "taken"),
    [
        ("best", "10%", [1000, 500]),  # 15.00 together, and not 8.00 for the second line besides
        (
            "best",
            "5%",
            [0, 800],
        ),  # 7.50 together: the 8.00 are better, and the first line gets none
        ("first", "1%", [100, 50]),
    ],
)
def test_a_receipt_group_picks_one_rule_for_the_whole_receipt(
    pick: str, percent: str, taken: list[int]
) -> None:
    all_goods = rule("all", "receipt", f'percent_off = "{percent}"', 'group = "g"')
    eight = rule("eight", "receipt", 'amount_off = "8.00"', 'group = "g"\non = { sku = ["sku-2"] }')
    found = program(f'[groups.g]\npick = "{pick}"\n' + all_goods + eight)
    assert discounts(quoted(found, basket(line(1, "100.00"), line(2, "50.00")))) == taken


def test_the_first_of_a_receipt_group_is_the_first_that_gives_something() -> None:
    dear = rule("dear", "receipt", 'percent_off = "20%"', 'group = "g"\nwhen = { min_total = "9" }')
    found = program('[groups.g]\npick = "first"\n' + dear + TEN.rstrip() + '\ngroup = "g"\n')
    assert discounts(quoted(found, basket(line(1, "0.10")))) == [1]
    assert discounts(quoted(found, basket(line(1, "9.00")))) == [180]


def test_two_rules_that_see_the_original_free_no_more_pieces_than_there_are() -> None:
    # each would free two of the three: the second finds the price of one
    rules = [rule(it, "item", "buy = 3, free = 2", 'group = "g"') for it in ("one", "two")]
    found = program('[groups.g]\npick = "all"\nbase = "original"\n' + "".join(rules))
    (only,) = quoted(found, basket(line(1, "10.00", "3"))).result.lines
    assert [it.amount for it in only.effects] == [2000, 1000]
    assert (only.net, only.free) == (0, 3000)


@pytest.mark.parametrize("layer", ["item", "receipt"])
def test_a_percentage_of_at_most_nothing_is_too_little(layer: str) -> None:
    found = program(rule("r", layer, 'percent_off = "10%", max = "0.00"'))
    answer = quoted(found, basket(line(1, "100.00")))
    assert (discounts(answer), cause(answer, "r")) == ([0], Cause.TOO_LITTLE)
