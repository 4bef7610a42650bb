"""Gift cards of random wallets, and what they are to pay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from random import Random

from loyaltyd.domain.account import Account, Beside, Card, Debt
from loyaltyd.domain.basket import GiftCard
from loyaltyd.domain.ledger import Lot

CARDS = ("1" * 32, "2" * 32)


def random_gift_cards(chance: Random) -> tuple[GiftCard, ...]:
    """Which of the cards are to pay, in what order, and how much."""
    if chance.random() < 0.7:
        return ()
    named = chance.sample(CARDS, chance.randint(1, len(CARDS)))
    asked = (chance.choice((None, chance.randint(0, 20_000))) for _ in named)
    return tuple(GiftCard(card=it, amount=amount) for it, amount in zip(named, asked, strict=True))


def random_beside(chance: Random, wallets: Sequence[str], day: dt.date) -> tuple[Beside, ...]:
    """What the cards hold: some nothing, some what is over, some owe."""
    found = []
    for ident in CARDS:
        name = chance.choice(wallets)
        last = chance.choice((None, day + dt.timedelta(days=chance.randint(-1, 40))))
        first = day - dt.timedelta(days=chance.randint(-1, 30))
        lot = Lot(wallet=name, active_from=first, expires_at=last, amount=chance.randint(1, 30_000))
        debts = (Debt(wallet=name, amount=7),) if chance.random() < 0.1 else ()
        account = Account(id=ident, lots=(lot,), debts=debts)
        card = Card(id=ident, kind="gift", range="7700/16")
        found.append(Beside(card=card, account=account, wallet=name))
    return tuple(found)
