"""What can be asked of the ledger at one moment, and what can be added to it in one step."""

import datetime as dt
from collections import Counter

from loyaltyd.domain.account import Debt
from loyaltyd.domain.batch import Acked
from loyaltyd.domain.business_day import Mark
from loyaltyd.domain.ledger import CardState, CounterKey, Lot
from loyaltyd.domain.person import People, Person
from loyaltyd.domain.record import Head, Record, Stream
from loyaltyd.store import cursors, days, people, programs, records, requests
from loyaltyd.store.database import Connection
from loyaltyd.store.days import DayFile
from loyaltyd.store.programs import KeptProgram
from loyaltyd.store.records import Entry
from loyaltyd.store.requests import Answer


class View:
    """The ledger at one moment; of no use once the work that it was handed to has returned."""

    def __init__(self, connection: Connection, stream: Stream) -> None:
        self._connection = connection
        self.stream = stream

    def head(self) -> Head:
        """The end of the log."""
        return records.head(self._connection, self.stream)

    def last_moment(self) -> dt.datetime | None:
        """When the newest record was written; none in an empty log."""
        return records.last_moment(self._connection)

    def moment_at(self, seq: int) -> dt.datetime | None:
        """When that record was written; none where there is none."""
        return records.moment_at(self._connection, seq)

    def day_marks(self, first: dt.date) -> list[Mark]:
        """When days from first on were opened and closed, in the order of the log."""
        return records.day_marks(self._connection, first)

    def last_day_mark(self, event: str) -> Record | None:
        """The record by which the latest date was opened, or closed; none before the first."""
        return records.last_day_mark(self._connection, self.stream, event)

    def lines(self, first: int, limit: int) -> list[str]:
        """The lines of the log from the record first on, at most limit."""
        return records.lines(self._connection, first, limit)

    def hash_at(self, seq: int) -> bytes | None:
        """hash(seq): of the header for 0, none where the log doesn't reach so far."""
        return records.hash_at(self._connection, self.stream, seq)

    def acked(self) -> Acked:
        """How far headquarters has this log."""
        return cursors.acked(self._connection, self.stream)

    def last_day(self) -> DayFile | None:
        """The newest till-day that was written; none before the first."""
        return days.last_day(self._connection)

    def day(self, number: int) -> DayFile | None:
        """The till-day of that number."""
        return days.day(self._connection, number)

    def day_of(self, file: str) -> DayFile | None:
        """The till-day whose bytes have that SHA-256."""
        return days.day_of(self._connection, file)

    def entries(self, first: int, limit: int) -> list[Entry]:
        """The records from first on, at most limit, each as its line and what it is searched by."""
        return records.entries(self._connection, first, limit)

    def cancelled(self) -> set[str]:
        """The ids of receipts that never happened."""
        return records.cancelled(self._connection)

    def state(self) -> str:
        """The hash over all projections; of a ledger of years it takes seconds."""
        return days.state(self._connection)

    def record(self, kind: str, caller_id: str) -> Record | None:
        """The record of that type that its caller gave that id."""
        return records.record_with_id(self._connection, self.stream, kind, caller_id)

    def records_of(self, receipt: str) -> list[Record]:
        """The returns and the cancel of a receipt, in the order of the log."""
        return records.records_of(self._connection, self.stream, receipt)

    def lots(self, account: str) -> tuple[Lot, ...]:
        """The dated buckets of account that aren't at zero, by wallet and date."""
        return records.lots(self._connection, account)

    def reserved(self, account: str) -> tuple[Lot, ...]:
        """What open reservations hold of account's lots, by wallet and date."""
        return records.reserved(self._connection, account)

    def open_reservations(self) -> list[str]:
        """The ids of the reservations that are neither confirmed nor released."""
        return records.open_reservations(self._connection)

    def debts(self, account: str) -> tuple[Debt, ...]:
        """What account owes, by wallet."""
        return records.debts(self._connection, account)

    def counters(self, account: str, first: dt.date) -> Counter[CounterKey]:
        """The day counters of account that are counted for first or a later date."""
        return records.counters(self._connection, account, first)

    def tally(
        self, account: str, name: str, first: dt.date, last: dt.date
    ) -> tuple[int, dt.date | None]:
        """What a counter of account adds up to for those days, and the last day that added."""
        return records.tally(self._connection, account, name, first, last)

    def card(self, card_id: str) -> CardState | None:
        """What the log says about a card."""
        return records.card_state(self._connection, card_id)

    def cards_of(self, account: str) -> list[CardState]:
        """What the log says about the cards of account, by id."""
        return records.cards_of(self._connection, account)

    def account_now(self, account: str) -> str:
        """The account that holds what account held: another one, once they were merged.

        An account's id is that of the card that opened it, and a merge takes its cards along.
        """
        opener = self.card(account)
        return opener.account if opener else account

    def accounts_with_phone(self, phone: str) -> list[str]:
        """The accounts whose holders gave that phone, by id."""
        return people.accounts_with_phone(self._connection, phone)

    def card_number(self, card_id: str) -> str | None:
        """The number that stands on a card, where it is known and not forgotten."""
        return people.card_number(self._connection, card_id)

    def person(self, account: str) -> Person | None:
        """Who holds account; none when nobody said."""
        return people.person(self._connection, account)

    def people_between(self, first: int, last: int) -> People:
        """Who and which numbers travel beside the records first to last, as they are now."""
        return people.people_between(self._connection, first, last)

    def answer(self, kind: str, caller_id: str) -> Answer | None:
        """The stored answer to that request, if it was ever granted."""
        return requests.answer(self._connection, kind, caller_id)

    def programs(self) -> list[KeptProgram]:
        """All versions of programs that records may name."""
        return programs.programs(self._connection)


class Transaction(View):
    """A view that can add: all of it becomes durable together, or none of it.

    Catch nothing inside: after an error SQLite may have ended the transaction by itself.
    """

    _appended = False

    def append(self, record: Record) -> Head:
        """Write the next record of the stream and what it moves."""
        end = self.head()
        assert record.stream == self.stream, "a record of another stream"
        assert record.seq == end.seq + 1, f"record {record.seq} after {end.seq}"
        self._appended = True
        return records.append_record(self._begun, record, end)

    def keep_answer(self, answer: Answer) -> None:
        """Store what the caller is told, after the record that it tells of."""
        requests.keep_answer(self._begun, answer)

    def keep_person(self, person: Person) -> None:
        """Store who holds an account, over what was known before."""
        people.keep_person(self._begun, person, self._travels_with())

    def keep_card_number(self, card_id: str, number: str) -> None:
        """Store the number of a card that a record has opened; StoreError when none has."""
        people.keep_card_number(self._begun, card_id, number, self._travels_with())

    def drop_person(self, account: str) -> None:
        """Drop who holds an account."""
        people.drop_person(self._begun, account)

    def forget_person(self, account: str) -> None:
        """Drop who holds an account, its cards' numbers and the answers that quote them."""
        people.forget_person(self._begun, account)

    def keep_program(self, program: KeptProgram) -> None:
        """Store a program's version, once; StoreError when it is there with another text."""
        programs.keep_program(self._begun, program)

    def keep_day(self, day: DayFile) -> None:
        """Remember a till-day, the next one."""
        days.keep_day(self._begun, day)

    def keep_told(self, number: int, at: dt.datetime) -> None:
        """Remember that headquarters has acknowledged that till-day, once."""
        days.keep_told(self._begun, number, at)

    def keep_acked(self, head: Head, at: dt.datetime) -> None:
        """Move the cursor to head, as headquarters said at that time."""
        cursors.keep_acked(self._begun, head, at)

    def _travels_with(self) -> int:
        """The record beside which people go up: this transaction's, or the next one's."""
        seq = self.head().seq
        return seq if self._appended else people.next_seat(self._connection, seq)

    @property
    def _begun(self) -> Connection:
        assert self._connection.in_transaction, "outside its transaction half a receipt would stay"
        return self._connection
