"""Where and on which trading day a receipt is made."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of some regions: by their names, or by how these begin."""

    names: frozenset[str]
    beginnings: tuple[str, ...]

    def has(self, store: str) -> bool:
        """Whether store is one of them."""
        return store in self.names or store.startswith(self.beginnings)


def stores(patterns: Iterable[str]) -> Stores:
    """The stores that patterns mean, each a name, or "msk-*" for all that begin so."""
    known = tuple(patterns)
    return Stores(
        names=frozenset(known),  # whoever is named "msk-*" begins so, too
        beginnings=tuple(it.removesuffix("*") for it in known if it.endswith("*")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A till of a store, on one of its trading days."""

    store: str
    till: str
    group: str
    timezone: str
    business_date: dt.date
