"""What one rule would take off which lines, before its group says whether it counts."""

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from loyaltyd.domain.basket import PIECE
from loyaltyd.domain.engine.conditions import unmet
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.gifts import (
    AmountOff,
    Bundle,
    Discount,
    Earn,
    Few,
    FixedPrice,
    PercentOff,
    PrintedCoupon,
    Scale,
)
from loyaltyd.domain.engine.limits import Limit
from loyaltyd.domain.engine.pieces import asked_for, bundled, picked, pieces
from loyaltyd.domain.engine.position import Position, lowering
from loyaltyd.domain.engine.program import ITEM, Rounding, Rule
from loyaltyd.domain.engine.rewards import Rewards
from loyaltyd.domain.engine.scene import Scene, Sight
from loyaltyd.domain.engine.spread import spread, spread_within
from loyaltyd.domain.money import WHOLE_SHARE, ceiling, half_up, part_of

Shares = Mapping[int, int]  # place of a line in the basket → minor units, none of them zero
_NOTHING: Shares = {}
UnitGift = PercentOff | AmountOff | FixedPrice


@dataclass(slots=True)  # one for each rule, made by position, as Effect
class Offer:
    """What a rule would take off which lines, or why it takes nothing.

    free: how many thousandths of a line's goods it gives for nothing. pieces: how many of a line it
    is for, when it is a reward.
    """

    rule: Rule
    shares: Shares
    free: Shares | None = None
    pieces: Shares | None = None
    why: Why | None = None

    @property
    def amount(self) -> int:
        """What it takes off the receipt."""
        return sum(self.shares.values())


@dataclass(slots=True)  # made by position, as Effect
class Found:
    """The receipt as a rule finds it: what is left of each line, and what of it is free."""

    nets: Sequence[int]
    free: Shares
    sight: Sight


@dataclass(slots=True, kw_only=True)
class Work:
    """The receipt under the rules' hands: lines, which rules mean which, what is left to pay."""

    lines: Sequence[Position]
    places: Mapping[str, Sequence[int]]  # rule → its lines
    exclusions: Mapping[str, Container[str]]
    limits: Mapping[str, Limit]
    rounding: Rounding
    scene: Scene
    total: int
    rewards: Rewards
    free: dict[int, int] = field(default_factory=dict)  # place → thousandths
    closed: frozenset[int] = field(init=False)  # places of lines that no rule may lower

    def __post_init__(self) -> None:
        """Look once which lines no rule may lower: on most receipts there are none."""
        self.closed = frozenset(at for at, it in enumerate(self.lines) if not it.may_discount)

    def found(self) -> Found:
        """The receipt as it stands."""
        nets = [it.net for it in self.lines]
        return Found(nets, self.free.copy(), Sight(self.scene, self.total))


@dataclass(slots=True)  # made by position, as Effect
class _Goods:
    """The lines that a rule may lower, what it finds left of each, and how much it may take."""

    places: Sequence[int]
    lines: Sequence[Position]
    nets: Sequence[int]
    rooms: Sequence[int]
    free: Shares  # of any lines

    def counts(self) -> list[int]:
        """How many pieces of each line are to be paid."""
        return [
            pieces(it.line, self.free.get(place, 0)) if net else 0
            for place, it, net in zip(self.places, self.lines, self.nets, strict=True)
        ]

    def paid(self, number: int) -> int:
        """How many thousandths of a line are to be paid."""
        return self.lines[number].line.quantity - self.free.get(self.places[number], 0)


def offered(rule: Rule, work: Work, found: Found) -> Offer:
    """What rule takes off the receipt as it found it, within the room that each line has now."""
    why = unmet(rule, found.sight) if rule.when else None
    if why is not None:
        return Offer(rule, _NOTHING, why=why)
    places = work.places[rule.id]
    if work.closed:
        places = [place for place in places if place not in work.closed]
    if not places:
        return _none(rule, Cause.NO_DISCOUNT)
    bars = work.exclusions.get(rule.id)
    if bars:
        free = [it for it in places if not work.lines[it].lowered_by(bars)]
        if not free:
            foes = lowering([work.lines[it] for it in places], bars)
            return _none(rule, Cause.EXCLUDED, foes)
        places = free
    offer = _offer(rule, places, work, found)
    left = _left(rule, work)
    return offer if left is None or offer.amount <= left else _cut(offer, left, work.rounding)


def _left(rule: Rule, work: Work) -> int | None:
    """What is left of the rule's budget; none without one."""
    limit = work.limits.get(rule.id)
    return None if limit is None else limit.left(work.scene.seen)


def _cut(offer: Offer, left: int, rounding: Rounding) -> Offer:
    """What a budget leaves of an offer: no piece is free any more, each only costs less."""
    shares = spread(left, list(offer.shares.values()), rounding.spread)
    return Offer(offer.rule, _taken(offer.shares, shares))


def _taken(places: Iterable[int], shares: Sequence[int]) -> dict[int, int]:
    return {place: share for place, share in zip(places, shares, strict=True) if share}


def _offer(rule: Rule, places: Sequence[int], work: Work, found: Found) -> Offer:
    give = rule.give
    if isinstance(give, Scale):
        step = _step(rule, give, _goods(places, work, found), found.sight)
        if isinstance(step, Why):
            return Offer(rule, _NOTHING, why=step)
        give = step
    if isinstance(give, PercentOff) and give.few is None and rule.layer == ITEM:
        return _percentage(rule, give, places, work, found)
    assert not isinstance(give, Earn | PrintedCoupon)  # such rules stand in other layers
    goods = _goods(places, work, found)
    if isinstance(give, Bundle):
        return _bundle_offer(rule, give, goods, work.rounding)
    return _units_offer(rule, give, goods, work)


def _goods(places: Sequence[int], work: Work, found: Found) -> _Goods:
    lines = [work.lines[place] for place in places]
    nets, rooms = [found.nets[place] for place in places], [it.room for it in lines]
    return _Goods(places, lines, nets, rooms, found.free)


def _percentage(
    rule: Rule, give: PercentOff, places: Sequence[int], work: Work, found: Found
) -> Offer:
    """A percentage off whole lines, each by itself.

    It is what most rules give: the way for a few pieces takes three times as long.
    """
    shares = {}
    for place in places:
        share, room = part_of(found.nets[place], give.share), work.lines[place].room
        if share and room:
            shares[place] = min(room, share)
    if give.cap is not None:
        shares = _taken(shares, _capped(give.cap, list(shares.values()), work.rounding))
    if not shares:
        return _none(rule, _nothing(give, _goods(places, work, found)))
    return Offer(rule, shares)


def _capped(cap: int, shares: Sequence[int], rounding: Rounding) -> list[int]:
    """What is left of shares when all of them come to no more than cap."""
    return spread(min(cap, sum(shares)), shares, rounding.spread)


def _units_offer(rule: Rule, give: UnitGift, goods: _Goods, work: Work) -> Offer:
    """What comes off lines, or off a few pieces of them."""
    meant: Sequence[int] | Why = ()
    if give.few is not None:
        meant = _meant(rule, give.few, goods) if rule.price is None else _asked(rule, goods, work)
    if isinstance(meant, Why):
        return Offer(rule, _NOTHING, why=meant)
    if rule.layer == ITEM:
        shares = _item_shares(give, goods, meant, work.rounding)
    else:
        shares = _receipt_shares(give, goods, work.rounding)
    taken = _taken(goods.places, shares)
    if not taken:
        return _none(rule, _nothing(give, goods))
    if not meant:
        return Offer(rule, taken)
    counted = zip(goods.places, meant, strict=True)
    of_lines = {place: count for place, count in counted if place in taken}
    frees = isinstance(give, PercentOff) and give.frees
    return Offer(
        rule,
        taken,
        free={place: count * PIECE for place, count in of_lines.items()} if frees else None,
        pieces=None if rule.price is None else of_lines,
    )


def _meant(rule: Rule, few: Few, goods: _Goods) -> Sequence[int] | Why:
    """How many of each line's pieces a rule is for, that applies by itself."""
    counts = goods.counts()
    found = picked(few, counts, goods.nets)
    if any(found):
        return found
    needs, has = str(few.every or 1), str(sum(counts))
    return Why(rule=rule.id, cause=Cause.PIECES, needs=needs, has=has)


def _asked(rule: Rule, goods: _Goods, work: Work) -> Sequence[int] | Why:
    """How many of each line's pieces a reward gives: as many as are asked for, there, and paid."""
    give, wanted = rule.give, work.rewards.wanted.get(rule.id, 0)
    assert isinstance(give, UnitGift)
    assert give.few is not None
    if wanted < 1:
        return Why(rule=rule.id, cause=Cause.NOT_ASKED)
    few, counts = give.few, goods.counts()
    able = [_whole(give, goods, number, count) for number, count in enumerate(counts)]

    def meant(count: int) -> list[int]:
        return asked_for(few, count, counts, goods.nets, able)

    def amount(count: int) -> int:
        return sum(_item_shares(give, goods, meant(count), work.rounding))

    bounds = [
        (wanted, Why(rule=rule.id, cause=Cause.APPLIED)),
        *_bounds(rule, few, wanted, sum(counts)),
        (sum(able), Why(rule=rule.id, cause=Cause.FLOOR)),
        work.rewards.paid_for(rule, wanted),
    ]
    most, why = min(bounds, key=lambda bound: bound[0])
    left = _left(rule, work)
    if left is not None and amount(most) > left:
        most = bisect_right(range(1, most), left, key=amount)
        said = work.limits[rule.id].spent(work.scene.seen)
        why = Why(rule=rule.id, cause=said.cause, needs=said.needs, has=said.has)
    if most < wanted:
        work.rewards.short[rule.id] = why
    return meant(most) if most else why


def _bounds(rule: Rule, few: Few, wanted: int, total: int) -> Iterator[tuple[int, Why]]:
    """How many pieces a reward may give of total, and in one receipt."""
    most, needs = total, wanted
    if few.every:
        most, needs = total // few.every * few.count, ceiling(wanted, few.count) * few.every
    yield most, Why(rule=rule.id, cause=Cause.PIECES, needs=str(needs), has=str(total))
    if few.times:
        times = str(few.times)
        yield few.times * few.count, Why(rule=rule.id, cause=Cause.LIMIT, needs=times, has=times)


def _whole(give: UnitGift, goods: _Goods, number: int, count: int) -> int:
    """How many of a line's pieces can be given in full: a floor price cuts no reward short."""
    net, room, paid = goods.nets[number], goods.rooms[number], goods.paid(number)
    if room == goods.lines[number].net:  # no floor stops it; what other rules took is no floor
        return count
    return bisect_right(
        range(1, count + 1), room, key=lambda it: _units_share(give, net, it * PIECE, paid)
    )


def _bundle_offer(rule: Rule, bundle: Bundle, goods: _Goods, rounding: Rounding) -> Offer:
    """What the bundles' pieces cost above the bundles' price, spread over their lines."""
    counts = goods.counts()
    if sum(counts) < bundle.count:
        return _none(rule, Cause.PIECES, str(bundle.count), str(sum(counts)))
    meant = bundled(bundle, counts, goods.nets)
    costs = [
        half_up(net * count, max(1, all_pieces))
        for net, count, all_pieces in zip(goods.nets, meant, counts, strict=True)
    ]
    amount = sum(costs) - sum(meant) // bundle.count * bundle.price
    shares = _spread(amount, costs, goods.rooms, rounding)
    taken = _taken(goods.places, shares)
    return Offer(rule, taken) if taken else _none(rule, _nothing(bundle, goods))


def _none(rule: Rule, cause: Cause, needs: str = "", has: str = "") -> Offer:
    return Offer(rule, _NOTHING, why=Why(rule.id, cause, needs, has))


def _nothing(give: Discount, goods: _Goods) -> Cause:
    if any(goods.rooms):
        priced = isinstance(give, (FixedPrice, Bundle))
        return Cause.CHEAPER if priced else Cause.TOO_LITTLE
    return Cause.FLOOR if any(goods.nets) else Cause.NOTHING_LEFT


def _step(rule: Rule, scale: Scale, goods: _Goods, sight: Sight) -> PercentOff | Why:
    """The percentage of the last step that is reached, or what is missing to the first."""
    first, share, account = scale.steps[0][0], None, sight.scene.seen.account
    if scale.by == "quantity":
        has = sum(goods.counts())
        short = Why(rule=rule.id, cause=Cause.PIECES, needs=str(first), has=str(has))
    elif scale.by == "total":
        has = sight.total
        short = Why(rule=rule.id, cause=Cause.MIN_TOTAL, needs=first, has=has)
    elif account is None:
        return Why(rule=rule.id, cause=Cause.NO_CARD)
    else:
        has = account.measure
        short = Why(rule=rule.id, cause=Cause.SPENT, needs=first, has=has)
    for start, step in scale.steps:
        share = step if has >= start else share
    return short if share is None else PercentOff(share=share, cap=scale.cap)


def _item_shares(
    give: UnitGift,
    goods: _Goods,
    meant: Sequence[int],
    rounding: Rounding,
) -> list[int]:
    """Each line by itself; meant are the pieces of each that the rule is for, none when all are."""
    wanted = _units_shares(give, goods, meant)
    shares = [min(it, room) for it, room in zip(wanted, goods.rooms, strict=True)]
    cap = give.cap if isinstance(give, PercentOff) else None
    return shares if cap is None else _capped(cap, shares, rounding)


def _units_shares(give: UnitGift, goods: _Goods, meant: Sequence[int]) -> list[int]:
    """What is off the units that a rule is for; a line's units cost the same, rounded together."""
    wanted = []
    for number, net in enumerate(goods.nets):
        paid = goods.paid(number)
        for_units = meant[number] * PIECE if meant else paid
        wanted.append(_units_share(give, net, for_units, paid) if for_units else 0)
    return wanted


def _units_share(give: UnitGift, net: int, for_units: int, paid: int) -> int:
    """What is off for_units of a line, of which paid cost net; thousandths."""
    if isinstance(give, PercentOff):
        return half_up(net * for_units * give.share, paid * WHOLE_SHARE)
    cost = half_up(net * for_units, paid)
    if isinstance(give, AmountOff):
        return min(half_up(give.amount * for_units, PIECE), cost)
    return max(0, cost - half_up(give.price * for_units, PIECE))


def _receipt_shares(give: UnitGift, goods: _Goods, rounding: Rounding) -> list[int]:
    """Once on the sum of the lines, then spread; what a floor stops moves on or is lost."""
    weights, rooms = goods.nets, goods.rooms
    if isinstance(give, AmountOff):
        amount = give.amount
    else:
        assert isinstance(give, PercentOff)  # the program's text was checked
        amount = part_of(sum(weights), give.share)
        amount = amount if give.cap is None else min(amount, give.cap)
    return _spread(amount, weights, rooms, rounding)


def _spread(
    amount: int, weights: Sequence[int], rooms: Sequence[int], rounding: Rounding
) -> list[int]:
    """Divide amount; what a floor stops goes to other lines, or is lost."""
    if rounding.floor == "redistribute":
        return spread_within(amount, weights, rooms, rounding.spread)
    shares = spread(amount, weights, rounding.spread)
    return [min(share, room) for share, room in zip(shares, rooms, strict=True)]
