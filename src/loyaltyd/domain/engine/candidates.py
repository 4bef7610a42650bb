"""The rules of a program that can match a basket: what a quote costs grows with these alone.

The engine looks at no other, and its trace names no other.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from loyaltyd.domain.basket import Line
from loyaltyd.domain.coupon import Coupon
from loyaltyd.domain.engine.explain import Cause, Why
from loyaltyd.domain.engine.program import Group, Program, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Each layer's groups with only those of their rules that can match, and these rules' lines."""

    places: Mapping[str, Sequence[int]]  # rule → its lines, by their place
    layers: Mapping[str, Sequence[Group]]

    def layer(self, name: str) -> Sequence[Group]:
        """The groups of a layer, in the file's order."""
        return self.layers.get(name, ())


def candidates(lines: Sequence[Line], coupons: Sequence[Coupon], program: Program) -> Candidates:
    """What of program can match lines and coupons."""
    places = _places(lines, coupons, program)
    layers: defaultdict[str, list[Group]] = defaultdict(list)
    for group in _groups(sorted([program.turns[rule] for rule in places])):
        layers[group.rules[0].layer].append(group)
    return Candidates(places=places, layers=layers)


def left_out(rule: str, coupons: Sequence[Coupon], program: Program) -> Why:
    """Why the rule of that id is no candidate."""
    needed = program.coupons.shut.get(rule)
    if needed is not None and not any(it.name in needed.known for it in coupons):
        return Why(rule=rule, cause=Cause.COUPON, needs=needed.said)
    return Why(rule=rule, cause=Cause.GOODS)


def _places(
    lines: Sequence[Line], coupons: Sequence[Coupon], program: Program
) -> Mapping[str, Sequence[int]]:
    """The lines that each rule means; a rule is left out for which nothing here can call."""
    found: dict[str, Sequence[int]] = {**program.goods.places(lines)}
    for coupon in coupons:
        for name in program.coupons.asking.get(coupon.name, ()):
            needed, on = program.coupons.shut.get(name), program.turns[name].rule.on
            meant = [place for place, line in enumerate(lines) if on.has(line)]
            if meant and needed is not None and coupon.name in needed.known:
                found[name] = meant
    return found


def _groups(turns: Sequence[Turn]) -> Iterator[Group]:
    for _, found in groupby(turns, key=attrgetter("place")):
        them = list(found)
        group = them[0].group
        if len(them) == len(group.rules):
            yield group
        else:
            yield Group(rules=tuple([it.rule for it in them]), pick=group.pick, base=group.base)
