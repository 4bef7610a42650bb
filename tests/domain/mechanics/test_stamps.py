"""Stamps: a wallet of whole pieces, so many of which are the price of a reward."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from loyaltyd.domain.account import Account, Seen, moved, spendable
from loyaltyd.domain.basket import Line
from loyaltyd.domain.books.returns import Reversal, goods_returned, sale_cancelled
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.quote import Quote
from loyaltyd.domain.past import Past, Uses
from tests.domain.receipts import (
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
)
from tests.domain.sales import DAY, Sold, sold

# program.example.toml: every tenth cup is free
CUPS = 'on = { category = ["coffee/*"] }'
TEXT = (
    '[wallets.coffee]\nscale = 0\nstamps = { every = 10, reward = "free-coffee" }\n'
    + rule("coffee-stamp", "points", 'earn = "coffee", per_unit = "1"', CUPS)
    + rule("free-coffee", "item", "free = 1", CUPS)
)
COFFEE = program(TEXT)


def cups(quantity: str, price: str = "150.00") -> Line:
    return line(1, price, quantity, category="coffee/latte")


def bought(stamps: int, quantity: str, free: int = 0) -> Sold:
    cart = basket(cups(quantity), rewards={"free-coffee": free} if free else {})
    return sold(COFFEE, cart, holds(coffee=stamps) if stamps else holds())


def left(account: Account | None) -> int:
    """The stamps that can be spent, or what is owed below zero."""
    assert account is not None
    return spendable(account, "coffee", DAY) - account.debt("coffee")


def again(found: Sold, quantity: str, free: int = 0) -> Sold:
    """The same shopper's next receipt."""
    cart = basket(cups(quantity), rewards={"free-coffee": free} if free else {})
    return sold(found.program, cart, replace(holds(), account=found.account))


def test_a_counter_of_three_and_twelve_cups_is_one_reward_and_five_stamps() -> None:
    # semantics 21
    found = bought(3, "12")
    assert left(found.account) == 15
    taken = again(found, "1", free=1)
    assert taken.sale.result.payable == 0
    assert left(taken.account) == 5


def test_the_free_cup_does_not_stamp() -> None:
    # semantics 21: of two cups one is free, the other stamps
    found = bought(10, "2", free=1)
    assert [(it.wallet, it.amount) for it in found.sale.result.earned] == [("coffee", 1)]
    assert (found.sale.result.payable, left(found.account)) == (rub("150.00"), 1)


@pytest.mark.parametrize(("stamps", "free"), [(9, 0), (10, 1), (19, 1), (20, 2), (35, 3)])
def test_each_ten_stamps_are_a_cup(stamps: int, free: int) -> None:
    answer = quoted(COFFEE, basket(cups("5"), rewards={"free-coffee": 5}), holds(coffee=stamps))
    assert discounts(answer) == [free * rub("150.00")]
    assert spent_of(answer, "coffee") == free * 10
    assert earned_in(answer, "coffee") == 5 - free


def test_the_stamps_of_this_receipt_are_for_the_next_one() -> None:
    # nine stamps and a cup: the tenth is only earned here
    answer = quoted(COFFEE, basket(cups("1"), rewards={"free-coffee": 1}), holds(coffee=9))
    why = Why(rule="free-coffee", cause=Cause.POINTS, needs="10 coffee", has="9")
    assert answer.trace[0] == why
    assert (discounts(answer), earned_in(answer, "coffee")) == ([0], 1)


def test_stamps_wait_until_they_are_asked_for() -> None:
    answer = quoted(COFFEE, basket(cups("1")), holds(coffee=25))
    assert (discounts(answer), spent_of(answer, "coffee")) == ([0], 0)
    assert cause(answer, "free-coffee") is Cause.NOT_ASKED


def test_returning_a_stamped_receipt_after_the_reward_was_used_leaves_one_owed() -> None:
    # semantics 21: -1, not a bill
    tenth = bought(9, "1")
    used = again(tenth, "1", free=1)
    assert left(used.account) == 0
    assert used.account is not None
    back = goods_returned(tenth.case((), used.account, DAY), {1: 1000})
    assert isinstance(back, Reversal)
    assert back.returned.refund == rub("150.00")
    owing = Sold(sale=tenth.sale, program=COFFEE, account=_after(used.account, back))
    assert left(owing.account) == -1
    assert left(again(owing, "3").account) == 2  # the next stamps pay it first


def test_a_returned_free_cup_brings_its_stamps_back() -> None:
    found = bought(10, "1", free=1)
    assert left(found.account) == 0
    for reversal in (
        goods_returned(found.case((), found.account, DAY), {1: 1000}),
        sale_cancelled(found.case((), found.account, DAY)),
    ):
        assert isinstance(reversal, Reversal)
        assert reversal.returned.refund == 0
        assert left(_after(found.account, reversal)) == 10


def test_stamps_expire_like_any_points() -> None:
    text = TEXT.replace("scale = 0", 'scale = 0\nexpires = "90d"')
    found = sold(program(text), basket(cups("10")), holds())
    assert found.account is not None
    (lot,) = found.account.lots
    assert lot.expires_at == DAY + dt.timedelta(days=90)


def test_ten_stamps_may_be_for_half_a_price_or_a_pack() -> None:
    half = TEXT.replace("free = 1", 'percent_off = "50%", units = 1')
    answer = quoted(program(half), basket(cups("2"), rewards={"free-coffee": 1}), holds(coffee=10))
    assert discounts(answer) == [rub("75.00")]
    assert earned_in(answer, "coffee") == 2  # neither of them is free
    pack = TEXT.replace("free = 1", "free = 3")
    answer = quoted(program(pack), basket(cups("5"), rewards={"free-coffee": 4}), holds(coffee=10))
    assert discounts(answer) == [rub("450.00")]


def test_a_price_in_points_stands_beside_the_stamps() -> None:
    text = "[wallets.bonus]\nscale = 2\n" + TEXT.replace(
        "free = 1", 'free = 1, cost = { bonus = "5.00" }'
    )
    cart = basket(cups("1"), rewards={"free-coffee": 1})
    answer = quoted(program(text), cart, holds(coffee=10, bonus=500))
    assert (spent_of(answer, "coffee"), spent_of(answer)) == (10, 500)
    assert discounts(quoted(program(text), cart, holds(coffee=10, bonus=499))) == [0]


# ── stamps by visit: "Visit" needs min spend, min gap and till-local date (semantics 21) ──
def visits(limits: str) -> str:
    return (
        '[wallets.visits]\nscale = 0\nstamps = { every = 5, reward = "gift" }\n'
        + rule("visit", "points", 'earn = "visits", points = "1"', limits)
        + rule("gift", "item", "free = 1", 'on = { sku = ["GIFT"] }')
    )


def stamped(limits: str, who: Seen, price: str = "300.00") -> Quote:
    return quoted(program(visits(limits)), basket(line(1, price)), who)


@pytest.mark.parametrize(("price", "stamps"), [("299.99", 0), ("300.00", 1), ("9000.00", 1)])
def test_a_visit_is_one_stamp_from_its_minimum_spend_on(price: str, stamps: int) -> None:
    answer = stamped('when = { min_total = "300.00" }', holds(), price)
    assert earned_in(answer, "visits") == stamps


ONCE_A_DAY = 'when = { min_total = "300.00" }\nlimit = { per_account = 1, every = "1d" }'


def test_once_a_day() -> None:
    # the till counts uses by its own local date
    used = replace(holds(), past=Past(uses=(Uses(rule="visit", account=1),)))
    assert earned_in(stamped(ONCE_A_DAY, holds()), "visits") == 1
    assert cause(stamped(ONCE_A_DAY, used), "visit") is Cause.LIMIT


GAP = 'when = { min_total = "300.00", any = [{ first_purchase = true }, { days_since_visit = 3 }] }'


@pytest.mark.parametrize(("days", "stamps"), [(None, 1), (0, 0), (1, 0), (2, 0), (3, 1), (30, 1)])
def test_three_days_between_two_stamps(days: int | None, stamps: int) -> None:
    last = None if days is None else DAY - dt.timedelta(days=days)
    who = replace(holds(), past=Past(visits=0 if days is None else 1, last_visit=last))
    assert earned_in(stamped(GAP, who), "visits") == stamps


def test_the_fifth_visit_pays_the_gift_of_the_sixth() -> None:
    found = sold(program(visits(ONCE_A_DAY)), basket(line(1, "300.00")), holds(visits=4))
    gift = basket(line(1, "300.00"), line(2, "99.00", sku="GIFT"), rewards={"gift": 1})
    answer = quoted(found.program, gift, replace(holds(), account=found.account))
    assert discounts(answer) == [0, rub("99.00")]
    assert (spent_of(answer, "visits"), earned_in(answer, "visits")) == (5, 1)


def _after(account: Account | None, reversal: Reversal) -> Account:
    assert account is not None
    return moved(account, reversal.postings)
