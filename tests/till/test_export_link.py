"""Till-days on their way: the spool, real headquarters, and the answer that lets go of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.domain.batch import BatchReason, BatchRefusal, Refused
from loyaltyd.link.signatures import signature
from loyaltyd.link.spool import BATCH, DAY, REFUSAL
from loyaltyd.link.wire import FILE_BYTES_MAX, file_hash, refusal_bytes
from tests.till.nights import a_week, saturday, sunday
from tests.till.road import Road, road_at, trusting


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    with road_at(tmp_path) as found:
        yield found


def test_a_till_day_alone_brings_all_records_and_goes_when_it_is_answered(road: Road) -> None:
    saturday(road.nights.shop)
    road.nights.export()
    road.carry(DAY)
    state = road.tick()
    assert (state.acked, state.waiting, state.trouble) == (3, 0, "")
    assert road.spool.out.names() == []
    assert road.verdicts() == [(1, "right")]


def test_what_acknowledges_a_batch_lets_go_of_no_till_day(road: Road) -> None:
    saturday(road.nights.shop)
    road.tick()
    road.nights.export()
    (day,) = road.days()
    road.carry(BATCH)
    assert road.tick().acked == 3
    assert road.spool.out.names() == [day]
    road.carry()
    road.tick()
    assert road.spool.out.names() == []


def test_a_refused_till_day_stays_as_it_was_made(road: Road) -> None:
    saturday(road.nights.shop)
    road.nights.export()
    (day,) = road.days()
    data = road.spool.out.read(day, FILE_BYTES_MAX)
    assert data is not None
    answer = road.hq.taken(data[:-1])  # cut on the way: what headquarters refuses is another file
    road.spool.into.put(day + REFUSAL, answer.data)
    road.tick()
    assert road.days() == [day]
    refusal = BatchRefusal(reason=BatchReason.ALTERED, detail="a flipped bit")
    refused = Refused(file=file_hash(data), refusal=refusal, at=road.nights.shop.clock())
    said = refusal_bytes(refused, lambda message: signature(road.hq.key, message))
    road.spool.into.put(day + REFUSAL, said)
    road.tick()
    assert road.spool.out.read(day, FILE_BYTES_MAX) == data


def test_a_weeks_files_are_right_at_headquarters_whatever_the_batches_brought(
    tmp_path: Path,
) -> None:
    files = a_week(tmp_path)
    hq = trusting(tmp_path)
    try:
        for file in (*files, *files):
            assert hq.taken(file).reason is None
        while hq.reevaluated():
            pass
        seen = hq.overview(dt.datetime.now(dt.UTC))
        assert sorted((it.number, it.verdict) for it in seen.days) == [
            (number, "right") for number in range(1, 6)
        ]
        assert seen.days_differing == 0
    finally:
        hq.close()


def test_exports_and_batches_mix_through_two_days(road: Road) -> None:
    for trade in (saturday, sunday):
        trade(road.nights.shop)
        road.tick()
        road.nights.export()
        road.carry()
        road.tick()
        road.nights.sleep()
    assert road.verdicts() == [(1, "right"), (2, "right")]
    assert road.spool.out.names() == []
