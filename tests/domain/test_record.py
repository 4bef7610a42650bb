"""A record is one line of canonical JSON, chained by SHA-256, and reads back as it was."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.record import (
    COMMON,
    Fact,
    Moment,
    ProgramRef,
    Record,
    Stream,
    canonical,
    chained,
    first_hash,
    record_from,
)
from tests.domain.receipts import SATURDAY

STREAM = Stream(chain="zelenka", store="msk-017", till="3", epoch="00" * 8, key="ab" * 32)
MOMENT = Moment(
    at=SATURDAY, recorded_at=SATURDAY, clock="synced", business_date=dt.date(2026, 12, 5)
)
PROGRAM = ProgramRef(id="zelenka", version=12, hash="cd" * 32)


def made(kind: str = "receipt", body: dict[str, Fact] | None = None) -> Record:
    return Record(seq=1, type=kind, stream=STREAM, moment=MOMENT, program=PROGRAM, body=body or {})


facts: st.SearchStrategy[Fact] = st.recursive(
    st.text(st.characters(codec="utf-8"), max_size=9) | st.integers(-(2**53), 2**53),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
bodies = st.dictionaries(st.sampled_from(["id", "lines", "Ы", "z"]), facts, max_size=4)


@given(st.sampled_from(["receipt", "a type of tomorrow"]), bodies)
def test_a_line_reads_back_as_the_same_record_and_the_same_bytes(
    kind: str, body: dict[str, Fact]
) -> None:
    record = made(kind, body)
    assert record_from(record.line, STREAM) == record
    assert record_from(record.line, STREAM).line == record.line
    assert "\n" not in record.line


@given(facts)
def test_canonical_json_is_sorted_compact_and_means_the_same(value: Fact) -> None:
    line = canonical(value)
    assert json.loads(line) == value
    assert line == json.dumps(
        json.loads(line), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


@pytest.mark.parametrize("value", [1.5, True, None, ["x", 2.0], {"a": {"b": False}}, b"x"])
def test_a_record_holds_no_fraction_no_null_and_no_truth(value: object) -> None:
    with pytest.raises(TypeError, match="a record holds strings and integers"):
        canonical(value)  # type: ignore[arg-type]  # that is the point


def test_every_line_has_the_common_members_and_its_offset_in_minutes() -> None:
    members = json.loads(made().line)
    assert set(members) == COMMON
    assert (members["at"], members["offset"]) == ("2026-12-05T10:30:00+03:00", 180)


def test_the_chain_starts_at_the_streams_header_and_takes_in_each_line() -> None:
    start = first_hash(STREAM)
    assert start == hashlib.sha256(STREAM.header().encode()).digest()
    assert chained(start, "x") == hashlib.sha256(start + b"x").digest()
    assert first_hash(replace(STREAM, epoch="11" * 8)) != start


def test_a_body_cannot_pass_itself_off_as_a_common_member() -> None:
    assert json.loads(made(body={"seq": 99, "type": "forged"}).line)["seq"] == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[]", "members are missing"),
        ("{}", "members are missing"),
        (made().line.replace("msk-017", "msk-018"), "belongs to another stream"),
        (made().line.replace('"at":"2026', '"at":"20x6'), "."),
        (made().line.replace('"at":"2026-12-05T10:30:00+03:00"', '"at":7'), "not a record"),
        (made().line.replace('"program":{', '"program":7,"p":{'), "not a record"),
        (made().line.replace('"hash":', '"h":'), "not a record"),
        ("{", "."),
    ],
)
def test_what_is_no_line_of_the_stream_is_a_value_error(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        record_from(line, STREAM)
