"""Paying with points: wallets that act as a discount, then tender, then gift cards.

Each of the three in the file's order.

The order of the limits is normative: the share of the lines that may be paid, rounded down; what
those lines can take; the balance; down to the step; and below the least amount, nothing.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from loyaltyd.domain.account import Account, Beside, Seen, spendable
from loyaltyd.domain.basket import Basket, GiftCard
from loyaltyd.domain.card import DISCOUNT
from loyaltyd.domain.engine.explain import Message, Note
from loyaltyd.domain.engine.position import Paid, Position
from loyaltyd.domain.engine.program import Program, Wallet
from loyaltyd.domain.engine.spread import spread, spread_within
from loyaltyd.domain.money import WHOLE_SHARE

TENDER = "tender"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """What one wallet could pay of the receipt as it found it, and what it paid; points.

    account: a gift card's; none for the shopper's own.
    """

    wallet: str
    redeemable: int
    spent: int
    account: str = ""


def redeem(
    lines: Sequence[Position], basket: Basket, program: Program, seen: Seen, on: dt.date
) -> tuple[list[Redeemed], list[Message]]:
    """Let the wallets and gift cards that basket names pay; tell the cashier what was cut."""
    found: list[Redeemed] = []
    told: list[Message] = []
    account = payer(seen)
    for wallet in paying_order(program):
        able = 0
        if account is not None:
            balance = spendable(account, wallet.id, on) - spent_of(lines, wallet.id)
            able = _redeemable(lines, wallet, program, balance)
        wish = basket.wish(wallet.id)
        spent = 0
        if wish is not None:
            spent = _pay(lines, wallet, _asked(wish.amount, able), program)
            told += _said(wish.amount, wallet, spent)
        found.append(Redeemed(wallet=wallet.id, redeemable=able, spent=spent))
    for gift, card in _gift_cards(basket, seen, program):
        holds = program.wallet(card.wallet)
        assert holds is not None  # the program's text was checked
        balance = spendable(card.account, holds.id, on)
        able = _redeemable(lines, holds, program, balance)
        spent = _pay(lines, holds, _asked(gift.amount, able), program, card.account.id)
        told += _said(gift.amount, holds, spent)
        found.append(
            Redeemed(wallet=holds.id, redeemable=able, spent=spent, account=card.account.id)
        )
    return found, told


def paying_order(program: Program) -> list[Wallet]:
    """The wallets that can pay, in the order in which they do."""
    paying = [wallet for wallet in program.wallets if wallet.redeem_rate]
    return sorted(paying, key=lambda wallet: wallet.points_as == TENDER)


def payer(seen: Seen) -> Account | None:
    """Whose wallets may pay: a discount card gives its percentage and no more."""
    return seen.account if seen.card and seen.card.kind != DISCOUNT else None


def spent_of(lines: Sequence[Position], wallet: str) -> int:
    """The points of the shopper's wallet that lines have taken so far, the price of rewards too."""
    return sum(
        paid.points
        for it in lines
        for paid in it.paid
        if paid.wallet == wallet and not paid.account
    )


def _gift_cards(basket: Basket, seen: Seen, program: Program) -> list[tuple[GiftCard, Beside]]:
    """The gift cards that pay, by their wallets in the file's order."""
    order = [wallet.id for wallet in program.wallets]
    named = [(gift, card) for gift in basket.gift_cards if (card := seen.card_beside(gift.card))]
    return sorted(named, key=lambda it: order.index(it[1].wallet))


def _asked(wish: int | None, able: int) -> int:
    return able if wish is None else min(wish, able)


def _redeemable(lines: Sequence[Position], wallet: Wallet, program: Program, balance: int) -> int:
    """The most that wallet may pay of lines, in points."""
    rooms = _rooms(lines, wallet)
    # a line at its floor counts too, or a kopeck of its price would move the limit by a share of it
    payable = sum(it.net for it in lines if it.may_redeem)
    money = min(payable * wallet.max_share // WHOLE_SHARE, sum(rooms))
    points = min(_points(money, wallet, program.digits), balance)
    return _whole(points, wallet, program.digits)


def _whole(points: int, wallet: Wallet, digits: int) -> int:
    """Down to the step; nothing below the least amount, or when the points would pay nothing."""
    points -= points % wallet.step
    enough = points >= wallet.min_redeem and _money(points, wallet, digits) > 0
    return points if enough else 0


def _rooms(lines: Sequence[Position], wallet: Wallet) -> list[int]:
    """What each line lets this wallet pay; only a discount stops at the floor price."""
    tender = wallet.points_as == TENDER
    return [(it.net if tender else it.room) if it.may_redeem else 0 for it in lines]


def _pay(
    lines: Sequence[Position], wallet: Wallet, asked: int, program: Program, account: str = ""
) -> int:
    """Spread what whole steps of points pay over the lines, and the points in proportion."""
    points = _whole(asked, wallet, program.digits)
    money = _money(points, wallet, program.digits)
    rooms = _rooms(lines, wallet)
    paid = spread_within(money, [it.net for it in lines], rooms, program.rounding.spread)
    parts = spread(points, paid, program.rounding.spread)
    for position, amount, part in zip(lines, paid, parts, strict=True):
        if amount:
            tender = wallet.points_as == TENDER
            position.pay(Paid(wallet.id, amount, part, tender, account))
    return points


def _points(money: int, wallet: Wallet, digits: int) -> int:
    """How many points pay no more than money."""
    rate, scale = wallet.redeem_rate, int(10**wallet.scale)
    return money * scale * rate.denominator // (int(10**digits) * rate.numerator)


def _money(points: int, wallet: Wallet, digits: int) -> int:
    """What points pay, rounded down."""
    rate, scale = wallet.redeem_rate, int(10**wallet.scale)
    return points * int(10**digits) * rate.numerator // (scale * rate.denominator)


def _said(wish: int | None, wallet: Wallet, spent: int) -> list[Message]:
    """A wish that was cut; also "max" where nothing can be paid, or the cashier would guess why."""
    if wish == spent or (wish is None and spent):
        return []
    note = Note.WISH_CUT if spent else Note.WISH_REFUSED
    return [Message(audience="cashier", note=note, subject=wallet.id, amount=spent, more=wish or 0)]
