"""The re-check of a ledger file: chain, lines, and the projections rebuilt from the lines alone."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from loyaltyd.domain.errors import StoreDamaged, StoreError
from loyaltyd.domain.ledger import Movements, fold
from loyaltyd.domain.record import Head, Record, Stream, canonical, chained, first_hash, record_from
from loyaltyd.store import database, programs, records, schema
from loyaltyd.store.database import Connection, reading, sqlite_errors
from loyaltyd.store.records import indexed

# What a cell that holds anything can make of the functions that read it.
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
FINDINGS_MAX = 100  # of a ledger that is wrong throughout; the first say where to look.


@dataclass(frozen=True, slots=True)
class Finding:
    """What differs, and at which record; none where it concerns no single one."""

    seq: int | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A ledger as found, up to head; sound when findings is empty."""

    stream: Stream
    head: Head
    findings: tuple[Finding, ...]


def verified(path: Path) -> Report:
    """Re-check the ledger at path, also while a daemon writes it; at most FINDINGS_MAX findings.

    StoreError when there is no ledger, StoreDamaged when not even its stream can be read.
    """
    database.check_library()
    if not path.exists():
        raise StoreError(f"{path}: no ledger here")
    with sqlite_errors(path):
        connection = database.reader(path)
        try:
            with reading(connection):
                return _report(connection, path)
        finally:
            connection.close()


def _report(connection: Connection, path: Path) -> Report:
    (application,) = connection.execute("PRAGMA application_id").fetchone() or (0,)
    if application != schema.APPLICATION_ID:
        raise StoreError(f"{path}: not a ledger of loyaltyd")
    stream = records.stream_of(connection)
    if stream is None:
        raise StoreDamaged(f"{path}: the ledger has lost its stream")
    walk = Walk(connection, stream)
    found: list[Finding] = []
    for check in (
        _file_findings(connection),
        _kept_findings(connection, stream),
        walk.findings(),
        walk.projection_findings(),
    ):
        try:
            with sqlite_errors(path):
                found += islice(check, FINDINGS_MAX - len(found))
        except StoreDamaged as error:  # a torn page ends one check, not the others
            found.append(Finding(None, str(error)))
        except UNREADABLE as error:  # by its class: the value may be personal
            found.append(Finding(None, f"a value can't be read: {type(error).__name__}"))
    return Report(stream=stream, head=walk.end, findings=tuple(found[:FINDINGS_MAX]))


def _file_findings(connection: Connection) -> Iterator[Finding]:
    yield from (Finding(None, fault) for fault in schema.faults(connection))
    # Asked for one fault, the quick check names a torn page; on it the whole one just breaks off.
    for check in ("quick_check(1)", "integrity_check(10)"):
        for (verdict,) in connection.execute(f"PRAGMA {check}"):
            if verdict != "ok":
                yield Finding(None, " ".join(verdict.split()))


def _kept_findings(connection: Connection, stream: Stream) -> Iterator[Finding]:
    if connection.execute("SELECT header FROM stream").fetchone() != (stream.header(),):
        yield Finding(None, "the stream's header is not what its columns say")
    for table, rowid, *_ in connection.execute("PRAGMA foreign_key_check"):
        yield Finding(None, f"{table}: row {rowid} names a record that isn't there")
    for program in programs.programs(connection):
        if hashlib.sha256(program.body.encode()).hexdigest() != program.hash:
            yield Finding(None, f"program {program.id} {program.version} has another hash")
    yield from _link_findings(connection, stream)


def _link_findings(connection: Connection, stream: Stream) -> Iterator[Finding]:
    """What headquarters was told must be what the log says."""
    names = connection.execute("SELECT name FROM sqlite_schema").fetchall()
    if not {("cursor",), ("day_file",)} <= set(names):  # told among what the schema lacks
        return
    acked = connection.execute("SELECT seq, hash FROM cursor").fetchall()
    days = connection.execute("SELECT last, head, number FROM day_file").fetchall()
    said = [(seq, found, "headquarters' cursor stands") for seq, found in acked]
    said += [(last, found, f"till-day {number} ends") for last, found, number in days]
    for seq, found, what in said:
        if records.hash_at(connection, stream, seq) != found:
            yield Finding(None, f"{what} at record {seq} with another hash")


class Walk:
    """One pass over the lines in their order, held one at a time; end is how far it came."""

    def __init__(self, connection: Connection, stream: Stream) -> None:
        self._connection, self._stream = connection, stream
        self._found: list[Finding] = []
        self._folded: Movements | None = None
        self.end = Head(0, first_hash(stream))

    def findings(self) -> Iterator[Finding]:
        """What is wrong with lines, hashes, their order and their columns."""
        try:
            self._folded = fold(self._records())
        except UNREADABLE as error:
            self._note(f"can't be added up: {error!r}")
        yield from self._found

    def projection_findings(self) -> Iterator[Finding]:
        """What differs between the tables and the sum of the lines, when the walk was whole."""
        if self._folded is not None:
            yield from _projection_findings(self._connection, self._folded)

    def _records(self) -> Iterator[Record]:
        rows = self._connection.execute(
            "SELECT seq, hash, line, type, id, receipt, account, business_date"
            " FROM record ORDER BY seq"
        )
        for seq, found, line, *columns in rows:
            before, self.end = self.end, Head(seq, found)
            if seq != before.seq + 1:
                self._note(f"follows record {before.seq}")
            # From the stored hash, so that one altered line is one finding, not all that follow it.
            if chained(before.hash, line) != found:
                self._note("the line does not give its hash")
            if (record := self._record(line)) is not None:
                self._check(record, line, columns)
                yield record

    def _record(self, line: str) -> Record | None:
        try:
            return record_from(line, self._stream)
        except (ValueError, TypeError, KeyError) as error:
            self._note(f"no record of this stream: {error}")
            return None

    def _check(self, record: Record, line: str, columns: list[object]) -> None:
        keys = indexed(record)
        date = record.moment.business_date.isoformat()
        if record.seq != self.end.seq:
            self._note(f"the line says it is record {record.seq}")
        if not _is_canonical(line):
            self._note("the line is not canonical")
        if columns != [record.type, keys.id, keys.receipt, keys.account, date]:
            self._note("the columns are not what the line says")

    def _note(self, what: str) -> None:
        if len(self._found) < FINDINGS_MAX:
            self._found.append(Finding(self.end.seq, what))


def _is_canonical(line: str) -> bool:
    try:
        return canonical(json.loads(line)) == line
    except TypeError:  # a fraction, a null: not of a record
        return False


def _projection_findings(connection: Connection, folded: Movements) -> Iterator[Finding]:
    lots = connection.execute("SELECT account, wallet, bucket, amount FROM lot")
    yield from _differences(
        "lot", ((row[:3], row[3]) for row in lots), {(*key,): n for key, n in folded.lots.items()}
    )
    counters = connection.execute("SELECT account, name, date, since, amount FROM counter")
    yield from _differences(
        "counter",
        ((row[:4], row[4]) for row in counters),
        {(key.account, key.name, key.date, key.since): n for key, n in folded.counters.items()},
    )
    cards = connection.execute("SELECT id, account, kind, status FROM card")
    yield from _differences(
        "card",
        ((row[:1], row[1:]) for row in cards),
        {(card.id,): (card.account, card.kind, card.status) for card in folded.cards.values()},
    )


def _differences(
    table: str,
    stored: Iterable[tuple[tuple[str, ...], object]],
    folded: Mapping[tuple[str, ...], object],
) -> Iterator[Finding]:
    """Compare a table with what the lines give; nothing and zero are the same."""
    left = {key: value for key, value in folded.items() if value != 0}
    for key, value in stored:
        expected = left.pop(key, 0)
        if value != expected:
            name = " ".join(map(str, key))
            yield Finding(None, f"{table} {name} holds {value}, the records give {expected}")
    for key, expected in left.items():
        yield Finding(None, f"{table} {' '.join(key)} is missing, the records give {expected}")
