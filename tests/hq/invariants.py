"""What holds of headquarters' books at every moment, whatever came in whatever order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from loyaltyd.domain.day import folded_state
from loyaltyd.domain.ledger import TYPES, Movements, fold, postings_of
from loyaltyd.domain.record import Head, Record, Stream, chained, first_hash, record_from
from loyaltyd.hq.day_check import Since, state_at
from loyaltyd.hq.ingest import DATABASE
from loyaltyd.hq.store import balances, schema, streams
from loyaltyd.hq.store.records import lines as lines_of
from loyaltyd.store import database
from loyaltyd.store.database import Connection, reading

LAST = 1 << 62

Logs = Mapping[Stream, Sequence[str]]


def faults(folder: Path, tills: Logs) -> list[str]:
    """What isn't right in the books in folder; tills are the whole logs of all that may send."""
    with closing(database.reader(folder / DATABASE)) as view, reading(view):
        return [*schema.faults(view), *_file_faults(view), *_stream_faults(view, tills)]


def held(folder: Path, stream: Stream) -> Head:
    """Where headquarters' log of a stream ends, by its last record."""
    with closing(database.reader(folder / DATABASE)) as view, reading(view):
        return streams.head(view, streams.number_of(view, stream), stream)


def _file_faults(view: Connection) -> Iterator[str]:
    for (verdict,) in view.execute("PRAGMA integrity_check(10)"):
        if verdict != "ok":
            yield f"the file: {verdict}"
    for row in view.execute("PRAGMA foreign_key_check"):
        yield f"{row[0]} names a stream that isn't there"
    for chain, wallet, amount in view.execute(
        "SELECT chain, wallet, sum(amount) FROM total JOIN stream ON stream.id = stream"
        " GROUP BY chain, wallet HAVING sum(amount) <> 0"
    ):
        yield f"the buckets of {chain}'s {wallet} add up to {amount}, not to zero"


def _stream_faults(view: Connection, tills: Logs) -> Iterator[str]:
    for number, contact in streams.contacts(view).items():
        stream = contact.stream
        if stream not in tills:
            yield f"{stream.store}-{stream.till} {stream.epoch}: nobody's stream"
            continue
        name = f"{stream.store}-{stream.till}"
        lines = [line for _, line in lines_of(view, number, 1, LAST)]
        records = [record_from(line, stream) for line in lines]
        if lines != list(tills[stream][: len(lines)]):
            yield f"{name}: its records aren't the first {len(lines)} of the till's"
        yield from (f"{name}: {fault}" for fault in _chain_faults(view, number, stream))
        yield from (f"{name}: {fault}" for fault in _sum_faults(view, number, records))
        if state_at(view, Since(view, number), len(lines)) != folded_state(fold(records)):
            yield f"{name}: its state isn't the till's"
        if contact.reevaluated > len(lines):
            yield f"{name}: more receipts were run again than there are"


def _chain_faults(view: Connection, number: int, stream: Stream) -> Iterator[str]:
    end = Head(0, first_hash(stream))
    for seq, found, line in view.execute(
        "SELECT seq, hash, line FROM record WHERE stream = ? ORDER BY seq", (number,)
    ):
        end = Head(end.seq + 1, chained(end.hash, line))
        if (seq, found) != (end.seq, end.hash):
            yield f"record {seq} doesn't follow record {end.seq - 1}"
            return


def _sum_faults(view: Connection, number: int, records: Sequence[Record]) -> Iterator[str]:
    folded = fold(records)
    lots = {place: amount for place, amount in folded.lots.items() if amount}
    if dict(balances.lots(view, number)) != lots:
        yield "its lots aren't what its records add up to"
    if dict(balances.counters(view, number)) != _counters(folded):
        yield "its counters aren't what its records add up to"
    cards = {card.id: card for card in balances.cards(view, number, len(records))}
    if cards != folded.cards:
        yield "its cards aren't what its records say"
    rows = view.execute("SELECT wallet, bucket, amount FROM total WHERE stream = ?", (number,))
    kept = {(wallet, bucket): amount for wallet, bucket, amount in rows if amount}
    if kept != _totals(records):
        yield "its wallets' totals aren't what its records add up to"


def _counters(folded: Movements) -> dict[tuple[str, str, str, str], int]:
    return {
        (key.account, key.name, key.date, key.since): amount
        for key, amount in folded.counters.items()
        if amount
    }


def _totals(records: Sequence[Record]) -> dict[tuple[str, str], int]:
    total: Counter[tuple[str, str]] = Counter()
    for record in records:
        for posting in postings_of(record) if record.type in TYPES else ():
            total[posting.wallet, posting.debit] -= posting.amount
            total[posting.wallet, posting.credit] += posting.amount
    return {place: amount for place, amount in total.items() if amount}
