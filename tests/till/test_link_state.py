"""When a link is up: nothing is owed, or headquarters answers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from loyaltyd.domain.batch import BatchReason
from tests.store.made import AT
from tests.till.linked import Linked, linked_at


def carried(till: Linked) -> None:
    """A courier has been at headquarters, which took all of it."""
    for name in till.out.names():
        seq = till.ledger.read(lambda view: view.head().seq).result()
        till.acknowledge(seq, file=name)


def test_a_new_link_is_up_until_its_first_file_was_not_answered_in_time(tmp_path: Path) -> None:
    with linked_at(tmp_path) as till:
        assert till.sync.state.up
        ups = [till.tick(10).up for _ in range(12)]
    assert ups == [True] * 9 + [False] * 3  # three times `every`, from the first file on


@pytest.mark.parametrize(("every_s", "silence_s"), [(1, 60), (20, 60), (30, 90), (600, 1800)])
def test_a_link_is_down_after_three_rounds_and_a_minute_at_least(
    tmp_path: Path, every_s: int, silence_s: int
) -> None:
    with linked_at(tmp_path, every=dt.timedelta(seconds=every_s)) as till:
        till.sell()
        till.tick()
        assert till.tick(silence_s - 0.1).up
        assert not till.tick(0.1).up


def test_a_receipt_after_a_quiet_hour_does_not_bring_the_link_down(tmp_path: Path) -> None:
    with linked_at(tmp_path) as till:
        till.tick()
        carried(till)
        till.tick()
        for _ in range(20):
            till.tick(200)
            carried(till)
        till.tick(250)
        till.sell()
        assert till.tick(30).up
        assert till.tick(80).up
        assert not till.tick(10).up


def test_a_link_that_nobody_carries_is_down_also_when_nothing_is_sold(tmp_path: Path) -> None:
    with linked_at(tmp_path) as till:
        till.tick()
        carried(till)
        assert till.tick().up
        assert till.tick(300).up  # a sign of life was just put there
        assert not till.tick(90).up
        carried(till)
        assert till.tick().up


def test_any_refusal_of_headquarters_shows_that_the_line_is_up(tmp_path: Path) -> None:
    with linked_at(tmp_path) as till:
        till.tick()
        assert not till.tick(200).up
        till.refuse(till.out.names()[0], BatchReason.TILL_UNKNOWN)
        state = till.tick()
        assert (state.up, state.trouble) == (True, "till_unknown: as a test wants it")


def test_the_state_says_how_much_waits_and_since_when(tmp_path: Path) -> None:
    with linked_at(tmp_path) as till:
        assert till.tick().waiting_since is None
        till.sell(3)
        state = till.tick(30)
        assert (state.acked, state.waiting, state.waiting_since) == (0, 3, AT)
        till.acknowledge(2)
        state = till.tick()
        assert (state.acked, state.waiting, state.waiting_since) == (2, 1, AT)
        till.acknowledge(3)
        state = till.tick()
        assert (state.acked, state.waiting, state.waiting_since) == (3, 0, None)
        assert state.last_answer_at == till.now - dt.timedelta(seconds=2)
    with linked_at(tmp_path) as till:
        state = till.sync.told()
        assert (state.acked, state.waiting, state.up) == (3, 0, True)
        assert state.last_answer_at is not None
