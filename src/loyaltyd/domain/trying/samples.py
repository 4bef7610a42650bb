"""Receipts that show what a program does: of each step of a rule one just below it, and one at it.

They are made of the program's own goods, amounts, tiers and hours. What a rule asks in `any` is
taken from its first table; what it asks in `not` is left out.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from loyaltyd.domain.account import Account, Card, Seen
from loyaltyd.domain.basket import PIECE, Basket, Line, Reward, Wish
from loyaltyd.domain.coupon import Coupon
from loyaltyd.domain.engine.gifts import Bundle, Earn, Few, Scale, StepsEarned
from loyaltyd.domain.engine.goods import Match
from loyaltyd.domain.engine.limits import Couponed
from loyaltyd.domain.engine.program import Program, Rule
from loyaltyd.domain.engine.when import (
    AllOf,
    AnyOf,
    Birthday,
    CardKind,
    Condition,
    Conditions,
    Contains,
    Dates,
    DaysSinceVisit,
    EveryVisit,
    FirstPurchase,
    MinTotal,
    Region,
    Spent,
    Store,
    Tagged,
    Tier,
    TillGroup,
    TimeOfDay,
    Weekday,
)
from loyaltyd.domain.ledger import Lot
from loyaltyd.domain.money import decimal
from loyaltyd.domain.past import Past, Spending
from loyaltyd.domain.place import Place
from loyaltyd.domain.trying.cases import Case, rules_of

SAMPLES_MAX = 2000  # of programs of a thousand rules; the first ones are of the first rules
NOON = dt.time(13)
WHO = "0" * 32
BONUS, DISCOUNT = "bonus", "discount"
PLAIN_MONEY = 1000  # whole units of currency, where a rule has no step of its own
PIECE_MONEY = 100
ABV, LITRES = 40_000, 500  # thousandths: what floors of bottles ask for


@dataclass(slots=True)
class _Scene:
    """What a sample is made of."""

    on: dt.date
    time: dt.time = NOON
    kind: str = BONUS
    tier: str = ""
    store: str = ""
    group: str = ""
    past: Past = field(default_factory=Past)
    measure: int = 0
    coupons: tuple[str, ...] = ()
    goods: list[Match] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)  # steps of the receipt, minor units
    amounts: list[int] = field(default_factory=list)  # steps of the first goods
    pieces: list[int] = field(default_factory=list)
    rewards: tuple[Reward, ...] = ()
    lots: tuple[Lot, ...] = ()  # what they cost


def samples(programs: Iterable[Program]) -> list[Case]:
    """The samples of some programs, each receipt once."""
    found: dict[tuple[object, ...], Case] = {}
    for program in programs:
        for case in (*_by_card(program), *_by_rule(program)):
            found.setdefault((case.basket, case.seen, case.place, case.at), case)
    return list(found.values())[:SAMPLES_MAX]


def fitted(case: Case, program: Program) -> Case:
    """The case with a card that program knows: another range of its kind, or none at all."""
    card = case.seen.card
    if card is None or program.range_named(card.range) is not None:
        return case
    name = next((it.name for it in program.ranges if it.kind == card.kind), None)
    seen = Seen() if name is None else replace(case.seen, card=replace(card, range=name))
    return replace(case, seen=replace(seen, coupons=case.seen.coupons))


def _by_card(program: Program) -> Iterator[Case]:
    """Nobody, each kind of card, each tier, and one who pays with what the wallets hold."""
    whole = 10**program.digits
    plain = [Line(line=1, sku="goods", quantity=PIECE, price=PLAIN_MONEY * whole)]
    scene = _Scene(on=program.starts)
    yield _case("no card", plain, replace(scene, kind=""), program)
    for kind in dict.fromkeys(it.kind for it in program.ranges):
        yield _case(f"a {kind} card", plain, replace(scene, kind=kind), program)
    for level in program.tiers.levels if program.tiers else ():
        held = replace(scene, tier=level.id, measure=level.floor)
        yield _case(f"tier {level.id}", plain, held, program)
    for wallet in program.wallets:
        if wallet.redeem_rate:
            case = _case(f"pays with {wallet.id}", plain, scene, program)
            yield _paying(case, wallet.id, PLAIN_MONEY * 10**wallet.scale)


def _paying(case: Case, wallet: str, amount: int) -> Case:
    if case.seen.account is None:
        return case
    lot = Lot(wallet=wallet, active_from=case.at.date(), amount=amount)
    account = replace(case.seen.account, lots=(lot,))
    basket = replace(case.basket, redeem=(Wish(wallet=wallet),))
    return replace(case, basket=basket, seen=replace(case.seen, account=account))


def _by_rule(program: Program) -> Iterator[Case]:
    whole = 10**program.digits
    for rule in rules_of(program):
        scene = _scene(rule, program)
        beside = PIECE_MONEY * whole * max(0, len(scene.goods) - 1)  # what its other goods cost
        steps = [(it, max(0, it - beside), 1) for step in scene.totals for it in _around(step)]
        steps += [(it, it, 1) for step in scene.amounts for it in _around(step)]
        if not steps:
            steps = [(PLAIN_MONEY * whole, PLAIN_MONEY * whole, 1)]
        for amount, price, count in dict.fromkeys(steps):
            name = f"{rule.id}: {decimal(amount, program.digits)}"
            yield _case(name, _lines(scene, price, count, whole), scene, program)
        for count in dict.fromkeys(it for step in scene.pieces for it in _around(step)):
            name = f"{rule.id}: {count} pieces"
            yield _case(name, _lines(scene, PIECE_MONEY * whole, count, whole), scene, program)


def _around(step: int) -> list[int]:
    """Just below a step, and at it."""
    return [step - 1, step] if step > 1 else [step]


def _lines(scene: _Scene, price: int, count: int, whole: int) -> list[Line]:
    """So many of the first goods, and one piece of each other that the rule asks for."""
    goods = scene.goods or [Match()]
    others = [
        _line(place, it, PIECE_MONEY * whole, 1) for place, it in enumerate(goods[1:], start=2)
    ]
    return [_line(1, goods[0], price, count), *others]


def _line(place: int, goods: Match, price: int, count: int) -> Line:
    category = next(iter(goods.categories), "")
    if not category and goods.below:
        category = f"{goods.below[0]}sample"
    return Line(
        line=place,
        sku=min(goods.skus, default="goods"),
        category=category,
        quantity=count * PIECE,
        price=price,
        abv=ABV,
        litres=LITRES,
        tags=tuple(sorted(goods.tags)[:1]),
    )


def _case(name: str, lines: list[Line], scene: _Scene, program: Program) -> Case:
    known = next((it for it in program.ranges if it.kind == scene.kind), None)
    card = Card(id=WHO, kind=known.kind, range=known.name) if known else None
    coupons = tuple(Coupon(id=it, name=it) for it in scene.coupons)
    levels = program.tiers.levels if program.tiers else ()
    account = Account(
        id=WHO,
        tier=scene.tier or next((it.id for it in levels), ""),
        measure=scene.measure,
        lots=scene.lots,
    )
    return Case(
        name=name,
        basket=Basket(
            receipt="sample",
            card=WHO if card else "",
            lines=tuple(lines),
            coupons=scene.coupons,
            rewards=scene.rewards,
        ),
        seen=Seen(card=card, account=account, past=scene.past, coupons=coupons)
        if card
        else Seen(coupons=coupons),
        place=Place(
            store=scene.store,
            till="",
            group=scene.group,
            timezone=program.timezone or "UTC",
            business_date=scene.on,
        ),
        at=dt.datetime.combine(scene.on, scene.time, dt.UTC),
        wanted={},
    )


def _scene(rule: Rule, program: Program) -> _Scene:
    """What the rule asks for, as far as a sample can show it."""
    scene = _Scene(on=program.starts, goods=[] if rule.on == Match() else [rule.on])
    for part in _parts(rule.when):
        _ask(part, scene)
    give = rule.give.by if isinstance(rule.give, Earn) else rule.give
    if isinstance(give, StepsEarned):
        scene.totals.append(give.amount)
    elif isinstance(give, Bundle):
        scene.pieces.append(give.count)
    elif isinstance(give, Scale):
        _steps(give, scene)
    few = getattr(give, "few", None)
    if isinstance(few, Few):
        scene.pieces.append(few.every or few.count)
    if rule.price is not None:
        scene.rewards = (Reward(rule=rule.id, count=1),)
        scene.lots = tuple(
            Lot(wallet=it.wallet, active_from=scene.on, amount=it.points) for it in rule.price
        )
    return scene


def _steps(give: Scale, scene: _Scene) -> None:
    steps = [step for step, _ in give.steps]
    if give.by == "total":
        scene.totals += steps
    elif give.by == "quantity":
        scene.pieces += steps
    else:
        scene.measure = max(steps)


def _parts(conditions: Conditions) -> Iterator[Condition]:
    for it in conditions:
        if isinstance(it, AllOf):
            yield from (part for inner in it.parts for part in _parts(inner))
        elif isinstance(it, AnyOf):
            yield from _parts(it.parts[0])
        else:
            yield it


def _ask(part: Condition, scene: _Scene) -> None:
    """Put what a condition asks for into the scene."""
    _ask_of_day(part, scene)
    _ask_of_card(part, scene)
    _ask_of_past(part, scene)
    _ask_of_place(part, scene)
    if isinstance(part, Contains):
        scene.goods = [part.goods, *(it for it in scene.goods if it != part.goods)]
        scene.amounts += [part.amount] if part.amount else []
        scene.pieces += [part.pieces] if part.pieces else []
    elif isinstance(part, Tagged):
        scene.goods.append(Match(tags=frozenset(part.tags[:1])))
    elif isinstance(part, MinTotal):
        scene.totals.append(part.amount)


def _ask_of_place(part: Condition, scene: _Scene) -> None:
    if isinstance(part, Store):
        scene.store = part.stores[0]
    elif isinstance(part, Region):
        named = (*sorted(part.stores.names), *part.stores.beginnings)
        scene.store = next(iter(named), "")
    elif isinstance(part, TillGroup):
        scene.group = part.groups[0]


def _ask_of_day(part: Condition, scene: _Scene) -> None:
    if isinstance(part, Dates):
        scene.on = max(scene.on, part.first) if part.last >= scene.on else part.last
    elif isinstance(part, Weekday):
        days = ((day - scene.on.weekday()) % 7 for day in part.days)
        scene.on += dt.timedelta(days=min(days))
    elif isinstance(part, TimeOfDay):
        scene.time = part.start


def _ask_of_card(part: Condition, scene: _Scene) -> None:
    if isinstance(part, CardKind):
        scene.kind = part.kinds[0]
    elif isinstance(part, Tier):
        scene.tier = part.tiers[0]
    elif isinstance(part, Couponed):
        scene.coupons = part.names[:1]
    elif isinstance(part, Birthday):
        scene.past = replace(scene.past, birthdays=(*scene.past.birthdays, str(part.window)))


def _ask_of_past(part: Condition, scene: _Scene) -> None:
    past = scene.past
    if isinstance(part, FirstPurchase) and not part.wanted:
        scene.past = replace(past, visits=max(past.visits, 1))
    elif isinstance(part, EveryVisit):
        scene.past = replace(past, visits=part.count - 1)
    elif isinstance(part, DaysSinceVisit):
        scene.past = replace(past, last_visit=scene.on - dt.timedelta(days=part.days))
    elif isinstance(part, Spent):
        within = "" if part.within is None else str(part.within)
        spent = (*past.spent, Spending(within=within, amount=part.amount))
        scene.past = replace(past, spent=spent)
