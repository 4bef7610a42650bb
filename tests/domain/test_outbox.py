"""Which records a till still has to offer, and what each answer of headquarters means."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.batch import RECORDS_MAX, Ack, Acked, BatchReason, BatchRefusal, Refused
from loyaltyd.domain.outbox import PATIENCE_S, Pace, Span, Verdict, is_due, unoffered, verdict
from loyaltyd.domain.record import Head
from tests.domain.batches import STREAM

NOON = dt.datetime(2026, 12, 5, 12, tzinfo=dt.UTC)
LATER, EARLIER = NOON + dt.timedelta(seconds=1), NOON - dt.timedelta(seconds=1)
KNOWN = Acked(Head(5, b"5" * 32), NOON)
OWN = Head(9, b"9" * 32)

SPANS = st.lists(
    st.builds(
        lambda first, count: Span(first, first + count), st.integers(1, 60), st.integers(0, 9)
    )
)


def at(seq: int) -> Head:
    """The till's own head at seq."""
    return Head(seq, str(seq).encode() * 32)


@given(acked=st.integers(0, 60), head=st.integers(0, 60), files=SPANS)
def test_what_is_offered_next_lies_in_no_file_and_ends_before_the_next_one(
    acked: int, head: int, files: list[Span]
) -> None:
    offered = {seq for file in files for seq in range(file.first, file.last + 1)}
    missing = [seq for seq in range(acked + 1, head + 1) if seq not in offered]
    span = unoffered(acked, head, files)
    if not missing:
        assert span is None
        return
    assert span is not None
    run = range(span.first, span.last + 1)
    assert span.first == missing[0]
    assert set(run) <= set(missing)
    assert span.last == head or span.last + 1 in offered


@pytest.mark.parametrize(("head", "last"), [(999, 999), (1000, 1000), (1001, 1000)])
def test_a_file_has_a_thousand_records_at_most(head: int, last: int) -> None:
    assert unoffered(0, head, []) == Span(1, last)


def pace(made_s: float, oldest_s: float = 0.0) -> Pace:
    return Pace(every_s=30.0, made_s=made_s, oldest_s=oldest_s)


FULL, PART = Span(11, 10 + RECORDS_MAX), Span(11, 9 + RECORDS_MAX)
BEFORE, AFTER = Span(1, 10), Span(10 + RECORDS_MAX, 2000)


@pytest.mark.parametrize(
    ("span", "files", "told", "due"),
    [
        (FULL, [BEFORE], pace(0), True),
        (PART, [], pace(29.9), False),
        (PART, [], pace(30), True),
        (PART, [BEFORE], pace(30), False),
        (PART, [BEFORE], pace(30, PATIENCE_S - 0.1), False),
        (PART, [BEFORE], pace(30, PATIENCE_S), True),
        (PART, [BEFORE], pace(29.9, PATIENCE_S), False),
        (PART, [BEFORE, AFTER], pace(30), True),
        (PART, [BEFORE, AFTER], pace(29.9), False),
    ],
)
def test_a_file_is_due_when_it_is_full_or_nothing_waits_or_long_enough(
    span: Span, files: list[Span], told: Pace, due: bool
) -> None:
    assert is_due(span, files, told) == due


def told(head: Head, when: dt.datetime) -> Verdict:
    ack = Ack(stream=STREAM, head=head, at=when)
    return verdict(ack, KNOWN, OWN, at(head.seq).hash)


@pytest.mark.parametrize("when", [EARLIER, NOON, LATER])
def test_an_ack_past_the_cursor_moves_it_whatever_the_clocks_say(when: dt.datetime) -> None:
    assert told(at(6), when) == Verdict(acked=at(6))


def test_an_ack_at_the_cursor_is_news_only_when_it_is_newer() -> None:
    assert told(at(5), LATER) == Verdict(acked=at(5))
    assert not told(at(5), NOON).news
    first = Acked(Head(0, b"0" * 32), None)
    ack = Ack(stream=STREAM, head=first.head, at=NOON)
    assert verdict(ack, first, OWN, first.head.hash).news


def test_an_ack_before_the_cursor_is_stale() -> None:
    assert told(at(4), LATER) == Verdict(news=False)


@pytest.mark.parametrize("seq", [4, 5, 9])
def test_another_hash_is_a_fork_wherever_it_is(seq: int) -> None:
    found = told(Head(seq, b"x" * 32), LATER)
    assert found.trouble.startswith("fork: ")
    assert found.acked is None


def test_a_head_past_the_log_is_an_old_copy() -> None:
    found = told(at(10), LATER)
    assert (found.acked, found.trouble.split(":")[0]) == (None, "till_behind")


def refused(reason: BatchReason, head: Head | None, when: dt.datetime = LATER) -> Verdict:
    refusal = BatchRefusal(reason=reason, detail="so", head=head)
    own = None if head is None else at(head.seq).hash
    return verdict(Refused(file="f" * 64, refusal=refusal, at=when), KNOWN, OWN, own)


@pytest.mark.parametrize("seq", [0, 4, 5, 8])
def test_a_gap_moves_the_cursor_to_where_headquarters_is(seq: int) -> None:
    assert refused(BatchReason.GAP, at(seq)) == Verdict(acked=at(seq))
    assert refused(BatchReason.GAP, at(seq), NOON) == Verdict(acked=at(seq))
    assert not refused(BatchReason.GAP, at(seq), EARLIER).news


def test_a_gap_without_a_head_is_only_told() -> None:
    assert refused(BatchReason.GAP, None) == Verdict(trouble="gap: so")


def test_a_gap_with_another_hash_moves_nothing() -> None:
    assert refused(BatchReason.GAP, Head(5, b"x" * 32)).acked is None


@pytest.mark.parametrize("reason", [it for it in BatchReason if it is not BatchReason.GAP])
def test_every_other_refusal_is_told_and_moves_nothing(reason: BatchReason) -> None:
    found = refused(reason, at(5))
    assert (found.acked, found.trouble, found.news) == (None, f"{reason}: so", True)
