"""A till-day's records are taken whatever its manifest claims; a wrong claim is told of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loyaltyd.domain.batch import BatchReason
from loyaltyd.domain.day import Day, Totals
from loyaltyd.domain.posted import posted_from
from loyaltyd.domain.record import Record, Stream
from loyaltyd.hq import day_check, overview, reevaluation
from loyaltyd.hq.day_check import Since, state_at
from loyaltyd.hq.ingest import Headquarters
from loyaltyd.store.database import Connection
from tests.hq.invariants import faults
from tests.hq.lanes import TEXT, Lane, acked, edited, hq_at, lane_at, refusal, settled


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Lane:
    return lane_at(tmp_path_factory.mktemp("till"))


@pytest.fixture
def hq(tmp_path: Path, lane: Lane) -> Iterator[Headquarters]:
    with hq_at(tmp_path, lane, program=TEXT) as opened:
        yield opened
        assert faults(tmp_path / "hq", {lane.stream: lane.lines}) == []


def file(lane: Lane, first: int, last: int, day: Day) -> bytes:
    return lane.signed(replace(lane.batch(first, last), day=day))


def verdicts(hq: Headquarters) -> list[tuple[int, str | None]]:
    """The till-days by number, once they were looked at."""
    return [(it.number, it.verdict) for it in settled(hq).overview(hq.clock()).days]


def test_a_till_day_brings_its_records_and_is_right(hq: Headquarters, lane: Lane) -> None:
    data = file(lane, 1, 12, lane.day(1, 12))
    assert acked(hq, data) == 12
    assert [it.verdict for it in hq.overview(hq.clock()).days] == [None]
    assert verdicts(hq) == [(1, "right")]
    assert acked(hq, data) == 12
    assert verdicts(hq) == [(1, "right")]


def test_a_till_day_of_records_that_came_before_is_right(hq: Headquarters, lane: Lane) -> None:
    acked(hq, lane.file(1, 20))
    assert acked(hq, file(lane, 1, 9, lane.day(1, 9))) == 20
    assert acked(hq, file(lane, 10, 20, lane.day(10, 20, number=2))) == 20
    assert verdicts(hq) == [(2, "right"), (1, "right")]


def test_the_state_after_each_record_is_known_when_later_ones_have_come(
    hq: Headquarters, lane: Lane
) -> None:
    count = len(lane.lines)
    acked(hq, lane.file(1, count))

    def carried(view: Connection) -> list[str]:
        since, states = Since(view, 1), []
        for seq in range(count, -1, -1):
            while not since.reach(view, seq, 1):
                pass
            states.append(state_at(view, since, seq))
        return states[::-1]

    states = hq.books.read(carried)
    assert states == [lane.state(seq) for seq in range(count + 1)]


@pytest.mark.parametrize("carried", [1, 3, 2000])
def test_many_till_days_are_right_however_little_is_carried_at_a_time(
    hq: Headquarters, lane: Lane, carried: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reevaluation, "RECORDS_CARRIED", carried)
    for number in range(1, 7):
        first, last = 3 * number - 2, 3 * number
        acked(hq, file(lane, first, last, lane.day(first, last, number=number)))
    assert verdicts(hq) == [(number, "right") for number in range(6, 0, -1)]


def test_no_record_is_folded_twice_for_many_till_days(
    hq: Headquarters, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    folded = []

    def counting(line: str, stream: Stream) -> Record:
        folded.append(line)
        return posted_from(line, stream)

    monkeypatch.setattr(day_check, "posted_from", counting)
    for number in range(1, 21):
        acked(hq, file(lane, number, number, lane.day(number, number, number=number)))
    assert len(verdicts(hq)) == overview.DAYS_OF_A_TILL
    assert sorted(folded) == sorted(lane.lines[1:20])


def test_what_comes_while_till_days_are_checked_counts(
    hq: Headquarters, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reevaluation, "RECORDS_CARRIED", 2)
    for number in (1, 2):
        last = 5 * number
        acked(hq, file(lane, last - 4, last, lane.day(last - 4, last, number=number)))
    for seq in range(11, 20):
        hq.reevaluated()
        acked(hq, lane.file(seq, seq))
    assert verdicts(hq) == [(2, "right"), (1, "right")]


@pytest.mark.parametrize(
    ("wrong", "verdict"),
    [
        ({"state": "0" * 64}, BatchReason.STATE_DIFFERS),
        ({"totals": Totals()}, BatchReason.TOTALS_DIFFER),
    ],
)
def test_a_wrong_claim_is_told_and_strands_no_record(
    hq: Headquarters, lane: Lane, wrong: dict[str, object], verdict: BatchReason
) -> None:
    day = replace(lane.day(1, 12), **wrong)  # type: ignore[arg-type]  # each is a member's own
    assert acked(hq, file(lane, 1, 12, day)) == 12
    assert verdicts(hq) == [(1, verdict)]
    assert hq.overview(hq.clock()).days_differing == 1


def test_a_till_day_without_a_state_is_right_by_its_totals(hq: Headquarters, lane: Lane) -> None:
    assert acked(hq, file(lane, 1, 5, replace(lane.day(1, 5), state=""))) == 5
    assert verdicts(hq) == [(1, "right")]


def test_an_empty_till_day_is_right(hq: Headquarters, lane: Lane) -> None:
    assert acked(hq, file(lane, 1, 0, lane.day(1, 0))) == 0
    assert verdicts(hq) == [(1, "right")]


def test_a_till_day_that_comes_too_early_is_no_till_day_yet(hq: Headquarters, lane: Lane) -> None:
    data = file(lane, 6, 9, lane.day(6, 9, number=2))
    assert refusal(hq, data) is BatchReason.GAP
    assert verdicts(hq) == []
    acked(hq, lane.file(1, 5))
    acked(hq, data)
    assert verdicts(hq) == [(2, "right")]
    (till,) = hq.overview(hq.clock()).tills
    assert till.days_missing == 1


def test_a_till_day_made_again_takes_the_place_of_the_first(hq: Headquarters, lane: Lane) -> None:
    first = replace(lane.day(1, 5), state="0" * 64)
    acked(hq, file(lane, 1, 5, first))
    assert verdicts(hq) == [(1, BatchReason.STATE_DIFFERS)]
    acked(hq, file(lane, 1, 5, lane.day(1, 5)))
    assert verdicts(hq) == [(1, "right")]


def test_a_record_that_can_not_be_read_any_more_stops_no_other_till_day(
    lane: Lane, tmp_path: Path
) -> None:
    with hq_at(tmp_path, lane, program=TEXT) as hq:
        acked(hq, file(lane, 1, 5, lane.day(1, 5)))
        hq.books.write(
            lambda tx: tx.execute(
                "INSERT INTO record (stream, seq, hash, line, type, business_date)"
                " VALUES (1, 6, zeroblob(32), '{}', 'receipt', '2026-12-05')"
            )
        )
        assert verdicts(hq) == [(1, BatchReason.STATE_DIFFERS)]


def test_records_that_no_totals_can_be_made_of_are_told_and_stop_nothing(
    lane: Lane, tmp_path: Path
) -> None:
    odd = edited(lane, 2, result={"lines": [{}]})
    with hq_at(tmp_path, lane, program=TEXT) as hq:
        claims = (lane.day(1, 3), replace(lane.day(4, 6, number=2), state=odd.state(6)))
        acked(hq, file(odd, 1, 3, claims[0]))
        acked(hq, file(odd, 4, 6, claims[1]))
        assert verdicts(hq) == [(2, "right"), (1, BatchReason.TOTALS_DIFFER)]
