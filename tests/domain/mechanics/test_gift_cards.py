"""Gift cards pay beside the shopper's own wallets, and money is paid onto cards."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from loyaltyd.domain.account import Account, Beside, Card, Debt, Seen, moved
from loyaltyd.domain.basket import Basket, GiftCard, Load, Reward
from loyaltyd.domain.books.returns import Case, Reversal, goods_returned, sale_cancelled
from loyaltyd.domain.books.sale import sale_postings
from loyaltyd.domain.engine.explain import Note
from loyaltyd.domain.engine.quote import Points, quote
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.ledger import LOADED, REDEEMED, Lot
from loyaltyd.domain.refusal import Reason, Refusal
from tests.domain.receipts import (
    CARDS,
    EARN,
    HEAD,
    NOBODY,
    PLACE,
    SATURDAY,
    basket,
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
from tests.domain.sales import Sold, sold

DAY = SATURDAY.date()
MONEY = """
[wallets.gift]
scale = 2
redeem_rate = "1.00"
points_as = "tender"
expires = "3y"

[wallets.purse]
scale = 2
redeem_rate = "1.00"
points_as = "tender"

[[cards]]
kind = "gift"
prefix = "7700"
length = 16
check = "luhn"
wallet = "gift"
pin = true

[[cards]]
kind = "stored-value"
prefix = "7800"
length = 16
check = "luhn"
wallet = "purse"
"""
PROGRAM = program(wallet() + EARN + MONEY)
ONE, TWO = "1" * 32, "2" * 32
CUP = Reward(rule="cup", count=1)


def holding(ident: str, amount: str, wallet_id: str = "gift", **more: object) -> Beside:
    """A gift card with so much on it."""
    lot = Lot(wallet=wallet_id, active_from=dt.date(2026, 1, 1), amount=rub(amount))
    account = Account(id=ident, lots=(lot,) if lot.amount else ())
    kind, found = ("gift", "7700/16") if wallet_id == "gift" else ("stored-value", "7800/16")
    card = Card(id=ident, kind=kind, range=found)
    return Beside(card=card, account=replace(account, **more), wallet=wallet_id)  # type: ignore[arg-type]  # each is the account's own


def beside(*cards: Beside, who: Seen = NOBODY) -> Seen:
    return replace(who, beside=cards)


def paying(cart: Basket, *cards: tuple[str, str]) -> Basket:
    """The basket, and what each gift card is to pay."""
    gifts = [
        GiftCard(card=card, amount=None if amount == "max" else rub(amount))
        for card, amount in cards
    ]
    return replace(cart, gift_cards=tuple(gifts))


def loading(cart: Basket, *cards: tuple[str, str]) -> Basket:
    return replace(cart, loads=tuple(Load(card=card, amount=rub(it)) for card, it in cards))


def on_card(found: Seen, ident: str, name: str = "gift") -> int:
    account = found.account_of(ident)
    assert account is not None
    return sum(it.amount for it in account.lots if it.wallet == name)


def after(found: Sold) -> Seen:
    """Who was seen, as the sale left them."""
    who, postings = found.sale.seen, found.sale.postings
    cards = tuple(replace(it, account=moved(it.account, postings)) for it in who.beside)
    return replace(who, account=who.account and moved(who.account, postings), beside=cards)


def undone(found: Sold) -> Case:
    now = after(found)
    return replace(found.case((), now.account, DAY), beside=now.beside)


def test_who_has_no_card_but_a_gift_card_pays_with_that_alone() -> None:
    cart = paying(basket(line(1, "129.90"), redeem={"bonus": "max"}), (ONE, "max"))
    answer = quoted(PROGRAM, cart, beside(holding(ONE, "100.00")))
    assert answer.result.spent == (Points(wallet="gift", amount=rub("100.00"), account=ONE),)
    assert [it.note for it in answer.messages] == [Note.WISH_REFUSED]


def test_a_gift_card_pays_what_it_holds_and_the_till_charges_the_rest() -> None:
    cart = paying(basket(line(1, "129.90")), (ONE, "max"))
    answer = quoted(PROGRAM, cart, beside(holding(ONE, "100.00")))
    (only,) = answer.result.lines
    assert (only.redeemed, only.tendered, only.net) == (rub("100.00"), rub("100.00"), rub("29.90"))
    assert answer.result.payable == rub("29.90")
    assert answer.result.spent == (Points(wallet="gift", amount=rub("100.00"), account=ONE),)


def test_it_pays_no_more_than_it_is_asked_and_than_there_is_to_pay() -> None:
    who = beside(holding(ONE, "500.00"))
    asked = quoted(PROGRAM, paying(basket(line(1, "129.90")), (ONE, "50.00")), who)
    assert asked.result.payable == rub("79.90")
    most = quoted(PROGRAM, paying(basket(line(1, "129.90")), (ONE, "300.00")), who)
    assert (most.result.payable, sum(it.amount for it in most.result.spent)) == (0, rub("129.90"))


def test_gift_cards_pay_last_whenever_they_were_scanned() -> None:
    # semantics 12, Odoo: 100 - 10% - 50 = 40, even if the gift card was scanned first
    found = program(wallet() + MONEY + rule("tenth", "receipt", 'percent_off = "10%"'))
    cart = paying(basket(line(1, "100.00")), (ONE, "50.00"))
    answer = quoted(found, cart, beside(holding(ONE, "50.00")))
    assert answer.result.payable == rub("40.00")
    both = paying(basket(line(1, "100.00"), redeem={"bonus": "max"}), (ONE, "max"))
    shared = quoted(found, both, beside(holding(ONE, "100.00"), who=seen("70.00")))
    assert spent_of(shared) == rub("70.00")
    paid = [(it.wallet, it.amount, it.account) for it in shared.result.spent]
    assert paid == [("bonus", rub("70.00"), ""), ("gift", rub("20.00"), ONE)]


def test_several_pay_by_their_wallets_in_the_files_order_then_as_they_were_named() -> None:
    cards = (holding(ONE, "30.00", "purse"), holding(TWO, "30.00"), holding("3" * 32, "30.00"))
    cart = paying(basket(line(1, "80.00")), (ONE, "max"), ("3" * 32, "max"), (TWO, "max"))
    spent = quoted(PROGRAM, cart, beside(*cards)).result.spent
    assert [it.account for it in spent] == ["3" * 32, TWO, ONE]
    assert [it.amount for it in spent] == [rub("30.00"), rub("30.00"), rub("20.00")]


def test_tender_cuts_no_earning_and_what_may_not_be_redeemed_is_not_paid() -> None:
    cart = paying(basket(line(1, "100.00"), line(2, "50.00", flags=("no_redeem",))), (ONE, "max"))
    answer = quoted(PROGRAM, cart, beside(holding(ONE, "500.00"), who=seen()))
    assert answer.result.payable == rub("50.00")
    assert earned_in(answer) == rub("7.50")


def test_a_card_that_is_over_or_owes_pays_nothing() -> None:
    over = Lot(wallet="gift", active_from=dt.date(2020, 1, 1), expires_at=DAY, amount=rub("10"))
    cart = paying(basket(line(1, "5.00")), (ONE, "max"))
    assert not quoted(PROGRAM, cart, beside(holding(ONE, "0", lots=(over,)))).result.spent
    debt = (Debt(wallet="gift", amount=1),)
    assert not quoted(PROGRAM, cart, beside(holding(ONE, "9.00", debts=debt))).result.spent


def test_one_wallet_of_one_account_pays_once() -> None:
    twice = paying(basket(line(1, "5.00")), (ONE, "max"), (ONE, "max"))
    outcome = quote(twice, beside(holding(ONE, "9.00")), PROGRAM, PLACE, SATURDAY)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.CARD_REPEATED
    own = holding("a" * 32, "9.00")
    cart = paying(basket(line(1, "5.00"), redeem={"gift": "max"}), (own.card.id, "max"))
    outcome = quote(cart, beside(own, who=seen("9.00")), PROGRAM, PLACE, SATURDAY)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.CARD_REPEATED
    priced = program(
        wallet()
        + MONEY
        + rule("cup", "item", 'units = 1, percent_off = "50%", cost = { gift = "1" }')
    )
    cart = replace(paying(basket(line(1, "5.00")), (own.card.id, "max")), rewards=(CUP,))
    outcome = quote(cart, beside(own, who=seen("9.00")), priced, PLACE, SATURDAY)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.CARD_REPEATED


def test_the_shoppers_own_card_pays_beside_its_points_and_gets_its_money_back() -> None:
    lots = (
        Lot(wallet="purse", active_from=dt.date(2026, 1, 1), amount=rub("50.00")),
        Lot(wallet="bonus", active_from=dt.date(2026, 1, 1), amount=rub("10.00")),
    )
    own = holding("a" * 32, "0", "purse", lots=lots)
    who = Seen(card=own.card, account=own.account, beside=(own,))
    cart = paying(basket(line(1, "100.00"), redeem={"bonus": "max"}), (own.card.id, "max"))
    done = sold(PROGRAM, cart, who)
    assert done.sale.result.payable == rub("40.00")
    now = after(done).account
    assert now is not None
    assert [(it.wallet, it.amount) for it in now.lots] == [("bonus", rub("4.50"))]  # 5% of 90.00
    outcome = sale_cancelled(undone(done))
    assert isinstance(outcome, Reversal)
    again = moved(now, outcome.postings)
    assert {(it.wallet, it.amount) for it in again.lots} == {(it.wallet, it.amount) for it in lots}
    parts = goods_returned(undone(done), {1: 500})
    assert isinstance(parts, Reversal)
    assert parts.returned.refund == rub("20.00")
    back = [(it.wallet, it.amount) for it in parts.postings if it.debit == REDEEMED]
    assert back == [("bonus", rub("5.00")), ("purse", rub("25.00"))]


def test_a_gift_card_of_the_shoppers_own_pays_by_redeem_and_earns_nothing() -> None:
    own = holding("a" * 32, "50.00")
    who = Seen(card=own.card, account=own.account)
    answer = quoted(PROGRAM, basket(line(1, "80.00"), redeem={"gift": "max"}), who)
    assert (answer.result.payable, earned_in(answer)) == (rub("30.00"), 0)


def test_a_load_is_paid_for_and_earns_nothing() -> None:
    # semantics 2: the top-up itself earns nothing
    cart = loading(basket(line(1, "100.00")), (ONE, "500.00"))
    answer = quoted(PROGRAM, cart, beside(holding(ONE, "0"), who=seen()))
    assert (answer.result.payable, answer.result.loaded) == (rub("600.00"), rub("500.00"))
    assert (earned_in(answer), answer.result.spend) == (rub("5.00"), rub("100.00"))


def test_a_load_without_goods_and_without_a_shoppers_card_is_a_receipt() -> None:
    done = sold(PROGRAM, loading(basket(), (ONE, "500.00")), beside(holding(ONE, "0")))
    assert done.sale.result.payable == rub("500.00")
    moves = [(it.account, it.debit, it.credit, it.amount) for it in done.sale.postings]
    assert moves == [(ONE, LOADED, "lot/2026-12-05/2029-12-05", rub("500.00"))]


def test_what_is_loaded_can_not_pay_for_the_receipt_that_loads_it() -> None:
    cart = loading(paying(basket(line(1, "80.00")), (ONE, "max")), (ONE, "500.00"))
    done = sold(PROGRAM, cart, beside(holding(ONE, "30.00")))
    assert done.sale.result.payable == rub("550.00")
    assert on_card(after(done), ONE) == rub("500.00")


def test_a_load_onto_the_shoppers_own_card_pays_its_debt_first() -> None:
    account = replace(
        seen().account or Account(id=""), debts=(Debt(wallet="purse", amount=rub("20.00")),)
    )
    own = Beside(card=Card(id="c" * 32, kind="bonus", range=""), account=account, wallet="purse")
    who = Seen(card=own.card, account=account, beside=(own,))
    now = after(sold(PROGRAM, loading(basket(), ("c" * 32, "50.00")), who))
    assert now.account is not None
    assert now.account.debts == ()
    assert on_card(now, account.id, "purse") == rub("30.00")


def test_a_return_pays_back_onto_the_card_what_it_paid_in_any_parts() -> None:
    # semantics 14's rounding: 100.00 over 3 pieces returns 33.33, 33.34, 33.33
    cart = paying(basket(line(1, "50.00", "3")), (ONE, "100.00"))
    done = sold(PROGRAM, cart, beside(holding(ONE, "100.00")))
    case, refunds, held = undone(done), [], []
    for _ in range(3):
        outcome = goods_returned(case, {1: 1000})
        assert isinstance(outcome, Reversal)
        cards = tuple(
            replace(it, account=moved(it.account, outcome.postings)) for it in case.beside
        )
        case = replace(case, beside=cards, earlier=(*case.earlier, outcome.returned))
        refunds.append(outcome.returned.refund)
        held.append(on_card(Seen(beside=cards), ONE))
    assert refunds == [rub("16.67"), rub("16.66"), rub("16.67")]
    assert held == [rub("33.33"), rub("66.67"), rub("100.00")]
    assert case.beside == done.sale.seen.beside


def test_each_card_gets_back_its_own() -> None:
    cart = paying(
        basket(line(1, "90.00"), redeem={"bonus": "10.00"}), (ONE, "30.00"), (TWO, "50.00")
    )
    who = beside(holding(ONE, "30.00"), holding(TWO, "70.00"), who=seen("10.00"))
    done = sold(PROGRAM, cart, who)
    assert [on_card(after(done), it) for it in (ONE, TWO)] == [0, rub("20.00")]
    outcome = goods_returned(undone(done), {1: 1000})
    assert isinstance(outcome, Reversal)
    assert outcome.returned.refund == 0
    back = {it.account: it.amount for it in outcome.postings if it.debit == REDEEMED}
    assert back == {"a" * 32: rub("10.00"), ONE: rub("30.00"), TWO: rub("50.00")}


def test_a_cancelled_load_is_taken_back_and_a_spent_one_is_refused() -> None:
    done = sold(PROGRAM, loading(basket(), (ONE, "500.00")), beside(holding(ONE, "0")))
    case = undone(done)
    outcome = sale_cancelled(case)
    assert isinstance(outcome, Reversal)
    assert moved(case.beside[0].account, outcome.postings).lots == ()
    lots = tuple(replace(lot, amount=lot.amount - 1) for lot in case.beside[0].account.lots)
    less = replace(case.beside[0], account=replace(case.beside[0].account, lots=lots))
    refused = sale_cancelled(replace(case, beside=(less,)))
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.LOAD_SPENT


def test_a_cancel_gives_back_what_cards_paid_and_takes_what_they_got() -> None:
    cart = loading(paying(basket(line(1, "80.00")), (ONE, "max")), (TWO, "5.00"), (TWO, "7.00"))
    who = beside(holding(ONE, "30.00"), holding(TWO, "1.00"), who=seen())
    done = sold(PROGRAM, cart, who)
    assert on_card(after(done), TWO) == rub("13.00")
    case = undone(done)
    outcome = sale_cancelled(case)
    assert isinstance(outcome, Reversal)
    again = tuple(moved(it.account, outcome.postings) for it in case.beside)
    assert again == tuple(it.account for it in who.beside)


def test_a_receipt_names_each_card_that_it_touches_and_nothing_of_its_number() -> None:
    cart = loading(paying(basket(line(1, "80.00")), (ONE, "max")), (TWO, "5.00"))
    who = beside(holding(ONE, "30.00"), holding(TWO, "0"))
    answer = quoted(PROGRAM, cart, who)
    postings = sale_postings(answer.result, who, PROGRAM, SATURDAY)
    assert {it.account for it in postings} == {ONE, TWO}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('kind = "gift"\nwallet = "nope"', 'there is no wallet "nope"; allowed here: bonus, gift'),
        ('kind = "gift"\nwallet = "bonus"', 'it needs redeem_rate = "1.00" and scale = 2'),
        ('kind = "gift"', "a gift card has a wallet, which holds its money"),
        ('kind = "stored-value"', "a stored-value card has a wallet, which holds its money"),
        ('kind = "discount"\ndiscount = "5%"\nwallet = "gift"', "a discount card has no wallet"),
        ('kind = "bonus"\npin = true', "pin goes with cards of the kind gift or stored-value"),
    ],
)
def test_a_card_whose_wallet_holds_no_money_is_told(keys: str, said: str) -> None:
    wallets = '[wallets.bonus]\nscale = 0\n[wallets.gift]\nscale = 2\nredeem_rate = "1.00"\n'
    text = f'{HEAD}{wallets}{CARDS}[[cards]]\nprefix = "77"\nlength = 13\n{keys}\n'
    faults = program_from(text)
    assert isinstance(faults, tuple)
    assert any(said in it.message for it in faults), faults


@pytest.mark.parametrize(
    ("key", "said"), [('restore = "none"', "a return gives back"), ('activates = "1d"', "at once")]
)
def test_money_comes_back_and_is_usable_at_once(key: str, said: str) -> None:
    text = MONEY.replace('expires = "3y"', key)
    faults = program_from(HEAD + text + CARDS)
    assert isinstance(faults, tuple)
    assert [said in it.message for it in faults] == [True]


def test_the_cashier_is_told_of_a_gift_card_that_pays_less_than_it_was_asked() -> None:
    cart = paying(basket(line(1, "100.00")), (ONE, "50.00"))
    (told,) = quoted(PROGRAM, cart, beside(holding(ONE, "30.00"))).messages
    assert (told.audience, told.note) == ("cashier", Note.WISH_CUT)
    assert (told.subject, told.amount, told.more) == ("gift", rub("30.00"), rub("50.00"))


def test_a_load_that_was_spent_is_refused_though_the_card_holds_more_of_before() -> None:
    done = sold(PROGRAM, loading(basket(), (ONE, "50.00")), beside(holding(ONE, "100.00")))
    case = undone(done)
    old = tuple(lot for lot in case.beside[0].account.lots if lot.expires_at is None)
    assert [lot.amount for lot in old] == [rub("100.00")]
    spent = replace(case.beside[0], account=replace(case.beside[0].account, lots=old))
    refused = sale_cancelled(replace(case, beside=(spent,)))
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.LOAD_SPENT


def test_a_cancelled_load_that_paid_a_debt_leaves_the_debt_again() -> None:
    account = replace(
        seen().account or Account(id=""), debts=(Debt(wallet="purse", amount=rub("20.00")),)
    )
    own = Beside(card=Card(id="c" * 32, kind="bonus", range=""), account=account, wallet="purse")
    who = Seen(card=own.card, account=account, beside=(own,))
    done = sold(PROGRAM, loading(basket(), ("c" * 32, "50.00")), who)
    now = after(done)
    outcome = sale_cancelled(replace(done.case((), now.account, DAY), beside=now.beside))
    assert isinstance(outcome, Reversal)
    assert now.account is not None
    assert moved(now.account, outcome.postings) == account
