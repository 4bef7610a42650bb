"""The last reckoning: what headquarters has of a till, held against the till's own ledger file."""

from __future__ import annotations

import hashlib
import json

from loyaltyd.domain.day import folded_state
from loyaltyd.domain.ledger import fold
from loyaltyd.domain.person import Numbered, Person
from loyaltyd.domain.record import Record
from tests.roundtrip.central import Central
from tests.roundtrip.lane import Lane


def reckoned(central: Central, lane: Lane, *, put_back: bool) -> None:
    """All that a till's ledger holds is at headquarters: once, in order, and nothing else."""
    (number,), *more = central.rows("SELECT id FROM stream WHERE header = ?", lane.stream.header())
    assert not more
    records = lane.shop.records()
    _records_are_there(central, number, lane, records)
    _people_are_there(central, number, lane)
    _days_are_right(central, number, lane, all_there=not put_back)


def kept_aside(central: Central) -> None:
    """Each refused file lies aside, whole, and the books say why."""
    noted: dict[str, str] = dict(central.rows("SELECT file, reason || ': ' || detail FROM refused"))
    for file, data in central.refused.items():
        assert hashlib.sha256(data).hexdigest() == file
        assert (central.folder / "aside" / file).exists(), f"{file} was not kept"
        assert (central.folder / "aside" / file).read_bytes() == data
        assert noted.get(file), "nobody can tell why a file was refused"


def _records_are_there(central: Central, number: int, lane: Lane, records: list[Record]) -> None:
    rows = central.rows(
        "SELECT seq, line, type FROM record WHERE stream = ? ORDER BY rowid", number
    )
    assert rows == [(it.seq, it.line, it.type) for it in records]
    lane.shop.check()
    named = {(it.type, str(it.body.get(_name_of(it)))) for it in records}
    assert lane.trade.promised <= named, "what the till was answered is in no record"


def _name_of(record: Record) -> str:
    return "receipt" if record.type == "cancel" else "id"


def _people_are_there(central: Central, number: int, lane: Lane) -> None:
    persons = central.rows("SELECT account, name, birthday FROM person WHERE stream = ?", number)
    numbers = central.rows("SELECT card, number FROM number WHERE stream = ?", number)
    known = lane.people()
    assert sorted(persons) == sorted(
        (it.account, it.name, None if it.birthday is None else it.birthday.isoformat())
        for it in known
        if isinstance(it, Person)
    )
    assert sorted(numbers) == sorted(
        (it.card, it.number) for it in known if isinstance(it, Numbered)
    )


def _days_are_right(central: Central, number: int, lane: Lane, *, all_there: bool) -> None:
    """Every till-day goes on where the one before ended, and agrees with the records.

    all_there: what headquarters lost with its disk no till makes again, but for the records.
    """
    rows = central.rows(
        "SELECT number, file, first, last, claim, verdict FROM day WHERE stream = ?"
        " ORDER BY number",
        number,
    )
    assert {row[5] for row in rows} == {"right"}
    days = {row[0]: row for row in rows}
    newest = max(days)
    assert all_there <= (len(days) == newest)
    for day, _, first, _, claim, _ in rows:
        if day == 1 or day - 1 in days:
            _, before, _, last, *_ = days.get(day - 1, (0, "", 0, 0))
            assert (first, json.loads(claim).get("previous", "")) == (last + 1, before)
    state = json.loads(days[newest][4])["state"]
    assert state == lane.state() == folded_state(fold(lane.shop.records()))
    assert days[newest][3] == lane.head().seq
