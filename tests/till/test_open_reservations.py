"""How long a reservation is held: a term from its beginning, on a clock that only runs forward."""

from __future__ import annotations

import datetime as dt

from loyaltyd.till.open_reservations import Reservations
from tests.till.shop import Clock

TTL = dt.timedelta(seconds=60)


def test_each_is_held_for_its_own_term() -> None:
    clock = Clock(elapsed_s=1000.0)
    held = Reservations(clock.monotonic, TTL)
    held.begin("a")
    clock.elapsed_s += 30
    held.begin("b")
    clock.elapsed_s += 29.9
    assert held.expired(["a", "b"]) == []
    clock.elapsed_s += 0.1
    assert held.expired(["a", "b"]) == ["a"]
    clock.elapsed_s += 30
    assert held.expired(["b"]) == ["b"]


def test_one_of_an_earlier_run_is_held_from_this_runs_start() -> None:
    clock = Clock(elapsed_s=1000.0)
    held = Reservations(clock.monotonic, TTL)
    clock.elapsed_s += 59
    assert held.expired(["left"]) == []
    clock.elapsed_s += 1
    assert held.expired(["left"]) == ["left"]


def test_what_could_not_be_released_stays_due() -> None:
    clock = Clock()
    held = Reservations(clock.monotonic, TTL)
    held.begin("a")
    clock.elapsed_s += 60
    assert held.expired(["a"]) == held.expired(["a"]) == ["a"]


def test_nothing_is_remembered_of_what_is_over() -> None:
    clock = Clock()
    held = Reservations(clock.monotonic, TTL)
    for number in range(100):
        held.begin(f"h-{number}")
    held.expired(["h-1"])
    assert list(held._began) == ["h-1"]
