"""The layers that lower prices: item rules on each line, receipt rules on the receipt.

Inside a layer groups add up, in the order of the file. Of a group's rules `pick` says which count:
all of them, the first that gives something, or the best for the shopper; in the item layer line by
line. `base` says what each sees: the net as it finds it (cascade) or as it stood when the group
began (original).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from loyaltyd.domain.basket import PIECE
from loyaltyd.domain.conditions import Scene, unmet
from loyaltyd.domain.explain import Cause, Why
from loyaltyd.domain.money import half_up, part_of
from loyaltyd.domain.position import Position
from loyaltyd.domain.program import (
    CARD_RULE,
    ITEM,
    RECEIPT,
    AmountOff,
    Group,
    PercentOff,
    Program,
    Rounding,
    Rule,
)
from loyaltyd.domain.spread import spread, spread_within


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a rule would take off each line, minor units, or why it takes nothing."""

    rule: Rule
    shares: tuple[int, ...]
    why: Why | None = None

    @property
    def amount(self) -> int:
        """What it takes off the receipt."""
        return sum(self.shares)


def discount(lines: Sequence[Position], program: Program, scene: Scene) -> list[Why]:
    """Let the item and receipt rules work on lines; say what became of each rule."""
    trace = []
    for group in program.item:
        trace += _run(group, ITEM, lines, program.rounding, scene)
    for group in (*_card_group(program, scene), *program.receipt):
        trace += _run(group, RECEIPT, lines, program.rounding, scene)
    return trace


def _card_group(program: Program, scene: Scene) -> tuple[Group, ...]:
    """A discount card's percentage: the first receipt rule, a group of its own."""
    card = scene.seen.card
    found = program.range_named(card.range) if card else None
    if found is None or not found.discount:
        return ()
    rule = Rule(id=CARD_RULE, layer=RECEIPT, give=PercentOff(share=found.discount))
    return (Group(rules=(rule,)),)


def _run(
    group: Group, layer: str, lines: Sequence[Position], rounding: Rounding, scene: Scene
) -> list[Why]:
    began = tuple(position.net for position in lines)
    if group.pick != "all":
        offers = [_offer(rule, lines, began, rounding, scene) for rule in group.rules]
        counting = _per_line(offers, group.pick) if layer == ITEM else _winner(offers, group.pick)
        return [
            _applied(offer, shares, layer, lines)
            for offer, shares in zip(offers, counting, strict=True)
        ]
    trace = []
    for rule in group.rules:
        nets = began if group.base == "original" else tuple(it.net for it in lines)
        offer = _offer(rule, lines, nets, rounding, scene)
        trace.append(_applied(offer, offer.shares, layer, lines))
    return trace


def _offer(
    rule: Rule, lines: Sequence[Position], nets: Sequence[int], rounding: Rounding, scene: Scene
) -> Offer:
    """What rule takes off lines whose nets are as given, within the room that each still has."""
    nothing = (0,) * len(lines)
    why = unmet(rule, scene, sum(nets))
    if why is None:
        why, eligible = _goods(rule, lines)
    if why is not None:
        return Offer(rule=rule, shares=nothing, why=why)
    weights = [net if it else 0 for net, it in zip(nets, eligible, strict=True)]
    rooms = [position.room if it else 0 for position, it in zip(lines, eligible, strict=True)]
    if rule.layer == ITEM:
        shares = _item_shares(rule, lines, weights, rooms, rounding)
    else:
        shares = _receipt_shares(rule, weights, rooms, rounding)
    if any(shares):
        return Offer(rule=rule, shares=tuple(shares))
    cause = Cause.TOO_LITTLE if any(rooms) else _empty(weights)
    return Offer(rule=rule, shares=nothing, why=Why(rule=rule.id, cause=cause))


def _goods(rule: Rule, lines: Sequence[Position]) -> tuple[Why | None, list[bool]]:
    meant = [rule.on.has(position.line) for position in lines]
    if not any(meant):
        return Why(rule=rule.id, cause=Cause.GOODS), meant
    eligible = [it and position.may_discount for it, position in zip(meant, lines, strict=True)]
    if not any(eligible):
        return Why(rule=rule.id, cause=Cause.NO_DISCOUNT), eligible
    return None, eligible


def _empty(weights: Sequence[int]) -> Cause:
    return Cause.FLOOR if any(weights) else Cause.NOTHING_LEFT


def _item_shares(
    rule: Rule,
    lines: Sequence[Position],
    weights: Sequence[int],
    rooms: Sequence[int],
    rounding: Rounding,
) -> list[int]:
    """Each line by itself: a percentage of its net, or money off each unit."""
    give = rule.give
    if isinstance(give, AmountOff):
        wanted = [half_up(give.amount * position.line.quantity, PIECE) for position in lines]
        wanted = [min(it, weight) for it, weight in zip(wanted, weights, strict=True)]
        cap = None
    else:
        assert isinstance(give, PercentOff)
        wanted = [part_of(weight, give.share) for weight in weights]
        cap = give.cap
    shares = [min(it, room) for it, room in zip(wanted, rooms, strict=True)]
    if cap is not None and sum(shares) > cap:
        return spread(cap, shares, rounding.spread)
    return shares


def _receipt_shares(
    rule: Rule, weights: Sequence[int], rooms: Sequence[int], rounding: Rounding
) -> list[int]:
    """Once on the sum of the lines, then spread; what a floor stops moves on or is lost."""
    give = rule.give
    if isinstance(give, AmountOff):
        amount = min(give.amount, sum(weights))
    else:
        assert isinstance(give, PercentOff)
        amount = part_of(sum(weights), give.share)
        amount = amount if give.cap is None else min(amount, give.cap)
    if rounding.floor == "redistribute":
        return spread_within(amount, weights, rooms, rounding.spread)
    shares = spread(amount, weights, rounding.spread)
    return [min(share, room) for share, room in zip(shares, rooms, strict=True)]


def _per_line(offers: Sequence[Offer], pick: str) -> list[tuple[int, ...]]:
    """Of each line only the offer that counts; a tie goes to the earlier rule."""
    counting: list[list[int]] = [[0] * len(offer.shares) for offer in offers]
    for place in range(len(offers[0].shares)):
        shares = [offer.shares[place] for offer in offers]
        best = max(shares) if pick == "best" else next((it for it in shares if it), 0)
        if best:
            winner = shares.index(best)
            counting[winner][place] = best
    return [tuple(shares) for shares in counting]


def _winner(offers: Sequence[Offer], pick: str) -> list[tuple[int, ...]]:
    """Only the offer that counts for the whole receipt; a tie goes to the earlier rule."""
    amounts = [offer.amount for offer in offers]
    best = max(amounts) if pick == "best" else next((it for it in amounts if it), 0)
    winner = amounts.index(best)
    return [
        offer.shares if number == winner else (0,) * len(offer.shares)
        for number, offer in enumerate(offers)
    ]


def _applied(offer: Offer, shares: Sequence[int], layer: str, lines: Sequence[Position]) -> Why:
    """Take the shares off, and say what became of the rule."""
    if offer.why is not None:
        return offer.why
    given = 0
    for position, share in zip(lines, shares, strict=True):
        part = min(share, position.room)
        position.take(offer.rule.id, layer, part)
        given += part
    if given:
        return Why(rule=offer.rule.id, cause=Cause.APPLIED, has=given)
    cause = Cause.BETTER_RULE if not any(shares) else Cause.NOTHING_LEFT
    return Why(rule=offer.rule.id, cause=cause, has=offer.amount)
