"""A till was last heard when it made the newest batch that came, and never after now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loyaltyd.hq.ingest import Headquarters, open_hq
from loyaltyd.hq.trusting import trusted_file
from tests.hq.lanes import NOON, Lane, acked, lane_at, refusal

LATER = NOON + dt.timedelta(hours=9)
LAST = dt.datetime.max.replace(tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Lane:
    return lane_at(tmp_path_factory.mktemp("till"), receipts=9)


@pytest.fixture
def hq(tmp_path: Path, lane: Lane) -> Iterator[Headquarters]:
    opened = open_hq(tmp_path / "hq", lambda: LATER)
    trusted_file(opened, lane.public(tmp_path))
    yield opened
    opened.close()


def file(lane: Lane, first: int, last: int, at: dt.datetime) -> bytes:
    return lane.signed(replace(lane.batch(first, last), created_at=at))


def heard(hq: Headquarters) -> dt.datetime | None:
    (till,) = hq.overview(LATER).tills
    return till.contact_at


def test_an_old_file_that_comes_again_is_no_sign_of_life(hq: Headquarters, lane: Lane) -> None:
    hour = dt.timedelta(hours=1)
    acked(hq, file(lane, 1, 3, NOON))
    assert heard(hq) == NOON
    acked(hq, file(lane, 4, 3, NOON + hour))  # without records: the till says that it is there
    for _ in range(2):
        acked(hq, file(lane, 1, 3, NOON))
        assert heard(hq) == NOON + hour
    refusal(hq, file(lane, 9, 9, NOON + 2 * hour))
    assert heard(hq) == NOON + 2 * hour


@pytest.mark.parametrize(
    "at", [LATER + dt.timedelta(days=400), dt.datetime.max.replace(tzinfo=dt.UTC)]
)
def test_a_clock_that_is_ahead_is_heard_now(hq: Headquarters, lane: Lane, at: dt.datetime) -> None:
    acked(hq, file(lane, 1, 3, at))
    assert heard(hq) == LATER


def test_times_of_other_offsets_are_compared_as_moments(hq: Headquarters, lane: Lane) -> None:
    east = dt.timezone(dt.timedelta(hours=14))
    acked(hq, file(lane, 1, 3, NOON))
    acked(hq, file(lane, 4, 5, (NOON - dt.timedelta(hours=1)).astimezone(east)))
    assert heard(hq) == NOON


def test_a_time_before_all_clocks_is_taken(hq: Headquarters, lane: Lane) -> None:
    east = dt.timezone(dt.timedelta(hours=14))
    assert acked(hq, file(lane, 1, 3, dt.datetime(1, 1, 1, tzinfo=east))) == 3
    assert heard(hq) == dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
