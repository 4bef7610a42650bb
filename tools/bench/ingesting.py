"""Headquarters takes a till's batches, against a bare executemany of the same rows."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyaltyd.domain.batch import batch_of
from loyaltyd.domain.record import Head, Stream, canonical, first_hash
from loyaltyd.hq.ingest import Headquarters, open_hq
from loyaltyd.hq.store.books import Books, open_books
from loyaltyd.hq.trusting import trusted_file
from loyaltyd.link.signatures import public_hex, signature
from loyaltyd.link.wire import batch_bytes, public_line
from loyaltyd.store.database import Connection
from loyaltyd.till.checkout import confirm_receipt
from loyaltyd.till.requests import ReceiptRequest
from tools.bench.measure import Figure, Limit, Size, against, alone, taken_us
from tools.bench.workload import AT, program, receipt, till_at

ACCOUNTS = 2000  # of holders who come to one till
RECORDS = 1000  # of a batch
LINES = 5
GOAL = Limit(most=1.67, source="at least 0.60 of the bare file's pace")

Statement = tuple[str, Sequence[Sequence[object]]]


@dataclass(slots=True)
class Heard:
    """A connection that remembers what was written through it."""

    connection: Connection
    statements: list[Statement] = field(default_factory=list)

    def executemany(self, sql: str, rows: Sequence[Sequence[object]]) -> object:
        """Write, and remember it."""
        self.statements.append((sql, rows))
        return self.connection.executemany(sql, rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


def ingest(size: Size) -> list[Figure]:
    """Batches of a thousand receipts of five lines, one after the other."""
    records = min(RECORDS, size.records)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files, public = _files(folder, size.rounds + 1, records)
        written = _written(folder / "model", files, public)
        times: dict[str, list[float]] = {"taken": [], "bare": []}
        with _hq(folder / "hq", public) as hq, _books(folder / "bare") as books:
            for data, statements in zip(files, written, strict=True):
                times["bare"].append(taken_us(_bare(books, statements)) / records)
                times["taken"].append(taken_us(_taking(hq, data)) / records)
    # The first batch pays for what is done once.
    taken, bare = times["taken"][1:], times["bare"][1:]
    return [
        against("a receipt of 5 lines at HQ", taken, ("executemany of the same rows", bare), GOAL),
        alone("receipts that HQ takes in a second", 1e6 / median(taken), ""),
        alone("a batch's bytes, per receipt", len(files[-1]) / records, "B"),
    ]


def _files(folder: Path, count: int, records: int) -> tuple[list[bytes], Path]:
    """The files of so many batches of one till, and its public line."""
    key = Ed25519PrivateKey.generate()
    stream, model = _model(folder / "till", public_hex(key))
    public = folder / "till.pub"
    public.write_text(public_line(stream, stream.key), "utf-8")
    head, files = Head(0, first_hash(stream)), []
    for _ in range(count):
        lines = [_line(model, head.seq + 1 + number) for number in range(records)]
        batch = batch_of(stream, head, lines, (), AT)
        files.append(batch_bytes(batch, lambda message: signature(key, message)))
        head = Head(batch.last, batch.head)
    return files, public


def _model(folder: Path, key: str) -> tuple[Stream, dict[str, Any]]:
    """A till's stream, and a record of it as facts."""
    body = json.loads(receipt(1))
    body["lines"], body["redeem"] = body["lines"][:LINES], {}
    with till_at(folder, program(50), key) as till:
        request = ReceiptRequest.model_validate_json(json.dumps(body))
        asyncio.run(confirm_receipt(till, request))
        record = till.ledger.read(lambda view: view.record("receipt", body["receipt"])).result()
        assert record is not None
        return till.ledger.stream, json.loads(record.line)


def _line(model: dict[str, Any], seq: int) -> str:
    """The model as the receipt of another holder, on its own day of the month."""
    account = hashlib.sha256(b"%d" % (seq * 7919 % ACCOUNTS)).hexdigest()[:32]
    text = json.dumps(model).replace(model["card"]["account"], account)
    return canonical({**json.loads(text), "seq": seq, "id": f"r-{seq:09}"})


def _written(folder: Path, files: Sequence[bytes], public: Path) -> list[list[Statement]]:
    """What headquarters writes of each file."""
    found = []
    with _hq(folder, public) as hq:
        for data in files:
            heard = Heard(hq.books._writer)  # noqa: SLF001 - the bench listens in
            hq.books._writer = heard  # type: ignore[assignment]  # noqa: SLF001 - the same
            _taking(hq, data)()
            hq.books._writer = heard.connection  # noqa: SLF001 - the same
            found.append(heard.statements)
    return found


@contextmanager
def _hq(folder: Path, public: Path) -> Iterator[Headquarters]:
    hq = open_hq(folder)
    try:
        trusted_file(hq, public)
        yield hq
    finally:
        hq.close()


@contextmanager
def _books(folder: Path) -> Iterator[Books]:
    """A file of headquarters' with nothing but a stream to write records of."""
    books = open_books(folder / "bare.db")
    try:
        books.write(_begin)
        yield books
    finally:
        books.close()


def _begin(tx: Connection) -> None:
    tx.execute(
        "INSERT INTO stream (id, header, chain, store, till, epoch, key)"
        " VALUES (1, '', '', '', '', '', '')"
    )


def _taking(hq: Headquarters, data: bytes) -> Callable[[], None]:
    def take() -> None:
        assert hq.taken(data).reason is None

    return take


def _bare(books: Books, statements: Sequence[Statement]) -> Callable[[], None]:
    def write(tx: Connection) -> None:
        for sql, rows in statements:
            tx.executemany(sql, rows)

    return lambda: books.write(write)
