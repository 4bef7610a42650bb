"""Codes that anyone may bring: the layer coupon, the condition `coupon`, uses of one code."""

from __future__ import annotations

import pytest

from loyaltyd.domain.account import Seen
from loyaltyd.domain.books.sale import use_counters
from loyaltyd.domain.engine.candidates import left_out
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.quote import CouponUse, Quote
from tests.domain.coupons import bringing, coupon, ident, naming
from tests.domain.receipts import (
    NOBODY,
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
    spent_of,
    wallet,
)

# program.example.toml's
SPRING = rule(
    "spring10",
    "coupon",
    'percent_off = "10%", max = "500.00"',
    'when = { coupon = "SPRING10" }\nlimit = { per_coupon = 1 }',
)
CART = basket(line(1, "600.00"), line(2, "400.00"))


def with_codes(found: Program, *codes: str, who: Seen = NOBODY) -> Quote:
    brought = [coupon(found, code) for code in codes]
    return quoted(found, naming(CART, *brought), bringing(who, *brought))


def test_a_code_takes_its_percentage_off_the_receipt_once_and_spreads_it() -> None:
    answer = with_codes(program(SPRING), "SPRING10")
    assert discounts(answer) == [rub("60.00"), rub("40.00")]
    assert [it.layer for it in answer.result.lines[0].effects] == ["coupon"]
    assert answer.result.coupons == (CouponUse(rule="spring10", coupon=ident("SPRING10")),)


def test_a_coupons_percentage_is_rounded_on_the_sum_and_not_line_by_line() -> None:
    # semantics 4: 1.06 + 2.06 + 3.06 + 4.06 at 10% is 1.02 on the sum, 1.04 by lines
    found = program(SPRING)
    brought = coupon(found, "SPRING10")
    lines = (line(n, f"{n}.06") for n in range(1, 5))
    answer = quoted(found, naming(basket(*lines), brought), bringing(NOBODY, brought))
    assert sum(discounts(answer)) == rub("1.02")


def test_its_maximum_holds() -> None:
    found = program(SPRING)
    brought = coupon(found, "SPRING10")
    cart = naming(basket(line(1, "9000.00")), brought)
    assert discounts(quoted(found, cart, bringing(NOBODY, brought))) == [rub("500.00")]


@pytest.mark.parametrize("typed", ["SPRING10", "spring10", "Spring10"])
def test_a_code_is_the_same_in_any_case(typed: str) -> None:
    assert sum(discounts(with_codes(program(SPRING), typed))) == rub("100.00")


def test_without_its_code_a_rule_says_which_it_needs() -> None:
    found = program(SPRING)
    why = Why(rule="spring10", cause=Cause.COUPON, needs="SPRING10")
    for coupons in ([], [coupon(found, "SPRING11")]):
        assert left_out("spring10", coupons, found) == why
        assert sum(discounts(quoted(found, CART, bringing(NOBODY, *coupons)))) == 0


@pytest.mark.parametrize(
    ("most", "used", "off"), [(1, 0, "100.00"), (1, 1, "0.00"), (3, 2, "100.00"), (3, 3, "0.00")]
)
def test_one_code_is_used_as_often_as_its_limit_says_whoever_brings_it(
    most: int, used: int, off: str
) -> None:
    found = program(SPRING.replace("per_coupon = 1", f"per_coupon = {most}"))
    brought = coupon(found, "SPRING10", spring10=used)
    for who in (NOBODY, seen()):
        answer = quoted(found, naming(CART, brought), bringing(who, brought))
        assert sum(discounts(answer)) == rub(off)
    if off == "0.00":
        needs, has = str(most), str(used)
        assert answer.trace == (
            Why(rule="spring10", cause=Cause.COUPON_USED, needs=needs, has=has),
        )


def test_a_use_counts_on_the_coupons_own_account_and_needs_no_card() -> None:
    answer = with_codes(program(SPRING), "SPRING10")
    expected = [(ident("SPRING10"), "used/spring10", 1)]
    assert use_counters(answer.result, NOBODY) == expected


@pytest.mark.parametrize(
    "when",
    [
        'all = [{ coupon = "SPRING10" }, { min_total = "100.00" }]',
        'any = [{ coupon = "SPRING10" }, { min_total = "9000.00" }]',
        'any = [{ all = [{ min_total = "100.00" }, { coupon = "SPRING10" }] }]',
    ],
)
def test_a_code_among_other_conditions_is_used_all_the_same(when: str) -> None:
    text = rule("spring10", "receipt", 'percent_off = "10%"', f"when = {{ {when} }}")
    answer = with_codes(program(text), "SPRING10")
    assert sum(discounts(answer)) == rub("100.00")
    assert answer.result.coupons == (CouponUse(rule="spring10", coupon=ident("SPRING10")),)


def test_of_several_codes_of_a_rule_the_first_that_is_left_serves() -> None:
    found = program(
        SPRING.replace('coupon = "SPRING10"', 'coupon = ["SPRING10", "MARCH", "APRIL"]')
    )
    brought = [coupon(found, "MARCH", spring10=1), coupon(found, "APRIL"), coupon(found, "other")]
    answer = quoted(found, naming(CART, *brought), bringing(NOBODY, *brought))
    assert sum(discounts(answer)) == rub("100.00")
    assert answer.result.coupons == (CouponUse(rule="spring10", coupon=ident("APRIL")),)


def test_two_codes_add_up_and_in_a_group_the_better_one_counts() -> None:
    # 10% of 1000.00, then 20% of the 900.00 that are left; the 200.00 alone
    twenty = rule("twenty", "coupon", 'percent_off = "20%"', 'when = { coupon = "TWENTY" }')
    apart = with_codes(program(SPRING + twenty), "SPRING10", "TWENTY")
    assert sum(discounts(apart)) == rub("280.00")
    both = "[groups.codes]\n" + (SPRING + twenty).replace("layer =", 'group = "codes"\nlayer =')
    together = with_codes(program(both), "SPRING10", "TWENTY")
    assert sum(discounts(together)) == rub("200.00")
    assert cause(together, "spring10") is Cause.BETTER_RULE
    assert [it.rule for it in together.result.coupons] == ["twenty"]  # the other is not used up


def test_coupons_come_after_receipt_rules_and_before_points() -> None:
    # 1000.00 - 10% of the receipt = 900.00, of that 10% by coupon: 90.00, of 810.00 points pay 30%
    text = wallet('max_share = "30%"') + SPRING + rule("ten", "receipt", 'percent_off = "10%"')
    found = program(text)
    brought = coupon(found, "SPRING10")
    cart = naming(basket(line(1, "1000.00"), redeem={"bonus": "max"}), brought)
    answer = quoted(found, cart, bringing(seen("500.00"), brought))
    assert [(it.layer, it.amount) for it in answer.result.lines[0].effects] == [
        ("receipt", rub("100.00")),
        ("coupon", rub("90.00")),
    ]
    assert spent_of(answer) == rub("243.00")


def test_a_code_may_ask_for_more_than_itself() -> None:
    found = program(SPRING.replace("when = {", 'when = { min_total = "1000.01",'))
    answer = with_codes(found, "SPRING10")
    why = Why(rule="spring10", cause=Cause.MIN_TOTAL, needs=rub("1000.01"), has=rub("1000.00"))
    assert (answer.trace, answer.result.coupons) == ((why,), ())


def test_a_code_opens_rules_of_any_layer() -> None:
    code = 'when = { coupon = "COFFEE" }'
    text = (
        wallet()
        + rule("half", "item", 'percent_off = "50%", units = 1', code)
        + rule("off", "receipt", 'amount_off = "10.00"', code)
        + rule("more", "points", 'earn = "bonus", points = "50.00"', code)
    )
    answer = with_codes(program(text), "COFFEE", who=seen())
    assert (sum(discounts(answer)), earned_in(answer)) == (rub("210.00"), rub("50.00"))
    assert {it.coupon for it in answer.result.coupons} == {ident("COFFEE")}
    assert sum(discounts(with_codes(program(text), who=seen()))) == 0


@pytest.mark.parametrize(
    ("when", "codes", "off"),
    [
        ('any = [{ coupon = "A" }, { tier = ["gold"] }]', ["A"], "1.00"),
        ('any = [{ coupon = "A" }, { tier = ["gold"] }]', ["B"], "0.00"),
        ('not = { coupon = "A" }', ["A"], "0.00"),
        ('not = { coupon = "A" }', [], "1.00"),
    ],
)
def test_a_coupon_stands_inside_of_other_conditions_too(
    when: str, codes: list[str], off: str
) -> None:
    tiers = '[tiers]\nlevels = [{ id = "gold", from = "0" }]\n'
    found = program(tiers + rule("one", "receipt", 'amount_off = "1.00"', f"when = {{ {when} }}"))
    answer = with_codes(found, *codes)
    assert sum(discounts(answer)) == rub(off)
    assert bool(answer.result.coupons) == (codes == ["A"] and off == "1.00")


def test_a_rule_says_that_a_coupon_or_another_thing_is_missing() -> None:
    found = program(rule("one", "item", 'amount_off = "1.00"', 'when = { coupon = ["A", "B"] }'))
    assert left_out("one", (), found) == Why(rule="one", cause=Cause.COUPON, needs="A, B")
    inner = "when = { all = [{ coupon = ['A', 'B'] }] }"
    found = program(rule("one", "item", 'amount_off = "1.00"', inner))
    assert with_codes(found).trace == (Why(rule="one", cause=Cause.COUPON, needs="A, B"),)


def test_rules_of_other_coupons_are_not_looked_at() -> None:
    # a chain may print thousands of codes
    codes = "".join(
        rule(f"r{n}", "coupon", 'amount_off = "1.00"', f'when = {{ coupon = "C{n}" }}')
        for n in range(50)
    )
    found = program(codes)
    assert quoted(found, CART).trace == ()
    answer = with_codes(found, "C7", "c31")
    assert [why.rule for why in answer.trace] == ["r7", "r31"]
    assert sum(discounts(answer)) == rub("2.00")


def test_a_coupon_whose_goods_are_not_here_says_so() -> None:
    milk = 'when = { coupon = "MILK" }\non = { category = ["dairy/*"] }'
    found = program(rule("milk", "item", 'percent_off = "10%"', milk))
    brought = coupon(found, "MILK")
    assert with_codes(found, "MILK").trace == ()
    assert left_out("milk", [brought], found) == Why(rule="milk", cause=Cause.GOODS)
    cart = basket(line(1, "50.00"), line(2, "80.00", category="dairy/milk"))
    answer = quoted(found, naming(cart, brought), bringing(NOBODY, brought))
    assert discounts(answer) == [0, rub("8.00")]
