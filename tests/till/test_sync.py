"""What a till puts into the spool, and when."""

from __future__ import annotations

import datetime as dt
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.domain.batch import RECORDS_MAX, new_records
from loyaltyd.domain.person import Numbered, Person
from loyaltyd.domain.record import Head, first_hash
from loyaltyd.link.wire import FILE_BYTES_MAX
from loyaltyd.store.transaction import Transaction
from loyaltyd.till import outbox
from tests.store.made import ANNA, confirm, receipt_body, record
from tests.till.linked import Linked, linked_at


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Linked]:
    with linked_at(tmp_path) as linked:
        linked.tick()  # nothing to send yet: the sign of life is out of the way
        for name in linked.out.names():
            linked.acknowledge(0, file=name)
        linked.tick()
        assert linked.out.names() == []
        yield linked


def test_what_was_recorded_goes_out_whole_and_signed(till: Linked) -> None:
    till.sell(3)
    till.tick(30)
    (name,) = till.out.names()
    epoch = till.ledger.stream.epoch
    assert name == f"zelenka_msk-017_3_{epoch}_000000000001-000000000003.batch.jsonl.zst"
    (batch,) = till.batches()
    assert batch.stream == till.ledger.stream
    start = Head(0, first_hash(till.ledger.stream))
    found = new_records(batch, start, start.hash)
    assert isinstance(found, list)
    assert [it.record.seq for it in found] == [1, 2, 3]
    assert (found[-1].hash, batch.head) == (till.head(3).hash, till.head(3).hash)
    assert batch.created_at == till.now


def test_a_till_says_at_its_start_that_it_is_there(tmp_path: Path) -> None:
    with linked_at(tmp_path) as till:
        till.tick()
        (batch,) = till.batches()
        assert (batch.first, batch.last, batch.lines) == (1, 0, ())


def test_files_are_made_no_faster_than_every(till: Linked) -> None:
    till.sell()
    till.tick(30)
    assert till.spans() == [(1, 1)]
    till.acknowledge(1)
    till.sell()
    till.tick(29.5)
    assert till.spans() == []
    till.tick(0.5)
    assert till.spans() == [(2, 2)]


def test_while_a_file_waits_the_next_one_waits_for_an_hour(till: Linked) -> None:
    till.sell()
    till.tick(30)
    till.sell()
    till.tick(1000)
    assert till.spans() == [(1, 1)]
    till.tick(3600 - 1000 - 30 - 4 - 0.5)  # since the receipts' own time
    assert till.spans() == [(1, 1)]
    till.tick(0.5)
    assert till.spans() == [(1, 1), (2, 2)]


def test_a_full_file_waits_for_nobody(till: Linked) -> None:
    till.sell()
    till.tick(30)
    till.sell(RECORDS_MAX - 1)
    till.tick()
    assert till.spans() == [(1, 1)]
    till.sell()
    till.tick()
    assert till.spans() == [(1, 1), (2, RECORDS_MAX + 1)]


def test_a_long_log_is_offered_a_full_file_at_each_look(till: Linked) -> None:
    till.sell(2 * RECORDS_MAX + 5)
    till.tick(30)
    assert till.sync.busy
    till.tick(0.1)
    till.tick(0.1)
    assert till.spans() == [(1, RECORDS_MAX), (RECORDS_MAX + 1, 2 * RECORDS_MAX)]
    assert not till.sync.busy


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_file_that_somebody_took_is_made_again_before_what_follows(
    till: Linked, gone: int
) -> None:
    for _ in range(3):
        till.sell(10)
        till.tick(4000)
    wanted = [(1, 10), (11, 20), (21, 30)]
    assert till.spans() == wanted
    till.out.remove(till.out.names()[gone])
    till.tick(30)
    assert till.spans() == wanted


def test_an_emptied_spool_is_filled_again(till: Linked) -> None:
    for _ in range(3):
        till.sell(10)
        till.tick(4000)
    for name in till.out.names():
        till.out.remove(name)
    till.tick(30)
    assert till.spans() == [(1, 30)]


def test_a_spool_that_somebody_deleted_is_made_again(till: Linked) -> None:
    shutil.rmtree(till.spool)
    till.sell()
    assert "no such file or directory" in till.tick(30).trouble
    assert till.tick(30).trouble == ""
    assert till.spans() == [(1, 1)]
    assert till.out.folder.stat().st_mode & 0o7777 == 0o2770


def test_a_quiet_till_shows_every_five_minutes_that_it_lives(till: Linked) -> None:
    till.sell()
    till.tick(30)
    till.acknowledge(1)
    till.tick()
    till.tick(299)
    assert till.spans() == []
    till.tick(1)
    assert till.spans() == [(2, 1)]
    till.tick(1000)
    assert len(till.out.names()) == 1  # while one waits there is no other


def test_records_take_the_place_of_a_sign_of_life(till: Linked) -> None:
    till.tick(400)
    assert till.spans() == [(1, 0)]
    till.sell()
    till.tick(30)
    assert till.spans() == [(1, 1)]


def enrolled(tx: Transaction) -> None:
    confirm(tx, "enrolled")
    tx.keep_card_number(ANNA, "2990000000019")
    tx.keep_person(Person(account=ANNA, name="Anna"))


def test_people_go_up_beside_the_record_that_they_came_with(till: Linked) -> None:
    till.sell()
    till.ledger.write(enrolled).result()
    till.tick(30)
    (batch,) = till.batches()
    assert batch.people == (
        Person(account=ANNA, name="Anna"),
        Numbered(card=ANNA, number="2990000000019"),
    )


def test_who_changed_without_a_record_goes_up_with_the_next_sign_of_life(till: Linked) -> None:
    married = Person(account=ANNA, name="Anna B.")
    till.ledger.write(enrolled).result()
    till.tick(30)
    till.acknowledge(1)
    till.ledger.write(lambda tx: tx.keep_person(married)).result()
    till.tick(2)
    till.tick(300)
    (batch,) = till.batches()
    assert (batch.lines, batch.people) == ((), (married,))


def fat(tx: Transaction, count: int, characters: int) -> None:
    """Receipts that compress to about half of what they are."""
    for _ in range(count):
        seq = tx.head().seq + 1
        body = {**receipt_body(f"f{seq}"), "noise": secrets.token_hex(characters // 2)}
        tx.append(record(tx.stream, seq, "receipt", body))


def test_a_file_that_came_out_too_large_is_halved_until_it_fits(till: Linked) -> None:
    till.ledger.write(lambda tx: fat(tx, 10, 300_000)).result()
    for _ in range(4):
        till.tick(4000)
    spans = till.spans()
    assert len(spans) > 1
    assert [first for first, _ in spans] == [1, *(last + 1 for _, last in spans[:-1])]
    assert spans[-1][1] == 10
    for name in till.out.names():
        data = till.out.read(name, FILE_BYTES_MAX)
        assert data is not None
        assert len(data) <= FILE_BYTES_MAX


def test_a_record_that_fits_into_no_file_is_a_trouble_and_no_stop(till: Linked) -> None:
    till.ledger.write(lambda tx: fat(tx, 1, 3_000_000)).result()
    assert till.tick(30).trouble == "record 1 doesn't fit into a file"
    assert till.out.names() == []


def test_the_lines_of_a_file_stay_within_what_a_till_holds_in_memory(
    till: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.sell(10)
    length = len(till.ledger.read(lambda view: view.lines(1, 1)).result()[0])
    monkeypatch.setattr(outbox, "LINES_MAX", 4 * length)
    till.tick(30)
    assert till.spans() == [(1, 4)]
    monkeypatch.setattr(outbox, "LINES_MAX", 1)
    till.tick(4000)
    assert till.spans() == [(1, 4), (5, 5)]


def test_after_a_thousand_files_the_rest_waits_in_the_ledger(
    till: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyaltyd.till.sync.FILES_MAX", 3)
    for _ in range(3):
        till.sell()
        assert till.tick(4000).trouble == ""
    till.sell()
    state = till.tick(4000)
    assert "3 files wait, and nobody takes them" in state.trouble
    assert (state.files, state.waiting) == (3, 4)
    till.acknowledge(2)
    state = till.tick(4000)
    assert (state.trouble, till.spans()) == ("", [(3, 3), (4, 4)])


def test_a_restart_goes_on_from_what_lies_there(tmp_path: Path) -> None:
    with linked_at(tmp_path) as till:
        till.sell(5)
        till.tick()
        made = {name: till.out.read(name, FILE_BYTES_MAX) for name in till.out.names()}
    with linked_at(tmp_path) as till:
        till.tick()
        assert {name: till.out.read(name, FILE_BYTES_MAX) for name in till.out.names()} == made
        till.sell()
        till.now += dt.timedelta(hours=1)
        till.tick()
        assert till.spans() == [(1, 5), (6, 6)]


def test_what_a_killed_till_left_half_written_is_removed(tmp_path: Path) -> None:
    with linked_at(tmp_path) as till:
        till.sell()
        till.tick()
        (name,) = till.out.names()
        draft = till.out.folder / f".{name}.0123abcd"
        draft.write_bytes(b"half")
    with linked_at(tmp_path) as till:
        till.tick()
        assert not draft.exists()
        assert till.out.names() == [name]
