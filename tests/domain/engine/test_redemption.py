"""Paying with points: the order of the limits is normative (semantics 11, and 10, 12, 16, 18)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.account import Account, Debt, Seen
from loyaltyd.domain.basket import Basket, Wish
from loyaltyd.domain.engine.explain import Message, Note
from loyaltyd.domain.engine.quote import quote
from loyaltyd.domain.engine.redemption import paying_order
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.refusal import Reason, Refusal
from tests.domain.receipts import (
    BONUS_CARD,
    DISCOUNT_CARD,
    NOBODY,
    PLACE,
    SATURDAY,
    basket,
    holds,
    line,
    program,
    quoted,
    rub,
    rule,
    seen,
    spent_of,
    wallet,
)

MAX = {"bonus": "max"}


def spent(keys: str, price: str, who: Seen, wish: str = "max", text: str = "") -> int:
    found = program(wallet(keys) + text)
    return spent_of(quoted(found, basket(line(1, price), redeem={"bonus": wish}), who))


@pytest.mark.parametrize(("cap", "most"), [("30%", "370.36"), ("99%", "1222.21")])
def test_the_share_that_points_may_pay_is_always_rounded_down(cap: str, most: str) -> None:
    # semantics 11: 370.368 and 1222.2144 of 1234.56
    assert spent(f'max_share = "{cap}"', "1234.56", seen("5000.00")) == rub(most)


def test_the_share_is_of_the_lines_that_may_be_paid() -> None:
    found = program(wallet('max_share = "30%"'))
    cart = basket(line(1, "100.00", flags=("no_redeem",)), line(2, "200.00"), redeem=MAX)
    answer = quoted(found, cart, seen("500.00"))
    assert [it.redeemed for it in answer.result.lines] == [0, rub("60.00")]
    assert [len(it.paid) for it in answer.result.lines] == [0, 1]


@pytest.mark.parametrize(
    ("keys", "balance", "most"),
    [
        ("", "50.00", "50.00"),  # the balance
        ('step = "10.00"', "55.55", "50.00"),  # then down to the step
        ('step = "100.00"', "55.55", "0.00"),
        ('min_redeem = "55.55"', "55.55", "55.55"),  # the least amount is enough
        ('min_redeem = "55.56"', "55.55", "0.00"),  # below it nothing
        ('step = "10.00"\nmin_redeem = "55.00"', "55.55", "0.00"),  # the step comes first
        ('max_share = "30%"\nmin_redeem = "31.00"', "55.55", "0.00"),  # the share too
    ],
)
def test_balance_then_step_then_least_amount(keys: str, balance: str, most: str) -> None:
    # semantics 11: the order is normative
    assert spent(keys, "100.00", seen(balance)) == rub(most)


@pytest.mark.parametrize(
    ("wish", "granted", "note"),
    [
        ("12.34", "12.34", None),
        ("30.00", "30.00", None),
        ("30.01", "30.00", Note.WISH_CUT),
        ("9.99", "0.00", Note.WISH_REFUSED),
        ("0.00", "0.00", None),
    ],
)
def test_a_wish_is_cut_to_the_limit_and_the_cashier_is_told(
    wish: str, granted: str, note: Note | None
) -> None:
    found = program(wallet('max_share = "30%"\nmin_redeem = "10.00"'))
    answer = quoted(found, basket(line(1, "100.00"), redeem={"bonus": wish}), seen("500.00"))
    assert spent_of(answer) == rub(granted)
    assert [it.note for it in answer.messages] == ([note] if note else [])
    assert all((it.amount, it.more) == (rub(granted), rub(wish)) for it in answer.messages)


def test_what_could_be_redeemed_is_said_without_a_wish() -> None:
    answer = quoted(program(wallet('max_share = "30%"')), basket(line(1, "100.00")), seen("500.00"))
    assert [(it.redeemable, it.spent) for it in answer.redeemable] == [(rub("30.00"), 0)]


@pytest.mark.parametrize("who", [NOBODY, Seen(card=DISCOUNT_CARD, account=seen("9.00").account)])
def test_who_has_no_wallets_to_pay_with_is_refused_the_wish_aloud(who: Seen) -> None:
    answer = quoted(program(wallet()), basket(line(1, "100.00"), redeem={"bonus": "5.00"}), who)
    assert answer.result.lines[0].redeemed == 0
    assert [it.note for it in answer.messages] == [Note.WISH_REFUSED]


@pytest.mark.parametrize("name", ["gold", "stamps"])
def test_a_wish_of_no_wallet_or_of_one_that_pays_nothing_is_refused(name: str) -> None:
    found = program("[wallets.stamps]\nscale = 0\n")
    cart = Basket(receipt="r", lines=(line(1, "1.00"),), redeem=(Wish(wallet=name),))
    answer = quote(cart, seen(), found, PLACE, SATURDAY)
    assert answer == Refusal(reason=Reason.WALLET_UNKNOWN, names={"wallet": name})


def test_debt_blocks_redemption() -> None:
    # semantics 18
    assert spent("", "100.00", seen("50.00", debt="0.01")) == 0


def test_points_that_lower_the_price_stop_at_the_floor_and_tender_does_not() -> None:
    # semantics 10: in Russia points act as a discount, so the floor applies
    cart = basket(line(1, "499.00", floor_price=rub("409.00")), redeem=MAX)
    as_discount = quoted(program(wallet()), cart, seen("500.00"))
    tender = quoted(program(wallet('points_as = "tender"')), cart, seen("500.00"))
    assert (spent_of(as_discount), spent_of(tender)) == (rub("90.00"), rub("499.00"))
    assert [it.result.lines[0].tendered for it in (as_discount, tender)] == [0, rub("499.00")]


def test_points_are_spread_by_net_within_the_rooms_of_the_lines() -> None:
    cart = basket(
        line(1, "499.00", floor_price=rub("489.00")),
        *(line(2, "300.00"), line(3, "100.00")),
        redeem=MAX,
    )
    answer = quoted(program(wallet('max_share = "30%"')), cart, seen("500.00"))
    # 30% of 899.00 is 269.70: 10.00 at the floor, 259.70 over 300/100
    assert [it.redeemed for it in answer.result.lines] == [1000, 19478, 6492]


@pytest.mark.parametrize("price", ["409.00", "409.01"])
def test_a_bottle_at_its_floor_counts_for_the_limit_like_one_a_kopeck_above_it(price: str) -> None:
    cart = basket(line(1, price, floor_price=rub("409.00")), line(2, "400.00"), redeem=MAX)
    answer = quoted(program(wallet('max_share = "30%"')), cart, seen("500.00"))
    assert spent_of(answer) == rub("242.70")  # 30% of 809.00, down to the kopeck


SECOND = """
[wallets.gift]
scale = 2
redeem_rate = "1.00"
points_as = "tender"
[wallets.bonus]
scale = 2
redeem_rate = "1.00"
"""


def test_wallets_that_lower_the_price_pay_before_tender_whatever_the_files_order() -> None:
    # semantics 12: 100 - 10% - 50 = 40, also when the gift card came first
    text = SECOND + rule("ten", "receipt", 'percent_off = "10%"')
    assert [it.id for it in paying_order(program(text))] == ["bonus", "gift"]
    lots = tuple(
        Lot(wallet=name, active_from=dt.date(2020, 1, 1), expires_at=None, amount=rub(amount))
        for name, amount in (("gift", "50.00"), ("bonus", "20.00"))
    )
    who = Seen(card=BONUS_CARD, account=Account(id="a", lots=lots))
    cart = basket(line(1, "100.00"), redeem={"gift": "max", "bonus": "max"})
    result = quoted(program(text), cart, who).result
    paid = [(it.wallet, it.money) for it in result.lines[0].paid]
    assert paid == [("bonus", rub("20.00")), ("gift", rub("50.00"))]
    assert result.payable == rub("20.00")


def test_a_lot_pays_from_its_first_day_until_its_last_one() -> None:
    today, day = SATURDAY.date(), dt.timedelta(days=1)
    dates = [
        *((today, None), (today, today + day), (today - day, today + day)),  # usable
        *((today + day, None), (today - day, today)),  # waiting, gone
    ]
    lots = [
        Lot(wallet="bonus", active_from=start, expires_at=end, amount=10**place)
        for place, (start, end) in enumerate(dates)
    ]
    who = Seen(card=BONUS_CARD, account=Account(id="a", lots=tuple(lots)))
    assert spent("", "10000.00", who) == 111


@pytest.mark.parametrize(
    ("rate", "wish", "points", "money"),
    [
        ("0.30", "10.00", 1000, 300),
        ("0.001", "0.99", 0, 0),  # pays less than a kopeck: nothing is taken
        ("0.001", "10.00", 1000, 1),
        ("10.00", "3.00", 300, 3000),
        ("3.00", "max", 3333, 9999),  # no more than there is to pay
    ],
)
def test_points_pay_by_their_rate_and_are_never_taken_for_nothing(
    rate: str, wish: str, points: int, money: int
) -> None:
    text = wallet().replace("1.00", rate)
    cart = basket(line(1, "100.00"), redeem={"bonus": wish})
    answer = quoted(program(text), cart, seen("50000.00"))
    assert (spent_of(answer), answer.result.lines[0].redeemed) == (points, money)


prices = st.lists(st.integers(0, 500_000), min_size=1, max_size=8)


@given(prices, st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(["0.01", "7.77"]))
def test_nothing_is_redeemed_above_balance_share_or_wish(
    amounts: list[int], balance: int, wish: int, step: str
) -> None:
    found = program(wallet(f'max_share = "30%"\nstep = "{step}"\nmin_redeem = "5.00"'))
    cart = Basket(
        receipt="r",
        lines=tuple(line(place, f"{it / 100:.2f}") for place, it in enumerate(amounts)),
        redeem=(Wish(wallet="bonus", amount=wish),),
    )
    lot = Lot(wallet="bonus", active_from=dt.date(2020, 1, 1), expires_at=None, amount=balance)
    answer = quoted(found, cart, Seen(card=BONUS_CARD, account=Account(id="a", lots=(lot,))))
    points = spent_of(answer)
    money = sum(it.redeemed for it in answer.result.lines)
    assert points == money <= min(balance, wish, sum(amounts) * 3 // 10)
    assert points % rub(step) == 0
    assert points == 0 or points >= rub("5.00")
    assert sum(paid.points for it in answer.result.lines for paid in it.paid) == points


def test_a_debt_in_one_wallet_blocks_no_other_and_each_wallet_hears_its_own_wish() -> None:
    stars = '[wallets.stars]\nscale = 2\nredeem_rate = "1.00"\n'
    found = program(wallet() + stars)
    account = seen("50.00").account
    assert account is not None
    lots = (*account.lots, replace(account.lots[0], wallet="stars"))
    owing = replace(account, lots=lots, debts=(Debt(wallet="stars", amount=1),))
    cart = basket(line(1, "100.00"), redeem={"stars": "30.00", "bonus": "20.00"})
    answer = quoted(found, cart, Seen(card=BONUS_CARD, account=owing))
    assert (spent_of(answer), spent_of(answer, "stars")) == (rub("20.00"), 0)
    free = replace(owing, debts=())
    answer = quoted(found, cart, Seen(card=BONUS_CARD, account=free))
    assert (spent_of(answer), spent_of(answer, "stars")) == (rub("20.00"), rub("30.00"))


def test_who_asks_for_the_most_and_has_nothing_is_told_so() -> None:
    cart = basket(line(1, "100.00"), redeem={"bonus": "max"})
    assert quoted(program(wallet()), cart, seen()).messages == (
        Message(audience="cashier", note=Note.WISH_REFUSED, subject="bonus"),
    )
    assert quoted(program(wallet()), cart, seen("1.00")).messages == ()


@pytest.mark.parametrize(("balance", "points", "paid"), [(9, 0, 0), (10, 10, 1), (19, 19, 1)])
def test_points_that_pay_no_whole_kopeck_stay_on_the_card(
    balance: int, points: int, paid: int
) -> None:
    # ten of them pay one kopeck
    found = program('[wallets.dust]\nscale = 0\nredeem_rate = "0.001"\n')
    answer = quoted(found, basket(line(1, "5.00"), redeem={"dust": "max"}), holds(dust=balance))
    assert (spent_of(answer, "dust"), answer.result.lines[0].redeemed) == (points, paid)
    assert [(it.redeemable, it.spent) for it in answer.redeemable] == [(points, points)]
    assert [it.note for it in answer.messages] == ([] if points else [Note.WISH_REFUSED])
