"""What the kernel sees of a receipt and of a quote: syncs and bytes, exact counts."""

from __future__ import annotations

import os
import re
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.daemon.daemon_process import WAIT_S, Caller, Daemon, Lane, basket, made_lane
from tools.bench.measure import Figure, Limit, Size, alone, exactly
from tools.bench.serving import Wire
from tools.bench.workload import program, receipt

KIB = 1024
# strace -ttt -y: "PID 1764000000.123456 fdatasync(14</…/ledger.db-wal>) = 0"
CALL = re.compile(r"(\d+\.\d+) (\w+)\(\d+<([^>]*)>.* = (-?\d+)")
STRACE = (
    "strace",
    "-f",
    "-ttt",
    "-y",
    "-s",
    "0",
    "-e",
    "trace=fdatasync,fsync,write,pwrite64,writev",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A system call on a file: when, which, on what, and what it returned."""

    at: float
    name: str
    file: str
    result: int


def syncs(size: Size) -> list[Figure]:
    """Syncs and bytes of a running daemon's receipts and quotes, as strace counts them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lane, trace = made_lane(folder / "lane", program=program(50)), folder / "trace"
        with Daemon(lane, before=(*STRACE, "-o", str(trace))) as daemon:
            daemon.answering()
            small, large, quotes = _traced(lane, min(size.calls, 40))
            # Told to strace, it would let the daemon go and leave it running.
            children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGTERM)
            daemon.process.wait(WAIT_S)
        seen = [found for line in trace.read_text().splitlines() if (found := _seen(line))]
    count = min(size.calls, 40)
    log_bytes = [_sum(seen, span) / count for span in (small, large)]
    return [
        exactly("fdatasync per receipt", _syncs(seen, large, "-wal") / count, 1),
        exactly("fdatasync per quote", _syncs(seen, quotes, "-wal") / count, 0),
        alone("syncs of checkpoints meanwhile", _syncs(seen, (small[0], quotes[1]), ".db"), ""),
        alone(
            "KiB written per receipt of 2 lines",
            log_bytes[0] / KIB,
            "KiB",
            Limit(most=24, source="goal 2"),
        ),
        alone("KiB written per receipt of 20 lines", log_bytes[1] / KIB, "KiB"),
    ]


Span = tuple[float, float]


def _traced(lane: Lane, count: int) -> tuple[Span, Span, Span]:
    """When the small receipts, the large ones and the quotes were asked for."""
    with Caller(lane.port) as caller, Wire(lane.port) as wire:
        for number in range(3):  # the first receipt of a log also writes and syncs its header
            caller.tell("/v1/receipts", basket(f"w{number}"))
        marks = [time.time()]
        for number in range(count):
            caller.tell("/v1/receipts", basket(f"s{number}"))
        marks.append(time.time())
        for number in range(count):
            wire.post("/v1/receipts", receipt(number))
        marks.append(time.time())
        for number in range(count):
            wire.post("/v1/quotes", receipt(number))
        marks.append(time.time())
    return (marks[0], marks[1]), (marks[1], marks[2]), (marks[2], marks[3])


def _seen(line: str) -> Seen | None:
    found = CALL.search(line)
    if found is None:
        return None
    return Seen(at=float(found[1]), name=found[2], file=found[3], result=int(found[4]))


def _syncs(seen: list[Seen], span: Span, ending: str) -> int:
    return sum(
        it.name in {"fdatasync", "fsync"}
        and it.file.endswith(ending)
        and span[0] <= it.at < span[1]
        for it in seen
    )


def _sum(seen: list[Seen], span: Span) -> int:
    return sum(
        it.result
        for it in seen
        if "write" in it.name and it.file.endswith("-wal") and span[0] <= it.at < span[1]
    )
