"""What records add up to, stream by stream: lots, counters, cards, and the wallets' totals."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from loyaltyd.domain.ledger import DEBT, CardState, CounterKey
from loyaltyd.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What a run of records adds; cards are their states with the record that said so."""

    lots: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # account, wallet, bucket
    counters: Counter[CounterKey] = field(default_factory=Counter)
    totals: Counter[tuple[str, str]] = field(default_factory=Counter)  # wallet, bucket
    cards: dict[tuple[str, int], CardState] = field(default_factory=dict)  # card, seq
    opened: dict[str, tuple[int, CardState]] = field(default_factory=dict)  # by first use, before
    said: set[str] = field(default_factory=set)  # any of the cards that records speak of


def add(connection: Connection, number: int, added: Added) -> None:
    """Add to what the stream's records came to so far."""
    connection.executemany(
        "INSERT INTO lot (stream, account, wallet, bucket, amount) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
        [(number, *place, amount) for place, amount in added.lots.items() if amount],
    )
    connection.executemany(
        "INSERT INTO counter (stream, account, name, date, since, amount)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
        [(number, *key, amount) for key, amount in added.counters.items() if amount],
    )
    connection.executemany(
        "INSERT INTO total (stream, wallet, bucket, amount) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
        [(number, *place, amount) for place, amount in added.totals.items() if amount],
    )
    _drop_zeros(connection, number, added)
    _add_cards(connection, number, added)


def lots(connection: Connection, number: int) -> Iterator[tuple[tuple[str, str, str], int]]:
    """The stream's lots and debts by account, wallet and bucket, in that order."""
    rows = connection.execute(
        "SELECT account, wallet, bucket, amount FROM lot WHERE stream = ?"
        " ORDER BY account, wallet, bucket",
        (number,),
    )
    for account, wallet, bucket, amount in rows:
        yield (account, wallet, bucket), amount


def counters(connection: Connection, number: int) -> Iterator[tuple[CounterKey, int]]:
    """The stream's counters by account, name, date and since, in that order."""
    rows = connection.execute(
        "SELECT account, name, date, since, amount FROM counter WHERE stream = ?"
        " ORDER BY account, name, date, since",
        (number,),
    )
    for account, name, date, since, amount in rows:
        yield CounterKey(account, name, date, since), amount


def cards(connection: Connection, number: int, seq: int) -> Iterator[CardState]:
    """The stream's cards as they were after the record at seq, by id."""
    rows = connection.execute(
        # max() picks the row that the bare columns are of: sqlite.org/lang_select.html, 2.5.
        "SELECT id, account, kind, status, max(seq) FROM card WHERE stream = ? AND seq <= ?"
        " GROUP BY id ORDER BY id",
        (number, seq),
    )
    for card, account, kind, status, _ in rows:
        yield CardState(id=card, account=account, kind=kind, status=status)


def account_of(connection: Connection, number: int, card: str, seq: int) -> str | None:
    """Whose a card was before the stream's record at seq; none while it was unknown."""
    row = connection.execute(
        "SELECT account FROM card WHERE stream = ? AND id = ? AND seq < ?"
        " ORDER BY seq DESC LIMIT 1",
        (number, card, seq),
    ).fetchone()
    return None if row is None else row[0]


def totals(connection: Connection) -> Mapping[tuple[str, str, str], int]:
    """What all streams' postings come to, by chain, wallet and bucket."""
    rows = connection.execute(
        # By halves: where the sum of many tills leaves SQLite's integers, sum() is an error.
        "SELECT chain, wallet, bucket, sum(amount >> 32), sum(amount & 0xffffffff)"
        " FROM total JOIN stream ON stream.id = stream"
        " GROUP BY chain, wallet, bucket ORDER BY chain, wallet, bucket"
    )
    return {tuple(place): (high << 32) + low for *place, high, low in rows}


def _drop_zeros(connection: Connection, number: int, added: Added) -> None:
    """Let rows go that are back at zero: nothing and zero are the same, at the till too."""
    connection.executemany(
        "DELETE FROM lot"
        " WHERE stream = ? AND account = ? AND wallet = ? AND bucket = ? AND amount = 0",
        # A lot comes down to zero, a debt up to it.
        [
            (number, *place)
            for place, amount in added.lots.items()
            if amount < 0 or place[2] == DEBT
        ],
    )
    connection.executemany(
        "DELETE FROM counter WHERE stream = ?"
        " AND account = ? AND name = ? AND date = ? AND since = ? AND amount = 0",
        [(number, *key) for key, amount in added.counters.items() if amount < 0],
    )


def _add_cards(connection: Connection, number: int, added: Added) -> None:
    # A card's first use says nothing of one that is known.
    connection.executemany(
        "INSERT INTO card (stream, id, seq, account, kind, status) SELECT ?1, ?2, ?3, ?4, ?5, ?6"
        " WHERE NOT EXISTS (SELECT 1 FROM card WHERE stream = ?1 AND id = ?2)",
        [
            (number, card, seq, state.account, state.kind, state.status)
            for card, (seq, state) in added.opened.items()
        ],
    )
    connection.executemany(
        "INSERT INTO card (stream, id, seq, account, kind, status) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (number, card, seq, state.account, state.kind, state.status)
            for (card, seq), state in added.cards.items()
        ],
    )
