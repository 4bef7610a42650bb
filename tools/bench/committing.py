"""A receipt made durable: confirm in this process, and what the kernel sees of the daemon's."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loyaltyd.store import database
from loyaltyd.store.database import Connection, Row
from tests.daemon.daemon_process import WAIT_S, Caller, Daemon, Lane, basket, made_lane
from tools.bench.measure import Call, Figure, Limit, Size, against, alone, exactly, rounds_us
from tools.bench.serving import Wire
from tools.bench.workload import confirm_many, confirmed, program, receipt, till_at

CHECKPOINT_EVERY = 200  # bare commits; the till's ledger looks after its own log
KIB = 1024
# What of a receipt's commit the bench writes itself: the same rows by the same kind of statement.
RECORD = "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
LOT = (
    "INSERT INTO lot VALUES (?, ?, ?, ?)"
    " ON CONFLICT (account, wallet, bucket) DO UPDATE SET amount = amount + excluded.amount"
)
COUNTER = (
    "INSERT INTO counter VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (account, name, date, since) DO UPDATE SET amount = amount + excluded.amount"
)
ANSWER = "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?)"

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


def confirm(size: Size) -> list[Figure]:
    """Confirm in this process against a bare commit of the same rows, in a tight loop."""
    with tempfile.TemporaryDirectory() as name, bare_commit(Path(name)) as bare:
        folder = Path(name) / "till"
        with till_at(folder, program(50)) as till:
            confirm_many(till, range(10))
            numbers, loop = itertools.count(10), asyncio.new_event_loop()
            calls: dict[str, Call] = {
                "bare": bare,
                "confirm": lambda: loop.run_until_complete(confirmed(till, next(numbers))),
            }
            times = rounds_us(calls, size)
            loop.close()
    floor = ("bare commit of the same rows", times["bare"])
    return [against("confirm in process, 20 lines x 50 rules", times["confirm"], floor)]


@contextmanager
def bare_commit(folder: Path) -> Iterator[Call]:
    """A call that commits what a receipt of 20 lines writes, and does nothing else."""
    with till_at(folder / "model", program(50)) as till:
        confirm_many(till, range(2))
    with till_at(folder / "bare", program(50)):
        pass  # the file with its schema, triggers, stream and program
    model = database.reader(folder / "model" / "ledger.db")
    rows = {
        "record": model.execute("SELECT * FROM record").fetchall(),
        "lot": model.execute("SELECT * FROM lot").fetchall(),
        "counter": model.execute("SELECT * FROM counter").fetchall(),
        "answer": model.execute("SELECT * FROM answer").fetchall(),
    }
    model.close()
    connection = database.writer(folder / "bare" / "ledger.db")
    numbers = itertools.count(1)
    try:
        yield lambda: _commit(connection, rows, next(numbers))
    finally:
        connection.close()


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


def _commit(connection: Connection, rows: dict[str, list[Row]], number: int) -> None:
    _, chained, line, kind, _, of_receipt, account, date = rows["record"][-1]
    caller_id = f"b-{number:09}"
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(RECORD, (number, chained, line, kind, caller_id, of_receipt, account, date))
    for row in rows["lot"]:
        connection.execute(LOT, row)
    for row in rows["counter"]:
        connection.execute(COUNTER, row)
    answer = rows["answer"][-1]
    connection.execute(ANSWER, (answer[0], caller_id, *answer[2:5], number))
    connection.execute("COMMIT")
    if number % CHECKPOINT_EVERY == 0:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
