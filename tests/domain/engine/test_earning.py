"""What a receipt earns: its base, its one rounding, and what becomes of each rule."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.account import Account, Seen
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.quote import quote
from loyaltyd.domain.refusal import Reason, Refusal
from tests.domain.receipts import (
    BONUS_CARD,
    DISCOUNT_CARD,
    EARN,
    NOBODY,
    PLACE,
    SATURDAY,
    basket,
    cause,
    earned_in,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    wallet,
)

OFF = rule("hundred", "receipt", 'amount_off = "100.00"')
TIERS = """
[tiers]
counts_current = true
levels = [{ id = "start", from = "0" }, { id = "gold", from = "60000.00" }]
"""
GOLD = rule("gold", "points", 'earn = "bonus", percent = "2%"', 'when = { tier = ["gold"] }')


def earned(text: str, *prices: str, who: Seen | None = None, redeem: str = "") -> int:
    lines = [line(number, price) for number, price in enumerate(prices, 1)]
    wishes = {"bonus": redeem} if redeem else {}
    return earned_in(quoted(program(text), basket(*lines, redeem=wishes), who or seen("500.00")))


def test_a_receipt_of_many_lines_is_one_visit() -> None:
    # the third visit is gold: 2% of 100.00
    levels = 'levels = [{ id = "start", from = "0" }, { id = "gold", from = "3" }]'
    tiers = f'[tiers]\nmeasure = "visits"\ncounts_current = true\n{levels}\n'
    prices = ("40.00", "30.00", "30.00")
    for visits, points in ((1, "0.00"), (2, "2.00")):
        who = replace(seen(), account=Account(id="a" * 32, tier="start", measure=visits))
        assert earned(wallet() + tiers + GOLD, *prices, who=who) == rub(points)


@pytest.mark.parametrize(
    ("base", "points"),
    [
        ("net-of-points", "30.00"),
        ("net-of-discounts", "45.00"),
        ("gross", "50.00"),
        ("none-if-redeemed", "0.00"),
    ],
)
def test_goods_1000_less_100_less_300_points_earn_by_the_programs_base(
    base: str, points: str
) -> None:
    # semantics 1
    text = wallet(f'earn_base = "{base}"') + OFF + EARN
    assert earned(text, "1000.00", redeem="300.00") == rub(points)


def test_the_base_is_net_of_points_unless_the_program_says_otherwise() -> None:
    assert earned(wallet() + OFF + EARN, "1000.00", redeem="300.00") == rub("30.00")


def test_none_if_redeemed_earns_on_what_remains_when_nothing_was() -> None:
    text = wallet('earn_base = "none-if-redeemed"') + OFF + EARN
    assert earned(text, "1000.00") == rub("45.00")


def test_none_if_redeemed_earns_nothing_when_points_paid_any_line() -> None:
    text = wallet('earn_base = "none-if-redeemed"') + EARN
    cart = basket(
        line(1, "100.00"), line(2, "100.00", flags=("no_redeem",)), redeem={"bonus": "max"}
    )
    answer = quoted(program(text), cart, seen("500.00"))
    assert (earned_in(answer), cause(answer, "base-earn")) == (0, Cause.REDEEMED)


@pytest.mark.parametrize("base", ["net-of-points", "none-if-redeemed"])
def test_tender_never_cuts_earning(base: str) -> None:
    text = wallet(f'points_as = "tender"\nearn_base = "{base}"') + OFF + EARN
    assert earned(text, "1000.00", redeem="300.00") == rub("45.00")


WHOLE_POINTS = '\n[wallets.bonus]\nscale = 0\nredeem_rate = "1.00"\n'


@pytest.mark.parametrize(("way", "points"), [("floor", 14), ("half-up", 15)])
def test_points_are_rounded_once_on_the_receipt(way: str, points: int) -> None:
    # semantics 3: three lines of 99.90 at 5% are 14.985
    text = f'[rounding]\npoints = "{way}"\n' + WHOLE_POINTS + EARN
    answer = quoted(program(text), basket(*(line(it, "99.90") for it in (1, 2, 3))), seen())
    assert earned_in(answer) == points
    assert sum(part.amount for it in answer.result.lines for part in it.earned) == points


def test_rules_of_several_groups_add_up_before_the_rounding() -> None:
    # 0.5 + 0.5 of a point
    text = WHOLE_POINTS + EARN + EARN.replace("base-earn", "more")
    assert earned(text, "10.00") == 1


@pytest.mark.parametrize(
    ("pick", "points"), [("best", "7.00"), ("first", "5.00"), ("all", "12.00")]
)
def test_a_group_of_earning_rules_picks_one_or_all(pick: str, points: str) -> None:
    five = rule("five", "points", 'earn = "bonus", percent = "5%"', 'group = "g"')
    seven = rule("seven", "points", 'earn = "bonus", percent = "7%"', 'group = "g"')
    text = wallet() + f'[groups.g]\npick = "{pick}"\n' + five + seven
    assert earned(text, "100.00") == rub(points)


@pytest.mark.parametrize(
    ("counts", "measure", "points"),
    [
        ("true", "59000.00", "70.00"),  # 59 000 + 1 000 is gold, at equality
        ("true", "58999.99", "50.00"),
        ("false", "59000.00", "50.00"),
    ],
)
def test_the_receipt_that_reaches_a_tier_earns_at_it_if_the_program_counts_it(
    counts: str, measure: str, points: str
) -> None:
    # semantics 20: the qualifying receipt earns at the new rate
    text = TIERS.replace("true", counts) + wallet() + EARN + GOLD
    assert earned(text, "1000.00", who=seen(tier="start", measure=measure)) == rub(points)


def test_a_tier_that_is_held_is_not_lost_to_a_lower_measure() -> None:
    who = seen(tier="gold", measure="0")
    assert earned(TIERS + wallet() + EARN + GOLD, "1000.00", who=who) == rub("70.00")


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (NOBODY, Cause.NO_CARD),
        (Seen(card=BONUS_CARD), Cause.NO_CARD),
        (Seen(card=DISCOUNT_CARD, account=seen().account), Cause.CARD_KIND),
    ],
)
def test_without_a_bonus_card_nothing_is_earned_and_the_trace_says_why(
    who: Seen, why: Cause
) -> None:
    answer = quoted(program(wallet() + EARN), basket(line(1, "100.00")), who)
    assert (answer.result.earned, cause(answer, "base-earn")) == ((), why)


def test_goods_that_may_not_earn_give_nothing_and_count_for_no_tier() -> None:
    cart = basket(line(1, "100.00", flags=("no_earn",)), line(2, "10.00"))
    answer = quoted(program(wallet() + EARN), cart, seen())
    assert (earned_in(answer), answer.result.spend) == (rub("0.50"), rub("10.00"))


@pytest.mark.parametrize(
    ("price", "on", "why"),
    [
        ("0.01", "", Cause.TOO_LITTLE),
        ("0.00", "", Cause.NOTHING_LEFT),
        ("5.00", 'on = { sku = ["x"] }', Cause.GOODS),
    ],
)
def test_a_rule_that_earns_nothing_says_why(price: str, on: str, why: Cause) -> None:
    answer = quoted(program(wallet() + EARN + on), basket(line(1, price)), seen())
    assert (answer.result.earned, cause(answer, "base-earn")) == ((), why)


def test_a_total_that_no_ledger_could_hold_is_refused() -> None:
    text = "[wallets.bonus]\nscale = 6\n" + EARN.replace("5%", "1000%")
    answer = quote(basket(line(1, "99999999.00")), seen(), program(text), PLACE, SATURDAY)
    assert answer == Refusal(reason=Reason.AMOUNT_TOO_LARGE)


@given(st.lists(st.integers(0, 10**6), max_size=12), st.sampled_from(["floor", "half-up"]))
def test_the_lines_shares_sum_to_the_rounded_total(prices: list[int], way: str) -> None:
    text = f'[rounding]\npoints = "{way}"\n' + wallet() + EARN.replace("5%", "3.3333%")
    lines = [line(number, f"{it / 100:.2f}") for number, it in enumerate(prices)]
    answer = quoted(program(text), basket(*lines), seen())
    exact = sum(prices) * 33333
    total = exact // 10**6 if way == "floor" else (2 * exact + 10**6) // (2 * 10**6)
    assert earned_in(answer) == total
    assert sum(part.amount for it in answer.result.lines for part in it.earned) == total


def test_a_rule_that_another_of_its_group_beats_says_what_it_would_have_given() -> None:
    text = (
        '[groups.g]\npick = "best"\n'
        + wallet()
        + rule("five", "points", 'earn = "bonus", percent = "5%"', 'group = "g"')
        + rule("two", "points", 'earn = "bonus", percent = "2%"', 'group = "g"')
    )
    trace = {it.rule: it for it in quoted(program(text), basket(line(1, "100.00")), seen()).trace}
    assert (trace["five"].cause, trace["five"].has) == (Cause.APPLIED, rub("5.00"))
    assert (trace["two"].cause, trace["two"].needs) == (Cause.BETTER_RULE, "five")
    assert trace["two"].has == rub("2.00")


def test_a_discount_card_says_its_kind_where_it_earns_nothing() -> None:
    who = Seen(card=DISCOUNT_CARD, account=seen().account)
    (why,) = (
        it
        for it in quoted(program(wallet() + EARN), basket(line(1, "100.00")), who).trace
        if it.rule == "base-earn"
    )
    assert (why.cause, why.has) == (Cause.CARD_KIND, "discount")
