"""Names, birthdays, phones, card numbers: what may change and be forgotten, outside the chain."""

import datetime as dt

from loyaltyd.domain.errors import StoreError
from loyaltyd.domain.person import Numbered, People, Person
from loyaltyd.store.database import Connection

SEATS = 1000  # beside one record: with the longest names a quarter of what a file holds


def person(connection: Connection, account: str) -> Person | None:
    """Who holds account; none when nobody said."""
    row = connection.execute(
        "SELECT name, birthday, phone, consent FROM person WHERE account = ?", (account,)
    ).fetchone()
    return None if row is None else _person(account, *row)


def keep_person(connection: Connection, holder: Person, seq: int) -> None:
    """Store who holds an account, over what was known before; seq: the record it travels with."""
    connection.execute(
        "INSERT INTO person (account, name, birthday, phone, consent) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET name = excluded.name, birthday = excluded.birthday,"
        " phone = excluded.phone, consent = excluded.consent",
        (
            holder.account,
            holder.name,
            None if holder.birthday is None else holder.birthday.isoformat(),
            holder.phone,
            None if holder.consent is None else holder.consent.isoformat(),
        ),
    )
    _note(connection, "person", holder.account, seq)


def card_number(connection: Connection, card_id: str) -> str | None:
    """The number that stands on a card, where it is known and not forgotten."""
    row = connection.execute("SELECT number FROM card WHERE id = ?", (card_id,)).fetchone()
    return None if row is None else row[0]


def accounts_with_phone(connection: Connection, phone: str) -> list[str]:
    """The accounts whose holders gave that phone, by id."""
    rows = connection.execute(
        "SELECT account FROM person WHERE phone = ? ORDER BY account", (phone,)
    )
    return [account for (account,) in rows]


def drop_person(connection: Connection, account: str) -> None:
    """Drop who holds an account."""
    connection.execute("DELETE FROM person WHERE account = ?", (account,))
    connection.execute("DELETE FROM people_change WHERE kind = 'person' AND id = ?", (account,))


def forget_person(connection: Connection, account: str) -> None:
    """Drop who holds an account, the numbers of its cards, and every answer that quotes them."""
    drop_person(connection, account)
    connection.execute("UPDATE card SET number = NULL WHERE account = ?", (account,))
    connection.execute(
        # of the accounts too that were merged into it: each has the id of a card
        "DELETE FROM answer WHERE account = ?1"
        " OR account IN (SELECT id FROM card WHERE account = ?1)",
        (account,),
    )
    connection.execute(
        "DELETE FROM people_change WHERE kind = 'number'"
        " AND id IN (SELECT id FROM card WHERE account = ?)",
        (account,),
    )


def keep_card_number(connection: Connection, card_id: str, number: str, seq: int) -> None:
    """Store the number of a card that a record has opened; StoreError when none has."""
    found = connection.execute("UPDATE card SET number = ? WHERE id = ?", (number, card_id))
    if found.rowcount != 1:
        raise StoreError(f"no record has opened the card {card_id}")
    _note(connection, "number", card_id, seq)


def people_between(connection: Connection, first: int, last: int) -> People:
    """Who and which numbers were last kept with the records first to last, as they are now."""
    holders = connection.execute(
        "SELECT account, name, birthday, phone, consent FROM people_change JOIN person"
        " ON account = people_change.id WHERE people_change.kind = 'person'"
        " AND seq BETWEEN ? AND ? ORDER BY seq, account",
        (first, last),
    )
    numbers = connection.execute(
        "SELECT card.id, number FROM people_change JOIN card USING (id)"
        " WHERE people_change.kind = 'number' AND number IS NOT NULL"
        " AND seq BETWEEN ? AND ? ORDER BY seq, card.id",
        (first, last),
    )
    return (
        *(_person(*row) for row in holders),
        *(Numbered(card=card, number=number) for card, number in numbers),
    )


def next_seat(connection: Connection, head: int) -> int:
    """The record to come after head with which somebody may travel who changes without one.

    No record takes more than SEATS: thousands who change in one night must still fit into files.
    """
    seq, taken = connection.execute(
        "SELECT max(seq), count(*) FROM people_change"
        " WHERE seq = (SELECT max(seq) FROM people_change) AND seq > ?",
        (head,),
    ).fetchone() or (None, 0)
    if seq is None:
        return head + 1
    return int(seq) + int(taken >= SEATS)


def _note(connection: Connection, kind: str, key: str, seq: int) -> None:
    connection.execute(
        "INSERT INTO people_change (kind, id, seq) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET seq = excluded.seq",
        (kind, key, seq),
    )


def _person(
    account: str, name: str | None, birthday: str | None, phone: str | None, consent: str | None
) -> Person:
    return Person(
        account=account,
        name=name,
        birthday=None if birthday is None else dt.date.fromisoformat(birthday),
        phone=phone,
        consent=None if consent is None else dt.datetime.fromisoformat(consent),
    )
