"""The power goes at any call of a busy till: what it answered is there, in a sound ledger.

Every write and sync of a run is recorded, and each state that a power cut could leave is rebuilt
and opened. POWER_CUTS=1000000 asks for so many states instead of twenty thousand.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.powercut.crashes import Disk, Files
from tests.powercut.judging import CORRUPT, LOST, Answered, Judge
from tests.powercut.recording import Op, recorded

STATES = int(os.environ.get("POWER_CUTS", "20000"))
RECEIPTS = 48
NORMAL = 1  # PRAGMA synchronous


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> list[Op]:
    """A run of a till that promises durability."""
    return recorded(tmp_path_factory.mktemp("busy") / "till", RECEIPTS)


@pytest.fixture
def judge() -> Iterator[Judge]:
    """In memory, where there is such a folder: a million files are written."""
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        yield Judge(Path(folder))


def states(disk: Disk, count: int) -> Iterator[Files]:
    """So many states that a power cut could leave now."""
    yield disk.nothing()
    yield disk.everything()
    for number in range(count - 2):
        yield disk.torn() if number % 2 else disk.some()


def verdicts(ops: list[Op], judge: Judge, count: int, *, lies: float = 0.0) -> Counter[str]:
    """What becomes of count states of a run, spread over all its calls; "" for all is well."""
    found: Counter[str] = Counter()
    disk, answered = Disk(random.Random(count), lies), list[Answered]()
    for place, op in enumerate(ops):
        disk.do(op)
        if op.kind == "answer":
            answered.append(Answered.of(op.data))
        here = count * (place + 1) // len(ops) - count * place // len(ops)
        found.update(judge.verdict(files, answered) for files in states(disk, max(2, here)))
    return found


def kinds_of(found: Counter[str]) -> set[str]:
    return {verdict.partition(":")[0] for verdict in found}


def test_the_run_is_a_till_s_whole_life(busy: list[Op]) -> None:
    kinds = Counter(op.kind for op in busy)
    answers = [Answered.of(op.data).kind for op in busy if op.kind == "answer"]
    assert Counter(answers)["receipt"] == RECEIPTS
    assert set(answers) == {"receipt", "return", "cancel"}
    assert kinds["write"] > 10 * RECEIPTS
    assert kinds["sync"] >= len(answers)
    assert {op.name for op in busy if op.kind == "write"} >= {"ledger.db", "ledger.db-wal"}


def test_no_power_cut_loses_what_was_answered_or_breaks_the_ledger(
    busy: list[Op], judge: Judge
) -> None:
    found = verdicts(busy, judge, STATES)
    assert set(found) == {""}, found.most_common(3)
    assert found.total() >= STATES
    assert len(judge.seen) > STATES // 10  # most of them are other files than those before


def test_with_synchronous_normal_answered_receipts_are_lost(tmp_path: Path, judge: Judge) -> None:
    """The harness sees what it is for: so a till would lose receipts, and no file would break."""
    careless = recorded(tmp_path / "till", RECEIPTS, NORMAL)
    found = verdicts(careless, judge, STATES // 10)
    assert kinds_of(found) == {"", LOST}
    assert found[""] < found.total() * 0.9


def test_a_disk_that_says_it_has_synced_and_has_not_loses_or_breaks(
    busy: list[Op], judge: Judge
) -> None:
    """What no program can mend: the pages of help say which disks do it."""
    found = verdicts(busy, judge, STATES // 10, lies=0.3)
    assert kinds_of(found) & {LOST, CORRUPT}


def test_a_till_that_answers_before_it_has_committed_is_caught(
    busy: list[Op], judge: Judge
) -> None:
    """An answer that leaves one sync early: the call before it, as a careless refactoring would."""
    early = list(busy)
    for place, op in enumerate(busy):
        if op.kind == "answer":
            last = max(at for at in range(place) if early[at].kind == "sync")
            early.insert(last, early.pop(place))
    found = verdicts(early, judge, STATES // 10)
    assert kinds_of(found) == {"", LOST}


def test_a_write_is_torn_at_the_disk_s_sectors() -> None:
    disk = Disk(random.Random(5))
    for op in (Op("create", "f"), Op("write", "f", 500, b"x" * 1036)):
        disk.do(op)
    disk.do(Op("sync_folder"))
    torn = {
        tuple(disk.torn()["f"][at : at + 1] == b"x" for at in (505, 600, 1100)) for _ in range(99)
    }
    assert len(torn) == 8  # each of its three sectors by itself


def test_names_and_bytes_are_there_from_their_own_syncs_on() -> None:
    disk = Disk(random.Random(5))
    disk.do(Op("create", "f"))
    disk.do(Op("write", "f", 2, b"ab"))
    disk.do(Op("sync", "f"))
    assert disk.nothing() == {}
    disk.do(Op("sync_folder"))
    disk.do(Op("write", "f", 0, b"cd"))
    assert disk.nothing() == {"f": b"\0\0ab"}
    assert disk.everything() == {"f": b"cdab"}
    disk.do(Op("truncate", "f", 1))
    disk.do(Op("rename", "f", to="g"))
    assert disk.everything() == {"g": b"c"}
    assert {tuple(disk.some()) for _ in range(20)} == {("f",), ("g",)}
    disk.do(Op("unlink", "g"))
    assert (disk.nothing(), disk.everything()) == ({"f": b"\0\0ab"}, {})
