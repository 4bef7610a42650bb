"""What is missing to a promise: so much more money, or so many more pieces.

What could be told is read from the trace. Then the receipt is worked out again with those goods on
it, and only what holds there is told: an offer that isn't kept is worse than none.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from loyaltyd.domain.account import Seen
from loyaltyd.domain.basket import NO_DISCOUNT, NO_REDEEM, PIECE, Basket, Line
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.found_totals import totals_found
from loyaltyd.domain.engine.gifts import Gift, PercentOff, Scale
from loyaltyd.domain.engine.goods import Match
from loyaltyd.domain.engine.pieces import pieces
from loyaltyd.domain.engine.program import Program, Rule
from loyaltyd.domain.engine.quote import Quote, quote
from loyaltyd.domain.engine.when import Contains, every_part
from loyaltyd.domain.money import WHOLE_SHARE
from loyaltyd.domain.place import Place
from loyaltyd.domain.refusal import Refusal

OF_MONEY = frozenset((Cause.MIN_TOTAL, Cause.AMOUNT, Cause.STEP))
TRIED_MAX = 2  # each is a quote of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was quoted."""

    basket: Basket
    seen: Seen
    program: Program
    place: Place
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """So much more, and rule gives this: of a scale, the percentage of the step that is reached.

    missing: minor units of what is left to pay, or pieces. like: the name of goods that would do;
    none when any would.
    """

    rule: Rule
    missing: int
    counts_pieces: bool
    like: str
    gives: Gift


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lack:
    """So much rule needs, and so much there is: pieces of its goods, or money for them."""

    rule: Rule
    needs: int
    has: int
    goods: Match | None = None  # none: any, and their money counts as it is left to pay
    counts_pieces: bool = False

    @property
    def missing(self) -> int:
        return self.needs - self.has


def hint(asked: Asked, found: Quote) -> Hint | None:
    """The nearest promise that a little more of some goods would bring; none is near enough."""
    within = asked.program.hints_within
    if not within:
        return None
    lacks = [it for it in _lacks(asked, found) if _near(it, within)]
    lacks.sort(key=lambda it: Fraction(it.missing, it.needs))
    tried = (_kept(it, asked, found) for it in lacks[:TRIED_MAX])
    return next((it for it in tried if it is not None), None)


def _near(lack: _Lack, within: int) -> bool:
    """Of nothing at all nobody is near; one single piece is near, of however few."""
    one_piece = lack.counts_pieces and lack.missing == 1
    share_is_near = lack.missing * WHOLE_SHARE <= lack.needs * within
    return 0 < lack.has < lack.needs and (one_piece or share_is_near)


def _lacks(asked: Asked, found: Quote) -> Iterator[_Lack]:
    for why in found.trace:
        applied = why.cause is Cause.APPLIED
        if not applied and why.cause not in OF_MONEY and why.cause is not Cause.PIECES:
            continue
        rule = asked.program.rule(why.rule)
        if rule is not None:  # a discount card's own percentage lacks nothing
            lack = _to_next_step(rule, asked, found) if applied else _to_first(rule, why, asked)
            if lack is not None:
                yield lack


def _to_first(rule: Rule, why: Why, asked: Asked) -> _Lack | None:
    """What a rule lacks that was not applied."""
    needs, has = int(why.needs), int(why.has)
    if why.cause is Cause.MIN_TOTAL:
        return _Lack(rule=rule, needs=needs, has=has)
    counted = why.cause is Cause.PIECES
    goods = _goods(rule, why, asked)
    return _Lack(rule=rule, needs=needs, has=has, goods=goods, counts_pieces=counted)


def _goods(rule: Rule, why: Why, asked: Asked) -> Match:
    """The goods that the condition names which lacks some, or else the rule's."""
    needs = int(why.needs)
    for part in every_part(rule.when):
        if isinstance(part, Contains):
            least = part.pieces if why.cause is Cause.PIECES else part.amount
            if least == needs and any(part.goods.has(line) for line in asked.basket.lines):
                return part.goods
    return rule.on


def _to_next_step(rule: Rule, asked: Asked, found: Quote) -> _Lack | None:
    scale = rule.give
    if not isinstance(scale, Scale) or scale.by == "spent":  # a receipt never counts for itself
        return None
    has = _measure(rule, scale, asked, found)
    start = next((start for start, _ in scale.steps if start > has), 0)
    if scale.by == "total":
        return _Lack(rule=rule, needs=start, has=has)
    return _Lack(rule=rule, needs=start, has=has, goods=rule.on, counts_pieces=True)


def _kept(lack: _Lack, asked: Asked, found: Quote) -> Hint | None:
    """The hint, if the receipt keeps it once what is missing stands on it."""
    like = _like(lack, asked.basket)
    particular = lack.goods is not None and lack.goods != Match()
    if like is None or (particular and not like.name):
        return None
    lines = (*asked.basket.lines, _added(lack, like, asked.basket))
    basket = replace(asked.basket, lines=lines)
    again = quote(basket, asked.seen, asked.program, asked.place, asked.at)
    if isinstance(again, Refusal):
        return None
    rule, gives = lack.rule, lack.rule.give
    if not any(why.applied and why.rule == rule.id for why in again.trace):
        return None
    if isinstance(gives, Scale):
        reached = _share(rule, gives, replace(asked, basket=basket), again)
        if reached <= _share(rule, gives, asked, found):
            return None
        gives = PercentOff(share=reached, cap=gives.cap)
    return Hint(
        rule=rule,
        missing=lack.missing,
        counts_pieces=lack.counts_pieces,
        like=like.name if particular else "",
        gives=gives,
    )


def _like(lack: _Lack, basket: Basket) -> Line | None:
    """A line of the goods that are missing, for more of the same."""
    if lack.goods is None:
        return _any_goods()
    meant = [line for line in basket.lines if lack.goods.has(line)]
    return next((it for it in meant if pieces(it) or not lack.counts_pieces), None)


def _any_goods() -> Line:
    return Line(line=0, sku="", quantity=PIECE, price=0)


def _added(lack: _Lack, like: Line, basket: Basket) -> Line:
    """What is missing as a line: pieces of the same goods, or money that no rule lowers."""
    number = max(line.line for line in basket.lines) + 1
    if lack.counts_pieces:
        return replace(like, line=number, quantity=lack.missing * PIECE)
    # Neither pieces nor weight: only the money is told, so only the money may count.
    flags = (NO_DISCOUNT, NO_REDEEM)
    return replace(like, line=number, quantity=PIECE, price=lack.missing, unit="", flags=flags)


def _share(rule: Rule, scale: Scale, asked: Asked, found: Quote) -> int:
    """The percentage that the rule gave; nothing when it was not applied."""
    if not any(why.applied and why.rule == rule.id for why in found.trace):
        return 0
    has = _measure(rule, scale, asked, found)
    return next((share for start, share in reversed(scale.steps) if start <= has), 0)


def _measure(rule: Rule, scale: Scale, asked: Asked, found: Quote) -> int:
    """What the scale is by, as an applied rule found it."""
    if scale.by == "total":
        return totals_found(asked.program, found.result)[rule.id]
    if scale.by == "spent":
        return asked.seen.account.measure if asked.seen.account else 0
    lines = zip(asked.basket.lines, found.result.lines, strict=True)
    return sum(
        pieces(line, result.free)
        for line, result in lines
        if any(effect.rule == rule.id for effect in result.effects)
    )
