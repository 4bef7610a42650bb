"""What was answered is on the disk: after kill -9, and by the syncs that the kernel saw."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from loyaltyd.domain.record import Record
from loyaltyd.store.requests import Answer
from loyaltyd.store.transaction import View
from loyaltyd.store.verify import verified
from tests.store.made import ledger_at

ROOT = Path(__file__).parents[2]
KILLS = 20

# Confirms receipts for ever, and says each one's seq once it is durable.
WRITER = """
import sys, itertools
from pathlib import Path
from tests.store.made import confirming, ledger_at
with ledger_at(Path(sys.argv[1])) as ledger:
    began = ledger.read(lambda view: view.head().seq).result()
    for number in itertools.count(began + 1):
        seq = ledger.write(confirming(f"r{number}")).result()
        print(seq, flush=True)
"""

# One commit past the log's own header, then so many commits, refusals and reads.
COUNTED = """
import sys
from pathlib import Path
from tests.store.made import confirming, ledger_at
commits, refusals = int(sys.argv[2]), int(sys.argv[3])
with ledger_at(Path(sys.argv[1])) as ledger:
    for number in range(2 + commits):
        ledger.write(confirming(f"r{number}")).result()
    for number in range(refusals):
        ledger.write(lambda tx: tx.record("receipt", "r0")).result()
        ledger.read(lambda view: view.record("receipt", "r0")).result()
"""


def python(script: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", script, *arguments]


def test_what_was_answered_is_there_after_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    answered = 0
    for kill in range(KILLS):
        writer = subprocess.Popen(
            python(WRITER, str(path)), cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        with writer:
            assert writer.stdout is not None
            for _ in range(1 + kill * 7 % 23):
                line = writer.stdout.readline()
            writer.kill()
            rest = writer.stdout.read().split()
        last = int([line, *rest][-1])
        assert last > answered
        answered = last
        report = verified(path)
        assert report.findings == ()
        assert report.head.seq >= answered
    with ledger_at(path) as ledger:
        for seq in range(1, answered + 1):
            record, answer = ledger.read(found(f"r{seq}")).result()
            assert record is not None
            assert answer is not None
            assert (record.seq, answer.seq) == (seq, seq)


def found(receipt: str) -> Callable[[View], tuple[Record | None, Answer | None]]:
    return lambda view: (view.record("receipt", receipt), view.answer("receipt", receipt))


def syncs(folder: Path, commits: int, refusals: int) -> int:
    """Count the syncs of a process that commits and refuses so many times."""
    folder.mkdir()
    trace = folder / "trace"
    command = python(COUNTED, str(folder / "ledger.db"), str(commits), str(refusals))
    subprocess.run(
        ["strace", "-f", "-e", "trace=fdatasync,fsync", "-o", str(trace), *command],
        cwd=ROOT,
        check=True,
    )
    return sum("sync(" in line for line in trace.read_text().splitlines())


def test_a_commit_costs_one_sync_and_what_records_nothing_none(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    floor = syncs(tmp_path / "floor", 0, 0)
    assert syncs(tmp_path / "commits", 10, 0) == floor + 10
    assert syncs(tmp_path / "refusals", 0, 10) == floor
