"""The disk fails at the n-th call of a receipt: each answer is durable, or a refusal."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.store.verify import verified
from tests.till.shop import PLAIN, bought, line, shop_at

ROOT = Path(__file__).parents[2]
ATTACHED = re.compile(r"Process \d+ attached")
SEALED = "sealed"  # a first receipt: the log's header is written, and what follows is alike


@dataclass(slots=True)
class Sick:
    """A till in a process of its own, whose file calls fail as strace is told."""

    process: subprocess.Popen[str]
    trace: Path
    said: list[Any] = field(default_factory=list)

    def confirm(self, ident: str) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{ident}\n")
        self.process.stdin.flush()
        return self.heard()

    def heard(self) -> Any:
        assert self.process.stdout is not None
        self.said.append(json.loads(self.process.stdout.readline()))
        return self.said[-1]


@contextmanager
def sick(path: Path, *faults: str) -> Iterator[Sick]:
    """A till on the ledger at path, after one sound receipt; then its calls fail."""
    trace = path.with_name("trace")
    command = [sys.executable, "-m", "tests.powercut.sick_till", str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        till = Sick(process, trace)
        pid = till.heard()["ready"]
        till.confirm(SEALED)
        injected = [f"--inject={fault}" for fault in faults]
        calls = "trace=pwrite64,ftruncate,fdatasync,fsync,openat,unlink"
        with subprocess.Popen(
            ["strace", "-f", "-p", str(pid), "-e", calls, *injected, "-o", str(trace)],
            stderr=subprocess.PIPE,
            text=True,
        ) as tracer:
            assert tracer.stderr is not None
            said = tracer.stderr.readline()
            assert ATTACHED.search(said), said
            try:
                yield till
            finally:
                assert process.stdin is not None
                process.stdin.close()
                process.wait()


def calls_of(trace: Path) -> list[str]:
    """The calls of a run, without the process's number."""
    return [line.split(maxsplit=1)[1] for line in trace.read_text().splitlines()]


def settled(path: Path, said: Sequence[Any]) -> None:
    """Each answered receipt is there; each refused one is there or not, and is answered truly."""
    assert verified(path).findings == ()
    with shop_at(path, PLAIN) as shop:
        seqs = {it.body["id"]: it.seq for it in shop.records() if it.type == "receipt"}
        for it in said:
            if "seq" in it:
                assert seqs[it["id"]] == it["seq"]
            elif "error" in it:
                body = bought(it["id"], *(line(at, "10.00") for at in range(1, 4)))
                again = shop.confirm(body)
                assert again.get("replayed", False) == (it["id"] in seqs)
                assert seqs.setdefault(it["id"], again["seq"]) == again["seq"]
    assert verified(path).findings == ()


@pytest.mark.parametrize(
    ("call", "error", "outcomes"),
    [
        # Full: refused, and the same till records it as soon as there is room.
        ("pwrite64", "ENOSPC", ["StoreFull", "recorded", "recorded"]),
        # Failed: nobody knows what is on the disk. The till gives the ledger up; a new one looks.
        ("pwrite64", "EIO", ["StoreDamaged", "StoreDamaged", "StoreDamaged"]),
        ("fsync,fdatasync", "EIO", ["StoreDamaged", "StoreDamaged", "StoreDamaged"]),
    ],
)
def test_at_whichever_call_the_disk_fails_each_answer_is_true(
    tmp_path: Path, call: str, error: str, outcomes: list[str]
) -> None:
    n, failed = 0, True
    while failed:
        n += 1
        folder = tmp_path / f"{n}"
        folder.mkdir()
        path = folder / "ledger.db"
        with sick(path, f"{call}:error={error}:when={n}") as till:
            for ident in ("r1", "r1", "r2"):
                till.confirm(ident)
        told = [it.get("error", "recorded") for it in till.said[2:]]
        failed = told[0] != "recorded"  # else n is past the receipt's calls
        assert not failed or told == outcomes, (n, told)
        settled(path, till.said)
    assert n > (10 if call == "pwrite64" else 1)
