"""A receipt made durable in this process, against a bare commit of the same rows."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loyaltyd.store import database
from loyaltyd.store.database import Connection, Row
from tools.bench.measure import Call, Figure, Size, against, rounds_us
from tools.bench.workload import confirm_many, confirmed, program, till_at

CHECKPOINT_EVERY = 200  # bare commits; the till's ledger looks after its own log
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
