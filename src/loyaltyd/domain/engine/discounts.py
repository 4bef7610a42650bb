"""The layers that lower prices: item rules on each line, receipt and coupon rules on the receipt.

Inside a layer groups add up, in the order of the file. Of a group's rules `pick` says which count:
all of them, the first that gives something, or the best for the shopper; in the item layer line by
line. `base` says what each sees: the net as it finds it (cascade) or as it stood when the group
began (original).
"""

from collections.abc import Mapping, Sequence

from loyaltyd.domain.engine.candidates import Candidates
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.gifts import PercentOff
from loyaltyd.domain.engine.offers import Found, Offer, Work, offered
from loyaltyd.domain.engine.position import Position, total
from loyaltyd.domain.engine.program import CARD_RULE, COUPON, ITEM, RECEIPT, Group, Program, Rule
from loyaltyd.domain.engine.rewards import Rewards
from loyaltyd.domain.engine.scene import Scene


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
        limits=program.asks.limited,
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
    began = work.found()
    if group.pick != "all":
        offers = _offers(group, work, began)
        won = (_per_line if layer == ITEM else _of_all)(offers, group.pick)
        return [_applied(offer, won, layer, work) for offer in offers]
    trace = []
    for rule in group.rules:
        if group.base == "original":
            offer = offered(rule, work, began)
        else:
            offer = offered(rule, work, work.found())
        trace.append(_applied(offer, dict.fromkeys(offer.shares, offer), layer, work))
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


def _per_line(offers: Sequence[Offer], pick: str) -> Mapping[int, Offer]:
    """For each line the offer that counts there; a tie goes to the rule that stands first."""
    won: dict[int, Offer] = {}
    for offer in offers:
        for place, share in offer.shares.items():
            winner = won.setdefault(place, offer)
            if pick == "best" and share > winner.shares[place]:
                won[place] = offer
    return won


def _of_all(offers: Sequence[Offer], pick: str) -> Mapping[int, Offer]:
    """For each line the one offer that counts for the receipt; a tie goes to the first rule."""
    # of equals max takes the first; what gives nothing is no one's rival
    winner = max(offers, key=lambda it: it.amount if pick == "best" else bool(it.shares))
    return dict.fromkeys([place for offer in offers for place in offer.shares], winner)


def _applied(offer: Offer, won: Mapping[int, Offer], layer: str, work: Work) -> Why:
    """Take off what counts of an offer, and say what became of the rule."""
    if offer.why is not None:
        return offer.why
    rule, taken = offer.rule, _taken(offer, won, layer, work)
    if taken:
        given = sum(taken.values())
        work.total -= given
        if offer.pieces:
            pieces = {place: offer.pieces[place] for place in taken}
            work.rewards.charge(rule, pieces, work.lines, work.rounding.spread)
        return Why(rule.id, Cause.APPLIED, "", given)
    winners = dict.fromkeys(won[place].rule.id for place in offer.shares)
    return Why(rule.id, Cause.BETTER_RULE, ", ".join(winners), offer.amount)


def _taken(offer: Offer, won: Mapping[int, Offer], layer: str, work: Work) -> dict[int, int]:
    """Lower the lines on which an offer counts; by how much, by their place.

    Each has the room that the offer found: of one group's rules one counts on a line, or each is
    asked when those before it have taken theirs.
    """
    rule, taken = offer.rule.id, {}
    for place, share in offer.shares.items():
        if won[place] is not offer:
            continue
        position = work.lines[place]
        position.take(rule, layer, share)
        taken[place] = share
        if offer.free:
            position.free = min(position.free + offer.free[place], position.quantity)
            work.free[place] = position.free
    return taken
