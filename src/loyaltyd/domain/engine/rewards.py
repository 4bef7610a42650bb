"""Rewards: rules that apply only as the receipt asks for them, and may take points for it.

A reward is never given on credit: what the account can spend that day bounds the pieces, and what
this receipt earns is not yet there. Its price is a payment that pays no money, on the lines whose
pieces it gave: what they give back on a return restores it.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from loyaltyd.domain.account import Account, spendable
from loyaltyd.domain.basket import Basket
from loyaltyd.domain.coupon import Coupon
from loyaltyd.domain.engine.candidates import left_out
from loyaltyd.domain.engine.explain import Cause, Message, Note, Why
from loyaltyd.domain.engine.gifts import AmountOff, Cost, FixedPrice, PercentOff
from loyaltyd.domain.engine.position import Paid, Position
from loyaltyd.domain.engine.program import Program, Rule
from loyaltyd.domain.engine.spread import spread
from loyaltyd.domain.money import ceiling, decimal


@dataclass(slots=True, kw_only=True)
class Rewards:
    """What a receipt asks for, what is left to pay it with, and what came of it; pieces by rule."""

    wanted: Mapping[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)  # wallet → points
    scales: Mapping[str, int] = field(default_factory=dict)  # of those wallets
    given: dict[str, int] = field(default_factory=dict)
    short: dict[str, Why] = field(default_factory=dict)  # why fewer are offered than wanted

    def paid_for(self, rule: Rule, wanted: int) -> tuple[int, Why]:
        """How many pieces what is left pays, and what the wallet that holds least lacks."""
        able, why = wanted, Why(rule=rule.id, cause=Cause.POINTS)
        for cost, points in costs(rule, wanted):
            has, scale = self.left[cost.wallet], self.scales[cost.wallet]
            pays = has // cost.points * pack(rule)
            if pays < able:
                needs, there = f"{decimal(points, scale)} {cost.wallet}", decimal(has, scale)
                able, why = pays, Why(rule=rule.id, cause=Cause.POINTS, needs=needs, has=there)
        return able, why

    def hold(self, rule: Rule, count: int) -> None:
        """Set the price of count pieces aside."""
        for cost, points in costs(rule, count):
            self.left[cost.wallet] -= points

    def charge(
        self, rule: Rule, pieces: Mapping[int, int], lines: Sequence[Position], way: str
    ) -> None:
        """Take the price of the pieces that were given, place → pieces, on their lines."""
        places = sorted(pieces)
        count = sum(pieces.values())
        self.given[rule.id] = count
        self.hold(rule, count)
        for cost, points in costs(rule, count):
            parts = spread(points, [pieces[place] for place in places], way)
            for place, part in zip(places, parts, strict=True):
                if part:
                    lines[place].pay(Paid(wallet=cost.wallet, money=0, points=part))


def rewards_of(basket: Basket, account: Account | None, program: Program, on: dt.date) -> Rewards:
    """What basket asks for, and what account, whose points may pay, can spend on that day."""
    if not basket.rewards:
        return Rewards()
    return Rewards(
        wanted={it.rule: it.count for it in basket.rewards},
        left={
            it: spendable(account, it, on) if account else 0
            for it in price_wallets(basket, program)
        },
        scales={wallet.id: wallet.scale for wallet in program.wallets},
    )


def pack(rule: Rule) -> int:
    """How many pieces the rule gives for its price."""
    give = rule.give
    assert isinstance(give, PercentOff | AmountOff | FixedPrice)  # the program's text was checked
    assert give.few is not None
    return give.few.count


def price_wallets(basket: Basket, program: Program) -> set[str]:
    """The wallets that pay for what basket asks for, all of which program has."""
    asked = [program.turns[it.rule].rule for it in basket.rewards]
    return {cost.wallet for rule in asked for cost in _price(rule)}


def costs(rule: Rule, count: int) -> list[tuple[Cost, int]]:
    """What a reward's count pieces cost, by wallet; a part of a pack costs as much as the pack."""
    return [(it, ceiling(count, pack(rule)) * it.points) for it in _price(rule)]


def rewards_cut(
    rewards: Rewards, trace: Sequence[Why], coupons: Sequence[Coupon], program: Program
) -> Iterator[Message]:
    """What to tell the cashier of each reward that is given in fewer pieces than it was asked."""
    whys = {why.rule: why for why in trace}
    for rule, wanted in rewards.wanted.items():
        given = rewards.given.get(rule, 0)
        if given == wanted:
            continue
        why = whys.get(rule) or left_out(rule, coupons, program)
        if why.applied:
            lost = Why(rule=rule, cause=Cause.BETTER_RULE)  # on other lines of its goods
            why = rewards.short.get(rule, lost)
        yield Message(
            audience="cashier",
            note=Note.REWARD_CUT,
            subject=rule,
            amount=given,
            more=wanted,
            why=why,
        )


def _price(rule: Rule) -> Sequence[Cost]:
    assert rule.price is not None  # a reward that takes no points has an empty one
    return rule.price
