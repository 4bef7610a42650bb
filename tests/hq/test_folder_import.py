"""Files that came by hand are taken as those over the network, and answered where they lay."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loyaltyd.domain.batch import Ack, BatchReason, Refused
from loyaltyd.domain.errors import ConfigError, LinkError
from loyaltyd.hq.folder_import import imported
from loyaltyd.hq.ingest import Headquarters
from loyaltyd.link.signatures import is_signed, public_hex
from loyaltyd.link.spool import ACK, BATCH, REFUSAL, Spool, file_name
from loyaltyd.link.wire import answer_from
from tests.hq.invariants import faults, held
from tests.hq.lanes import TEXT, Lane, acked, hq_at, lane_at

TABLES = ("record", "lot", "counter", "card", "total", "person", "number")


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Lane:
    return lane_at(tmp_path_factory.mktemp("till"), receipts=8)


@pytest.fixture
def hq(tmp_path: Path, lane: Lane) -> Iterator[Headquarters]:
    with hq_at(tmp_path, lane, program=TEXT) as opened:
        yield opened
        assert faults(tmp_path / "hq", {lane.stream: lane.lines}) == []


@pytest.fixture
def stick(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "stick")


def put(stick: Spool, lane: Lane, first: int, last: int) -> str:
    batch = lane.batch(first, last)
    stick.out.put(file_name(batch), lane.signed(batch))
    return file_name(batch)


def outcomes(hq: Headquarters, *paths: Path) -> dict[str, BatchReason | None]:
    return {it.path.name: it.answer.reason for it in imported(hq, paths)}


def test_a_folder_is_taken_whole_and_each_file_answered_in_it(
    hq: Headquarters, lane: Lane, stick: Spool, tmp_path: Path
) -> None:
    names = [put(stick, lane, first, first + 2) for first in (1, 4, 7)]
    assert outcomes(hq, tmp_path / "stick") == dict.fromkeys(names)
    assert held(tmp_path / "hq", lane.stream) == lane.head(9)
    assert stick.into.names() == [f"{name}{ACK}" for name in names]
    data = stick.into.read(f"{names[2]}{ACK}", 4096)
    assert data is not None
    answer = answer_from(data, public_hex(hq.key), is_signed)
    assert isinstance(answer, Ack)
    assert answer.head == lane.head(9)


def test_what_one_file_lacks_another_brings(
    hq: Headquarters, lane: Lane, stick: Spool, tmp_path: Path
) -> None:
    first = put(stick, replace(lane, lines=lane.lines[:3]), 1, 3)
    day = replace(lane.batch(4, 6), day=lane.day(4, 6))  # its name sorts after the batches'
    stick.out.put(file_name(day), lane.signed(day))
    last = put(stick, lane, 7, 8)
    assert outcomes(hq, tmp_path / "stick") == dict.fromkeys([first, file_name(day), last])
    assert held(tmp_path / "hq", lane.stream) == lane.head(8)


def test_a_gap_that_no_file_fills_is_refused_once(
    hq: Headquarters, lane: Lane, stick: Spool, tmp_path: Path
) -> None:
    name = put(stick, lane, 4, 6)
    assert outcomes(hq, tmp_path / "stick") == {name: BatchReason.GAP}
    assert stick.into.names() == [f"{name}{REFUSAL}"]


def test_the_same_stick_twice_changes_nothing(
    hq: Headquarters, lane: Lane, stick: Spool, tmp_path: Path
) -> None:
    name = put(stick, lane, 1, 6)
    for _ in range(2):
        assert outcomes(hq, tmp_path / "stick") == {name: None}
    assert held(tmp_path / "hq", lane.stream) == lane.head(6)


def test_single_files_are_taken_without_an_answer_beside(
    hq: Headquarters, lane: Lane, tmp_path: Path
) -> None:
    file = tmp_path / "one.zst"
    file.write_bytes(lane.file(1, 4))
    assert outcomes(hq, file) == {"one.zst": None}
    assert not (tmp_path / "in").exists()


def test_a_file_behind_a_link_that_somebody_named_is_taken(
    hq: Headquarters, lane: Lane, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(lane.file(1, 3))
    (tmp_path / "link").symlink_to("file")
    assert outcomes(hq, tmp_path / "link") == {"file": None}


def test_a_file_that_can_not_be_answered_holds_no_other_up(
    hq: Headquarters, lane: Lane, stick: Spool, tmp_path: Path
) -> None:
    long = "0" * (255 - len(BATCH)) + BATCH  # a name to which nothing can be added
    (stick.out.folder / long).write_bytes(b"anybody's")
    put(stick, lane, 1, 5)
    with pytest.raises(LinkError, match=r"in: file name too long"):
        list(imported(hq, [tmp_path / "stick"]))
    assert hq.overview(hq.clock()).tills[0].seq == 5
    assert [name.endswith(ACK) for name in stick.into.names()] == [True]


def test_a_stick_that_nobody_may_write_is_taken_whole(
    hq: Headquarters, lane: Lane, stick: Spool, tmp_path: Path
) -> None:
    put(stick, lane, 1, 5)
    put(stick, lane, 6, 8)
    stick.into.folder.rmdir()
    stick.into.folder.write_bytes(b"in the way")
    with pytest.raises(LinkError, match=r"in: file exists"):
        list(imported(hq, [tmp_path / "stick"]))
    assert hq.overview(hq.clock()).tills[0].seq == 8


def test_a_spoilt_file_is_refused_and_the_others_are_taken(
    hq: Headquarters, lane: Lane, stick: Spool, tmp_path: Path
) -> None:
    good, bad = put(stick, lane, 1, 4), file_name(lane.batch(5, 6))
    stick.out.put(bad, lane.file(5, 6)[:-3])
    assert outcomes(hq, tmp_path / "stick") == {good: None, bad: BatchReason.UNREADABLE}
    data = stick.into.read(f"{bad}{REFUSAL}", 4096)
    assert data is not None
    assert isinstance(answer_from(data, public_hex(hq.key), is_signed), Refused)


def test_other_files_links_and_pipes_on_a_stick_are_left_alone(
    hq: Headquarters, lane: Lane, stick: Spool, tmp_path: Path
) -> None:
    name = put(stick, lane, 1, 2)
    (stick.out.folder / "holiday.jpg").write_bytes(b"...")
    (stick.out.folder / "a.batch.jsonl.zst").symlink_to("/etc/passwd")
    os.mkfifo(stick.out.folder / "b.batch.jsonl.zst")
    assert outcomes(hq, tmp_path / "stick") == {name: None}


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_path_that_is_no_spool_is_told(hq: Headquarters, tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"no folder out/|no file or folder"):
        list(imported(hq, [tmp_path / name]))


def test_by_hand_and_over_the_network_lead_to_the_same(lane: Lane, tmp_path: Path) -> None:
    stick = Spool(tmp_path / "stick")
    for first in (1, 4, 7):
        put(stick, lane, first, first + 2)
    with hq_at(tmp_path / "a", lane) as one, hq_at(tmp_path / "b", lane) as other:
        outcomes(one, tmp_path / "stick")
        for first in (1, 4, 7):
            acked(other, lane.file(first, first + 2))
        for table in TABLES:
            rows = [
                hq.books.read(lambda view: view.execute(f"SELECT * FROM {table}").fetchall())  # noqa: B023, S608 - called at once, with names of ours
                for hq in (one, other)
            ]
            assert rows[0] == rows[1]
