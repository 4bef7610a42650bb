"""The layers that lower prices: item rules on each line, receipt rules on the receipt.

Inside a layer groups add up, in the order of the file. Of a group's rules `pick` says which count:
all of them, the first that gives something, or the best for the shopper; in the item layer line by
line. `base` says what each sees: the net as it finds it (cascade) or as it stood when the group
began (original).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loyaltyd.domain.basket import PIECE
from loyaltyd.domain.conditions import unmet
from loyaltyd.domain.explain import Cause, Why
from loyaltyd.domain.gifts import AmountOff, PercentOff
from loyaltyd.domain.money import half_up, part_of
from loyaltyd.domain.position import Position, total
from loyaltyd.domain.program import (
    CARD_RULE,
    ITEM,
    RECEIPT,
    Group,
    Program,
    Rounding,
    Rule,
)
from loyaltyd.domain.scene import Scene
from loyaltyd.domain.spread import spread, spread_within

Shares = Mapping[int, int]  # place of a line in the basket → minor units, none of them zero


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a rule would take off which lines, or why it takes nothing."""

    rule: Rule
    shares: Shares
    why: Why | None = None

    @property
    def amount(self) -> int:
        """What it takes off the receipt."""
        return sum(self.shares.values())


@dataclass(slots=True, kw_only=True)
class _Work:
    """The receipt under the rules' hands: lines, which rules mean which, what is left to pay."""

    lines: Sequence[Position]
    places: Mapping[str, Sequence[int]]  # rule → its lines
    rounding: Rounding
    scene: Scene
    total: int

    def nets(self, rules: Iterable[Rule]) -> dict[int, int]:
        """What is left of each line that one of the rules means."""
        meant = {place for rule in rules for place in self.places.get(rule.id, ())}
        return {place: self.lines[place].net for place in meant}


def discount(lines: Sequence[Position], program: Program, scene: Scene) -> list[Why]:
    """Let the item and receipt rules work on lines; say what became of each rule."""
    places = program.goods.places([position.line for position in lines])
    places[CARD_RULE] = list(range(len(lines)))
    work = _Work(
        lines=lines, places=places, rounding=program.rounding, scene=scene, total=total(lines)
    )
    trace = []
    for group in program.item:
        trace += _run(group, ITEM, work)
    for group in (*_card_group(program, scene), *program.receipt):
        trace += _run(group, RECEIPT, work)
    return trace


def _card_group(program: Program, scene: Scene) -> tuple[Group, ...]:
    """A discount card's percentage: the first receipt rule, a group of its own."""
    card = scene.seen.card
    found = program.range_named(card.range) if card else None
    if found is None or not found.discount:
        return ()
    rule = Rule(id=CARD_RULE, layer=RECEIPT, give=PercentOff(share=found.discount))
    return (Group(rules=(rule,)),)


def _run(group: Group, layer: str, work: _Work) -> list[Why]:
    began, total_then = work.nets(group.rules), work.total
    if group.pick != "all":
        offers = [_offer(rule, work, began, total_then) for rule in group.rules]
        counting = (_per_line if layer == ITEM else _winner)(offers, group.pick)
        return [
            _applied(offer, shares, layer, work)
            for offer, shares in zip(offers, counting, strict=True)
        ]
    trace = []
    for rule in group.rules:
        if group.base == "original":
            offer = _offer(rule, work, began, total_then)
        else:
            offer = _offer(rule, work, work.nets([rule]), work.total)
        trace.append(_applied(offer, offer.shares, layer, work))
    return trace


def _offer(rule: Rule, work: _Work, nets: Mapping[int, int], sees: int) -> Offer:
    """What rule takes off lines of those nets, within each line's room; sees is the total's net."""
    places = work.places.get(rule.id)
    if not places:
        return Offer(rule=rule, shares={}, why=Why(rule=rule.id, cause=Cause.GOODS))
    why = unmet(rule, work.scene, sees)
    eligible = [place for place in places if work.lines[place].may_discount]
    if why is None and not eligible:
        why = Why(rule=rule.id, cause=Cause.NO_DISCOUNT)
    if why is not None:
        return Offer(rule=rule, shares={}, why=why)
    weights = [nets[place] for place in eligible]
    rooms = [work.lines[place].room for place in eligible]
    if rule.layer == ITEM:
        lines = [work.lines[place] for place in eligible]
        shares = _item_shares(rule, lines, weights, rooms, work.rounding)
    else:
        shares = _receipt_shares(rule, weights, rooms, work.rounding)
    taken = {place: share for place, share in zip(eligible, shares, strict=True) if share}
    if taken:
        return Offer(rule=rule, shares=taken)
    return Offer(rule=rule, shares={}, why=Why(rule=rule.id, cause=_nothing(weights, rooms)))


def _nothing(weights: Sequence[int], rooms: Sequence[int]) -> Cause:
    if any(rooms):
        return Cause.TOO_LITTLE
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


def _per_line(offers: Sequence[Offer], pick: str) -> list[Shares]:
    """Of each line only the offer that counts; a tie goes to the rule that stands first."""
    counting: list[dict[int, int]] = [{} for _ in offers]
    best: dict[int, int] = {}
    for number, offer in enumerate(offers):
        for place, share in offer.shares.items():
            winner = best.setdefault(place, number)
            if pick == "best" and share > offers[winner].shares[place]:
                best[place] = number
    for place, winner in best.items():
        counting[winner][place] = offers[winner].shares[place]
    return list(counting)


def _winner(offers: Sequence[Offer], pick: str) -> list[Shares]:
    """Only the offer that counts for the receipt; a tie goes to the rule that stands first."""
    giving = [number for number, offer in enumerate(offers) if offer.shares]
    if pick == "best":
        giving.sort(key=lambda number: -offers[number].amount)
    return [offer.shares if number in giving[:1] else {} for number, offer in enumerate(offers)]


def _applied(offer: Offer, shares: Shares, layer: str, work: _Work) -> Why:
    """Take the shares off, and say what became of the rule."""
    if offer.why is not None:
        return offer.why
    given = 0
    for place, share in shares.items():
        position = work.lines[place]
        part = min(share, position.room)
        position.take(offer.rule.id, layer, part)
        given += part
    work.total -= given
    if given:
        return Why(rule=offer.rule.id, cause=Cause.APPLIED, has=given)
    cause = Cause.NOTHING_LEFT if shares else Cause.BETTER_RULE
    return Why(rule=offer.rule.id, cause=cause, has=offer.amount)
