"""Wallets pay, and gift cards after them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

from tests.domain.oracle.exact import DIGITS, percentage, waterfall
from tests.domain.oracle.shop import Shop, Table


def redeem(shop: Shop) -> None:
    """Let wallets pay: discounts before tender, each in the file's order."""
    wallets = shop.program.get("wallets", {}).items()
    paying = [it for it in wallets if "redeem_rate" in it[1]]
    account = shop.seen.account
    for name, wallet in sorted(paying, key=lambda it: it[1].get("points_as") == "tender"):
        wish = shop.basket.wish(name)
        if wish is None or account is None or shop.plastic or account.debt(name):
            continue
        able = _redeemable(shop, name, wallet, shop.balance(name))
        _pay(shop, name, wallet, able if wish.amount is None else min(able, wish.amount))
    _gift_cards(shop)


def _gift_cards(shop: Shop) -> None:
    cards = {it.card.id: it for it in shop.seen.beside}
    for name, wallet in shop.program.get("wallets", {}).items():
        for gift in shop.basket.gift_cards:
            card = cards[gift.card]
            if card.wallet != name or card.account.debt(name):
                continue
            able = _redeemable(shop, name, wallet, shop.usable(card.account, name))
            asked = able if gift.amount is None else min(able, gift.amount)
            _pay(shop, name, wallet, asked, account=card.account.id)


def _redeemable(shop: Shop, name: str, wallet: Table, balance: int) -> int:
    rooms = _payable(shop, wallet)
    may = [net for net, it in zip(shop.net, shop.lines, strict=True) if shop.may(it, "redeem")]
    money = min(floor(sum(may) * percentage(wallet.get("max_share", "100%"))), sum(rooms))
    return min(floor(money / _worth(wallet)), balance)


def _payable(shop: Shop, wallet: Table) -> list[int]:
    tender = wallet.get("points_as") == "tender"
    rooms = [net if tender else shop.room(place) for place, net in enumerate(shop.net)]
    allowed = [shop.may(line, "redeem") for line in shop.lines]
    return [room if may else 0 for room, may in zip(rooms, allowed, strict=True)]


def _pay(shop: Shop, name: str, wallet: Table, points: int, account: str = "") -> None:
    points -= points % (int(Decimal(wallet.get("step", "0")).scaleb(wallet["scale"])) or 1)
    money = floor(points * _worth(wallet))
    if points < Decimal(wallet.get("min_redeem", "0")).scaleb(wallet["scale"]) or not money:
        return
    rooms = _payable(shop, wallet)
    weights = [Fraction(net if room else 0) for net, room in zip(shop.net, rooms, strict=True)]
    shop.spent[name, account] = shop.spent.get((name, account), 0) + points
    tender = wallet.get("points_as") == "tender"
    way = shop.rounding["spread"]
    parts = waterfall(money, weights, rooms, way)
    of_points = waterfall(points, [Fraction(it) for it in parts], [points] * len(parts), way)
    for place, part in enumerate(parts):
        shop.net[place] -= part
        if part:
            shop.paid[place].append((name, part, tender))
            shop.points[place].append((name, of_points[place]))


def _worth(wallet: Table) -> Fraction:
    """Minor units of money that one unit of the wallet pays."""
    return Fraction(wallet["redeem_rate"]) * Fraction(10) ** (DIGITS - int(wallet["scale"]))
