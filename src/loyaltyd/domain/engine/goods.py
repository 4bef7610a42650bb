"""Which goods are meant, and what law or the chain says of them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from loyaltyd.domain.basket import Line
from loyaltyd.domain.place import Place, Stores

GOODS_KEPT = 2**13  # of which it is known what means them: what a supermarket sells on a day, twice


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # to be hashed as what it is
class GoodsIndex:
    """Which rules, or classes, mean which goods, so that a basket only meets those that can match.

    What means goods is kept from one receipt to the next: a till sells the same ones all day.
    """

    all_goods: Sequence[str]
    by_sku: Mapping[str, Sequence[str]]
    by_category: Mapping[str, Sequence[str]]  # a category, or a prefix with its slash
    by_tag: Mapping[str, Sequence[str]]

    def places(self, lines: Sequence[Line]) -> dict[str, list[int]]:
        """The lines that each rule means, by their place; rules that mean none are left out."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        if lines:
            every = list(range(len(lines)))
            found.update(dict.fromkeys(self.all_goods, every))  # nothing is added: they name none
        for place, line in enumerate(lines):
            for name in self.meaning(line):
                found[name].append(place)
        return found

    def meaning(self, line: Line) -> Collection[str]:
        """Those that name goods of which line is."""
        return _meaning(self, line.sku, line.category, line.tags)


@lru_cache(maxsize=GOODS_KEPT)
def _meaning(index: GoodsIndex, sku: str, category: str, tags: tuple[str, ...]) -> frozenset[str]:
    found = {*index.by_sku.get(sku, ()), *index.by_category.get(category, ())}
    for tag in tags:
        found.update(index.by_tag.get(tag, ()))
    slash = category.find("/")
    while slash >= 0:
        found.update(index.by_category.get(category[: slash + 1], ()))
        slash = category.find("/", slash + 1)
    return frozenset(found)


def goods_index(meant: Iterable[tuple[str, Match]]) -> GoodsIndex:
    """The index of what is named so, by the goods that each means."""
    all_goods: list[str] = []
    by_sku: defaultdict[str, list[str]] = defaultdict(list)
    by_category: defaultdict[str, list[str]] = defaultdict(list)
    by_tag: defaultdict[str, list[str]] = defaultdict(list)
    for name, on in meant:
        for sku in on.skus:
            by_sku[sku].append(name)
        for category in (*on.categories, *on.below):
            by_category[category].append(name)
        for tag in on.tags:
            by_tag[tag].append(name)
        if on == Match():
            all_goods.append(name)
    return GoodsIndex(all_goods=all_goods, by_sku=by_sku, by_category=by_category, by_tag=by_tag)


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
