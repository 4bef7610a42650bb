"""What headquarters' answers change at a till, and what only looks like one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loyaltyd.domain.batch import Ack, BatchReason
from loyaltyd.domain.day import Day, totals_of
from loyaltyd.domain.record import Head, record_from
from loyaltyd.link.signatures import signature
from loyaltyd.link.spool import ACK, REFUSAL, file_name
from loyaltyd.link.wire import FILE_BYTES_MAX, ack_bytes, batch_bytes
from tests.till.linked import HQ, STRANGER, TILL, Linked, linked_at

BYTES_OF_A_FILE = (
    BatchReason.UNREADABLE,
    BatchReason.ALTERED,
    BatchReason.SIGNATURE_INVALID,
    BatchReason.CHAIN_BROKEN,
    BatchReason.RECORD_INVALID,
)
OTHERS = sorted(
    {*BatchReason} - {*BYTES_OF_A_FILE, BatchReason.GAP}, key=str
)  # what making the file anew won't mend


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Linked]:
    """A till whose records 1 to 3 lie in three files, and whose 4th in none."""
    with linked_at(tmp_path) as linked:
        for _ in range(3):
            linked.sell()
            linked.tick(4000)
        linked.sell()
        assert linked.spans() == [(1, 1), (2, 2), (3, 3)]
        yield linked


def test_an_ack_moves_the_cursor_and_lets_go_of_the_files_before_it(till: Linked) -> None:
    till.acknowledge(2)
    state = till.tick()
    assert (till.cursor, till.spans(), till.into.names()) == (2, [(3, 3)], [])
    assert (state.acked, state.waiting, state.files) == (2, 2, 1)
    assert state.last_answer_at is not None


def test_a_file_that_is_only_partly_acknowledged_stays(tmp_path: Path) -> None:
    with linked_at(tmp_path) as till:
        till.sell(5)
        till.tick()
        till.acknowledge(3)
        till.tick()
        assert (till.cursor, till.spans()) == (3, [(1, 5)])


def test_several_answers_of_one_look_are_followed_in_the_order_they_were_given(
    till: Linked,
) -> None:
    first, second, _ = till.out.names()
    later = till.now + dt.timedelta(seconds=1)
    # By name the refusal would come last, and send the till back.
    till.acknowledge(2, file=first, at=later)
    till.refuse(second, BatchReason.GAP, till.head(0), at=till.now)
    till.tick()
    assert (till.cursor, till.spans()) == (2, [(3, 3)])


def test_an_ack_from_before_changes_nothing(till: Linked) -> None:
    old = till.acknowledge(1)
    till.tick()
    till.acknowledge(3)
    state = till.tick()
    till.into.put("again" + ACK, old)
    assert till.tick().last_answer_at == state.last_answer_at
    assert till.cursor == 3


def test_the_same_ack_again_is_no_sign_of_life(till: Linked) -> None:
    answer = till.acknowledge(3)
    till.tick()
    for _ in range(60):
        till.into.put("replayed" + ACK, answer)
        state = till.tick()
    assert (state.up, state.waiting) == (False, 1)


def test_an_ack_that_moves_nothing_and_is_newer_is_a_sign_of_life(till: Linked) -> None:
    till.acknowledge(3)
    till.tick()
    for _ in range(60):
        till.acknowledge(3)
        state = till.tick()
    assert state.up
    assert state.last_answer_at == till.now - dt.timedelta(seconds=2)


@pytest.mark.parametrize("seq", [2, 4])
def test_an_ack_of_another_record_at_that_place_is_a_fork(till: Linked, seq: int) -> None:
    forked = Ack(stream=till.ledger.stream, head=Head(seq, bytes(32)), at=till.now)
    till.into.put("a" + ACK, ack_bytes(forked, lambda message: signature(HQ, message)))
    state = till.tick()
    assert state.trouble.startswith(f"fork: headquarters has another record {seq}")
    assert (till.cursor, till.spans()) == (0, [(1, 1), (2, 2), (3, 3)])
    till.acknowledge(1)
    assert till.tick().trouble == ""


def test_an_ack_past_the_log_says_that_this_ledger_is_an_old_copy(till: Linked) -> None:
    ahead = Ack(stream=till.ledger.stream, head=Head(9, bytes(32)), at=till.now)
    till.into.put("a" + ACK, ack_bytes(ahead, lambda message: signature(HQ, message)))
    state = till.tick()
    said = "till_behind: headquarters has record 9 and this ledger ends at 4: it is an old copy"
    assert (state.trouble, till.cursor, len(till.spans())) == (said, 0, 3)


@pytest.mark.parametrize("suffix", [ACK, REFUSAL, ".feed", ""])
@pytest.mark.parametrize("damage", ["by a stranger", "by the till", "altered", "empty", "large"])
def test_what_headquarters_did_not_sign_changes_nothing_and_is_counted(
    till: Linked, damage: str, suffix: str
) -> None:
    ack = Ack(stream=till.ledger.stream, head=till.head(3), at=till.now)
    answers = {
        "by a stranger": ack_bytes(ack, lambda message: signature(STRANGER, message)),
        "by the till": ack_bytes(ack, lambda message: signature(TILL, message)),
        "altered": till.acknowledge(2).replace(b'"seq":2', b'"seq":3'),
        "empty": b"",
        "large": till.acknowledge(3) + b" " * 5000,
    }
    for name in till.into.names():
        till.into.remove(name)
    till.into.put(f"any{suffix}", answers[damage])
    state = till.tick()
    assert (till.cursor, state.strange, till.into.names()) == (0, 1, [])
    assert (len(till.spans()), state.trouble) == (3, "")


@pytest.mark.parametrize(
    "change", [{"till": "4"}, {"store": "spb-001"}, {"chain": "other"}, {"epoch": "0" * 16}]
)
def test_an_ack_of_another_stream_changes_nothing(till: Linked, change: dict[str, str]) -> None:
    stream = replace(till.ledger.stream, **change)
    ack = Ack(stream=stream, head=till.head(3), at=till.now)
    till.into.put("a" + ACK, ack_bytes(ack, lambda message: signature(HQ, message)))
    state = till.tick()
    assert (till.cursor, len(till.spans()), state.strange) == (0, 3, 0)
    assert state.last_answer_at is None


@pytest.mark.parametrize("reason", OTHERS)
def test_a_refusal_is_told_and_the_file_stays_until_it_is_taken(
    till: Linked, reason: BatchReason
) -> None:
    names = till.out.names()
    till.refuse(names[0], reason, till.head(0))
    state = till.tick()
    assert state.trouble == f"{reason}: as a test wants it"
    assert (till.cursor, till.out.names(), state.up) == (0, names, True)
    till.acknowledge(1, file=names[0])
    assert till.tick().trouble == ""


@pytest.mark.parametrize("reason", BYTES_OF_A_FILE)
def test_a_file_that_was_damaged_is_made_again_but_not_at_once(
    till: Linked, reason: BatchReason
) -> None:
    names = till.out.names()
    before = till.out.read(names[1], FILE_BYTES_MAX)
    till.refuse(names[1], reason)
    till.tick(100)
    assert till.spans() == [(1, 1), (3, 3)]
    till.tick(29)
    assert till.spans() == [(1, 1), (3, 3)]
    till.tick(1)
    assert till.spans() == [(1, 1), (2, 2), (3, 3)]
    assert till.out.read(names[1], FILE_BYTES_MAX) != before


def test_a_torn_file_is_made_again_once_headquarters_has_seen_it(till: Linked) -> None:
    name = till.out.names()[0]
    path = till.out.folder / name
    path.write_bytes(path.read_bytes()[:100])
    till.refuse(name, BatchReason.UNREADABLE)
    till.tick(30)
    till.tick(30)
    assert till.spans() == [(1, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize("reason", [BatchReason.GAP, BatchReason.ALTERED, BatchReason.FORK])
def test_a_refusal_of_a_file_that_does_not_lie_there_changes_nothing(
    till: Linked, reason: BatchReason
) -> None:
    till.acknowledge(2)
    till.tick()
    (name,) = till.out.names()
    refusal = till.refuse(name, reason, till.head(0))
    (till.out.folder / name).write_bytes(b"another file by now")
    state = till.tick()
    assert (till.cursor, state.trouble, till.into.names()) == (2, "", [])
    till.out.remove(name)
    till.into.put(name + REFUSAL, refusal)
    assert (till.tick().trouble, till.cursor) == ("", 2)


def test_a_refusal_under_another_files_name_changes_nothing(till: Linked) -> None:
    first, second, _ = till.out.names()
    refusal = till.refuse(first, BatchReason.ALTERED)
    till.into.remove(first + REFUSAL)
    till.into.put(second + REFUSAL, refusal)
    till.tick()
    assert till.spans() == [(1, 1), (2, 2), (3, 3)]


def test_a_gap_leads_back_to_where_headquarters_is_and_all_is_offered_again(till: Linked) -> None:
    till.acknowledge(2)
    till.tick()
    (name,) = till.out.names()
    till.refuse(name, BatchReason.GAP, till.head(0))  # it was restored from a backup
    state = till.tick(30)
    assert (till.cursor, state.waiting, state.trouble) == (0, 4, "")
    assert till.spans() == [(1, 2), (3, 3)]


def test_a_gap_that_leads_forward_lets_go_of_what_is_there(till: Linked) -> None:
    name = till.out.names()[2]
    till.refuse(name, BatchReason.GAP, till.head(1))
    till.tick()
    assert (till.cursor, till.spans()) == (1, [(2, 2), (3, 3)])


def test_a_gap_that_was_told_before_the_last_ack_is_over(till: Linked) -> None:
    name = till.out.names()[2]
    before = till.now
    till.acknowledge(2, at=before + dt.timedelta(seconds=1))
    till.tick()
    till.refuse(name, BatchReason.GAP, till.head(0), at=before)
    till.tick()
    assert (till.cursor, till.spans()) == (2, [(3, 3)])


def test_a_gap_with_a_head_that_is_not_in_this_log_is_a_fork_or_an_old_copy(till: Linked) -> None:
    name = till.out.names()[0]
    for head, said in ((Head(1, bytes(32)), "fork: "), (Head(9, bytes(32)), "till_behind: ")):
        till.refuse(name, BatchReason.GAP, head)
        state = till.tick()
        assert state.trouble.startswith(said)
        assert (till.cursor, len(till.spans())) == (0, 3)


def day_in(till: Linked) -> str:
    """Put a till-day of all records into `out/`; return its name."""
    stream = till.ledger.stream
    lines = till.ledger.read(lambda view: view.lines(1, 9)).result()
    day = Day(
        number=1,
        business_date=dt.date(2026, 12, 5),
        previous="",
        state="",
        totals=totals_of(record_from(line, stream) for line in lines),
    )
    batch = replace(till.batches()[0], lines=tuple(lines), head=till.head(4).hash, day=day)
    till.out.put(file_name(batch), batch_bytes(batch, lambda message: signature(TILL, message)))
    return file_name(batch)


def test_a_till_day_goes_by_its_own_ack_alone(till: Linked) -> None:
    name = day_in(till)
    till.acknowledge(4)
    till.tick()
    assert till.out.names() == [name]
    till.acknowledge(4, file=name)
    till.tick()
    assert till.out.names() == []


def test_a_till_day_that_was_refused_stays_as_it_was_made(till: Linked) -> None:
    name = day_in(till)
    till.refuse(name, BatchReason.ALTERED)
    assert till.tick().trouble == "altered: as a test wants it"
    assert name in till.out.names()


def test_files_of_the_ledger_before_go_by_their_own_acks(tmp_path: Path) -> None:
    with linked_at(tmp_path) as till:
        till.sell(2)
        till.tick()
        (old,) = till.out.names()
        stream = till.ledger.stream
        head = till.head(2)
    for path in tmp_path.glob("ledger.db*"):
        path.unlink()
    with linked_at(tmp_path) as till:
        assert till.ledger.stream.epoch != stream.epoch
        till.sell()
        till.tick()
        assert len(till.out.names()) == 2
        till.refuse(old, BatchReason.GAP, head)
        till.tick()
        assert old in till.out.names()
        file = till.acknowledge(0, file=old)
        answer = ack_bytes(
            Ack(stream=stream, head=head, at=till.now, file=_file_of(file)),
            lambda message: signature(HQ, message),
        )
        till.into.put(old + ACK, answer)
        till.tick()
        assert (till.cursor, till.spans()) == (0, [(1, 1)])


def _file_of(answer: bytes) -> str:
    """The hash that an answer names."""
    return answer.partition(b'"file":"')[2][:64].decode()


def test_a_file_whose_name_lies_about_its_records_is_found_out(till: Linked) -> None:
    first, second, _ = till.out.names()
    data = till.out.read(first, FILE_BYTES_MAX)
    assert data is not None
    (till.out.folder / second).write_bytes(data)
    till.acknowledge(1, file=second)  # headquarters took what was in it, which was not record 2
    till.tick(30)
    assert (till.cursor, till.spans()) == (1, [(2, 2), (3, 3)])
