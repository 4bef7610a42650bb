"""Whatever bytes come, and whatever a trusted till signs: an answer, never half of a batch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.batch import BatchReason
from loyaltyd.hq.ingest import Headquarters
from loyaltyd.link.wire import FILE_BYTES_MAX, LINES_BYTES_MAX
from tests.hq.invariants import faults, held
from tests.hq.lanes import TEXT, Lane, acked, edited, hq_at, lane_at, refusal, settled

HUGE = 10**30
UNREADABLE = {BatchReason.UNREADABLE, BatchReason.ALTERED, BatchReason.TOO_LARGE}
POSTING = {
    "account": "a" * 32,
    "wallet": "bonus",
    "debit": "issued",
    "credit": "lot/2026-12-19/-",
    "amount": 5,
}
COUNTER = {"account": "a" * 32, "name": "spend", "date": "2026-12-05", "amount": 5}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Lane:
    return lane_at(tmp_path_factory.mktemp("till"), receipts=4)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, lane: Lane) -> Iterator[Headquarters]:
    """Headquarters that has the first record, and is offered a thousand things."""
    folder = tmp_path_factory.mktemp("hq")
    with hq_at(folder, lane, program=TEXT) as hq:
        assert acked(hq, lane.file(1, 1)) == 1
        yield hq
        assert faults(folder / "hq", {lane.stream: lane.lines}) == []


def packed(text: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=19).compress(text)


def with_line(lane: Lane, line: str) -> Lane:
    """The lane whose till wrote that as its second record, and signs it."""
    return replace(lane, lines=(lane.lines[0], line))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 100,
        b"x" * (FILE_BYTES_MAX + 1),
        packed(b""),
        packed(b"\n"),
        packed(b"{}\n{}\n"),
        packed(b"[]\n[]\n"),
        packed(b"1\n2\n"),
        packed(b'{"v":1}\n' * 3),
        packed(b"\xff\xfe\n\xff\n"),
        packed(b"\0\n\0\n\0\n"),
        packed(b"[" * 100_000 + b"\n{}\n"),
        packed(b"0" * (LINES_BYTES_MAX + 1)),  # a bomb that says its size
        zstandard.ZstdCompressor(write_content_size=False).compress(b"0" * (LINES_BYTES_MAX + 1)),
        packed(b"a\nb\n") + packed(b"c\nd\n"),
    ],
    ids=range(15),
)
def test_what_is_no_batch_is_refused(shared: Headquarters, data: bytes) -> None:
    assert refusal(shared, data) in UNREADABLE


@given(st.binary(max_size=300) | st.binary(max_size=300).map(packed))
def test_any_bytes_are_refused(shared: Headquarters, data: bytes) -> None:
    assert refusal(shared, data) in UNREADABLE


def test_every_cut_of_a_file_is_refused(shared: Headquarters, lane: Lane) -> None:
    data = lane.file(2, 3)
    for end in range(0, len(data), 7):
        assert refusal(shared, data[:end]) in UNREADABLE


@pytest.mark.parametrize(
    "members",
    [
        {"postings": [{**POSTING, "amount": HUGE}]},
        {"postings": [{**POSTING, "amount": -HUGE}]},
        {"postings": [{**POSTING, "amount": 1.5}]},
        {"postings": [{**POSTING, "amount": "5"}]},
        {"postings": [{**POSTING, "amount": None}]},
        {"postings": [{**POSTING, "amount": [1]}]},
        {"postings": [{**POSTING, "debit": "x", "credit": "y", "amount": HUGE}]},
        {"postings": [{**POSTING, "amount": 1 << 61}] * 5},
        {"postings": [{"account": "a"}]},
        {"postings": {"account": "a"}},
        {"postings": [7]},
        {"postings": 7},
        {"postings": None},
        {"counters": [{**COUNTER, "amount": HUGE}]},
        {"counters": [{**COUNTER, "amount": 0.5}]},
        {"counters": [{**COUNTER, "amount": True, "date": None, "name": []}] * 2, "postings": 1},
        {"counters": "spend"},
        {"card": {"id": "a"}},
        {"seq": 2},
        {"seq": 2.5},
        {"seq": "3"},
        {"seq": HUGE},
        {"type": 5},
        {"type": ["receipt"]},
        {"type": None},
        {"epoch": "f" * 16},
        {"till": "4"},
        {"at": "yesterday" * 1000},
        {"at": 5},
        {"business_date": "2026-13-01"},
        {"clock": {}},
        {"program": "zelenka"},
        {"program": {"id": "x", "version": HUGE, "hash": "0"}},
        {"program": {"id": ["x"], "version": 1, "hash": "0"}},
        {"program": {"id": "x", "version": 1, "hash": {}}},
    ],
    ids=range(35),
)
def test_a_record_that_can_not_be_added_up_is_refused_with_all_of_its_batch(
    shared: Headquarters, lane: Lane, members: dict[str, Any]
) -> None:
    assert refusal(shared, edited(lane, 3, **members).file(2, 4)) is BatchReason.RECORD_INVALID
    assert [it.seq for it in shared.overview(shared.clock()).tills] == [1]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}",
        "null",
        "[" * 100_000,
        '{"a":' * 5000 + "1" + "}" * 5000,
        "x" * (10 << 20),  # ten megabytes that compress to nothing
        "\0",
        '{"v":1,"type":"\ud7ff"}',
        "NaN",
    ],
    ids=lambda it: it[:10],
)
def test_a_line_that_is_no_record_is_refused(shared: Headquarters, lane: Lane, line: str) -> None:
    data = with_line(lane, line).file(2, 2)
    assert refusal(shared, data) is BatchReason.RECORD_INVALID


def test_a_record_of_ten_megabytes_is_refused(shared: Headquarters, lane: Lane) -> None:
    data = edited(lane, 2, more="x" * (10 << 20)).file(2, 2)
    assert refusal(shared, data) is BatchReason.RECORD_INVALID


def test_half_of_a_surrogate_pair_is_refused(shared: Headquarters, lane: Lane) -> None:
    line = lane.lines[1].replace('"at":', '"a":"\\ud800","at":')
    assert refusal(shared, with_line(lane, line).file(2, 2)) is BatchReason.RECORD_INVALID


@given(name=st.sampled_from(["postings", "counters", "card", "type", "seen"]), value=json_values)
def test_any_member_gets_an_answer_and_never_half_a_batch(
    lane: Lane, tmp_path_factory: pytest.TempPathFactory, name: str, value: object
) -> None:
    folder = tmp_path_factory.mktemp("any")
    try:
        odd = edited(lane, 2, **{name: value})
        data = odd.file(1, 4)
    except UnicodeEncodeError:  # no text: it can't be written into a file
        return
    with hq_at(folder, lane, program=TEXT) as hq:
        answer = hq.taken(data)
        assert held(folder / "hq", lane.stream).seq == (0 if answer.reason else 4)
        settled(hq)
        assert faults(folder / "hq", {lane.stream: odd.lines}) == []


def test_sums_that_leave_sqlites_integers_are_refused(lane: Lane, tmp_path: Path) -> None:
    much = {**POSTING, "amount": 1 << 60}
    lanes = edited(edited(lane, 1, postings=[much] * 3), 2, postings=[much] * 3)
    with hq_at(tmp_path, lane) as hq:
        assert acked(hq, lanes.file(1, 1)) == 1
        assert refusal(hq, lanes.file(2, 2)) is BatchReason.RECORD_INVALID
        assert faults(tmp_path / "hq", {lane.stream: lanes.lines}) == []


def test_nul_in_a_name_is_kept_as_it_is(lane: Lane, tmp_path: Path) -> None:
    odd = edited(lane, 1, postings=[{**POSTING, "account": "a\0b"}], id="\0")
    with hq_at(tmp_path, lane) as hq:
        assert acked(hq, odd.file(1, 1)) == 1
        assert faults(tmp_path / "hq", {lane.stream: odd.lines}) == []


def test_a_record_of_an_unknown_type_is_kept_and_not_added_up(lane: Lane, tmp_path: Path) -> None:
    odd = edited(lane, 2, type="stamp-duty", postings=[POSTING])
    with hq_at(tmp_path, lane) as hq:
        assert acked(hq, odd.file(1, 4)) == 4
        settled(hq)
        assert faults(tmp_path / "hq", {lane.stream: odd.lines}) == []


def test_a_refusal_quotes_nothing_of_the_file(shared: Headquarters, lane: Lane) -> None:
    number = "2990000000019"
    for members in (
        {"at": number},
        {"seq": number},
        {"card": {"id": number}},
        {"postings": [number]},
    ):
        assert number not in shared.taken(edited(lane, 2, **members).file(2, 2)).data.decode()
    assert number not in str(json.dumps([it.detail for it in _refused(shared)]))


def _refused(hq: Headquarters) -> list[Any]:
    return list(hq.overview(hq.clock()).refused)
