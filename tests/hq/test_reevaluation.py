"""Every receipt is run again from its line alone, and nothing that a till wrote can stop that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.record import record_from
from loyaltyd.hq import overview, reevaluation
from loyaltyd.hq.ingest import Headquarters
from loyaltyd.hq.overview import Overview
from loyaltyd.hq.rerunning import difference
from loyaltyd.hq.trusting import kept_program
from tests.hq.invariants import faults
from tests.hq.lanes import TEXT, Lane, acked, edited, hq_at, lane_at, settled

OTHER = TEXT.replace('percent = "5%"', 'percent = "6%"').replace("version = 1", "version = 2")


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Lane:
    return lane_at(tmp_path_factory.mktemp("till"))


@pytest.fixture(scope="module")
def one(lane: Lane) -> Lane:
    """The lane after its first receipt: Hypothesis shows what it was called with."""
    return replace(lane, lines=lane.lines[:1])


@pytest.fixture
def hq(tmp_path: Path, lane: Lane) -> Iterator[Headquarters]:
    with hq_at(tmp_path, lane, program=TEXT) as opened:
        yield opened


def seen(hq: Headquarters) -> Overview:
    return settled(hq).overview(hq.clock())


def taken(hq: Headquarters, lane: Lane) -> Overview:
    """What headquarters shows once it has all of a lane's log and has looked at it."""
    assert acked(hq, lane.file(1, len(lane.lines))) == len(lane.lines)
    return seen(hq)


def receipts(lane: Lane) -> list[int]:
    """Where in the log the records stand that a program decided on."""
    return [it.seq for it in lane.records(1, len(lane.lines)) if it.type in reevaluation.RULED]


def said(lane: Lane, /, **members: object) -> str:
    """What differs once a till wrote other members into its first record."""
    line = edited(lane, 1, **members).lines[0]
    return difference(record_from(line, lane.stream), program_of_lane())


def program_of_lane() -> Program:
    found = program_from(TEXT)
    assert isinstance(found, Program)
    return found


def test_a_receipt_that_names_another_version_of_its_program_differs(
    hq: Headquarters, lane: Lane
) -> None:
    ref = {**json.loads(lane.lines[0])["program"], "version": 7}
    (found,) = taken(hq, edited(lane, 1, program=ref)).differences
    assert (found.seq, found.what) == (1, "program")


@pytest.mark.parametrize("kind", ["adjust", "card", "right", "day"])
def test_value_that_no_till_moves_differs(hq: Headquarters, one: Lane, kind: str) -> None:
    issued = {"account": "a" * 32, "wallet": "bonus", "debit": "issued", "credit": "debt"}
    members = {"card": "none", "counters": [], "postings": [{**issued, "amount": -5}]}
    odd = edited(one, 1, type=kind, **members)
    (found,) = taken(hq, odd).differences
    assert (found.seq, found.what) == (1, "postings")


def test_what_a_till_wrote_comes_out_the_same(hq: Headquarters, lane: Lane) -> None:
    shown = taken(hq, lane)
    assert (shown.differences, shown.differences_count, shown.unruled) == ((), 0, ())
    assert [it.reevaluated for it in shown.tills] == [len(lane.lines)]


def test_steps_are_small_and_go_on_where_they_stopped(
    hq: Headquarters, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reevaluation, "RECORDS_A_STEP", 7)
    acked(hq, lane.file(1, 10))
    reached = []
    while hq.reevaluated():
        reached += [it.reevaluated for it in hq.overview(hq.clock()).tills]
    assert reached == [7, 10]
    assert not hq.reevaluated()


@pytest.mark.parametrize(
    ("member", "changed"),
    [
        ("result", lambda it: {**it, "spend": it["spend"] + 1}),
        ("result", lambda it: {**it, "lines": it["lines"][:1]}),
        ("postings", lambda it: it[1:]),
        ("postings", lambda it: [{**it[0], "amount": it[0]["amount"] + 1}, *it[1:]]),
        ("counters", lambda it: it[:1]),
        ("card", lambda it: {**it, "kind": "gift"}),
        ("id", lambda it: f"{it}-b"),
        ("place", lambda it: {**it, "till": "9"}),
        ("place", lambda it: {**it, "business_date": "2026-12-31"}),
        ("basket", lambda it: {**it, "receipt": "other"}),
    ],
)
def test_a_member_that_the_line_does_not_lead_to_is_a_difference(
    hq: Headquarters, lane: Lane, member: str, changed: Any
) -> None:
    facts = json.loads(lane.lines[0])
    odd = edited(lane, 1, **{member: changed(facts[member])})
    shown = taken(hq, replace(odd, lines=odd.lines[:3]))
    (found,) = shown.differences
    assert (found.seq, shown.differences_count) == (1, 1)
    expected = {"basket": "id", "place": "place"}.get(member, member)
    assert expected in found.what.split(", ")


def test_a_member_too_many_is_a_difference_that_is_not_quoted(lane: Lane) -> None:
    assert said(lane) == ""
    assert said(lane, **{"2990000000019": 1}) == "members beyond a receipt's"


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ('"at":', '"at": '),
        ('{"at":', '{"a":1.5,"at":'),
        ('{"at":', '{"a":null,"at":'),
        ('"v":1}', '"v":1,"w":1,"w":1}'),
        ('"v":1}', '"v":1,"a":1}'),
        ('"v":1}', '"v":2}'),
        ("+03:00", "+03"),
        ('"offset":180', '"offset":60'),
    ],
)
def test_a_line_as_no_till_writes_it_is_a_difference(
    hq: Headquarters, lane: Lane, part: str, other: str
) -> None:
    assert part in lane.lines[0]
    odd = replace(lane, lines=(lane.lines[0].replace(part, other), *lane.lines[1:3]))
    (found,) = taken(hq, odd).differences
    assert (found.seq, found.what.split(", ")[0]) == (1, "line")


@pytest.mark.parametrize(
    "members",
    [
        {"basket": None},
        {"basket": {"receipt": "x", "lines": [{"line": 1}]}},
        {"seen": "nobody"},
        {"result": []},
        {"place": {}},
        {"postings": [], "basket": 7},
        {"basket": {"receipt": "x", "lines": [], "redeem": [{"wallet": "unheard-of"}]}},
        {"at": "2026-12-05T10:30:00"},
    ],
    ids=range(8),
)
def test_a_receipt_that_can_not_be_run_is_a_difference_and_stops_nothing(
    hq: Headquarters, lane: Lane, members: dict[str, Any]
) -> None:
    shown = taken(hq, edited(lane, 1, **members))
    assert [it.seq for it in shown.differences] == [1]
    assert [it.reevaluated for it in shown.tills] == [len(lane.lines)]


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
shallow = scalars | st.lists(scalars, max_size=3)
json_values = shallow | st.lists(st.dictionaries(st.text(), shallow, max_size=3), max_size=3)


@given(
    name=st.sampled_from(["basket", "seen", "result", "place", "postings", "counters", "card"]),
    value=json_values,
)
def test_any_receipt_at_all_is_run_or_told(one: Lane, name: str, value: object) -> None:
    try:
        assert isinstance(said(one, **{name: value}), str)
    except ValueError:
        return  # no record either: a line that never came so far


def test_receipts_wait_for_their_program_and_are_run_when_it_comes(
    lane: Lane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reevaluation, "RECORDS_A_STEP", 6)
    odd = edited(lane, 1, id="another")
    with hq_at(tmp_path, lane) as hq:
        shown = taken(hq, odd)
        (waiting,) = shown.unruled
        found = receipts(lane)
        assert (waiting.first, waiting.last, waiting.receipts) == (found[0], found[-1], len(found))
        assert [it.reevaluated for it in shown.tills] == [len(lane.lines)]
        kept_program(hq, _file(tmp_path, TEXT))
        shown = seen(hq)
        assert shown.unruled == ()
        assert [(it.seq, it.what) for it in shown.differences] == [(1, "id")]
        assert faults(tmp_path / "hq", {lane.stream: odd.lines}) == []


def test_all_receipts_that_wait_are_counted_however_few_programs_are_named(
    lane: Lane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "ROWS_MAX", 1)
    ref = json.loads(lane.lines[0])["program"]
    odd = edited(lane, 1, program={**ref, "hash": "f" * 64})
    with hq_at(tmp_path, lane) as hq:
        shown = taken(hq, odd)
        assert (len(shown.unruled), shown.unruled_receipts) == (1, len(receipts(lane)))


def test_another_program_of_that_name_does_not_rule_them(lane: Lane, tmp_path: Path) -> None:
    with hq_at(tmp_path, lane, program=OTHER) as hq:
        assert [it.receipts for it in taken(hq, lane).unruled] == [len(receipts(lane))]


def test_receipts_of_a_known_program_do_not_wait_for_others(hq: Headquarters, lane: Lane) -> None:
    strange = {"id": "far", "version": 7, "hash": "f" * 64}
    places = receipts(lane)[1::2]
    odd = lane
    for place in places:
        odd = edited(odd, place, program=strange)
    (waiting,) = taken(hq, odd).unruled
    assert (waiting.program, waiting.receipts) == ("far", len(places))


def test_a_record_that_can_no_longer_be_read_is_a_difference(
    hq: Headquarters, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reevaluation, "read", lambda *_: None)
    shown = taken(hq, replace(lane, lines=lane.lines[:2]))
    assert [(it.seq, it.what) for it in shown.differences] == [
        (2, "can't be read"),
        (1, "can't be read"),
    ]


def test_two_processes_that_run_receipts_again_find_each_difference_once(
    hq: Headquarters, lane: Lane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reevaluation, "RECORDS_A_STEP", 3)
    odd = edited(edited(lane, 1, id="x"), len(lane.lines), more=1)
    acked(hq, odd.file(1, len(lane.lines)))
    with hq_at(tmp_path) as other:
        while hq.reevaluated() or other.reevaluated():
            pass
        shown = other.overview(other.clock())
    assert [it.reevaluated for it in shown.tills] == [len(lane.lines)]
    assert {it.seq for it in shown.differences} <= {1, len(lane.lines)}
    assert shown.differences_count == len(shown.differences) >= 1


def _file(folder: Path, text: str) -> Path:
    path = folder / "late.toml"
    path.write_text(text, "utf-8")
    return path
