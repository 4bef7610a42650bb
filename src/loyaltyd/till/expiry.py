"""Reservations whose time is over give back what they hold."""

from loyaltyd.domain.books.reservations import release_body
from loyaltyd.domain.record import Record
from loyaltyd.domain.reservation import EXPIRED, RELEASE, RESERVE
from loyaltyd.store.transaction import Transaction
from loyaltyd.till.merged import as_held_now
from loyaltyd.till.till import Till, next_record


def release_expired(till: Till, tx: Transaction) -> None:
    """Release them, before anything is decided on what an account has."""
    for ident in till.reservations.expired(tx.open_reservations()):
        made = tx.record(RESERVE, ident)
        assert made is not None  # it was counted as open by its record
        release(till, tx, made, EXPIRED)


def release(till: Till, tx: Transaction, made: Record, because: str) -> Record:
    """Give back all that a reservation holds, by a record of its own."""
    (held,) = as_held_now(tx, made)
    body = release_body(held, because)
    record = next_record(tx, RELEASE, till.now(tx), held.program, body)
    tx.append(record)
    return record
