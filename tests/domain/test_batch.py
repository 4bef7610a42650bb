"""What headquarters takes of a batch, and what a till makes of headquarters' word."""

import datetime as dt
from dataclasses import replace

import pytest

from loyaltyd.domain.batch import (
    Batch,
    BatchReason,
    BatchRefusal,
    Disagreement,
    NewRecord,
    batch_of,
    disagreement,
    meeting,
    new_records,
)
from loyaltyd.domain.record import Head, chained, first_hash
from tests.domain.batches import STREAM, heads, lines

NOON = dt.datetime(2026, 12, 5, 12, tzinfo=dt.UTC)
LINES = lines(10)
HEADS = heads(LINES)


def part(first: int, last: int, of: list[str] = LINES) -> Batch:
    """The batch of records first..last."""
    return batch_of(STREAM, heads(of)[first - 1], of[first - 1 : last], (), NOON)


def offered(batch: Batch, head: Head) -> list[NewRecord] | BatchRefusal:
    """Offer batch to a headquarters whose log of the stream is LINES, cut at head."""
    return new_records(batch, head, HEADS[meeting(batch, head)].hash)


def seqs(batch: Batch, known: int) -> list[int]:
    taken = offered(batch, HEADS[known])
    assert isinstance(taken, list), taken
    assert all(HEADS[new.record.seq].hash == new.hash for new in taken)
    assert all(LINES[new.record.seq - 1] == new.line for new in taken)
    return [new.record.seq for new in taken]


def reason(batch: Batch, known: int) -> BatchReason:
    refused = offered(batch, HEADS[known])
    assert isinstance(refused, BatchRefusal), refused
    assert refused.head == HEADS[known]
    return refused.reason


def test_a_batch_names_where_it_begins_and_ends() -> None:
    batch = part(3, 7)
    assert (batch.first, batch.last) == (3, 7)
    assert (batch.previous, batch.head) == (HEADS[2].hash, HEADS[7].hash)


def test_a_batch_without_records_ends_before_it_begins() -> None:
    batch = part(6, 5)
    assert (batch.first, batch.last, batch.previous) == (6, 5, batch.head)


@pytest.mark.parametrize(
    ("first", "last", "known", "expected"),
    [
        (1, 4, 0, [1, 2, 3, 4]),  # the first
        (5, 10, 4, [5, 6, 7, 8, 9, 10]),  # the next
        (1, 4, 4, []),  # the same again
        (1, 4, 10, []),  # the same again, late
        (3, 7, 5, [6, 7]),  # half of it is known
        (1, 10, 9, [10]),  # all but one are known
        (6, 5, 5, []),  # a sign of life
        (4, 3, 10, []),  # an old sign of life
        (1, 0, 0, []),  # a sign of life of an empty log
    ],
)
def test_each_record_is_new_once_however_batches_overlap(
    first: int, last: int, known: int, expected: list[int]
) -> None:
    assert seqs(part(first, last), known) == expected


@pytest.mark.parametrize(("first", "last"), [(3, 7), (10, 10), (10, 9)])
def test_a_batch_that_begins_after_what_is_known_is_refused_as_a_gap(first: int, last: int) -> None:
    refused = offered(part(first, last), HEADS[1])
    assert isinstance(refused, BatchRefusal)
    assert refused.reason is BatchReason.GAP
    assert f"records 2 to {first - 1} are missing" in refused.detail


@pytest.mark.parametrize("known", [2, 5, 10])
def test_another_history_is_refused_wherever_the_two_meet(known: int) -> None:
    other = [*LINES[:1], *lines(9, first=2, program="other")]
    assert reason(part(1, 8, other), known) is BatchReason.FORK


@pytest.mark.parametrize("known", [0, 4, 8])
def test_a_history_of_its_own_after_a_common_start_is_taken_only_where_nothing_is_known(
    known: int,
) -> None:
    other = [*LINES[:4], *lines(4, first=5, program="other")]
    found = offered(part(1, 8, other), HEADS[known])
    assert isinstance(found, BatchRefusal) == (known > 4)


def test_lines_that_do_not_give_the_head_are_refused() -> None:
    batch = part(1, 5)
    swapped = replace(batch, lines=(batch.lines[1], batch.lines[0], *batch.lines[2:]))
    assert reason(swapped, 0) is BatchReason.CHAIN_BROKEN
    assert reason(replace(batch, head=bytes(32)), 0) is BatchReason.CHAIN_BROKEN
    assert reason(replace(batch, lines=batch.lines[:-1]), 0) is BatchReason.CHAIN_BROKEN


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        "{}",
        "1",
        LINES[0],  # record 1 again
        LINES[2].replace('"till":"3"', '"till":"4"'),
        LINES[2].replace('"seq":3', '"seq":"3"'),
        LINES[2].replace('"seq":3', '"seq":4'),
        LINES[2].replace('"business_date":"2026-12-05"', '"business_date":"Saturday"'),
        "[" * 100_000,
    ],
)
def test_a_line_that_is_no_record_at_its_place_is_refused(line: str) -> None:
    forged = [*LINES[:2], line, *LINES[3:5]]
    refused = offered(part(1, 5, forged), HEADS[0])
    assert isinstance(refused, BatchRefusal)
    assert refused.reason is BatchReason.RECORD_INVALID
    assert refused.detail.startswith("record 3")


def test_a_record_of_an_unknown_type_is_kept_as_it_is() -> None:
    later = [LINES[0], LINES[1].replace('"type":"receipt"', '"type":"teleport"')]
    taken = new_records(part(1, 2, later), HEADS[0], first_hash(STREAM))
    assert isinstance(taken, list)
    assert [new.record.type for new in taken] == ["receipt", "teleport"]


@pytest.mark.parametrize(
    ("theirs", "own", "expected"),
    [
        (HEADS[5], 10, None),
        (HEADS[10], 10, None),
        (HEADS[0], 10, None),
        (HEADS[10], 9, Disagreement.BEHIND),
        (Head(5, bytes(32)), 10, Disagreement.FORK),
    ],
)
def test_a_till_goes_on_only_from_where_headquarters_has_its_own_history(
    theirs: Head, own: int, expected: Disagreement | None
) -> None:
    own_hash = HEADS[theirs.seq].hash if theirs.seq <= own else None
    assert disagreement(theirs, HEADS[own], own_hash) == expected


def test_the_heads_of_these_tests_are_the_chain() -> None:
    assert HEADS[0] == Head(0, first_hash(STREAM))
    assert HEADS[1] == Head(1, chained(first_hash(STREAM), LINES[0]))
