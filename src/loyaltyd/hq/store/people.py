"""Names, birthdays, phones, card numbers, as the tills sent them: outside the chain."""

from loyaltyd.domain.books.merging import FORGET, holders_dropped
from loyaltyd.domain.person import Numbered, People, Person
from loyaltyd.domain.record import Record
from loyaltyd.store.database import Connection


def keep(
    connection: Connection, number: int, people: People, seq: int, *, again: bool = False
) -> None:
    """Store the people of a batch of the stream, whose last record is at seq.

    A file that comes again, or late, doesn't undo what a newer one of that till said. again: its
    records were known, and after the last of them a sign of life may have told of a change.
    """
    connection.executemany(
        "INSERT INTO person (stream, account, seq, name, birthday, phone, consent)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq,"
        " name = excluded.name, birthday = excluded.birthday, phone = excluded.phone,"
        " consent = excluded.consent WHERE excluded.seq >= seq + ?",
        [
            (
                *(number, it.account, seq, it.name),
                None if it.birthday is None else it.birthday.isoformat(),
                it.phone,
                None if it.consent is None else it.consent.isoformat(),
                again,
            )
            for it in people
            if isinstance(it, Person)
        ],
    )
    connection.executemany(
        "INSERT INTO number (stream, card, seq, number) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET seq = excluded.seq, number = excluded.number"
        " WHERE excluded.seq >= seq + ?",
        [(number, it.card, seq, it.number, again) for it in people if isinstance(it, Numbered)],
    )


def obey(connection: Connection, number: int, record: Record) -> None:
    """Drop whom a record of the stream says to forget, from what every till sent of them.

    An empty row stays at the record's seq, so that no file that was made before brings them back.
    """
    for account in holders_dropped(record):
        connection.execute(
            "UPDATE person SET name = NULL, birthday = NULL, phone = NULL, consent = NULL"
            " WHERE account = ?",
            (account,),
        )
        connection.execute(
            "INSERT INTO person (stream, account, seq) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)",
            (number, account, record.seq),
        )
        if record.type == FORGET:
            connection.execute(
                "UPDATE number SET number = '', seq = CASE stream WHEN ?1 THEN max(seq, ?2)"
                " ELSE seq END WHERE card IN (SELECT id FROM card WHERE account = ?3)",
                (number, record.seq, account),
            )
