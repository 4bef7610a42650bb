"""Returns and cancels are run again from their lines and from what the log says before them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.hq import reevaluation, undoing
from loyaltyd.hq.ingest import Headquarters
from loyaltyd.hq.overview import Overview
from loyaltyd.hq.trusting import kept_program
from loyaltyd.hq.undoing import receipt_told, undoing_difference
from tests.hq.lanes import TEXT, Lane, acked, edited, hq_at, lane_at, settled

Change = Callable[[Any], Any]


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Lane:
    return lane_at(tmp_path_factory.mktemp("till"))


@pytest.fixture
def hq(tmp_path: Path, lane: Lane) -> Iterator[Headquarters]:
    with hq_at(tmp_path, lane, program=TEXT) as opened:
        yield opened


def place(lane: Lane, kind: str) -> int:
    """Where the first record of a type stands that moves points back."""
    found = (json.loads(line) for line in lane.lines)
    return int(next(it["seq"] for it in found if it["type"] == kind and it["postings"]))


def taken(hq: Headquarters, lane: Lane) -> Overview:
    acked(hq, lane.file(1, len(lane.lines)))
    return settled(hq).overview(hq.clock())


def differing(hq: Headquarters, lane: Lane) -> dict[int, str]:
    """What differs once headquarters has all of a lane's log, by seq."""
    return {it.seq: it.what for it in taken(hq, lane).differences}


def more(postings: Any) -> Any:
    return [{**postings[0], "amount": postings[0]["amount"] + 1}, *postings[1:]]


def richer(seen: Any) -> Any:
    return {"account": {**seen["account"], "lots": []}}


def other(seen: Any) -> Any:
    return {"account": {**seen["account"], "id": "f" * 32}}


def less(returned: Any) -> Any:
    first, *rest = returned["lines"]
    return {**returned, "lines": [{**first, "refund": first["refund"] - 1}, *rest]}


@pytest.mark.parametrize("kind", ["return", "cancel"])
@pytest.mark.parametrize(
    ("member", "changed"),
    [
        ("postings", more),
        ("postings", lambda it: it[:-1]),
        ("returned", less),
        ("returned", lambda it: {**it, "spend": it["spend"] + 1}),
        ("counters", lambda it: it[1:]),
        ("counters", lambda it: [{**it[0], "amount": it[0]["amount"] - 1}, *it[1:]]),
        ("postings", lambda it: [{**each, "amount": -each["amount"]} for each in it]),
    ],
)
def test_an_undoing_that_the_log_does_not_lead_to_is_a_difference(
    hq: Headquarters, lane: Lane, kind: str, member: str, changed: Change
) -> None:
    seq = place(lane, kind)
    facts = json.loads(lane.lines[seq - 1])
    odd = edited(lane, seq, **{member: changed(facts[member])})
    assert differing(hq, odd) == {seq: member}


@pytest.mark.parametrize(("changed", "what"), [(richer, "postings"), (other, "seen")])
def test_an_undoing_on_another_account_is_a_difference(
    hq: Headquarters, lane: Lane, changed: Change, what: str
) -> None:
    seq = place(lane, "return")
    odd = edited(lane, seq, seen=changed(json.loads(lane.lines[seq - 1])["seen"]))
    found = differing(hq, odd)
    assert (list(found), what in found[seq].split(", ")) == ([seq], True)


def test_an_undoing_of_a_receipt_of_another_log_says_so_and_stops_nothing(
    hq: Headquarters, lane: Lane
) -> None:
    seq = place(lane, "return")
    shown = taken(hq, edited(lane, seq, receipt="elsewhere"))
    (found,) = shown.differences
    assert (found.seq, found.what) == (seq, "its receipt isn't in this log before it")
    assert [it.reevaluated for it in shown.tills] == [len(lane.lines)]


@pytest.mark.parametrize(
    "members",
    [
        {"returned": None},
        {"returned": {"lines": []}},
        {"returned": {"lines": [{"line": 99, "quantity": 1, "refund": 0}]}},
        {"returned": {"lines": [{"line": 1, "quantity": -1000, "refund": 0}]}},
        {"receipt": 5},
        {"seen": []},
        {"postings": 7},
        {"id": None, "x": 1},
    ],
    ids=range(8),
)
def test_an_undoing_that_can_not_be_run_is_a_difference_and_stops_nothing(
    lane: Lane, members: dict[str, Any]
) -> None:
    seq = place(lane, "return")
    odd = edited(lane, seq, **members)
    told = [it for it in lane.records(1, seq - 1) if it.type in reevaluation.RULED]
    own = receipt_told(lane.records(seq, seq)[0])
    before = [it for it in told if receipt_told(it) == own]
    try:
        (record,) = odd.records(seq, seq)
    except ValueError:
        return  # no record either: a line that never came so far
    assert undoing_difference(record, before, program_of_lane())


def test_goods_that_come_back_twice_are_a_difference(hq: Headquarters, lane: Lane) -> None:
    seq = place(lane, "return")
    again = edited(replace(lane, lines=(*lane.lines[:seq], lane.lines[seq - 1])), seq + 1)
    again = edited(again, seq + 1, seq=seq + 1, id="b-again")
    assert differing(hq, again) == {seq + 1: "refused as return_exceeds_sold"}


def test_a_receipt_that_is_cancelled_twice_is_a_difference(hq: Headquarters, lane: Lane) -> None:
    seq = place(lane, "cancel")
    again = replace(lane, lines=(*lane.lines[:seq], lane.lines[seq - 1]))
    again = edited(again, seq + 1, seq=seq + 1)
    assert differing(hq, again) == {seq + 1: "refused as receipt_cancelled"}


@pytest.mark.parametrize("step", [1, 7, 200])
def test_an_undoing_finds_its_receipt_in_the_step_and_in_the_books(
    hq: Headquarters, lane: Lane, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reevaluation, "RECORDS_A_STEP", step)
    assert differing(hq, lane) == {}


def test_undoings_wait_for_their_program_and_are_run_when_it_comes(
    lane: Lane, tmp_path: Path
) -> None:
    seq = place(lane, "return")
    odd = edited(lane, seq, postings=[])
    with hq_at(tmp_path, lane) as hq:
        assert differing(hq, odd) == {}
        path = tmp_path / "late.toml"
        path.write_text(TEXT, "utf-8")
        kept_program(hq, path)
        assert {it.seq: it.what for it in settled(hq).overview(hq.clock()).differences} == {
            seq: "postings"
        }


def test_a_receipt_that_is_undone_too_often_is_told_and_not_added_up(
    hq: Headquarters, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    seq = place(lane, "return")
    for module in (undoing, reevaluation):
        monkeypatch.setattr(module, "TOLD_MAX", 0)
    found = differing(hq, replace(lane, lines=lane.lines[:seq]))
    assert found[seq] == "its receipt was undone more than 0 times"


def program_of_lane() -> Program:
    found = program_from(TEXT)
    assert isinstance(found, Program)
    return found
