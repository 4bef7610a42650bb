"""What is refused lies aside under its hash, as much of it as is kept, and is told of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.domain.batch import BatchReason
from loyaltyd.domain.errors import StoreError
from loyaltyd.hq.ingest import Headquarters, open_hq
from loyaltyd.hq.store import refused
from loyaltyd.link.wire import file_hash
from tests.hq.lanes import Lane, acked, hq_at, lane_at, refusal


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Lane:
    return lane_at(tmp_path_factory.mktemp("till"), receipts=8)


@pytest.fixture
def hq(tmp_path: Path, lane: Lane) -> Iterator[Headquarters]:
    with hq_at(tmp_path, lane) as opened:
        yield opened


def aside(folder: Path) -> set[str]:
    return {path.name for path in (folder / "hq" / "aside").iterdir()}


def test_a_refused_file_lies_aside_as_it_came(hq: Headquarters, tmp_path: Path) -> None:
    refusal(hq, b"no batch")
    (name,) = aside(tmp_path)
    assert name == file_hash(b"no batch")
    assert (tmp_path / "hq" / "aside" / name).read_bytes() == b"no batch"
    (shown,) = hq.overview(hq.clock()).refused
    assert (shown.file, shown.till, shown.size, shown.times) == (name, None, 8, 1)
    assert shown.reason is BatchReason.UNREADABLE


def test_one_that_comes_again_is_one_file_that_came_twice(hq: Headquarters, tmp_path: Path) -> None:
    for _ in range(2):
        refusal(hq, b"no batch")
    assert [it.times for it in hq.overview(hq.clock()).refused] == [2]
    assert len(aside(tmp_path)) == 1


def test_what_a_trusted_till_signed_names_the_till(hq: Headquarters, lane: Lane) -> None:
    assert refusal(hq, lane.file(4, 5)) is BatchReason.GAP
    (shown,) = hq.overview(hq.clock()).refused
    assert shown.till is not None
    assert shown.till.epoch == lane.stream.epoch


def test_what_is_taken_after_all_is_no_longer_aside(
    hq: Headquarters, lane: Lane, tmp_path: Path
) -> None:
    refusal(hq, lane.file(4, 5))
    for first, last in ((1, 3), (4, 5)):
        acked(hq, lane.file(first, last))
    assert aside(tmp_path) == set()
    assert hq.overview(hq.clock()).refused_count == 0


@pytest.mark.parametrize(("limit", "value"), [("FILES_MAX", 3), ("BYTES_MAX", 9)])
def test_the_oldest_go_first_when_there_are_too_many(
    hq: Headquarters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(refused, limit, value)
    for number in range(5):
        refusal(hq, b"no%d" % number)
    shown = hq.overview(hq.clock()).refused
    assert {it.file for it in shown} == aside(tmp_path)
    assert len(shown) == 3
    assert file_hash(b"no4") in aside(tmp_path)


def test_what_anybody_sends_does_not_push_out_what_a_till_signed(
    hq: Headquarters, lane: Lane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused, "FILES_MAX", 2)
    signed = lane.file(4, 5)
    refusal(hq, signed)
    for number in range(5):
        refusal(hq, b"no%d" % number)
    assert file_hash(signed) in aside(tmp_path)
    assert len(aside(tmp_path)) == 3


def test_nothing_is_promised_of_a_file_that_can_not_be_kept_aside(
    hq: Headquarters, lane: Lane, tmp_path: Path
) -> None:
    (tmp_path / "hq" / "aside").rmdir()
    with pytest.raises(StoreError):
        hq.taken(b"no batch")
    assert acked(hq, lane.file(1, 2)) == 2  # what needs no place aside is taken
    (tmp_path / "hq" / "aside").mkdir()
    refusal(hq, b"no batch")


def test_a_file_aside_that_nobody_noted_goes_at_a_start_when_it_is_old(
    hq: Headquarters, tmp_path: Path
) -> None:
    stray = tmp_path / "hq" / "aside" / ("0" * 64)
    stray.write_bytes(b"of a killed process")
    refusal(hq, b"no batch")
    hq.close()
    later = hq.clock().replace(year=hq.clock().year + 1)
    for clock, left in ((hq.clock, 2), (lambda: later, 1)):
        open_hq(tmp_path / "hq", clock).close()
        assert len(aside(tmp_path)) == left
    assert not stray.exists()
