"""Headquarters takes each record once and in order, and says why it refuses whatever else comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from loyaltyd.domain.batch import Ack, BatchReason, Refused
from loyaltyd.domain.errors import StoreFull
from loyaltyd.domain.person import Numbered, Person
from loyaltyd.hq.ingest import Headquarters
from loyaltyd.link.wire import file_hash
from tests.hq.invariants import faults, held
from tests.hq.lanes import TEXT, Lane, acked, hq_at, lane_at, refusal, said, settled, spoilt

NOW = dt.datetime(2026, 12, 6, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Lane:
    return lane_at(tmp_path_factory.mktemp("till"))


@pytest.fixture
def hq(tmp_path: Path, lane: Lane) -> Iterator[Headquarters]:
    with hq_at(tmp_path, lane, program=TEXT) as opened:
        yield opened
        assert faults(tmp_path / "hq", {lane.stream: lane.lines}) == []


def test_records_are_acknowledged_up_to_the_last_one_with_its_hash(
    hq: Headquarters, lane: Lane
) -> None:
    data = lane.file(1, 7)
    answer = said(hq, hq.taken(data))
    assert isinstance(answer, Ack)
    assert (answer.stream, answer.head) == (lane.stream, lane.head(7))
    assert answer.file == file_hash(data)


@pytest.mark.parametrize(
    "parts",
    [
        [(1, 5), (6, 9), (10, 20)],
        [(1, 20)],
        [(1, 5), (1, 5), (1, 5)],  # the same again
        [(1, 9), (4, 12)],  # half of it is known
        [(1, 12), (3, 6)],  # all of it is known
        [(1, 0)],  # a sign of life
        [(1, 5), (6, 5), (3, 2)],
    ],
)
def test_each_record_is_kept_once_however_batches_overlap(
    hq: Headquarters, lane: Lane, tmp_path: Path, parts: list[tuple[int, int]]
) -> None:
    reached = 0
    for first, last in parts:
        reached = max(reached, last)
        assert acked(hq, lane.file(first, last)) == reached
    assert held(tmp_path / "hq", lane.stream) == lane.head(reached)


def test_a_batch_that_came_too_early_is_refused_until_what_it_lacks_has_come(
    hq: Headquarters, lane: Lane
) -> None:
    late = lane.file(6, 9)
    answer = said(hq, hq.taken(late))
    assert isinstance(answer, Refused)
    assert (answer.refusal.reason, answer.refusal.head) == (BatchReason.GAP, lane.head(0))
    (till,) = hq.overview(NOW).tills
    assert (till.seq, till.missing, till.trouble) == (0, 5, BatchReason.GAP)
    assert acked(hq, lane.file(1, 5)) == 5
    assert acked(hq, late) == 9
    (till,) = hq.overview(NOW).tills
    assert (till.seq, till.missing, till.trouble) == (9, 0, None)
    assert hq.overview(NOW).refused == ()  # what was refused too early has been taken


def test_two_tills_of_one_name_are_two_streams(tmp_path: Path) -> None:
    one, two = lane_at(tmp_path / "a", receipts=5), lane_at(tmp_path / "b", receipts=5)
    with hq_at(tmp_path, one, two) as hq:
        assert acked(hq, one.file(1, 5)) == acked(hq, two.file(1, 5)) == 5
        assert len(hq.overview(NOW).tills) == 2
        logs = {one.stream: one.lines, two.stream: two.lines}
        assert faults(tmp_path / "hq", logs) == []


def test_another_log_under_the_same_key_is_a_fork(hq: Headquarters, lane: Lane) -> None:
    assert acked(hq, lane.file(1, 5)) == 5
    other = replace(lane, lines=(*lane.lines[:3], lane.lines[4].replace('"seq":5', '"seq":4')))
    assert refusal(hq, other.file(1, 4)) is BatchReason.FORK
    assert refusal(hq, other.file(4, 4)) is BatchReason.FORK
    (till,) = hq.overview(NOW).tills
    assert (till.seq, till.trouble) == (5, BatchReason.FORK)
    for old in (lane.file(1, 3), other.signed(other.batch(4, 3)), lane.file(5, 5)):
        assert acked(hq, old) == 5
        assert hq.overview(NOW).tills[0].trouble is BatchReason.FORK
    acked(hq, lane.file(6, 6))
    assert hq.overview(NOW).tills[0].trouble is None


def test_a_till_that_nobody_trusts_is_refused_and_taken_when_it_is_trusted(tmp_path: Path) -> None:
    lane = lane_at(tmp_path / "till", receipts=3)
    with hq_at(tmp_path) as hq:
        assert refusal(hq, lane.file(1, 3)) is BatchReason.TILL_UNKNOWN
        assert hq.overview(NOW).tills == ()
    with hq_at(tmp_path, lane) as hq:
        (till,) = hq.overview(NOW).tills
        assert (till.till, till.epoch, till.contact_at) == ("3", None, None)
        assert acked(hq, lane.file(1, 3)) == 3


def test_a_key_is_trusted_for_its_own_till_alone(hq: Headquarters, lane: Lane) -> None:
    for changed in ({"till": "4"}, {"store": "msk-018"}, {"chain": "other"}):
        posing = replace(lane, stream=replace(lane.stream, **changed), lines=())
        assert refusal(hq, posing.file(1, 0)) is BatchReason.TILL_UNKNOWN


def test_another_tills_key_signs_for_nobody_else(hq: Headquarters, tmp_path: Path) -> None:
    lane, other = lane_at(tmp_path / "one", receipts=2), lane_at(tmp_path / "two", receipts=2)
    forged = replace(lane, key=other.key)
    assert refusal(hq, forged.file(1, 2)) is BatchReason.SIGNATURE_INVALID


def test_another_streams_lines_are_no_records_of_this_one(
    hq: Headquarters, lane: Lane, tmp_path: Path
) -> None:
    other = lane_at(tmp_path / "other", till="4", receipts=3)
    mixed = replace(lane, lines=other.lines)
    assert refusal(hq, mixed.file(1, 3)) is BatchReason.RECORD_INVALID


def test_a_head_that_its_lines_do_not_give_is_a_broken_chain(hq: Headquarters, lane: Lane) -> None:
    batch = replace(lane.batch(1, 3), head=bytes(32))
    assert refusal(hq, lane.signed(batch)) is BatchReason.CHAIN_BROKEN


def test_any_flipped_bit_is_refused_and_changes_nothing(hq: Headquarters, lane: Lane) -> None:
    data = lane.file(1, 4)
    places = range(0, len(data), max(1, len(data) // 60))
    flipped = [spoilt(data, place, bit) for place in places for bit in (0, 3, 4, 7)]
    sent = [it for it in flipped if it is not None]
    assert len(sent) >= len(flipped) - 4
    for each in sent:
        assert refusal(hq, each) in {
            *(BatchReason.UNREADABLE, BatchReason.ALTERED, BatchReason.TOO_LARGE),
            BatchReason.SIGNATURE_INVALID,
        }
    assert [it.seq for it in hq.overview(NOW).tills] == [0]


def test_people_come_with_the_records_and_older_files_do_not_undo_newer_ones(
    hq: Headquarters, lane: Lane
) -> None:
    def people(name: str) -> tuple[Person | Numbered, ...]:
        return (
            Person(account="a" * 32, name=name, birthday=dt.date(1990, 5, 1)),
            Numbered(card="c" * 32, number="2990000000019"),
        )

    old, new = lane.file(1, 3, people("Anna")), lane.file(4, 6, people("Anna Maria"))
    for data in (old, new, old):
        acked(hq, data)
    rows = hq.books.read(
        lambda view: view.execute(
            "SELECT name, birthday, number FROM person JOIN number USING (stream)"
        ).fetchall()
    )
    assert rows == [("Anna Maria", "1990-05-01", "2990000000019")]


def test_a_file_that_comes_again_does_not_undo_what_a_sign_of_life_told(
    hq: Headquarters, lane: Lane
) -> None:
    anna = Person(account="a" * 32, name="Anna", phone="+79990000000")
    old = lane.file(1, 3, (anna,))
    withdrawn = lane.file(4, 3, (Person(account="a" * 32),))
    for data in (old, withdrawn, old):
        acked(hq, data)
    rows = hq.books.read(lambda view: view.execute("SELECT name, phone FROM person").fetchall())
    assert rows == [(None, None)]


def test_what_is_owed_is_the_sum_of_all_tills(tmp_path: Path) -> None:
    one, two = lane_at(tmp_path / "a", "1", 10), lane_at(tmp_path / "b", "2", 10)
    with hq_at(tmp_path, one, program=TEXT) as hq:
        acked(hq, one.file(1, len(one.lines)))
        alone = hq.overview(NOW).wallets
    with hq_at(tmp_path, two) as hq:
        acked(hq, two.file(1, len(two.lines)))
        both = settled(hq).overview(NOW).wallets
    assert [it.wallet for it in both] == ["bonus", "stars"]
    assert [it.scale for it in both] == [2, 0]
    for before, after in zip(alone, both, strict=True):
        assert (after.issued, after.outstanding) == (2 * before.issued, 2 * before.outstanding)
        assert after.issued >= after.outstanding > 0
        assert after.issued - after.redeemed == after.outstanding + after.expired - after.debt


def test_lots_stop_being_owed_on_the_day_on_which_they_end(tmp_path: Path) -> None:
    lane = lane_at(tmp_path / "till", receipts=1)
    with hq_at(tmp_path, lane, program=TEXT) as hq:
        acked(hq, lane.file(1, 1))
        stars = [hq.overview(NOW + dt.timedelta(days=it)).wallets[1] for it in (0, 28, 29)]
    assert [it.expired for it in stars] == [0, 0, stars[0].outstanding]


def test_a_full_disk_promises_nothing_and_heals(
    hq: Headquarters, lane: Lane, tmp_path: Path
) -> None:
    acked(hq, lane.file(1, 3))
    (pages,) = hq.books._writer.execute("PRAGMA page_count").fetchone() or (0,)
    hq.books._writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFull):
        hq.taken(lane.file(4, 20))
    assert held(tmp_path / "hq", lane.stream) == lane.head(3)
    hq.books._writer.execute(f"PRAGMA max_page_count = {1 << 30}")
    assert acked(hq, lane.file(4, 20)) == 20


def test_couriers_that_send_at_once_do_not_get_into_one_anothers_way(tmp_path: Path) -> None:
    lanes = [lane_at(tmp_path / till, till, receipts=12) for till in ("1", "2", "3")]
    with hq_at(tmp_path, *lanes) as hq, ThreadPoolExecutor(6) as threads:
        spans = [(lane, first) for first in range(1, 12) for lane in lanes for _ in range(2)]
        sent = [threads.submit(hq.taken, lane.file(first, first + 1)) for lane, first in spans]
        assert {it.result().reason for it in sent} <= {None, BatchReason.GAP}
        for lane in lanes:
            acked(hq, lane.file(1, 12))
        assert faults(tmp_path / "hq", {lane.stream: lane.lines for lane in lanes}) == []


def test_headquarters_restored_from_a_backup_says_how_far_it_has_the_log(
    lane: Lane, tmp_path: Path
) -> None:
    with hq_at(tmp_path, lane) as hq:
        acked(hq, lane.file(1, 5))
    backup = (tmp_path / "hq" / "hq.db").read_bytes()
    with hq_at(tmp_path) as hq:
        acked(hq, lane.file(6, 9))
    (tmp_path / "hq" / "hq.db").write_bytes(backup)
    with hq_at(tmp_path) as hq:
        answer = said(hq, hq.taken(lane.file(10, 12)))
        assert isinstance(answer, Refused)
        assert (answer.refusal.reason, answer.refusal.head) == (BatchReason.GAP, lane.head(5))
        assert acked(hq, lane.file(6, 12)) == 12
