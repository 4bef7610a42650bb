"""From spawn to first answer, also after kill -9; and what a used daemon holds in memory."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tests.daemon.daemon_process import Daemon, Lane, made_lane
from tools.bench.measure import Figure, Limit, Size, against, alone, taken_us
from tools.bench.serving import fill, rss_mib
from tools.bench.workload import program


def start(size: Size) -> list[Figure]:
    """Spawn to first answer on a ledger that was closed cleanly, and as kill -9 left it."""
    with tempfile.TemporaryDirectory() as name:
        lane, clean, killed = made_lane(Path(name) / "lane", program=program(50)), "clean", "killed"
        with Daemon(lane) as daemon:
            fill(daemon.answering().lane, 0, size.records)
            daemon.kill()
        wal_mib = lane.ledger.with_name("ledger.db-wal").stat().st_size / 2**20
        shutil.copytree(lane.ledger.parent, lane.folder / killed)
        with Daemon(lane) as daemon:
            daemon.answering().stop()
        shutil.copytree(lane.ledger.parent, lane.folder / clean)
        calls: dict[str, Callable[[], float]] = {
            "python": _python_ms,
            clean: lambda: _start_ms(lane, clean),
            killed: lambda: _start_ms(lane, killed),
        }
        times: dict[str, list[float]] = {what: [] for what in calls}
        for _ in range(size.rounds):
            for what, call in calls.items():
                times[what].append(call())
    floor = ("python -c pass", times["python"])
    added = median(
        after - before for after, before in zip(times[killed], times[clean], strict=True)
    )
    limits = Limit(most=15, source="goal 9"), Limit(most=50, source="goal 10")
    return [
        against("spawn to first answer", times[clean], floor, limits[0], "ms"),
        against("spawn to first answer after kill -9", times[killed], floor, unit="ms"),
        alone(f"added by recovery of a WAL of {wal_mib:.1f} MiB", added, "ms", limits[1]),
    ]


def memory(size: Size) -> list[Figure]:
    """Resident memory of a daemon that has just started, and after receipts."""
    with tempfile.TemporaryDirectory() as name:
        lane = made_lane(Path(name) / "lane", program=program(50))
        with Daemon(lane) as daemon:
            fresh = rss_mib(daemon.answering().pid)
            fill(lane, 0, size.records)
            used = rss_mib(daemon.pid)
    return [
        alone("memory of a fresh daemon", fresh, "MiB"),
        alone(
            f"memory after {size.records} receipts of 20 lines",
            used,
            "MiB",
            Limit(most=48, source="goal 8"),
        ),
    ]


def _start_ms(lane: Lane, kept: str) -> float:
    """Start on a copy of the ledger that was kept, and kill it."""
    shutil.rmtree(lane.ledger.parent)
    shutil.copytree(lane.folder / kept, lane.ledger.parent)
    daemons: list[Daemon] = []
    took = taken_us(lambda: daemons.append(Daemon(lane).answering())) / 1000
    daemons[0].kill()
    return took


def _python_ms() -> float:
    return taken_us(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)) / 1000
