"""Which goods are meant, and what law or the chain says of them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loyaltyd.domain.basket import Line
from loyaltyd.domain.place import Place, Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which goods are meant: any of these; all goods when there are none."""

    categories: tuple[str, ...] = ()
    below: tuple[str, ...] = ()  # prefixes with their slash: "dairy/" of "dairy/*"
    skus: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()

    def has(self, line: Line) -> bool:
        """Whether line is of these goods."""
        if not (self.categories or self.below or self.skus or self.tags):
            return True
        return (
            line.sku in self.skus
            or line.category in self.categories
            or line.category.startswith(self.below)
            or not self.tags.isdisjoint(line.tags)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsIndex:
    """Which rules mean which goods, so that a basket only meets the rules that can match."""

    all_goods: Sequence[str]
    by_sku: Mapping[str, Sequence[str]]
    by_category: Mapping[str, Sequence[str]]  # a category, or a prefix with its slash
    by_tag: Mapping[str, Sequence[str]]

    def places(self, lines: Sequence[Line]) -> dict[str, list[int]]:
        """The lines that each rule means, by their place; rules that mean none are left out."""
        found: dict[str, list[int]] = {}
        if lines:
            every = list(range(len(lines)))
            found = dict.fromkeys(self.all_goods, every)  # nothing is added: they mean no goods
        for place, line in enumerate(lines):
            for rule in self._meaning(line):
                found.setdefault(rule, []).append(place)
        return found

    def _meaning(self, line: Line) -> set[str]:
        rules = {*self.by_sku.get(line.sku, ()), *self.by_category.get(line.category, ())}
        for tag in line.tags:
            rules.update(self.by_tag.get(tag, ()))
        slash = line.category.find("/")
        while slash >= 0:
            rules.update(self.by_category.get(line.category[: slash + 1], ()))
            slash = line.category.find("/", slash + 1)
        return rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A value that holds from a local day on."""

    since: dt.date
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedVolume(Dated):
    """A price of so many thousandths of a litre that holds from a local day on."""

    litres: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsClass:
    """Goods that law or the chain treats alike, from one local day to another, both included."""

    id: str
    match: Match
    earn: bool
    discount: bool
    redeem: bool
    because: str
    floor_price: tuple[Dated, ...]  # of one unit, minor units
    floor_per_litres: tuple[DatedVolume, ...]
    floor_per_abv_litre: tuple[Dated, ...]  # of one litre of pure per cent, minor units
    since: dt.date = dt.date.min
    until: dt.date = dt.date.max
    stores: Stores | None = None  # of the regions that it is for; none means all

    def in_force(self, place: Place, on: dt.date) -> bool:
        """Whether these goods are treated so there and on that local day."""
        here = self.stores is None or self.stores.has(place.store)
        return here and self.since <= on <= self.until
