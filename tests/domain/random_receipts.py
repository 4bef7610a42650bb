"""Random baskets and shoppers for a program: what tills send at its widest."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from random import Random

from loyaltyd.domain.account import Account, Beside, Card, Debt, Seen
from loyaltyd.domain.basket import (
    NO_DISCOUNT,
    NO_EARN,
    NO_REDEEM,
    PIECE,
    Basket,
    GiftCard,
    Line,
    Load,
    Payment,
    Reward,
    Wish,
)
from loyaltyd.domain.card import MONEY_KINDS
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.money import AMOUNT_MAX
from loyaltyd.domain.place import Place
from tests.domain.mutations import Tree, words_of
from tests.domain.random_conditions import random_coupons, random_past
from tests.domain.receipts import PLACE

FLAGS = (NO_DISCOUNT, NO_EARN, NO_REDEEM)
QUANTITY_MAX = 10**12 - 1  # thousandths: what a till may send has nine digits and three decimals
ZONES = (dt.UTC, dt.timezone(dt.timedelta(hours=3)), dt.timezone(dt.timedelta(hours=-11)))


def random_basket(chance: Random, found: Program, tree: Tree, who: Seen) -> Basket:
    """Up to nine lines, of the program's goods and others, and wishes to pay with points."""
    wishes = (
        Wish(wallet=it.id, amount=chance.choice((None, None, 0, 1, 1000, AMOUNT_MAX)))
        for it in found.wallets
        if it.redeem_rate and chance.random() < 0.6
    )
    sizes = (1, 2, 3, 5, 9)
    return Basket(
        receipt="r-1",
        card="c" * 32,
        lines=tuple(_line(chance, number, tree) for number in range(1, chance.choice(sizes) + 1)),
        redeem=tuple(wishes),
        coupons=tuple(it.id for it in who.coupons),
        rewards=tuple(
            Reward(rule=it.rule.id, count=chance.choice((1, 1, 3, 1000)))
            for it in found.turns.values()
            if it.rule.price is not None and chance.random() < 0.6
        ),
        payments=tuple(
            Payment(kind=it, amount=0) for it in words_of(tree, "tender") if chance.random() < 0.3
        ),
        gift_cards=tuple(
            GiftCard(card=it.card.id, amount=chance.choice((None, None, 0, 1, AMOUNT_MAX)))
            for it in who.beside
            if chance.random() < 0.8
        ),
        loads=tuple(
            Load(card=it.card.id, amount=chance.choice((1, 50_000)))
            for it in who.beside
            if chance.random() < 0.3
        ),
        split=chance.random() < 0.3,
    )


def random_shopper(chance: Random, found: Program, on: dt.date) -> Seen:
    """Nobody, or a card of one of the program's kinds with whatever an account may hold."""
    coupons = random_coupons(chance, found)
    if chance.random() < 0.1 or not found.ranges:
        return Seen(coupons=coupons, beside=_beside(chance, found, on))
    collecting = [it for it in found.ranges if not it.discount]
    cards = chance.choice((*found.ranges, *collecting, *collecting))
    lots: dict[tuple[str, str], Lot] = {}
    for wallet in (*found.wallets, *found.wallets):
        lot = Lot(
            wallet=wallet.id,
            active_from=on - dt.timedelta(days=chance.choice((-3, 0, 1, 400))),
            expires_at=chance.choice((None, None, *(on + dt.timedelta(days=it) for it in (1, 40)))),
            amount=chance.choice((1, 999, 30_000, AMOUNT_MAX)),
        )
        if chance.random() < 0.7:
            lots[lot.wallet, lot.bucket] = lot
    debts = (
        Debt(wallet=it.id, amount=chance.choice((1, 50_000, AMOUNT_MAX)))
        for it in found.wallets
        if chance.random() < 0.1
    )
    levels = [it.id for it in found.tiers.levels] if found.tiers else []
    account = Account(
        id="a" * 32,
        tier=chance.choice((*levels, "", "of-an-older-version")) if levels else "",
        measure=chance.choice((-100, 0, 1, 500_000, 2_000_000, AMOUNT_MAX)),
        lots=tuple(lots[key] for key in sorted(lots)),
        debts=tuple(debts),
    )
    card = Card(id="c" * 32, kind=cards.kind, range=cards.name)
    return Seen(
        card=card,
        account=account,
        past=random_past(chance, found),
        coupons=coupons,
        beside=_beside(chance, found, on),
    )


def random_moment(chance: Random) -> dt.datetime:
    """A moment of these years at some till."""
    day = dt.date(2026, 12, 5) + dt.timedelta(days=chance.choice((0, 0, 1, 26, 451, -900)))
    clock = dt.time(chance.randrange(24), chance.choice((0, 30, 59)))
    return dt.datetime.combine(day, clock, chance.choice(ZONES))


def random_place(chance: Random, tree: Tree) -> Place:
    """A till in one of the program's stores, or in another."""
    stores = (*words_of(tree, "store"), *words_of(tree, "regions"), PLACE.store)
    store = chance.choice(stores).replace("*", "001")
    return replace(PLACE, store=store, group=chance.choice(("", PLACE.group)))


def _beside(chance: Random, found: Program, on: dt.date) -> tuple[Beside, ...]:
    """Gift cards of the program's kinds, with money on them or without."""
    cards = []
    for number, of in enumerate(it for it in found.ranges if it.kind in MONEY_KINDS):
        ident = f"{number:e>32}"
        amount = chance.choice((0, 1, 30_000, AMOUNT_MAX))
        lot = Lot(wallet=of.wallet, active_from=on, expires_at=None, amount=amount)
        account = Account(id=ident, lots=(lot,) if amount else ())
        card = Card(id=ident, kind=of.kind, range=of.name)
        cards.append(Beside(card=card, account=account, wallet=of.wallet))
    return tuple(cards[: chance.randint(0, 2)])


def _line(chance: Random, number: int, tree: Tree) -> Line:
    price = chance.choice((0, 1, 99, 100, 9990, 38_999, chance.randint(0, 10**6), 10**10))
    quantity = chance.choice(
        (PIECE, PIECE, 2 * PIECE, 3 * PIECE, 12 * PIECE, 1, 347, 999, chance.randint(1, 10**5))
    )
    if chance.random() < 0.02:
        price, quantity = chance.choice(((0, QUANTITY_MAX), (1, QUANTITY_MAX), (AMOUNT_MAX, 1)))
    return Line(
        line=number,
        sku=chance.choice((*words_of(tree, "sku"), "sku-1", "ж")),
        category=_category(chance, tree),
        price=price,
        quantity=quantity,
        unit=chance.choice(("pc", "pc", "pc", "kg", "g", "", "л")),
        floor_price=chance.choice((None, None, None, 0, 1, price, price + 1, AMOUNT_MAX)),
        abv=chance.choice((0, 1, 37_500, QUANTITY_MAX)),
        litres=chance.choice((0, 1, 500, QUANTITY_MAX)),
        flags=tuple(it for it in FLAGS if chance.random() < 0.06),
        tags=tuple(words_of(tree, "tags")[: chance.randint(0, 2)]),
    )


def _category(chance: Random, tree: Tree) -> str:
    word = chance.choice((*words_of(tree, "category"), "goods", ""))
    return word.replace("*", chance.choice(("milk", "milk/raw", "", "*")))
