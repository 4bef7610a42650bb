"""Names, birthdays, phones, card numbers: what may change and be forgotten, outside the chain."""

import datetime as dt

from loyaltyd.domain.errors import StoreError
from loyaltyd.domain.person import Person
from loyaltyd.store.database import Connection


def person(connection: Connection, account: str) -> Person | None:
    """Who holds account; none when nobody said."""
    row = connection.execute(
        "SELECT name, birthday, phone, consent FROM person WHERE account = ?", (account,)
    ).fetchone()
    if row is None:
        return None
    name, birthday, phone, consent = row
    return Person(
        account=account,
        name=name,
        birthday=None if birthday is None else dt.date.fromisoformat(birthday),
        phone=phone,
        consent=None if consent is None else dt.datetime.fromisoformat(consent),
    )


def keep_person(connection: Connection, holder: Person) -> None:
    """Store who holds an account, over what was known before."""
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


def card_number(connection: Connection, card_id: str) -> str | None:
    """The number that stands on a card, where it is known and not forgotten."""
    row = connection.execute("SELECT number FROM card WHERE id = ?", (card_id,)).fetchone()
    return None if row is None else row[0]


def keep_card_number(connection: Connection, card_id: str, number: str) -> None:
    """Store the number of a card that a record has opened; StoreError when none has."""
    found = connection.execute("UPDATE card SET number = ? WHERE id = ?", (number, card_id))
    if found.rowcount != 1:
        raise StoreError(f"no record has opened the card {card_id}")
