"""Sent twice, cut, late, forged or out of order: headquarters has the first records of a till."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from loyaltyd.domain.batch import BatchReason
from loyaltyd.domain.record import Head
from loyaltyd.hq.folder_import import imported
from loyaltyd.link.spool import Spool, file_name
from tests.hq.invariants import faults, held
from tests.hq.lanes import TEXT, Lane, acked, hq_at, lane_at, refusal, spoilt

seqs = st.integers(1, 40)


def _lanes() -> tuple[Lane, Lane]:
    """Two tills, made once: what they trade takes a second."""
    with TemporaryDirectory() as name:
        return lane_at(Path(name), "3", 20), lane_at(Path(name), "4", 20)


class Sending(RuleBasedStateMachine):
    """Headquarters, two tills, and what stands between them."""

    LANES: tuple[Lane, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        type(self).LANES = type(self).LANES or _lanes()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.opened = hq_at(self.path, *self.LANES, program=TEXT)
        self.hq = self.opened.__enter__()
        self.reached = [0 for _ in self.LANES]
        self.taken: list[bytes] = []

    def teardown(self) -> None:
        try:
            while self.hq.reevaluated():
                pass
            shown = self.hq.overview(self.hq.clock())
            assert (shown.differences, shown.unruled) == ((), ())
        finally:
            self.opened.__exit__(None, None, None)
            self.folder.cleanup()

    @rule(which=st.integers(0, 1), first=seqs, length=st.integers(0, 9))
    def sent(self, which: int, first: int, length: int) -> None:
        lane = self.LANES[which]
        first = min(first, len(lane.lines) + 1)
        last = min(first + length - 1, len(lane.lines))
        data = lane.file(first, last)
        if first > self.reached[which] + 1:
            assert refusal(self.hq, data) is BatchReason.GAP
        else:
            self.reached[which] = max(self.reached[which], last)
            assert acked(self.hq, data) == self.reached[which]
            self.taken.append(data)

    @rule(which=st.integers(0, 1), length=st.integers(1, 5))
    def sent_what_is_next(self, which: int, length: int) -> None:
        self.sent(which, self.reached[which] + 1, length)

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def sent_again(self, data: st.DataObject) -> None:
        assert acked(self.hq, data.draw(st.sampled_from(self.taken))) in self.reached

    @rule(which=st.integers(0, 1), place=st.integers(0, 10_000), bit=st.integers(0, 7))
    def sent_with_a_flipped_bit(self, which: int, place: int, bit: int) -> None:
        lane = self.LANES[which]
        data = spoilt(lane.file(self.reached[which] + 1, len(lane.lines)), place, bit)
        if data is not None:
            refusal(self.hq, data)

    @rule(which=st.integers(0, 1), cut=st.integers(0, 10_000))
    def sent_in_part(self, which: int, cut: int) -> None:
        lane = self.LANES[which]
        data = lane.file(self.reached[which] + 1, len(lane.lines))
        refusal(self.hq, data[: cut % len(data)])

    @rule(which=st.integers(0, 1))
    def sent_under_the_others_name(self, which: int) -> None:
        lane, other = self.LANES[which], self.LANES[1 - which]
        for forged, reason in (
            (replace(lane, key=other.key), BatchReason.SIGNATURE_INVALID),
            (replace(lane, stream=replace(lane.stream, till="9")), BatchReason.TILL_UNKNOWN),
        ):
            assert refusal(self.hq, forged.file(1, 2)) is reason

    @precondition(lambda self: max(self.reached) > 1)
    @rule()
    def sent_by_a_twin_of_the_till(self) -> None:
        which = self.reached.index(max(self.reached))
        lane, end = self.LANES[which], self.reached[which]
        twin = replace(lane, lines=(*lane.lines[: end - 1], lane.lines[0], *lane.lines[end:]))
        assert refusal(self.hq, twin.file(end, end)) is BatchReason.FORK

    @rule(which=st.integers(0, 1), spans=st.lists(st.tuples(seqs, st.integers(0, 9)), max_size=4))
    def brought_on_a_stick(self, which: int, spans: list[tuple[int, int]]) -> None:
        lane, stick = self.LANES[which], Spool(self.path / "stick")
        for first, length in [*spans, (self.reached[which] + 1, 2)]:
            last = min(first + length - 1, len(lane.lines))
            if first <= last:
                batch = lane.batch(first, last)
                stick.out.put(file_name(batch), lane.signed(batch))
        names = set(stick.out.names())
        assert {it.path.name for it in imported(self.hq, [self.path / "stick"])} == names
        assert len(stick.into.names()) >= len(names)
        self.reached[which] = held(self.path / "hq", lane.stream).seq
        for name in names:
            stick.out.remove(name)

    @rule()
    def restarted(self) -> None:
        self.opened.__exit__(None, None, None)
        self.opened = hq_at(self.path)
        self.hq = self.opened.__enter__()

    @rule()
    def looked_at(self) -> None:
        self.hq.reevaluated()

    @invariant()
    def each_stream_is_a_prefix_of_its_tills(self) -> None:
        logs = {lane.stream: lane.lines for lane in self.LANES}
        assert faults(self.path / "hq", logs) == []
        for lane, seq in zip(self.LANES, self.reached, strict=True):
            assert held(self.path / "hq", lane.stream) == Head(seq, lane.head(seq).hash)


TestSending = Sending.TestCase
TestSending.settings = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
