"""The record log and its projections, as SQL."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from loyaltyd.domain.account import Debt
from loyaltyd.domain.business_day import Mark
from loyaltyd.domain.errors import StoreDamaged
from loyaltyd.domain.ledger import (
    DEBT,
    LOT,
    RESERVED,
    CardState,
    CounterKey,
    Lot,
    lot_from,
    movements,
)
from loyaltyd.domain.record import Head, Record, Stream, chained, first_hash, record_from
from loyaltyd.domain.reservation import OPEN, RESERVATION
from loyaltyd.store.database import Connection, Row

OF_A_RECEIPT = ("return", "cancel")  # their member `receipt` names the receipt that they are of


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """What the log is searched by: the caller's id, the receipt it is of, the account."""

    id: str | None = field(repr=False)
    receipt: str | None = field(repr=False)
    account: str | None


class Entry(NamedTuple):  # a million are read at a time
    """A line of the log, and what it is searched by."""

    seq: int
    type: str
    id: str
    business_date: str
    line: str


def indexed(record: Record) -> Indexed:
    """Return the index columns of record, from its body alone."""
    body = record.body
    seen = _member(_member(body.get("seen"), "account"), "id")
    account = seen or _member(body.get("card"), "account")
    return Indexed(
        id=_text(body.get("id")),
        receipt=_text(body.get("receipt")) if record.type in OF_A_RECEIPT else None,
        account=_text(account),
    )


def stream_of(connection: Connection) -> Stream | None:
    """Whose log the file is; none before it was begun."""
    row = connection.execute("SELECT chain, store, till, epoch, key FROM stream").fetchone()
    if row is None:
        return None
    chain, store, till, epoch, key = row
    return Stream(chain=chain, store=store, till=till, epoch=epoch, key=key)


def begin_stream(connection: Connection, stream: Stream) -> None:
    """Write whose log the file is, once."""
    connection.execute(
        "INSERT INTO stream (one, header, chain, store, till, epoch, key)"
        " VALUES (1, ?, ?, ?, ?, ?, ?)",
        (stream.header(), stream.chain, stream.store, stream.till, stream.epoch, stream.key),
    )


def head(connection: Connection, stream: Stream) -> Head:
    """The end of the log."""
    row = connection.execute("SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(0, first_hash(stream)) if row is None else Head(*row)


def last_moment(connection: Connection) -> dt.datetime | None:
    """When the newest record was written; a whole line takes Python milliseconds to read."""
    return _moment(
        connection.execute(
            "SELECT json_extract(line, '$.recorded_at') FROM record ORDER BY seq DESC LIMIT 1"
        ).fetchone()
    )


def moment_at(connection: Connection, seq: int) -> dt.datetime | None:
    """When that record was written."""
    return _moment(
        connection.execute(
            "SELECT json_extract(line, '$.recorded_at') FROM record WHERE seq = ?", (seq,)
        ).fetchone()
    )


def lines(connection: Connection, first: int, limit: int) -> list[str]:
    """The lines of the log from the record first on, at most limit."""
    rows = connection.execute(
        "SELECT line FROM record WHERE seq >= ? ORDER BY seq LIMIT ?", (first, limit)
    )
    return [line for (line,) in rows]


def entries(connection: Connection, first: int, limit: int) -> list[Entry]:
    """The records of the log from first on, at most limit, with what their columns say."""
    rows = connection.execute(
        "SELECT seq, type, ifnull(id, ''), business_date, line FROM record"
        " WHERE seq >= ? ORDER BY seq LIMIT ?",
        (first, limit),
    )
    return [Entry(*row) for row in rows]


def cancelled(connection: Connection) -> set[str]:
    """The ids of receipts that never happened."""
    rows = connection.execute(
        "SELECT receipt FROM record WHERE receipt IS NOT NULL AND type = 'cancel'"
    )
    return {receipt for (receipt,) in rows}


def hash_at(connection: Connection, stream: Stream, seq: int) -> bytes | None:
    """hash(seq): of the header for 0, None when the log doesn't reach so far."""
    if seq == 0:
        return first_hash(stream)
    row = connection.execute("SELECT hash FROM record WHERE seq = ?", (seq,)).fetchone()
    return None if row is None else row[0]


def record_with_id(
    connection: Connection, stream: Stream, kind: str, caller_id: str
) -> Record | None:
    """The record of that type that its caller gave that id."""
    row = connection.execute(
        "SELECT line FROM record WHERE type = ? AND id = ?", (kind, caller_id)
    ).fetchone()
    return None if row is None else _record(row[0], stream)


def records_of(connection: Connection, stream: Stream, receipt: str) -> list[Record]:
    """The returns and the cancel of a receipt, in the order of the log."""
    rows = connection.execute("SELECT line FROM record WHERE receipt = ? ORDER BY seq", (receipt,))
    return [_record(line, stream) for (line,) in rows]


def append_record(connection: Connection, record: Record, after: Head) -> Head:
    """Write record after the log's head, and add what it moves to the projections."""
    line, keys = record.line, indexed(record)
    end = Head(record.seq, chained(after.hash, line))
    connection.execute(
        "INSERT INTO record (seq, hash, line, type, id, receipt, account, business_date)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(end.seq, end.hash, line, record.type, keys.id, keys.receipt, keys.account),
            record.moment.business_date.isoformat(),
        ),
    )
    moved = movements(record)
    for place, amount in moved.lots.items():
        _add_to_lot(connection, place, amount)
    for key, amount in moved.counters.items():
        _add_to_counter(connection, key, amount)
    for card in moved.cards.values():
        _put_card(connection, card)
    for card in moved.opened.values():
        _open_card(connection, card)
    return end


def day_marks(connection: Connection, first: dt.date) -> list[Mark]:
    """When days from first on were opened and closed, in the order of the log."""
    rows = connection.execute(
        "SELECT json_extract(line, '$.day.date'), json_extract(line, '$.day.event'),"
        " json_extract(line, '$.at') FROM record WHERE type = 'day' AND id >= ? ORDER BY seq",
        (first.isoformat(),),
    )
    return [
        Mark(date=dt.date.fromisoformat(date), event=event, at=dt.datetime.fromisoformat(at))
        for date, event, at in rows
    ]


def last_day_mark(connection: Connection, stream: Stream, event: str) -> Record | None:
    """The record by which the latest date was opened, or closed; none before the first."""
    row = connection.execute(
        "SELECT line FROM record WHERE type = 'day' AND id IS NOT NULL AND id LIKE ?"
        " ORDER BY id DESC LIMIT 1",
        (f"%/{event}",),
    ).fetchone()
    return None if row is None else _record(row[0], stream)


def lots(connection: Connection, account: str) -> tuple[Lot, ...]:
    """The dated buckets of account that aren't at zero, by wallet and date."""
    return _lots(connection, account, LOT)


def reserved(connection: Connection, account: str) -> tuple[Lot, ...]:
    """What open reservations hold of account's lots, by wallet and date."""
    return _lots(connection, account, RESERVED)


def debts(connection: Connection, account: str) -> tuple[Debt, ...]:
    """What account owes, by wallet."""
    rows = connection.execute(
        "SELECT wallet, amount FROM lot WHERE account = ? AND bucket = ? AND amount < 0",
        (account, DEBT),
    )
    return tuple(Debt(wallet=wallet, amount=-amount) for wallet, amount in rows)


def counters(connection: Connection, account: str, first: dt.date) -> Counter[CounterKey]:
    """The day counters of account that are counted for first or a later date."""
    rows = connection.execute(
        "SELECT name, date, since, amount FROM counter WHERE account = ? AND date >= ?",
        (account, first.isoformat()),
    )
    return Counter(
        {
            CounterKey(account=account, name=name, date=date, since=since): amount
            for name, date, since, amount in rows
        }
    )


def tally(
    connection: Connection, account: str, name: str, first: dt.date, last: dt.date
) -> tuple[int, dt.date | None]:
    """What a counter of account adds up to for days first to last, and the last day that added.

    As the ledger knew it on the last day: what came to be known later is left out.
    """
    row = connection.execute(
        "SELECT coalesce(sum(amount), 0), max(CASE WHEN amount > 0 THEN date END) FROM counter"
        " WHERE account = ? AND name = ? AND date BETWEEN ? AND ? AND since <= ?",
        (account, name, first.isoformat(), last.isoformat(), last.isoformat()),
    ).fetchone()
    amount, day = row or (0, None)
    return amount, None if day is None else dt.date.fromisoformat(day)


def card_state(connection: Connection, card_id: str) -> CardState | None:
    """What the log says about a card."""
    row = connection.execute(
        "SELECT account, kind, status FROM card WHERE id = ?", (card_id,)
    ).fetchone()
    if row is None:
        return None
    account, kind, status = row
    return CardState(id=card_id, account=account, kind=kind, status=status)


def cards_of(connection: Connection, account: str) -> list[CardState]:
    """What the log says about the cards of account, by id."""
    rows = connection.execute(
        "SELECT id, kind, status FROM card WHERE account = ? ORDER BY id", (account,)
    )
    return [
        CardState(id=card, account=account, kind=kind, status=status) for card, kind, status in rows
    ]


def open_reservations(connection: Connection) -> list[str]:
    """The ids of the reservations that are neither confirmed nor released."""
    # A range of the key, and no LIKE: of a ledger of years this reads the few rows that are there.
    rows = connection.execute(
        "SELECT substr(account, length(?1) + 1) FROM counter"
        " WHERE account > ?1 AND account < ?1 || char(1114111) AND name = ?2 AND amount > 0",
        (RESERVATION, OPEN),
    )
    return [ident for (ident,) in rows]


def _lots(connection: Connection, account: str, kind: str) -> tuple[Lot, ...]:
    rows = connection.execute(
        "SELECT wallet, bucket, amount FROM lot"
        " WHERE account = ?1 AND substr(bucket, 1, length(?2)) = ?2",
        (account, kind),
    )
    return tuple(lot_from(wallet, bucket, amount) for wallet, bucket, amount in rows)


def _moment(row: Row | None) -> dt.datetime | None:
    try:
        return None if row is None else dt.datetime.fromisoformat(row[0])
    except (ValueError, TypeError) as error:
        raise StoreDamaged(f"a line of the ledger can't be read: {error}") from error


def _record(line: str, stream: Stream) -> Record:
    try:
        return record_from(line, stream)
    except (ValueError, TypeError, KeyError) as error:
        raise StoreDamaged(f"a line of the ledger can't be read: {error}") from error


def _add_to_lot(connection: Connection, place: tuple[str, str, str], amount: int) -> None:
    # Back at zero a row goes: a card's dead lots would otherwise be read at each scan for ever.
    row = connection.execute(
        "INSERT INTO lot (account, wallet, bucket, amount) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount RETURNING amount",
        (*place, amount),
    ).fetchone()
    if row == (0,):
        connection.execute("DELETE FROM lot WHERE account = ? AND wallet = ? AND bucket = ?", place)


def _add_to_counter(connection: Connection, key: CounterKey, amount: int) -> None:
    place = (key.account, key.name, key.date, key.since)
    row = connection.execute(
        "INSERT INTO counter (account, name, date, since, amount) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount RETURNING amount",
        (*place, amount),
    ).fetchone()
    if row == (0,):
        connection.execute(
            "DELETE FROM counter WHERE account = ? AND name = ? AND date = ? AND since = ?", place
        )


def _put_card(connection: Connection, card: CardState) -> None:
    connection.execute(
        "INSERT INTO card (id, account, kind, status) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET account = excluded.account, kind = excluded.kind, status = excluded.status",
        (card.id, card.account, card.kind, card.status),
    )


def _open_card(connection: Connection, card: CardState) -> None:
    connection.execute(
        "INSERT INTO card (id, account, kind, status) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (card.id, card.account, card.kind, card.status),
    )


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
