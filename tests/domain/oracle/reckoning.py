"""A receipt worked out from the program's text, stage by stage."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass

from loyaltyd.domain.account import Seen
from loyaltyd.domain.basket import Basket
from tests.domain.oracle.discounts import run_item_layer, run_receipt_layer
from tests.domain.oracle.earning import earn
from tests.domain.oracle.printing import Print, run_printing
from tests.domain.oracle.shop import Shop
from tests.domain.oracle.wallets import redeem


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """What a receipt comes to, line by line; minor units, and points in their scales."""

    nets: list[int]
    effects: list[list[tuple[str, str, int]]]  # rule, layer, amount
    paid: list[list[tuple[str, int]]]  # wallet, money
    points: list[list[tuple[str, int]]]  # of what was paid: wallet, points
    prices: list[list[tuple[str, int]]]  # of rewards: wallet, points
    spent: dict[tuple[str, str], int]  # by wallet and account, none for the shopper's
    earned: dict[str, int]
    shares: list[dict[str, int]]  # wallet → points
    dated: list[tuple[str, dt.date, dt.date | None, int]]  # lots of rules' own dates
    prints: list[Print]


def reckoned(text: str, basket: Basket, seen: Seen, at: dt.datetime) -> Reckoning:
    """Work out basket by the program in text."""
    shop = Shop(tomllib.loads(text), basket, seen, at)
    run_item_layer(shop)
    run_receipt_layer(shop, "receipt")
    run_receipt_layer(shop, "coupon")
    redeem(shop)
    earn(shop)
    return Reckoning(
        nets=shop.net,
        effects=shop.effects,
        paid=[[(name, money) for name, money, _ in each] for each in shop.paid],
        points=shop.points,
        prices=shop.prices,
        spent=shop.spent,
        earned=shop.earned,
        shares=shop.shares,
        dated=shop.dated,
        prints=run_printing(shop),
    )
