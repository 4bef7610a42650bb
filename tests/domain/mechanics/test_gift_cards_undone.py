"""Whatever a receipt loads, pays with and earns: undone, no lot gives more than it holds."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest

from loyaltyd.domain.account import Account, Beside, Card, Debt, Seen, moved
from loyaltyd.domain.basket import GiftCard, Load, Wish
from loyaltyd.domain.books.merging import renamed_record
from loyaltyd.domain.books.postings import takings
from loyaltyd.domain.books.returns import Case, Reversal, goods_returned, sale_cancelled
from loyaltyd.domain.books.sale import Sale, sale_from
from loyaltyd.domain.ledger import DEBT, LOADED, REDEEMED, Lot, Posting, taken, usable
from loyaltyd.domain.refusal import Reason, Refusal
from tests.domain.books.test_sale import record
from tests.domain.mechanics.test_gift_cards import (
    DAY,
    MONEY,
    ONE,
    PROGRAM,
    TWO,
    holding,
    loading,
    paying,
)
from tests.domain.receipts import EARN, basket, line, program, rule, wallet
from tests.domain.sales import sold

CASHBACK = rule("cashback", "points", 'earn = "purse", percent = "90%"')
EARNING = program(wallet() + EARN + MONEY + CASHBACK)
OWN = Card(id="a" * 32, kind="stored-value", range="7800/16")


def today(amount: int, name: str) -> Lot:
    """A lot of the same name as what the receipt loads and earns."""
    last = dt.date(2029, 12, 5) if name == "gift" else None
    return Lot(wallet=name, active_from=DAY, expires_at=last, amount=amount)


def random_sale(chance: Random) -> Sale:
    """A shopper's purse, two gift cards, and what each pays and gets."""
    account = Account(id=OWN.id, lots=(today(chance.randint(1, 900), "purse"),))
    own = Beside(card=OWN, account=account, wallet="purse")
    lots = (today(chance.randint(1, 9000), "gift"),)
    cards = (own, holding(ONE, "0", lots=lots), holding(TWO, "0"))
    paying, loaded = (
        [it.card.id for it in cards if chance.random() < 0.5] for _ in ("gift_cards", "loads")
    )
    redeem = () if OWN.id in paying else (Wish(wallet="purse", amount=chance.randint(0, 5000)),)
    cart = replace(
        basket(line(1, "40.00", "3"), line(2, "7.77")),
        gift_cards=tuple(GiftCard(card=it, amount=chance.randint(0, 6000)) for it in paying),
        loads=tuple(Load(card=it, amount=chance.randint(1, 6000)) for it in loaded * 2),
        redeem=redeem,
    )
    found = chance.choice((EARNING, PROGRAM))
    return sold(found, cart, Seen(card=OWN, account=account, beside=cards)).sale


def spent_since(account: Account, chance: Random) -> list[Posting]:
    """What the account has paid since, oldest lots first."""
    found: list[Posting] = []
    for name in ("purse", "gift"):
        lots = usable(account.lots, name, DAY)
        part = chance.choice((0, 0, chance.randint(0, sum(it.amount for it in lots))))
        found += takings(account.id, taken(lots, part)[0], REDEEMED)
    return found


def case_after(sale: Sale, more: Iterable[Posting]) -> Case:
    postings = (*sale.postings, *more)
    who = sale.seen
    assert who.account is not None
    found = EARNING if any(it.wallet == "purse" for it in sale.result.earned) else PROGRAM
    return Case(
        sale=sale,
        earlier=(),
        account=moved(who.account, postings),
        program=found,
        on=DAY,
        beside=tuple(replace(it, account=moved(it.account, postings)) for it in who.beside),
    )


def worth(accounts: Iterable[Account]) -> Counter[tuple[str, str]]:
    """What each account holds of each wallet, less what it owes."""
    found: Counter[tuple[str, str]] = Counter()
    for account in {it.id: it for it in accounts}.values():
        assert all(it.amount > 0 for it in account.lots), account
        for lot in account.lots:
            found[account.id, lot.wallet] += lot.amount
        for debt in account.debts:
            found[account.id, debt.wallet] -= debt.amount
    return found


def accounts(case: Case, postings: Iterable[Posting] = ()) -> list[Account]:
    postings = list(postings)
    assert case.account is not None
    return [moved(it, postings) for it in (case.account, *(card.account for card in case.beside))]


@pytest.mark.parametrize("seed", range(150))
def test_a_cancel_leaves_what_there_was_less_what_was_spent_since(seed: int) -> None:
    chance = Random(seed)
    sale = random_sale(chance)
    plain = case_after(sale, ())
    since = [
        it
        for account in {it.id: it for it in accounts(plain)}.values()
        for it in spent_since(account, chance)
    ]
    case = case_after(sale, since)
    outcome = sale_cancelled(case)
    if isinstance(outcome, Refusal):
        assert outcome.reason is Reason.LOAD_SPENT
        assert since
        assert any(it.debit == LOADED for it in sale.postings)
        return
    assert all(it.amount > 0 for it in outcome.postings)
    assert sale.seen.account is not None
    before = worth([sale.seen.account, *(it.account for it in sale.seen.beside)])
    for it in since:
        before[it.account, it.wallet] -= it.amount
    left = worth(accounts(case, outcome.postings))
    assert {key: it for key, it in left.items() if it} == {k: it for k, it in before.items() if it}


def test_of_cards_merged_since_what_comes_back_pays_the_debt_that_the_load_had_paid() -> None:
    # 50.00 onto a card that owed 20.00, and another card pays 30.00; then both are one account
    owes = holding(ONE, "0", "purse", debts=(Debt(wallet="purse", amount=2000),))
    cart = loading(paying(basket(line(1, "30.00")), (TWO, "max")), (ONE, "50.00"))
    done = sold(PROGRAM, cart, Seen(beside=(owes, holding(TWO, "30.00", "purse"))))
    sale = sale_from(renamed_record(record(done), {TWO: ONE}))
    now = moved(owes.account, sale.postings)
    beside = tuple(replace(it, account=now) for it in sale.seen.beside)
    case = Case(sale=sale, earlier=(), account=None, program=PROGRAM, on=DAY, beside=beside)
    outcome = sale_cancelled(case)
    assert isinstance(outcome, Reversal)
    assert {(it.debit, it.credit, it.amount) for it in outcome.postings} == {
        (DEBT, LOADED, 2000),
        ("lot/2026-12-05/-", LOADED, 3000),
        (REDEEMED, DEBT, 2000),
        (REDEEMED, "lot/2026-01-01/-", 1000),
    }


@pytest.mark.parametrize("seed", range(50))
def test_goods_that_come_back_bring_all_money_back_and_leave_loads_where_they_are(
    seed: int,
) -> None:
    chance = Random(seed)
    sale = random_sale(chance)
    case = case_after(sale, ())
    refund = 0
    for part in ({1: 1000}, {1: 500, 2: 1000}, {1: 1500}):
        outcome = goods_returned(case, part)
        assert isinstance(outcome, Reversal)
        own, *cards = accounts(case, outcome.postings)
        refund += outcome.returned.refund
        beside = tuple(
            replace(it, account=account) for it, account in zip(case.beside, cards, strict=True)
        )
        case = replace(case, account=own, beside=beside, earlier=(*case.earlier, outcome.returned))
    assert refund + sale.result.loaded == sale.result.payable
    assert sale.seen.account is not None
    before = worth([sale.seen.account, *(it.account for it in sale.seen.beside)])
    for it in sale.result.loads:
        before[it.account, it.wallet] += it.amount
    left = worth(accounts(case))
    assert {key: it for key, it in left.items() if it} == {k: it for k, it in before.items() if it}
