"""The layers that lower prices: item rules on each line, receipt and coupon rules on the receipt.

Inside a layer groups add up, in the order of the file. Of a group's rules `pick` says which count:
all of them, the first that gives something, or the best for the shopper; in the item layer line by
line. `base` says what each sees: the net as it finds it (cascade) or as it stood when the group
began (original).
"""

from collections.abc import Mapping, Sequence

from loyaltyd.domain.candidates import Candidates
from loyaltyd.domain.explain import Cause, Why
from loyaltyd.domain.gifts import PercentOff
from loyaltyd.domain.offers import Found, Offer, Shares, Work, offered
from loyaltyd.domain.position import Position, total
from loyaltyd.domain.program import CARD_RULE, COUPON, ITEM, RECEIPT, Group, Program, Rule
from loyaltyd.domain.rewards import Rewards
from loyaltyd.domain.scene import Scene


def discount(
    lines: Sequence[Position],
    program: Program,
    scene: Scene,
    able: Candidates,
    rewards: Rewards,
) -> list[Why]:
    """Let the rules that are able and lower prices work on lines; say what became of each.

    What was given of rewards is kept there.
    """
    work = Work(
        lines=lines,
        places={**able.places, CARD_RULE: range(len(lines))},
        exclusions=program.exclusions,
        rounding=program.rounding,
        scene=scene,
        total=total(lines),
        rewards=rewards,
    )
    trace = []
    for group in able.layer(ITEM):
        trace += _run(group, ITEM, work)
    for group in (*_card_group(program, scene), *able.layer(RECEIPT)):
        trace += _run(group, RECEIPT, work)
    for group in able.layer(COUPON):
        trace += _run(group, COUPON, work)
    return trace


def _card_group(program: Program, scene: Scene) -> tuple[Group, ...]:
    """A discount card's percentage: the first receipt rule, a group of its own."""
    card = scene.seen.card
    found = program.range_named(card.range) if card else None
    if found is None or not found.discount:
        return ()
    rule = Rule(id=CARD_RULE, layer=RECEIPT, give=PercentOff(share=found.discount))
    return (Group(rules=(rule,)),)


def _run(group: Group, layer: str, work: Work) -> list[Why]:
    began = work.found(group.rules)
    if group.pick != "all":
        offers = _offers(group, work, began)
        counting = (_per_line if layer == ITEM else _winner)(offers, group.pick)
        won = _won(offers, counting) if len(offers) > 1 else {}
        return [
            _beaten(offer, won, layer)
            if offer.shares and not shares
            else _applied(offer, shares, layer, work)
            for offer, shares in zip(offers, counting, strict=True)
        ]
    trace = []
    for rule in group.rules:
        if group.base == "original":
            offer = offered(rule, work, began)
        else:
            offer = offered(rule, work, work.found([rule]))
        trace.append(_applied(offer, offer.shares, layer, work))
    return trace


def _offers(group: Group, work: Work, began: Found) -> list[Offer]:
    """What each rule offers; of rewards each sees the points that those before it would leave."""
    left, offers = dict(work.rewards.left), []
    for rule in group.rules:
        offer = offered(rule, work, began)
        offers.append(offer)
        if offer.pieces:
            work.rewards.hold(rule, sum(offer.pieces.values()))
    work.rewards.left = left
    return offers


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


def _won(offers: Sequence[Offer], counting: Sequence[Shares]) -> Mapping[int, str]:
    """For each line that an offer lowers, whose offer that is."""
    pairs = zip(offers, counting, strict=True)
    return {place: offer.rule.id for offer, shares in pairs for place in shares}


def _beaten(offer: Offer, won: Mapping[int, str], layer: str) -> Why:
    """Which rules count instead: in the item layer those on the lines that it would have."""
    winners = [won[place] for place in offer.shares] if layer == ITEM else won.values()
    instead = ", ".join(dict.fromkeys(winners))
    return Why(rule=offer.rule.id, cause=Cause.BETTER_RULE, needs=instead, has=offer.amount)


def _applied(offer: Offer, shares: Shares, layer: str, work: Work) -> Why:
    """Take the shares off, and say what became of the rule."""
    if offer.why is not None:
        return offer.why
    given, lowered = 0, []
    for place, share in shares.items():
        position = work.lines[place]
        part = min(share, position.room)
        position.take(offer.rule.id, layer, part)
        given += part
        lowered += [place] if part else []
        if part and offer.free and place in offer.free:
            position.free = min(position.free + offer.free[place], position.quantity)
            work.free[place] = position.free
    work.total -= given
    if lowered and offer.pieces:
        pieces = {place: offer.pieces[place] for place in lowered}
        work.rewards.charge(offer.rule, pieces, work.lines, work.rounding.spread)
    if given:
        return Why(rule=offer.rule.id, cause=Cause.APPLIED, has=given)
    return Why(rule=offer.rule.id, cause=Cause.NOTHING_LEFT, has=offer.amount)
