"""Till-days on their way: the spool, real headquarters, and the answer that lets go of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from loyaltyd.domain.batch import BatchReason, BatchRefusal, Refused
from loyaltyd.hq.ingest import Headquarters, open_hq
from loyaltyd.hq.trusting import kept_program, trusted_file
from loyaltyd.link.signatures import public_hex, signature
from loyaltyd.link.spool import ACK, BATCH, DAY, REFUSAL, Spool
from loyaltyd.link.wire import FILE_BYTES_MAX, file_hash, public_line, refusal_bytes
from loyaltyd.till.sync import LinkState, Sync
from tests.till.nights import PROGRAM, PUBLIC, Nights, a_week, nights_at, saturday, sign, sunday


@dataclass(slots=True, kw_only=True)
class Road:
    """A till's nights, its link, and headquarters at the other end."""

    nights: Nights
    sync: Sync
    hq: Headquarters
    spool: Spool
    monotonic_s: float = field(default=1000.0)

    def tick(self) -> LinkState:
        self.monotonic_s += 60
        return self.sync.tick(self.nights.shop.clock(), self.monotonic_s)

    def carry(self, suffix: str = ".zst") -> None:
        """Take the files of that suffix to headquarters, and bring its answers."""
        for name in self.spool.out.names():
            data = self.spool.out.read(name, FILE_BYTES_MAX)
            if name.endswith(suffix) and data is not None:
                answer = self.hq.taken(data)
                self.spool.into.put(name + (REFUSAL if answer.reason else ACK), answer.data)

    def days(self) -> list[str]:
        return [name for name in self.spool.out.names() if name.endswith(DAY)]

    def verdicts(self) -> list[tuple[int, str | None]]:
        """What headquarters finds of each till-day, by number."""
        while self.hq.reevaluated():
            pass
        days = self.hq.overview(dt.datetime.now(dt.UTC)).days
        return sorted((it.number, it.verdict) for it in days)


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    hq = trusting(tmp_path)
    try:
        with nights_at(tmp_path) as nights:
            sync = Sync(
                ledger=nights.shop.till.ledger,
                folder=tmp_path / "spool",
                hq_key=public_hex(hq.key),
                sign=sign,
                every=dt.timedelta(seconds=30),
            )
            yield Road(nights=nights, sync=sync, hq=hq, spool=Spool(tmp_path / "spool"))
    finally:
        hq.close()


def trusting(folder: Path) -> Headquarters:
    """Headquarters that trusts the till of the nights."""
    with nights_at(folder) as nights:
        stream = nights.shop.till.ledger.stream
    (folder / "till.pub").write_text(public_line(stream, PUBLIC), "utf-8")
    (folder / "program.toml").write_text(PROGRAM, "utf-8")
    hq = open_hq(folder / "hq")
    trusted_file(hq, folder / "till.pub")
    kept_program(hq, folder / "program.toml")
    return hq


def test_a_till_day_alone_brings_all_records_and_goes_when_it_is_answered(road: Road) -> None:
    saturday(road.nights.shop)
    road.nights.export()
    road.carry(DAY)
    state = road.tick()
    assert (state.acked, state.waiting, state.trouble) == (3, 0, "")
    assert road.spool.out.names() == []
    assert road.verdicts() == [(1, "right")]


def test_what_acknowledges_a_batch_lets_go_of_no_till_day(road: Road) -> None:
    saturday(road.nights.shop)
    road.tick()
    road.nights.export()
    (day,) = road.days()
    road.carry(BATCH)
    assert road.tick().acked == 3
    assert road.spool.out.names() == [day]
    road.carry()
    road.tick()
    assert road.spool.out.names() == []


def test_a_refused_till_day_stays_as_it_was_made(road: Road) -> None:
    saturday(road.nights.shop)
    road.nights.export()
    (day,) = road.days()
    data = road.spool.out.read(day, FILE_BYTES_MAX)
    assert data is not None
    answer = road.hq.taken(data[:-1])  # cut on the way: what headquarters refuses is another file
    road.spool.into.put(day + REFUSAL, answer.data)
    road.tick()
    assert road.days() == [day]
    refusal = BatchRefusal(reason=BatchReason.ALTERED, detail="a flipped bit")
    refused = Refused(file=file_hash(data), refusal=refusal, at=road.nights.shop.clock())
    said = refusal_bytes(refused, lambda message: signature(road.hq.key, message))
    road.spool.into.put(day + REFUSAL, said)
    road.tick()
    assert road.spool.out.read(day, FILE_BYTES_MAX) == data


def test_a_weeks_files_are_right_at_headquarters_whatever_the_batches_brought(
    tmp_path: Path,
) -> None:
    files = a_week(tmp_path)
    hq = trusting(tmp_path)
    try:
        for file in (*files, *files):
            assert hq.taken(file).reason is None
        while hq.reevaluated():
            pass
        seen = hq.overview(dt.datetime.now(dt.UTC))
        assert sorted((it.number, it.verdict) for it in seen.days) == [
            (number, "right") for number in range(1, 6)
        ]
        assert seen.days_differing == 0
    finally:
        hq.close()


def test_exports_and_batches_mix_through_two_days(road: Road) -> None:
    for trade in (saturday, sunday):
        trade(road.nights.shop)
        road.tick()
        road.nights.export()
        road.carry()
        road.tick()
        road.nights.sleep()
    assert road.verdicts() == [(1, "right"), (2, "right")]
    assert road.spool.out.names() == []
