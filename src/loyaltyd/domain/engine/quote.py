"""The engine: what a program gives for a basket and an account, at a place and a moment. Pure.

The order is normative: gross, item rules (rewards among them), receipt rules, coupons, paying with
points, earning. The same inputs give the same result on every machine, so that anyone can run a
receipt again from its record alone.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from loyaltyd.domain.account import Beside, Seen
from loyaltyd.domain.basket import Basket, Load
from loyaltyd.domain.engine.candidates import candidates
from loyaltyd.domain.engine.conditions import coupon_used
from loyaltyd.domain.engine.discounts import discount
from loyaltyd.domain.engine.earning import Earned, earned, scene_of_points, spend
from loyaltyd.domain.engine.explain import Message, Why
from loyaltyd.domain.engine.position import Effect, Paid, Position, positions
from loyaltyd.domain.engine.printing import Printing, printings
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.engine.redemption import Redeemed, payer, redeem, spent_of
from loyaltyd.domain.engine.rewards import price_wallets, rewards_cut, rewards_of
from loyaltyd.domain.engine.scene import Scene, scene_of
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.money import AMOUNT_MAX, half_up
from loyaltyd.domain.place import Place
from loyaltyd.domain.refusal import Reason, Refusal, refused


@dataclass(slots=True)  # as Effect
class Points:
    """So much of one wallet, in its scale; account: whose, when it isn't the shopper's."""

    wallet: str
    amount: int
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponUse:
    """The coupon that a rule was applied for, by its id."""

    rule: str
    coupon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a rule with a budget gave: minor units, or points of its wallet."""

    rule: str
    amount: int


@dataclass(slots=True)  # as Effect
class LineResult:
    """One line as the program leaves it; minor units."""

    line: int
    gross: int
    effects: tuple[Effect, ...] = ()
    paid: tuple[Paid, ...] = ()
    earned: tuple[Points, ...] = ()
    free: int = 0  # thousandths of the quantity that a rule gave for nothing

    @property
    def discount(self) -> int:
        """What rules took off."""
        return sum([effect.amount for effect in self.effects])

    @property
    def redeemed(self) -> int:
        """What wallets paid."""
        return sum([paid.money for paid in self.paid])

    @property
    def tendered(self) -> int:
        """The part of redeemed that is tender."""
        return sum([paid.money for paid in self.paid if paid.tender])

    @property
    def net(self) -> int:
        """What is left to pay."""
        return self.gross - self.discount - self.redeemed


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a receipt comes to: its lines, and what it moves on the account. Recorded as it is."""

    lines: tuple[LineResult, ...]
    spent: tuple[Points, ...] = ()
    earned: tuple[Points, ...] = ()
    spend: int = 0  # what counts as spent, minor units
    measured: tuple[Points, ...] = ()  # what of earned counts towards a tier
    dated: tuple[Lot, ...] = ()  # what of earned goes to lots of rules' own dates
    used: tuple[str, ...] = ()  # the rules with a limit that were applied, in the order they ran
    coupons: tuple[CouponUse, ...] = ()
    given: tuple[Given, ...] = ()
    prints: tuple[Printing, ...] = ()
    loads: tuple[Points, ...] = ()  # money that is paid onto cards, in their wallets

    @property
    def loaded(self) -> int:
        """What is to be paid for loads, minor units: such wallets hold money."""
        return sum(it.amount for it in self.loads)

    @property
    def payable(self) -> int:
        """What is left to pay, of all lines and for loads."""
        return sum(line.net for line in self.lines) + self.loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A result, and what people and programs may be told about how it came to be.

    trace: of the rules that could match, in the order in which they worked; of no other rule are
    there any goods.
    """

    result: Result
    redeemable: tuple[Redeemed, ...]
    messages: tuple[Message, ...]
    trace: tuple[Why, ...]
    tier: str  # at which the receipt earned


def quote(
    basket: Basket, seen: Seen, program: Program, place: Place, at: dt.datetime
) -> Quote | Refusal:
    """Work out basket for the card and account as seen; at carries the till's local offset.

    Refused: a wish of an unknown wallet or reward, a line that lacks what its class needs, amounts
    beyond any till.
    """
    lines = _unreadable(basket, seen, program) or positions(basket, program, place, at.date())
    if isinstance(lines, Refusal):
        return lines
    scene = scene_of(seen, place, at, basket)
    able = candidates(basket.lines, seen.coupons, program)
    rewards = rewards_of(basket, payer(seen), program, at.date())
    trace = discount(lines, program, scene, able, rewards)
    redeemable, cut = redeem(lines, basket, program, seen, at.date())
    at_points = scene_of_points(scene, lines, program, able)
    earnings, why = earned(lines, program, at_points, able)
    prints, printed = printings(lines, program, at_points, able)
    why = [*trace, *why, *printed]
    applied = [it for it in why if it.applied]
    result = Result(
        lines=_lines(lines, earnings),
        spent=_spent(lines, redeemable, program),
        earned=tuple(Points(wallet=it.wallet, amount=it.amount) for it in earnings if it.amount),
        spend=spend(lines) if seen.account else 0,
        measured=_measured(earnings, program),
        dated=tuple(lot for it in earnings for lot in it.dated),
        used=tuple(it.rule for it in applied if it.rule in program.asks.limited),
        coupons=_coupons(applied, program, scene),
        loads=tuple(_load(load, seen) for load in basket.loads),
        given=_given(applied, program),
        prints=tuple(prints),
    )
    if any(points.amount > AMOUNT_MAX for points in result.earned):
        return refused(Reason.AMOUNT_TOO_LARGE)
    return Quote(
        result=result,
        redeemable=tuple(redeemable),
        messages=(*rewards_cut(rewards, trace, seen.coupons, program), *cut),
        trace=tuple(why),
        tier=at_points.tier,
    )


def pieces(result: LineResult, quantity: int) -> list[tuple[int, int]]:
    """Split a line into whole unit prices: (quantity in thousandths, price in minor units).

    266.66 for 3 pieces is 2 at 88.89 and 1 at 88.88 (fiscal lines carry the final unit price: law
    54-FZ). Goods by weight stay one piece, at the rounded price of a unit.
    """
    whole, part = divmod(quantity, 1000)
    if part or not whole:
        return [(quantity, _unit_price(result.net, quantity))]
    price, dearer = divmod(result.net, whole)
    split = [(dearer * 1000, price + 1), ((whole - dearer) * 1000, price)]
    return [it for it in split if it[0]]


def _unit_price(net: int, quantity: int) -> int:
    return half_up(net * 1000, quantity) if quantity else 0


def _unreadable(basket: Basket, seen: Seen, program: Program) -> Refusal | None:
    for wish in basket.redeem:
        wallet = program.wallet(wish.wallet)
        if wallet is None or not wallet.redeem_rate:
            return refused(Reason.WALLET_UNKNOWN, wallet=wish.wallet)
    for reward in basket.rewards:
        rule = program.rule(reward.rule)
        if rule is None or rule.price is None:
            return refused(Reason.REWARD_UNKNOWN, reward=reward.rule)
    payers = _payers(basket, seen, program)
    if len(set(payers)) < len(payers):  # each would be seen to hold what the other has spent
        return refused(Reason.CARD_REPEATED)
    sums = [line.gross for line in basket.lines] + [load.amount for load in basket.loads]
    return refused(Reason.AMOUNT_TOO_LARGE) if sum(sums) > AMOUNT_MAX else None


def _payers(basket: Basket, seen: Seen, program: Program) -> list[tuple[str, str]]:
    """The account and the wallet of each gift card, and of the shopper's own all that may pay."""
    named = [_beside(gift.card, seen) for gift in basket.gift_cards]
    payers = [(it.account.id, it.wallet) for it in named]
    own = payer(seen)
    if own is None or not payers:
        return payers
    wallets = price_wallets(basket, program) | {wish.wallet for wish in basket.redeem}
    return payers + [(own.id, it) for it in wallets]


def _load(load: Load, seen: Seen) -> Points:
    card = _beside(load.card, seen)
    return Points(wallet=card.wallet, amount=load.amount, account=card.account.id)


def _beside(ident: str, seen: Seen) -> Beside:
    card = seen.card_beside(ident)
    assert card is not None  # the till looked up each card that the basket names
    return card


def _spent(
    lines: Sequence[Position], redeemable: Sequence[Redeemed], program: Program
) -> tuple[Points, ...]:
    """What wallets paid, the price of rewards among it, and gift cards.

    In the order of paying; then the wallets that pay no money.
    """
    paid = [
        Points(it.wallet, it.spent if it.account else spent_of(lines, it.wallet), it.account)
        for it in redeemable
    ]
    others = [Points(it.id, spent_of(lines, it.id)) for it in program.wallets if not it.redeem_rate]
    return tuple(it for it in (*paid, *others) if it.amount)


def _coupons(applied: Sequence[Why], program: Program, scene: Scene) -> tuple[CouponUse, ...]:
    rules = [program.rule(why.rule) for why in applied]
    uses = [(it.id, coupon_used(it, scene)) for it in rules if it is not None]
    return tuple(CouponUse(rule=rule, coupon=it.id) for rule, it in uses if it is not None)


def _given(applied: Sequence[Why], program: Program) -> tuple[Given, ...]:
    budgets = {it.rule for it in program.asks.shared if it.budget is not None}
    given = [(it.rule, int(it.has)) for it in applied if it.rule in budgets]
    return tuple(Given(rule=rule, amount=amount) for rule, amount in given if amount)


def _measured(earnings: Sequence[Earned], program: Program) -> tuple[Points, ...]:
    measured = [it for it in earnings if it.amount and program.measures(it.wallet)]
    return tuple(Points(wallet=it.wallet, amount=it.amount) for it in measured)


def _lines(lines: Sequence[Position], earnings: Sequence[Earned]) -> tuple[LineResult, ...]:
    shares = [(it.wallet, it.shares) for it in earnings if it.shares]
    found = []
    for place, it in enumerate(lines):
        points = tuple([Points(wallet, share) for wallet, of in shares if (share := of[place])])
        effects, paid = tuple(it.effects), tuple(it.paid)
        found.append(LineResult(it.line.line, it.gross, effects, paid, points, it.free))
    return tuple(found)
