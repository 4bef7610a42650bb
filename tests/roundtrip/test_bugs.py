"""Mistakes that the protocol could be made with: each is found, by the test that the table names.

A world's invariants find a bug when some world ends in a failure with it, and not without it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import pytest

from loyaltyd.domain.day import Totals
from loyaltyd.domain.errors import LoyaltyError
from loyaltyd.link.signatures import signature
from loyaltyd.link.wire import FILE_BYTES_MAX, SignedBatch, batch_bytes, batch_from
from tests.hq.lanes import NOON, TEXT, acked, edited, hq_at, lane_at, settled
from tests.roundtrip import bugs_at_hq, bugs_at_till
from tests.roundtrip.fuse import Fuse, PowerCut, wired
from tests.roundtrip.world import first_files, home, world

STEPS = 60
SEEDS_MAX = 300  # most bugs show in the first ten worlds
TOUCHES = 4  # of the disk: a commit, and what would be a second one

Plant = Callable[[pytest.MonkeyPatch], None]


def a_world_goes_on_and_calms_down() -> None:
    """Any of many; see test_world.py."""
    for seed in range(SEEDS_MAX):
        with world(seed) as found:
            found.goes_on(STEPS)
            found.calms_down()


def a_till_day_with_false_totals_is_found_out() -> None:
    with world(0) as found:
        lane = found.lanes[0]
        lane.trade.sells(lane.shop)
        lane.exports()
        (name,) = lane.spool.out.names()
        true = batch_from(lane.spool.out.read(name, FILE_BYTES_MAX) or b"")
        assert isinstance(true, SignedBatch)
        assert true.batch.day is not None
        false = replace(true.batch, day=replace(true.batch.day, totals=Totals()))
        found.central.takes(batch_bytes(false, lambda message: signature(lane.key, message)))
        found.central.runs_again()
        assert found.central.rows("SELECT verdict FROM day") == [("totals_differ",)]


def a_till_day_that_came_too_early_stays_until_it_is_taken() -> None:
    with world(0) as found:
        lane = found.lanes[0]
        for _ in range(2):
            lane.trade.sells(lane.shop)
            lane.exports()
        names = lane.spool.out.names()
        found.road.carries_well(lane, names[1:])
        lane.ticks()
        assert set(names) <= set(lane.spool.out.names())
        found.calms_down()


def no_file_has_its_name_before_it_is_whole() -> None:
    """The power goes while the bytes of a file are on their way to the disk."""

    def cut(_: int) -> None:
        raise PowerCut

    with world(0) as found, pytest.MonkeyPatch.context() as patch:
        lane = found.lanes[0]
        lane.trade.sells(lane.shop)
        patch.setattr(os, "fsync", cut)
        with pytest.raises(PowerCut):
            lane.ticks()
        assert lane.spool.out.names() == []


def a_difference_is_noted_whenever_the_power_goes() -> None:
    with home() as folder:
        true = lane_at(folder, receipts=3)
        false = edited(true, 1, program={**json.loads(true.lines[0])["program"], "version": 7})
        for touches in range(TOUCHES):
            at = folder / f"{touches}"
            with hq_at(at, false, program=TEXT) as hq, wired(Fuse()) as fuse:
                assert acked(hq, false.file(1, len(false.lines))) == len(false.lines)
                fuse.survived(partial(settled, hq), touches)
                assert settled(hq).overview(NOON).differences_count == 1


FOUND_BY: Mapping[Plant, Callable[[], None]] = {
    bugs_at_hq.ack_before_commit: a_world_goes_on_and_calms_down,
    bugs_at_hq.balances_after_the_commit: a_world_goes_on_and_calms_down,
    bugs_at_hq.half_a_batch: a_world_goes_on_and_calms_down,
    bugs_at_hq.known_by_its_time: a_world_goes_on_and_calms_down,
    bugs_at_hq.known_by_its_receipt: a_world_goes_on_and_calms_down,
    bugs_at_hq.same_place_is_same_record: a_world_goes_on_and_calms_down,
    bugs_at_hq.gaps_are_closed: a_world_goes_on_and_calms_down,
    bugs_at_hq.chain_is_believed: a_world_goes_on_and_calms_down,
    bugs_at_hq.overlap_counts_twice: a_world_goes_on_and_calms_down,
    bugs_at_hq.signature_is_not_checked: a_world_goes_on_and_calms_down,
    bugs_at_hq.anybody_is_trusted: a_world_goes_on_and_calms_down,
    bugs_at_hq.nothing_is_kept_aside: a_world_goes_on_and_calms_down,
    bugs_at_hq.people_are_forgotten: a_world_goes_on_and_calms_down,
    bugs_at_hq.lines_are_written_anew: a_world_goes_on_and_calms_down,
    bugs_at_hq.the_ack_says_what_was_offered: a_world_goes_on_and_calms_down,
    bugs_at_hq.run_again_before_it_is_noted: a_difference_is_noted_whenever_the_power_goes,
    bugs_at_hq.till_days_are_believed: a_till_day_with_false_totals_is_found_out,
    bugs_at_till.anybody_may_answer: a_world_goes_on_and_calms_down,
    bugs_at_till.any_streams_answer_counts: a_world_goes_on_and_calms_down,
    bugs_at_till.late_acks_count: a_world_goes_on_and_calms_down,
    bugs_at_till.gaps_are_obeyed: a_world_goes_on_and_calms_down,
    bugs_at_till.no_way_back: a_world_goes_on_and_calms_down,
    bugs_at_till.offered_is_acknowledged: a_world_goes_on_and_calms_down,
    bugs_at_till.any_answer_lets_go: a_till_day_that_came_too_early_stays_until_it_is_taken,
    bugs_at_till.first_record_is_left_out: a_world_goes_on_and_calms_down,
    bugs_at_till.damaged_files_stay: a_world_goes_on_and_calms_down,
    bugs_at_till.first_persons_are_left_out: a_world_goes_on_and_calms_down,
    bugs_at_till.state_in_any_order: a_world_goes_on_and_calms_down,
    bugs_at_till.till_day_before_its_row: a_world_goes_on_and_calms_down,
    bugs_at_till.till_day_is_put_there_once: a_world_goes_on_and_calms_down,
    bugs_at_till.till_day_is_answered_by_any_ack: a_world_goes_on_and_calms_down,
    bugs_at_till.named_before_it_is_whole: no_file_has_its_name_before_it_is_whole,
}


@pytest.mark.parametrize("bug", FOUND_BY, ids=lambda bug: bug.__name__)
def test_a_bug_that_is_put_into_the_code_is_found(bug: Plant) -> None:
    first_files()  # made by the code as it is
    with pytest.MonkeyPatch.context() as patch:
        bug(patch)
        with pytest.raises((AssertionError, LoyaltyError)):
            FOUND_BY[bug]()


@pytest.mark.parametrize(
    "fact",
    [
        a_till_day_with_false_totals_is_found_out,
        a_till_day_that_came_too_early_stays_until_it_is_taken,
        a_difference_is_noted_whenever_the_power_goes,
        no_file_has_its_name_before_it_is_whole,
    ],
    ids=lambda fact: fact.__name__,
)
def test_without_a_bug_the_same_holds(fact: Callable[[], None]) -> None:
    fact()
