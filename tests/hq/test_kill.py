"""Headquarters killed between receive, commit and answer: each record once, in order, none lost."""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path

import pytest

from loyaltyd.domain.batch import Ack
from loyaltyd.link.wire import answer_from
from tests.hq.hq_process import HqProcess, hq_process
from tests.hq.invariants import faults, held
from tests.hq.lanes import TEXT, Lane, acked, hq_at, lane_at, settled

KILLS = 100 if os.environ.get("CI") == "true" else 12  # a life takes half a second and a core
LIFE_MAX_S = 0.05  # some ten answers; a kill falls anywhere in them
BATCH_MAX = 3
FILES = 30  # of a life; more than it can take


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Lane:
    """A log long enough for every life to have something to send."""
    return lane_at(tmp_path_factory.mktemp("till"), receipts=30 + 4 * KILLS)


@pytest.mark.timeout(1800)  # no verdict on speed: a hundred lives on a busy machine
def test_what_was_acknowledged_survives_kill_9_and_nothing_is_there_twice(
    tmp_path: Path, lane: Lane
) -> None:
    folder, chance, promised, unanswered = tmp_path / "hq", random.Random(), 0, 0
    with hq_at(tmp_path, lane, program=TEXT):
        pass  # the key is made, the till trusted
    for _ in range(KILLS):
        with hq_process(folder) as process:
            reached, cut_off = _sent_until_killed(process, lane, promised, chance)
        promised, unanswered = max(promised, reached), unanswered + cut_off
        assert held(folder, lane.stream).seq >= promised
        assert faults(folder, {lane.stream: lane.lines}) == []
    assert unanswered > KILLS // 2
    with hq_at(tmp_path) as hq:
        for first in range(promised + 1, len(lane.lines) + 1, 50):
            acked(hq, lane.file(first, min(first + 49, len(lane.lines))))
        shown = settled(hq).overview(hq.clock())
        assert (shown.differences, shown.refused) == ((), ())
    assert held(folder, lane.stream) == lane.head(len(lane.lines))
    assert faults(folder, {lane.stream: lane.lines}) == []


def _sent_until_killed(
    process: HqProcess, lane: Lane, promised: int, chance: random.Random
) -> tuple[int, bool]:
    """Send until a kill at some moment; how far it got, and whether a file had no answer yet."""
    files = _files(lane, promised, chance)  # made before: the kill shall find headquarters at work
    timer = threading.Timer(chance.uniform(0, LIFE_MAX_S), process.process.kill)
    timer.start()
    try:
        for data in files:
            process.offer(data)
            promised = _promise(process.answer(), lane)
    except (OSError, EOFError):
        return promised, True
    finally:
        timer.join()
    return promised, False


def _files(lane: Lane, promised: int, chance: random.Random) -> list[bytes]:
    """What a till sends in one life of headquarters; some of what is known comes along."""
    files = []
    for _ in range(FILES):
        first = max(1, promised + 1 - chance.randrange(3))
        promised = min(promised + chance.randint(0, BATCH_MAX), len(lane.lines))
        files.append(lane.file(first, promised))
    return files


def _promise(answer: bytes, lane: Lane) -> int:
    """What headquarters acknowledged; that the answer is its own is another test's."""
    found = answer_from(answer, "", lambda *_: True)
    assert isinstance(found, Ack), answer
    assert found.head == lane.head(found.head.seq)
    return found.head.seq
