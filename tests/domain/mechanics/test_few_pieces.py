"""Of every so many pieces some free, the cheapest or the dearest ones lower, a price of its own."""

from __future__ import annotations

import pytest

from loyaltyd.domain.basket import Line
from loyaltyd.domain.books.returns import Returned, Reversal, goods_returned
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import pieces
from tests.domain.receipts import (
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
from tests.domain.sales import sold

THREE_FOR_TWO = rule("three-for-two", "item", "buy = 3, free = 1")
SIX = [line(number, f"{number}0.00") for number in range(1, 7)]  # 10.00, 20.00 … 60.00


def item(give: str, more: str = "") -> Program:
    return program(rule("few", "item", give, more))


def off(give: str, *lines: Line) -> list[str]:
    """What the rule takes off each line, in roubles."""
    taken = discounts(quoted(item(give), basket(*lines)))
    return [f"{it / 100:.2f}" for it in taken]


@pytest.mark.parametrize(
    ("rung_up", "free"), [("3", 0), ("4", 1), ("7", 1), ("8", 2), ("100", 25), ("6", 1)]
)
def test_buy_three_get_one_counts_the_paid_pieces(rung_up: str, free: int) -> None:
    # semantics 22: 75 paid are 25 free, and 6 paid (8 rung up) are 2 free
    answer = quoted(item("buy = 4, free = 1"), basket(line(1, "10.00", rung_up)))
    assert discounts(answer) == [free * 1000]
    assert answer.result.lines[0].free == free * 1000


@pytest.mark.parametrize(
    ("which", "taken"),
    [
        ("", [10, 20, 0, 0, 0, 0]),
        (', which = "cheapest"', [10, 20, 0, 0, 0, 0]),
        (', which = "dearest"', [0, 0, 0, 0, 50, 60]),
    ],
)
def test_the_free_ones_are_the_cheapest_of_all_that_count(which: str, taken: list[int]) -> None:
    # program.example.toml: of every 3, 1 is free; six pieces are two free
    answer = quoted(item(f"buy = 3, free = 1{which}"), basket(*SIX))
    assert discounts(answer) == [100 * it for it in taken]


def test_the_order_of_the_lines_does_not_choose_the_free_ones() -> None:
    answer = quoted(program(THREE_FOR_TWO), basket(*reversed(SIX)))
    assert discounts(answer) == [0, 0, 0, 0, 2000, 1000]


def test_a_tie_goes_to_the_earlier_line() -> None:
    answer = quoted(program(THREE_FOR_TWO), basket(*(line(number, "5.00") for number in (1, 2, 3))))
    assert discounts(answer) == [500, 0, 0]


@pytest.mark.parametrize(
    ("prices", "taken"),
    [
        (("1500.00", "900.00"), ["0.00", "450.00"]),
        (("5000.00", "3000.00"), ["0.00", "1000.00"]),  # 1500.00, and the most is 1000.00
        (("900.00",), ["450.00"]),
    ],
)
def test_the_cheapest_piece_at_half_price(prices: tuple[str, ...], taken: list[str]) -> None:
    # the example program's rule cheapest-half
    give = 'percent_off = "50%", units = 1, which = "cheapest", max = "1000.00"'
    assert off(give, *(line(number, it) for number, it in enumerate(prices, 1))) == taken


def test_every_second_piece_at_half_price() -> None:
    # 5 pieces are two pairs: half of 2 x 40.00
    assert off('percent_off = "50%", buy = 2, units = 1', line(1, "40.00", "5")) == ["40.00"]


def test_a_few_pieces_of_a_line_are_rounded_together_and_half_up() -> None:
    # a third of 99.99 at 50% is 16.665
    assert off('percent_off = "50%", units = 1', line(1, "33.33", "3")) == ["16.67"]


def test_money_off_a_few_pieces() -> None:
    # 7.00 off each of the two dearest, and no more than the 4.00 that one costs
    give = 'amount_off = "7.00", units = 2, which = "dearest"'
    assert off(give, line(1, "4.00"), line(2, "30.00", "1"), line(3, "2.00")) == [
        *("4.00", "7.00", "0.00"),
    ]


@pytest.mark.parametrize(
    ("give", "taken"),
    [
        ('fixed_price = "79.90"', ["30.00", "0.00", "0.00"]),  # 3 x 10.00; 70.00 stays
        ('fixed_price = "50.00", units = 2, which = "dearest"', ["79.80", "0.00", "0.00"]),
    ],
)
def test_a_fixed_price_is_what_one_unit_costs(give: str, taken: list[str]) -> None:
    cart = line(1, "89.90", "3"), line(2, "70.00"), line(3, "60.00")
    assert off(give, *cart) == taken


def test_a_fixed_price_is_for_goods_by_weight_too() -> None:
    # 0.347 kg at 389.99 are 135.33, at 300.00 they are 104.10
    assert off('fixed_price = "300.00"', line(1, "389.99", "0.347", unit="kg")) == ["31.23"]


@pytest.mark.parametrize("price", ["70.00", "60.00"])
def test_goods_that_cost_no_more_than_a_fixed_price_keep_theirs(price: str) -> None:
    answer = quoted(item('fixed_price = "70.00"'), basket(line(1, price)))
    assert (discounts(answer), cause(answer, "few")) == ([0], Cause.CHEAPER)


def test_goods_by_weight_have_no_pieces() -> None:
    # semantics 8: 0.347 kg is one position and no piece; nor is half a loaf
    cart = basket(*(line(number, "90.00", "0.347", unit="kg") for number in range(1, 5)))
    answer = quoted(program(THREE_FOR_TWO), cart)
    assert answer.trace == (Why(rule="three-for-two", cause=Cause.PIECES, needs="3", has="0"),)
    loaves = quoted(program(THREE_FOR_TWO), basket(line(1, "50.00", "3.5")))
    assert discounts(loaves) == [0]


def test_too_few_pieces_say_how_many_there_are() -> None:
    answer = quoted(program(THREE_FOR_TWO), basket(line(1, "90.00", "2")))
    assert answer.trace == (Why(rule="three-for-two", cause=Cause.PIECES, needs="3", has="2"),)


def test_a_few_of_no_pieces_say_that_one_is_needed() -> None:
    cheese = line(1, "389.99", "0.347", unit="kg")
    answer = quoted(item('percent_off = "50%", units = 1'), basket(cheese))
    assert answer.trace == (Why(rule="few", cause=Cause.PIECES, needs="1", has="0"),)


def test_a_piece_that_costs_nothing_counts_for_nothing() -> None:
    bag = line(1, "0.00", "1")
    assert off('buy = 2, free = 1, which = "dearest"', bag, line(2, "50.00")) == ["0.00", "0.00"]
    assert off('buy = 2, free = 1, which = "dearest"', bag, line(2, "50.00", "2")) == [
        *("0.00", "50.00"),
    ]


def test_what_may_not_be_discounted_counts_for_nothing() -> None:
    cart = basket(line(1, "90.00", "2"), line(2, "50.00", flags=("no_discount",)))
    assert discounts(quoted(program(THREE_FOR_TWO), cart)) == [0, 0]


HALF = rule("half", "item", 'percent_off = "50%", units = 1')


@pytest.mark.parametrize(("count", "taken"), [("3", "150.00"), ("2", "50.00")])
def test_a_piece_that_an_earlier_rule_made_free_is_counted_no_more(count: str, taken: str) -> None:
    # program.example.toml: of three one is free, and the next rule's half is of a paid one
    answer = quoted(program(THREE_FOR_TWO + HALF), basket(line(1, "100.00", count)))
    assert discounts(answer) == [rub(taken)]


def test_the_same_offer_twice_finds_too_few_paid_pieces() -> None:
    again = THREE_FOR_TWO.replace('"three-for-two"', '"again"')
    answer = quoted(program(THREE_FOR_TWO + again), basket(line(1, "100.00", "4")))
    assert discounts(answer) == [20000]  # 4 are one free; the 3 that are paid, one more
    answer = quoted(program(THREE_FOR_TWO + again), basket(line(1, "100.00", "3")))
    assert discounts(answer) == [10000]
    assert answer.trace[1] == Why(rule="again", cause=Cause.PIECES, needs="3", has="2")


def test_money_off_each_piece_leaves_out_the_free_one() -> None:
    ten = rule("ten", "item", 'amount_off = "10.00"')
    answer = quoted(program(THREE_FOR_TWO + ten), basket(line(1, "100.00", "3")))
    assert [it.amount for it in answer.result.lines[0].effects] == [10000, 2000]


def test_the_cheapest_is_what_costs_least_as_the_rule_finds_it() -> None:
    sale = rule("sale", "item", 'percent_off = "50%"', 'on = { sku = ["sku-1"] }')
    cart = basket(line(1, "100.00"), line(2, "60.00"), line(3, "70.00"))
    assert discounts(quoted(program(sale + THREE_FOR_TWO), cart)) == [10000, 0, 0]


def test_a_free_bottle_stops_at_the_floor_of_its_line() -> None:
    # semantics 9: vodka 499.00, floor 409.00 of one: four may lose 360.00 and no more
    cart = basket(line(1, "499.00", "4", floor_price=rub("409.00")))
    answer = quoted(item("buy = 4, free = 1"), cart)
    assert answer.result.payable == 4 * rub("409.00")
    assert answer.result.lines[0].free == 1000


def test_in_a_group_the_better_offer_for_a_line_counts() -> None:
    group = '[groups.g]\npick = "best"\n'
    free = rule("three-for-two", "item", "buy = 3, free = 1", 'group = "g"')
    forty = rule("forty", "item", 'percent_off = "40%"', 'group = "g"')
    answer = quoted(program(group + free + forty), basket(line(1, "100.00", "3")))
    assert discounts(answer) == [12000]
    assert answer.result.lines[0].free == 0
    assert cause(answer, "three-for-two") is Cause.BETTER_RULE


def test_the_fiscal_pieces_of_three_for_two_sum_to_the_line() -> None:
    # semantics 6: 266.66 for 3 are 2 x 88.89 + 1 x 88.88
    answer = quoted(program(THREE_FOR_TWO), basket(line(1, "133.33", "3")))
    assert answer.result.payable == rub("266.66")
    split = pieces(answer.result.lines[0], 3000)
    assert split == [(2000, rub("88.89")), (1000, rub("88.88"))]


def test_a_return_gives_back_the_lines_own_money_and_no_offer_is_worked_out_again() -> None:
    # semantics 14: 100.00 over 3 pieces comes back as 33.33, 33.34, 33.33
    text = wallet() + THREE_FOR_TWO + rule("stamps", "points", 'earn = "bonus", per_unit = "1"')
    sale = sold(program(text), basket(line(1, "50.00", "3")), seen())
    assert [it.amount for it in sale.sale.result.earned] == [200]  # the free piece earns nothing
    earlier: list[Returned] = []
    for refund in ("33.33", "33.34", "33.33"):
        case = sale.case(tuple(earlier), sale.account, sale.sale.at.date())
        reversal = goods_returned(case, {1: 1000})
        assert isinstance(reversal, Reversal)
        earlier.append(reversal.returned)
        assert earlier[-1].refund == rub(refund)
    assert sum(points.amount for it in earlier for points in it.clawed_back) == 200
