"""`of`: earning on what a wallet paid, or on what was left to pay."""

from __future__ import annotations

import pytest

from loyaltyd.domain.account import Account, Seen
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.quote import Quote
from loyaltyd.domain.ledger import Lot
from tests.domain.receipts import (
    BONUS_CARD,
    EARN,
    SATURDAY,
    basket,
    cause,
    earned_in,
    line,
    program,
    quoted,
    rub,
    rule,
    wallet,
)
from tests.domain.sales import clawed_back, sold

STARS = "\n[wallets.stars]\nscale = 0\n"
PURSE = '\n[wallets.purse]\nscale = 2\nredeem_rate = "1.00"\npoints_as = "tender"\n'
# Starbucks: a stored-value card earns 2 per 10, other tender 1 per 10
BY_CARD = rule("by-card", "points", 'earn = "stars", per_amount = ["10", "2"], of = "purse"')
BY_CASH = rule("by-cash", "points", 'earn = "stars", per_amount = ["10", "1"], of = "rest"')
STARBUCKS = PURSE + STARS + BY_CARD + BY_CASH
MORE = rule("purse-earns-more", "points", 'earn = "bonus", percent = "2%", of = "purse"')


def holder(purse: str) -> Seen:
    day = SATURDAY.date()
    lot = Lot(wallet="purse", active_from=day, expires_at=None, amount=rub(purse))
    return Seen(card=BONUS_CARD, account=Account(id="a" * 32, lots=(lot,)))


def rung(text: str, price: str, purse: str) -> Quote:
    cart = basket(line(1, price), redeem={"purse": purse})
    return quoted(program(text), cart, holder("900.00"))


@pytest.mark.parametrize(
    ("purse", "stars"), [("300.00", 75), ("450.00", 90), ("0.00", 45), ("295.00", 73)]
)
def test_450_paid_300_by_the_card_and_150_otherwise_earn_60_and_15(purse: str, stars: int) -> None:
    # semantics 2; 295 and 155: 29 full tens twice, and 15
    assert earned_in(rung(STARBUCKS, "450.00", purse), "stars") == stars


def test_what_the_purse_paid_earns_more_on_top_of_the_usual() -> None:
    # tender never cuts earning: 5% of 1000.00, and 2% of the 300.00
    answer = rung(wallet() + PURSE + EARN + MORE, "1000.00", "300.00")
    assert earned_in(answer) == rub("56.00")


def test_the_points_stand_on_the_lines_that_the_wallet_paid() -> None:
    cart = basket(
        line(1, "100.00", flags=("no_redeem",)), line(2, "100.00"), redeem={"purse": "max"}
    )
    answer = quoted(program(wallet() + PURSE + MORE), cart, holder("900.00"))
    assert [sum(it.amount for it in each.earned) for each in answer.result.lines] == [0, 200]


def test_a_wallet_that_paid_nothing_is_named() -> None:
    answer = rung(wallet() + PURSE + MORE, "100.00", "0.00")
    why = next(it for it in answer.trace if it.rule == "purse-earns-more")
    assert (why.cause, why.needs) == (Cause.NOT_PAID_WITH, "purse")


def test_the_rest_is_nothing_when_the_purse_paid_all() -> None:
    answer = rung(STARBUCKS, "450.00", "450.00")
    assert cause(answer, "by-cash") == Cause.NOTHING_LEFT


def test_a_wallet_that_pays_as_a_discount_may_earn_in_one_that_counts_it() -> None:
    text = wallet('earn_base = "gross"') + PURSE.replace("tender", "discount") + MORE
    assert earned_in(rung(text, "1000.00", "300.00")) == rub("6.00")


def test_a_return_goes_by_what_was_paid_of_the_lines_that_are_left() -> None:
    # 225 a line, 150 by the card and 75 otherwise: one line alone earns 30 and 7
    cart = basket(line(1, "225.00"), line(2, "225.00"), redeem={"purse": "300.00"})
    found = sold(program(STARBUCKS), cart, holder("900.00"))
    assert clawed_back(found, {1: 1}, {2: 1}, name="stars") == [38, 37]
