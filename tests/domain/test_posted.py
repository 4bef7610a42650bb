"""A line read for what it adds up to gives the sums of the whole, and is read strictly."""

from __future__ import annotations

import json
from typing import Any

import pytest

from loyaltyd.domain.ledger import movements
from loyaltyd.domain.posted import COUNT_MAX, FOLDED, TEXT_MAX, posted_from
from loyaltyd.domain.record import Fact, record_from
from tests.domain.batches import ACCOUNT, STREAM, lines, record

(LINE,) = lines(1)
OTHER: dict[str, Fact] = {"id": "e" * 32, "account": "e" * 32, "kind": "gift"}
CARD: dict[str, Fact] = {"id": ACCOUNT, "account": ACCOUNT, "kind": "bonus"}
COUNTER: Fact = {"account": ACCOUNT, "name": "visits", "date": "2026-12-05", "amount": 1}


def changed(**members: object) -> str:
    """The line with other members; those of None are left out."""
    facts = {**json.loads(LINE), **members}
    return json.dumps({name: it for name, it in facts.items() if it is not None})


@pytest.mark.parametrize("kind", ["receipt", "card", "return", "unheard-of"])
def test_it_adds_up_to_what_the_whole_record_adds_up_to(kind: str) -> None:
    cards: list[Fact] = [OTHER]
    counters: list[Fact] = [COUNTER]
    made = record(1, kind=kind, card=CARD, cards=cards, counters=counters, result={"a": 1})
    line = made.line
    whole, posted = record_from(line, STREAM), posted_from(line, STREAM)
    assert movements(posted) == movements(whole)
    assert (posted.seq, posted.type, posted.moment) == (whole.seq, whole.type, whole.moment)
    assert (posted.stream, posted.program) == (whole.stream, whole.program)


def test_only_what_records_are_folded_by_is_kept() -> None:
    line = changed(
        card=CARD, cards=[CARD], counters=[], dropped=[], basket={"lines": [1, 2]}, id="r"
    )
    assert posted_from(line, STREAM).body.keys() == set(FOLDED)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        LINE[:-1],
        changed(seq=None),
        changed(seq="1"),
        changed(seq=1.0),
        changed(seq=True),
        changed(seq=-1),
        changed(seq=COUNT_MAX + 1),
        changed(type=5),
        changed(type="x" * (TEXT_MAX + 1)),
        changed(clock={}),
        changed(at="never"),
        changed(at=5),
        changed(business_date="2026-13-01"),
        changed(program="test"),
        changed(program={"id": "test", "version": "1", "hash": "0"}),
        changed(program={"id": ["test"], "version": 1, "hash": "0"}),
        changed(epoch="f" * 16),
        changed(till="4"),
        LINE.replace('"at"', '"a":"\\ud800","at"'),
        LINE.replace('"at"', '"a":NaN,"at"'),
    ],
    ids=range(25),
)
def test_what_is_no_record_of_the_stream_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):  # callers tell its class alone
        posted_from(line, STREAM)


def test_the_limits_themselves_are_kept() -> None:
    line = changed(seq=COUNT_MAX, type="x" * TEXT_MAX)
    posted: Any = posted_from(line, STREAM)
    assert (posted.seq, len(posted.type)) == (COUNT_MAX, TEXT_MAX)
