"""A receipt's line while the rules work on it: what is left, and what may still be taken."""

import datetime as dt
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from loyaltyd.domain.basket import NO_DISCOUNT, NO_EARN, NO_REDEEM, PIECE, Basket, Line
from loyaltyd.domain.engine.goods import Dated, GoodsClass
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.money import ceiling
from loyaltyd.domain.place import Place
from loyaltyd.domain.refusal import Reason, Refusal, refused

AnyDated = TypeVar("AnyDated", bound=Dated)
ABV_LITRE = 10**6  # thousandths of a per cent × thousandths of a litre


@dataclass(slots=True)  # a quote makes dozens: frozen, by keywords, each takes ten times as long
class Effect:
    """What one rule took off a line, minor units."""

    rule: str
    layer: str
    amount: int


@dataclass(slots=True)  # as Effect
class Paid:
    """What a wallet paid of a line: money in minor units, points in the wallet's scale."""

    wallet: str
    money: int
    points: int
    tender: bool = False
    account: str = ""  # whose wallet, when it isn't the shopper's: a gift card's


@dataclass(slots=True)  # made by position, as Effect
class Position:
    """A line, what its goods may, and what the rules have taken so far; minor units."""

    line: Line
    gross: int
    floor: int = 0  # the least that the whole line may cost
    may_discount: bool = True
    may_earn: bool = True
    may_redeem: bool = True
    effects: list[Effect] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)
    discount: int = 0  # what the rules took off: the sum of effects
    as_discount: int = 0  # what wallets paid that lowers the price: the part of paid but tender
    free: int = 0  # of quantity what a rule gave for nothing, thousandths
    quantity: int = field(init=False)  # thousandths that are sold: less once some came back
    net: int = field(init=False)  # what is left to pay
    room: int = field(init=False)  # what a discount may still take: all, or down to the floor price

    def __post_init__(self) -> None:
        """Start with nothing taken; net and room are kept, for rules ask them far more often."""
        self.quantity = self.line.quantity
        self.net = self.gross
        self.room = max(0, self.gross - self.floor)

    def take(self, rule: str, layer: str, amount: int) -> None:
        """Let a rule take amount off, of the room that there is."""
        if amount:
            self.effects.append(Effect(rule, layer, amount))
            self.discount += amount
            self.net -= amount
            self.room -= amount

    def lowered_by(self, rules: Container[str]) -> bool:
        """Whether one of the rules took something off."""
        return any(effect.rule in rules for effect in self.effects)

    def pay(self, paid: Paid) -> None:
        """Let a wallet pay a part, at most the room; tender at most net, and no lower price."""
        self.paid.append(paid)
        self.net -= paid.money
        if paid.tender:
            self.room = min(self.room, self.net)
        else:
            self.as_discount += paid.money
            self.room -= paid.money


def positions(
    basket: Basket, program: Program, place: Place, on: dt.date
) -> list[Position] | Refusal:
    """The lines of basket as program's classes see them there on that local day."""
    found = []
    in_force = [goods for goods in program.classes if goods.in_force(place, on)]
    for line in basket.lines:
        named = program.classed.meaning(line)
        if not (named or line.flags or line.floor_price):  # as of almost every line
            found.append(Position(line, line.gross))
            continue
        classes = [goods for goods in in_force if goods.id in named]
        floor = _floor(line, classes, on)
        if isinstance(floor, Refusal):
            return floor
        found.append(_position(line, classes, floor))
    return found


def total(lines: Iterable[Position]) -> int:
    """What is left to pay of all lines."""
    return sum(position.net for position in lines)


def lowering(lines: Iterable[Position], rules: Container[str]) -> str:
    """Of the rules those that took something off lines first, named."""
    first = (next((e.rule for e in it.effects if e.rule in rules), "") for it in lines)
    return ", ".join(dict.fromkeys(filter(None, first)))


def _position(line: Line, classes: Sequence[GoodsClass], floor: int) -> Position:
    return Position(
        line,
        line.gross,
        floor,
        may_discount=NO_DISCOUNT not in line.flags and all(it.discount for it in classes),
        may_earn=NO_EARN not in line.flags and all(it.earn for it in classes),
        may_redeem=NO_REDEEM not in line.flags and all(it.redeem for it in classes),
    )


def _floor(line: Line, classes: Sequence[GoodsClass], on: dt.date) -> int | Refusal:
    """The highest floor of the line's classes and its own; rounded up, since it is a least."""
    units = [line.floor_price or 0]
    for goods in classes:
        unit = _unit_floor(line, goods, on)
        if isinstance(unit, Refusal):
            return unit
        units.append(unit)
    return ceiling(max(units) * line.quantity, PIECE)


def _unit_floor(line: Line, goods: GoodsClass, on: dt.date) -> int | Refusal:
    """The least price of one unit of the line that goods allow on that day."""
    price = _in_force(goods.floor_price, on)
    volume = _in_force(goods.floor_per_litres, on)
    strength = _in_force(goods.floor_per_abv_litre, on)
    units = [price.value if price else 0]
    if volume:
        if line.litres is None:
            return refused(Reason.LINE_INCOMPLETE, line=str(line.line), members="litres")
        units.append(ceiling(volume.value * line.litres, volume.litres))
    if strength:
        if line.abv is None or line.litres is None:
            return refused(Reason.LINE_INCOMPLETE, line=str(line.line), members="abv, litres")
        units.append(ceiling(strength.value * line.abv * line.litres, ABV_LITRE))
    return max(units)


def _in_force(dated: Sequence[AnyDated], on: dt.date) -> AnyDated | None:
    return next((it for it in reversed(dated) if it.since <= on), None)
