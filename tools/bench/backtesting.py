"""Recorded receipts under another program, against reading their lines as JSON."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from statistics import median

from loyaltyd.domain.record import Stream, chained, first_hash
from loyaltyd.store.aside import ledger_aside
from loyaltyd.store.database import writer, writing
from loyaltyd.till.backtest import Days, backtest
from loyaltyd.till.checkout import confirm_receipt
from loyaltyd.till.program_file import program_of
from loyaltyd.till.requests import ReceiptRequest
from tests.daemon.daemon_process import ANNA, PROGRAM, STARTS
from tools.bench.measure import Figure, Size, against, alone, taken_us
from tools.bench.workload import till_at

MODELS = 20  # receipts that are confirmed; the others are these, of other holders
ACCOUNTS = 20_000
A_WRITE = 1000
CATEGORIES = ("dairy/milk", "bread/rye", "goods/tea", "fruit/apples", "tobacco/cigarettes")
TEXT = PROGRAM.replace(STARTS, "starts = 2020-01-01")
NEXT = (
    TEXT.replace("version = 12", "version = 13")
    .replace('percent_off = "3%"', 'percent_off = "4%"')
    .replace('percent = "5%"', 'percent = "4%"')
)


def backtests(size: Size) -> list[Figure]:
    """Receipts of five lines under the next version of their program."""
    program = program_of(NEXT, "the next version")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "ledger.db"
        made(path, size.records)
        times: dict[str, list[float]] = {"tried": [], "read": []}
        for _ in range(size.rounds):
            times["read"].append(taken_us(_reading(path)) / size.records)
            with ledger_aside(path) as view:
                spent = taken_us(lambda: backtest(view, program, Days(), lambda *_: None))
            times["tried"].append(spent / size.records)
    return [
        against(
            "a receipt of 5 lines in a backtest",
            times["tried"],
            ("json.loads of its line", times["read"]),
        ),
        alone("receipts that a backtest tries in a second", 1e6 / median(times["tried"]), ""),
    ]


def made(path: Path, records: int) -> None:
    """Make a ledger of so many receipts; only its log, which is all that a backtest reads."""
    with till_at(path.parent, TEXT) as till:
        models = [_model(number) for number in range(MODELS)]
        for model in models:
            request = ReceiptRequest.model_validate_json(json.dumps(model))
            asyncio.run(confirm_receipt(till, request))
        stream = till.ledger.stream
        lines = till.ledger.read(lambda view: view.lines(1, MODELS)).result()
        head = till.ledger.read(lambda view: view.head()).result()
    with closing(writer(path)) as connection:
        rows = _rows(stream, lines, head.hash, range(MODELS + 1, records + 1))
        while some := list(islice(rows, A_WRITE)):
            with writing(connection):
                connection.executemany(
                    "INSERT INTO record (seq, hash, line, type, id, account, business_date)"
                    " VALUES (?, ?, ?, 'receipt', ?, ?, '2026-12-05')",
                    some,
                )


def _rows(
    stream: Stream, lines: Sequence[str], before: bytes, seqs: range
) -> Iterator[tuple[object, ...]]:
    """Further records of the log: the models' lines, each of another holder."""
    templates = [_template(line) for line in lines]
    for seq in seqs:
        account = hashlib.sha256(b"%d" % (seq * 7919 % ACCOUNTS)).hexdigest()[:32]
        line = templates[seq % len(templates)].replace("<account>", account)
        line = line.replace('"<seq>"', str(seq)).replace("<id>", f"r-{seq:09}")
        before = chained(before or first_hash(stream), line)
        yield seq, before, line, f"r-{seq:09}", account


def _template(line: str) -> str:
    facts = json.loads(line)
    text = line.replace(facts["seen"]["account"]["id"], "<account>")
    return text.replace(f'"seq":{facts["seq"]},', '"seq":"<seq>",').replace(facts["id"], "<id>")


def _model(number: int) -> dict[str, object]:
    lines = [
        {
            "line": n,
            "sku": f"46006820000{n:02}",
            "name": f"Goods number {n}",
            "category": category,
            "quantity": "2" if n % 3 else "0.347",
            "unit": "pc" if n % 3 else "kg",
            "price": f"{50 + 17 * n + 23 * number}.90",
        }
        for n, category in enumerate(CATEGORIES, 1)
    ]
    return {"receipt": f"m-{number:09}", "card": ANNA, "lines": lines, "redeem": {"bonus": "max"}}


def _reading(path: Path) -> Callable[[], None]:
    def read() -> None:
        with ledger_aside(path) as view:
            seq, end = 0, view.head().seq
            while seq < end:
                for line in view.lines(seq + 1, A_WRITE):
                    json.loads(line)
                    seq += 1

    return read
