"""Whatever bytes come, and whatever a trusted till signs: an answer, never half of a batch."""

from __future__ import annotations

import hashlib
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
from loyaltyd.domain.record import canonical
from loyaltyd.hq.ingest import Headquarters
from loyaltyd.link.signatures import signature
from loyaltyd.link.wire import BATCH_SIGNED, FILE_BYTES_MAX, LINES_BYTES_MAX
from tests.hq.invariants import faults, held
from tests.hq.lanes import NOON, TEXT, Lane, acked, edited, hq_at, lane_at, refusal, settled

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
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
shallow = scalars | st.lists(scalars, max_size=3)
json_values = shallow | st.lists(st.dictionaries(st.text(), shallow, max_size=3), max_size=3)


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


def raw(lane: Lane, people: str = "", **members: object) -> bytes:
    """The file of a lane's first record with a line of people and a manifest as they are given."""
    batch = lane.batch(1, 1)
    above = f"{lane.stream.header()}\n{batch.lines[0]}\n" + (f"{people}\n" if people else "")
    said = {
        "v": 1,
        "type": "manifest",
        "first": 1,
        "last": 1,
        "previous": batch.previous.hex(),
        "head": batch.head.hex(),
        "people": 1 if people else 0,
        "created_at": "2026-12-05T12:00:00.000+00:00",
        "sha256": hashlib.sha256(above.encode()).hexdigest(),
        **members,
    }
    manifest = json.dumps(said)
    signed = signature(lane.key, BATCH_SIGNED + manifest.encode())
    closing = canonical({"v": 1, "type": "signature", "signature": signed})
    return packed(f"{above}{manifest}\n{closing}\n".encode())


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


def test_a_file_made_by_hand_is_taken(lane: Lane, tmp_path: Path) -> None:
    with hq_at(tmp_path, lane) as hq:
        assert acked(hq, raw(lane)) == 1


@pytest.mark.parametrize(
    "data",
    [
        {"people": '{"account":"a","name":"\\ud800","type":"person","v":1}'},
        {"people": '{"card":"a","number":"\\ud800","type":"number","v":1}'},
        {"people": '{"card":"a","type":"number","v":1}'},
        {"people": '{"account":"a","birthday":"never","type":"person","v":1}'},
        {"people": "[]"},
        {"people": "\0"},
        {"day": 5},
        {"day": {"number": 1}},
        {"day": {"number": HUGE, "business_date": "2026-12-05"}},
        {"day": {"number": 1, "business_date": "2026-12-05", "state": "\ud800"}},
        {"first": 0, "last": 0},
        {"first": -1, "last": -1},
        {"first": 1.0},
        {"last": HUGE},
        {"previous": "0" * 64},
        {"head": "0" * 63},
        {"created_at": "then"},
        {"v": 2},
    ],
    ids=range(18),
)
def test_whatever_a_manifest_or_a_person_says_there_is_an_answer(
    lane: Lane, tmp_path: Path, data: dict[str, Any]
) -> None:
    with hq_at(tmp_path, lane) as hq:
        refusal(hq, raw(lane, **data))
        assert held(tmp_path / "hq", lane.stream).seq == 0
        assert acked(hq, raw(lane)) == 1


def test_sums_that_leave_sqlites_integers_are_refused(lane: Lane, tmp_path: Path) -> None:
    much = {**POSTING, "amount": 1 << 60}
    lanes = edited(edited(lane, 1, postings=[much] * 3), 2, postings=[much] * 3)
    with hq_at(tmp_path, lane) as hq:
        assert acked(hq, lanes.file(1, 1)) == 1
        assert refusal(hq, lanes.file(2, 2)) is BatchReason.RECORD_INVALID
        assert faults(tmp_path / "hq", {lane.stream: lanes.lines}) == []


def test_sums_of_several_tills_may_be_larger(lane: Lane, tmp_path: Path) -> None:
    much = {**POSTING, "debit": "issued", "credit": "redeemed", "amount": 1 << 62}
    lanes = [edited(it, 1, postings=[much]) for it in (lane, lane_at(tmp_path / "4", "4", 1))]
    with hq_at(tmp_path, *lanes) as hq:
        assert [acked(hq, it.file(1, 1)) for it in lanes] == [1, 1]
        (wallet,) = [it for it in hq.overview(NOON).wallets if it.wallet == much["wallet"]]
        assert (wallet.issued, wallet.redeemed) == (1 << 63, 1 << 63)


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
