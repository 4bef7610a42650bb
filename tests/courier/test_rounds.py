"""How often a courier goes round, and what it says."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.courier import BACKOFF_MAX_S, LOOK_S, Rounds, pause_s
from loyaltyd.domain.errors import LinkError
from loyaltyd.link.carrying import Carried, Fate
from tests.courier.courier_process import batch

Step = Carried | LinkError


class Script:
    """A way on which happens what is written; then nothing."""

    def __init__(self, *rounds: list[Step], stop: threading.Event | None = None) -> None:
        self._rounds, self._stop = list(rounds), stop

    def round(self) -> Iterator[Carried]:
        if not self._rounds and self._stop is not None:
            self._stop.set()
        for step in self._rounds.pop(0) if self._rounds else []:
            if isinstance(step, LinkError):
                raise step
            yield step


def rounds(*script: list[Step], chance: float = 1.0) -> Rounds:
    return Rounds(way=Script(*script), backoff_max_s=BACKOFF_MAX_S, chance=lambda: chance)


UP = Carried(batch(1, 2), Fate.ACKNOWLEDGED)
AWAY, FULL = LinkError("https://hq.example: no sign of it"), LinkError("in: no space left")


def test_failures_wait_longer_each_time_up_to_five_minutes() -> None:
    most = [pause_s(failures, 1.0, BACKOFF_MAX_S) for failures in range(12)]
    assert most == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


@given(st.integers(0, 10**6), st.floats(0, 1), st.sampled_from([5.0, BACKOFF_MAX_S]))
def test_a_pause_lies_anywhere_between_a_second_and_its_limit(
    failures: int, chance: float, most_s: float
) -> None:
    assert LOOK_S <= pause_s(failures, chance, most_s) <= most_s
    assert pause_s(failures, 0.0, most_s) == LOOK_S


def test_what_gets_through_begins_the_pauses_anew_even_in_a_round_that_fails() -> None:
    going = rounds([AWAY], [AWAY], [AWAY], [UP, AWAY], [])
    failures = []
    for _ in range(5):
        going.one()
        failures.append(going.failures)
    assert failures == [1, 2, 3, 1, 0]


def test_a_trouble_is_said_once_and_its_end_too() -> None:
    going = rounds([AWAY], [AWAY], [FULL], [AWAY], [], [AWAY], [UP], [UP])
    with structlog.testing.capture_logs() as lines:
        for _ in range(8):
            going.one()
    assert [line["event"] for line in lines] == [
        *("not_carried", "not_carried", "not_carried"),
        *("carrying_again", "acknowledged", "acknowledged"),
    ]
    assert [line.get("detail") for line in lines[:3]] == [str(AWAY), str(FULL), str(AWAY)]


def test_a_file_is_named_by_what_it_holds_and_a_refusal_is_a_warning() -> None:
    with structlog.testing.capture_logs() as lines:
        rounds([UP, Carried(batch(3, 1004), Fate.REFUSED)]).one()
    assert lines == [
        {"event": "acknowledged", "holds": "records 1 to 2", "log_level": "info"},
        {"event": "refused", "holds": "records 3 to 1004", "log_level": "warning"},
    ]


def test_it_goes_round_until_it_is_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    monkeypatch.setattr("loyaltyd.courier.LOOK_S", 0.001)
    script = Script([UP], [AWAY], [UP], stop=stop)
    going = Rounds(way=script, backoff_max_s=0.001, chance=lambda: 1.0)
    going.go(stop)
    assert (going.failures, going.trouble) == (0, "")


def test_a_bug_is_not_taken_for_a_line_that_is_down() -> None:
    class Broken:
        def round(self) -> Iterator[Carried]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Rounds(way=Broken(), backoff_max_s=1.0, chance=lambda: 1.0).one()
