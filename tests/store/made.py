"""Ledgers and records for the store's tests, made as the floors above make them."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite3

from loyaltyd.domain.ledger import ISSUED, Posting
from loyaltyd.domain.record import Fact, Moment, ProgramRef, Record, Stream
from loyaltyd.store.ledger import Ledger, open_ledger
from loyaltyd.store.requests import Answer
from loyaltyd.store.transaction import Transaction

KEY = "ab" * 32
ANNA, BORIS = "a" * 32, "b" * 32
AT = dt.datetime(2026, 12, 5, 10, 30, tzinfo=dt.timezone(dt.timedelta(hours=3)))
LOT = "lot/2026-12-19/2027-12-05"


@contextmanager
def ledger_at(path: Path, till: str = "3") -> Iterator[Ledger]:
    ledger = open_ledger(path, chain="zelenka", store="msk-017", till=till, key=KEY)
    try:
        yield ledger
    finally:
        ledger.close()


def record(stream: Stream, seq: int, kind: str, body: Mapping[str, Fact], day: int = 5) -> Record:
    """The next record of stream, on a day of December 2026."""
    at = AT.replace(day=day)
    return Record(
        seq=seq,
        type=kind,
        stream=stream,
        moment=Moment(at=at, recorded_at=at, clock="synced", business_date=at.date()),
        program=ProgramRef(id="zelenka", version=12, hash="c" * 64),
        body=body,
    )


def earned(account: str, amount: int, bucket: str = LOT) -> Fact:
    return Posting(
        account=account, wallet="bonus", debit=ISSUED, credit=bucket, amount=amount
    ).facts()


def receipt_body(receipt: str, amount: int = 1040, account: str = ANNA) -> dict[str, Fact]:
    """A receipt of one card that earns amount, and counts a visit."""
    return {
        "id": receipt,
        "card": {"id": account, "account": account, "kind": "bonus"},
        "seen": {"account": {"id": account}},
        "postings": [earned(account, amount)],
        "counters": [{"account": account, "name": "visits", "date": "2026-12-05", "amount": 1}],
    }


def confirm(tx: Transaction, receipt: str, amount: int = 1040, account: str = ANNA) -> int:
    """Append a receipt and keep its answer; return its seq."""
    seq = tx.head().seq + 1
    tx.append(record(tx.stream, seq, "receipt", receipt_body(receipt, amount, account)))
    tx.keep_answer(answer_to(receipt, seq, account))
    return seq


def confirming(
    receipt: str, amount: int = 1040, account: str = ANNA
) -> Callable[[Transaction], int]:
    """Work for a ledger: confirm(), with these arguments."""
    return lambda tx: confirm(tx, receipt, amount, account)


def answer_to(receipt: str, seq: int, account: str = ANNA) -> Answer:
    return Answer(
        kind="receipt",
        id=receipt,
        account=account,
        request_hash=bytes(32),
        body=f'{{"receipt":"{receipt}","seq":{seq}}}',
        seq=seq,
    )


@contextmanager
def edited(path: Path, *, guarded: bool = False) -> Iterator[sqlite3.Connection]:
    """The ledger file as in a SQLite shell; unless guarded, its triggers step aside."""
    connection = sqlite3.connect(str(path), isolation_level=None)
    found = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
    ).fetchall()
    guards = [] if guarded else found
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    try:
        yield connection
        for _, sql in guards:
            connection.execute(sql)
    finally:
        connection.close()
