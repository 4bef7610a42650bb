"""How things are timed: by turns with their floors, in rounds, as medians."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from statistics import median

Call = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of it: calls in a round, rounds, and the pause before each paced call."""

    rounds: int = 7
    calls: int = 200
    pause_s: float = (
        0.05  # a scanner's pace: 20 a second find the processor idle and its caches cold
    )
    records: int = 1000  # of a ledger that has been used for a while
    accounts: int = 1_000_000  # in one ledger; a hundredth of them is few
    accounts_most: int = 0  # as the command line asks, for it takes minutes to make


TINY = Size(rounds=2, calls=3, pause_s=0.0, records=10, accounts=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table; ratio is value to floor, None where a count has no floor."""

    what: str
    value: float
    unit: str
    floor: str = ""
    floor_value: float | None = None
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a figure may be, its ratio to the floor or its value where it has none."""

    most: float = inf
    least: float = 0.0
    source: str = ""

    def __str__(self) -> str:
        bound = f">= {self.least:g}" if self.most == inf else f"<= {self.most:g}"
        return f"{bound}{f' ({self.source})' if self.source else ''}"

    def holds(self, value: float) -> bool:
        """Whether value lies between them, both included."""
        return self.least <= value <= self.most


def taken_us(call: Call) -> float:
    """How long one call takes."""
    began = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - began) / 1000


def rounds_us(
    calls: Mapping[str, Call],
    size: Size,
    *,
    paced: bool = False,
    of_round: Callable[[list[float]], float] = median,
) -> dict[str, list[float]]:
    """Time each call by turns; per name one time a round, its median or another of_round.

    Where processor time is meant, min: what others on the machine take then isn't counted.

    Paced calls alternate one by one, each after a pause; the others in blocks, with caches warm.
    """
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(size.rounds):
        times: dict[str, list[float]] = {name: [] for name in calls}
        for name, call in _turns(calls, size.calls, paced=paced):
            if paced:
                time.sleep(size.pause_s)
            times[name].append(taken_us(call))
        for name, each in times.items():
            found[name].append(of_round(each))
    return found


def _turns(calls: Mapping[str, Call], count: int, *, paced: bool) -> list[tuple[str, Call]]:
    if paced:
        return [pair for _ in range(count) for pair in calls.items()]
    return [pair for pair in calls.items() for _ in range(count)]


def against(
    what: str,
    subject: list[float],
    floor: tuple[str, list[float]],
    limit: Limit | None = None,
    unit: str = "us",
) -> Figure:
    """A figure from the medians of rounds that subject and floor took by turns."""
    name, floors = floor
    ratio = median(mine / theirs for mine, theirs in zip(subject, floors, strict=True))
    return Figure(
        what=what,
        value=median(subject),
        unit=unit,
        floor=name,
        floor_value=median(floors),
        ratio=ratio,
        goal=str(limit or ""),
        met=None if limit is None else limit.holds(ratio),
    )


def alone(what: str, value: float, unit: str, limit: Limit | None = None) -> Figure:
    """A figure that has no floor: a count, or a size."""
    return Figure(
        what=what,
        value=value,
        unit=unit,
        goal=str(limit or ""),
        met=None if limit is None else limit.holds(value),
    )


def exactly(what: str, value: float, wanted: int) -> Figure:
    """A count that has one right answer."""
    return Figure(what=what, value=value, unit="", goal=f"exactly {wanted}", met=value == wanted)
