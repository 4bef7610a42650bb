"""`activates` and `expires` of a rule: points that open a lot of their own."""

from __future__ import annotations

import datetime as dt

import pytest

from loyaltyd.domain.account import Account, Debt, Seen, moved
from loyaltyd.domain.books.returns import Returned, Reversal, goods_returned
from loyaltyd.domain.books.sale import receipt_body
from loyaltyd.domain.ledger import Posting
from tests.domain.receipts import (
    BONUS_CARD,
    EARN,
    MOSCOW,
    PLACE,
    basket,
    line,
    program,
    rub,
    rule,
    seen,
    wallet,
)
from tests.domain.sales import DAY, Sold, clawed_back, sold

DATES = 'activates = "14d"\nexpires = "1y"'
BURNING = rule("burning", "points", 'earn = "bonus", percent = "2%", expires = "60d"')
AT_ONCE = rule("at-once", "points", 'earn = "bonus", points = "10.00", activates = "0d"')
USUAL, SIXTY_DAYS, NOW = (
    "lot/2026-12-19/2027-12-05",
    "lot/2026-12-19/2027-02-03",
    "lot/2026-12-05/2027-12-05",
)


def bought(text: str, *prices: str, who: Seen | None = None) -> Sold:
    lines = [line(number, price) for number, price in enumerate(prices, 1)]
    return sold(program(wallet(DATES) + text), basket(*lines), who or seen())


def moves(postings: tuple[Posting, ...]) -> list[tuple[str, str, int]]:
    return [(it.debit, it.credit, it.amount) for it in postings]


def test_each_rule_opens_the_lot_of_its_own_dates() -> None:
    # 1000.00: 50.00 by the wallet's dates, 20.00 for sixty days, 10.00 usable at once
    found = bought(EARN + BURNING + AT_ONCE, "1000.00")
    assert moves(found.sale.postings) == [
        ("issued", SIXTY_DAYS, rub("20.00")),
        ("issued", NOW, rub("10.00")),
        ("issued", USUAL, rub("50.00")),
    ]


def test_dates_that_are_the_wallets_own_open_no_other_lot() -> None:
    same = BURNING.replace("60d", "1y")
    found = bought(EARN + same, "1000.00")
    assert moves(found.sale.postings) == [("issued", USUAL, rub("70.00"))]
    assert found.sale.result.dated == ()


def test_a_receipt_without_such_rules_is_recorded_as_it_always_was() -> None:
    sale = bought(EARN, "1000.00").sale
    body = receipt_body(sale.basket, sale.seen, PLACE, sale.result, sale.postings)
    assert isinstance(body["result"], dict)
    assert set(body["result"]) == {"lines", "earned", "spend"}


def test_a_tie_of_remainders_is_the_first_rule_s_whatever_the_other_is_worth() -> None:
    # 1.00: 0.025 for sixty days and 0.015 by the wallet's dates are 0.04; the odd 0.01 of both
    # halves goes to the rule that stands first
    first = BURNING.replace('"2%"', '"2.5%"')
    then = rule("usual", "points", 'earn = "bonus", percent = "1.5%"')
    found = bought(first + then, "1.00")
    assert moves(found.sale.postings) == [
        ("issued", SIXTY_DAYS, rub("0.03")),
        ("issued", USUAL, rub("0.01")),
    ]


def test_points_round_once_and_the_lots_share_them_by_the_largest_remainder() -> None:
    # 9.99: 0.4995 and 0.1998 are 0.69 together; quotas 0.4929 and 0.1971, so 0.49 and 0.20
    found = bought(EARN + BURNING, "9.99")
    assert moves(found.sale.postings) == [
        ("issued", SIXTY_DAYS, rub("0.20")),
        ("issued", USUAL, rub("0.49")),
    ]


def test_what_is_multiplied_goes_where_it_came_from_unless_the_multiplier_has_dates() -> None:
    double = rule("double", "points", 'earn = "bonus", multiply = "2"')
    assert [it[1:] for it in moves(bought(EARN + BURNING + double, "1000.00").sale.postings)] == [
        (SIXTY_DAYS, rub("40.00")),
        (USUAL, rub("100.00")),
    ]
    short = double.replace('"2"', '"2", expires = "60d"')
    assert [it[1:] for it in moves(bought(EARN + short, "1000.00").sale.postings)] == [
        (SIXTY_DAYS, rub("50.00")),
        (USUAL, rub("50.00")),
    ]


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_activation_is_the_start_of_the_local_day(hour: int) -> None:
    # semantics 19: bought on 1 May, whenever, and fourteen days later it is usable from 0:00
    at = dt.datetime(2026, 5, 1, hour, 50, tzinfo=MOSCOW)
    late = rule("late", "points", 'earn = "bonus", percent = "2%", activates = "14d"')
    found = sold(program(wallet() + late), basket(line(1, "100.00")), seen(), at)
    assert moves(found.sale.postings) == [("issued", "lot/2026-05-15/-", rub("2.00"))]


def test_a_debt_takes_of_the_lot_that_goes_first() -> None:
    who = Seen(
        card=BONUS_CARD,
        account=Account(id="a" * 32, debts=(Debt(wallet="bonus", amount=rub("25.00")),)),
    )
    assert moves(bought(EARN + BURNING, "1000.00", who=who).sale.postings) == [
        ("issued", "debt", rub("20.00")),
        ("issued", "debt", rub("5.00")),
        ("issued", USUAL, rub("45.00")),
    ]


def returned(found: Sold, number: int, account: Account | None = None) -> Reversal:
    outcome = goods_returned(found.case((), account or found.account, DAY), {number: 1000})
    assert isinstance(outcome, Reversal)
    return outcome


def test_a_return_takes_from_each_lot_what_the_goods_had_earned_there() -> None:
    text = EARN + BURNING + 'on = { category = ["dairy/*"] }\n'
    cart = basket(line(1, "100.00", category="dairy/milk"), line(2, "100.00"))
    found = sold(program(wallet(DATES) + text), cart, seen())
    assert moves(returned(found, 1).postings) == [
        (SIXTY_DAYS, "issued", rub("2.00")),
        (USUAL, "issued", rub("5.00")),
    ]
    assert moves(returned(found, 2).postings) == [(USUAL, "issued", rub("5.00"))]


def test_what_a_lot_no_longer_has_is_taken_from_the_sales_others() -> None:
    found = bought(EARN + BURNING, "1000.00")
    assert found.account is not None
    lots = tuple(it for it in found.account.lots if it.bucket == USUAL)
    left = Account(id=found.account.id, lots=lots)
    postings = returned(found, 1, left).postings
    assert moves(postings) == [(USUAL, "issued", rub("50.00")), ("debt", "issued", rub("20.00"))]


def test_a_return_before_activation_touches_no_active_points() -> None:
    # semantics 19: 50.00 wait, and 10.00 are usable at once while any of the goods are kept
    found = bought(EARN + AT_ONCE, "600.00", "400.00")
    assert moves(returned(found, 2).postings) == [(USUAL, "issued", rub("20.00"))]


@pytest.mark.parametrize("policy", ["recompute", "floor-of-refund"])
def test_any_parts_take_from_each_lot_all_that_it_got(policy: str) -> None:
    text = wallet(DATES + f'\nclawback = "{policy}"') + EARN + BURNING + AT_ONCE
    cart = basket(line(1, "9.99", "3"), line(2, "0.33", "7"))
    found = sold(program(text), cart, seen())
    assert sum(clawed_back(found, {1: 1}, {2: 3}, {1: 1, 2: 1}, {1: 1, 2: 3})) == sum(
        it.amount for it in found.sale.result.earned
    )
    account = found.account
    earlier: list[Returned] = []
    for part in ({1: 1000}, {2: 3000}, {1: 1000, 2: 1000}, {1: 1000, 2: 3000}):
        outcome = goods_returned(found.case(tuple(earlier), account, DAY), part)
        assert isinstance(outcome, Reversal)
        assert account is not None
        earlier.append(outcome.returned)
        account = moved(account, outcome.postings)
    assert account is not None
    assert (account.lots, account.debts) == ((), ())
