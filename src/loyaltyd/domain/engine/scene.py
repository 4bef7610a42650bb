"""What the conditions of rules look at."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from loyaltyd.domain.account import Seen
from loyaltyd.domain.basket import Basket, Line
from loyaltyd.domain.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A receipt as conditions see it; at carries the till's local offset."""

    at: dt.datetime
    place: Place
    seen: Seen
    tier: str  # as of this receipt: in the points layer it may be the tier just reached
    lines: Sequence[Line]  # as rung up; after a return, what is left of them
    tenders: Sequence[str] = ()  # the kinds of payment that the receipt names


class Sight(NamedTuple):
    """A scene as one rule finds it: total is what is left to pay there, minor units.

    Each group of rules finds another one: a tuple is made twice as fast as a frozen dataclass.
    """

    scene: Scene
    total: int


def scene_of(seen: Seen, place: Place, at: dt.datetime, basket: Basket) -> Scene:
    """The scene in which the account holds the tier that it came with."""
    tenders = tuple(payment.kind for payment in basket.payments)
    tier = seen.account.tier if seen.account else ""
    return Scene(at=at, place=place, seen=seen, tier=tier, lines=basket.lines, tenders=tenders)
