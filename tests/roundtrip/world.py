"""A small chain: two tills, a road that loses and forges, headquarters; all drawn from one seed.

After every step what must never be untrue is asked; when the world has calmed down, everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyaltyd.domain import outbox
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.hq import reevaluation
from loyaltyd.hq.keys import KEY
from loyaltyd.link.spool import Spool
from loyaltyd.link.wire import FILE_BYTES_MAX
from loyaltyd.store import ledger
from loyaltyd.till import export, programs
from loyaltyd.till.program_file import program_of
from tests.hq.invariants import faults
from tests.roundtrip.central import COPY, FILES, Central
from tests.roundtrip.fuse import Fuse, wired
from tests.roundtrip.lane import LEDGER, Lane
from tests.roundtrip.reckoning import kept_aside, reckoned
from tests.roundtrip.road import Road
from tests.roundtrip.trade import NEXT, TEXT, Trade

TILLS, HQ = ("3", "4"), "hq"
CALM_ROUNDS_MAX = 40  # far more than a till needs to send what it has
TOUCHES_MAX = 12  # of the disk in one piece of work; a fuse that is longer doesn't blow

PROGRAM_OF, PROGRAM_FROM = cache(program_of), cache(program_from)


@dataclass(slots=True)
class World:
    """What there is, and what happens to it."""

    chance: Random
    fuse: Fuse
    central: Central
    lanes: list[Lane]
    road: Road
    put_back: bool = False  # headquarters has had more than it has
    set_back: bool = False  # its clock has shown more than it shows
    cursors: Counter[str] = field(default_factory=Counter)  # by till, as they last were
    happened: Counter[str] = field(default_factory=Counter)

    def goes_on(self, steps: int) -> None:
        """So many things happen, one after the other, and nothing becomes untrue."""
        deeds = self.deeds()
        names, weights = list(deeds), [weight for weight, _ in deeds.values()]
        for name in self.chance.choices(names, weights, k=steps):
            lane = self.chance.choice(self.lanes)
            deeds[name][1](lane)
            self.happened[name] += 1
            self.holds(lane, name)

    def deeds(self) -> Mapping[str, tuple[int, Callable[[Lane], None]]]:
        """What can happen, and how often among how many."""
        return {
            "trade": (8, self._trade_goes_on),
            "tick": (8, self._ticks),
            "carried badly": (8, self.road.carries_badly),
            "an old file comes": (3, self.road.carries_again),
            "by stick": (2, self.road.by_stick),
            "all goes well": (5, self.all_goes_well),
            "answers come late": (1, lambda _: self.road.brings_late()),
            "an old answer comes": (3, lambda _: self.road.brings_again(self.lanes)),
            "hours pass": (1, lambda lane: lane.passes(self.chance.uniform(3600, 90_000))),
            "a clock jumps": (1, self._a_clock_jumps),
            "till-day": (2, Lane.exports),
            "out is emptied": (1, self._out_is_emptied),
            "out is damaged": (1, self._out_is_damaged),
            "till restarts": (1, Lane.restarts),
            "till loses power": (2, self._till_loses_power),
            "courier loses power": (1, self._courier_loses_power),
            "headquarters restarts": (1, lambda _: self.central.restarts()),
            "headquarters loses power": (2, self._headquarters_lose_power),
            "headquarters is backed up": (1, lambda _: self.central.backs_up()),
            "headquarters is put back": (1, lambda _: self._is_put_back()),
            "a till is trusted": (2, lambda lane: self.central.trusts(lane.public)),
            "a program starts": (1, lambda lane: lane.shop.publish(NEXT)),
            "headquarters learn a program": (1, lambda _: self.central.learns(NEXT)),
            "receipts are run again": (1, lambda _: self.central.runs_again()),
        }

    def holds(self, lane: Lane, after: str = "") -> None:
        """What must be true of a till and headquarters at every moment."""
        theirs, own, acked = self.central.heads(lane.stream), lane.heads(), lane.acked()
        assert theirs == own[: len(theirs)], f"{after}: headquarters' log isn't the till's"
        assert acked.seq == 0 or acked in own, f"{after}: the cursor is on no record"
        # Nobody made a second till of one, nor an old copy: no answer may make it look so.
        assert not lane.sync.state.trouble.startswith(("fork", "till_behind")), after
        if not self.put_back:
            assert acked.seq <= len(theirs), f"{after}: headquarters lacks what it acknowledged"
            assert self.set_back or acked.seq >= self.cursors[lane.name], f"{after}: went back"
        self.cursors[lane.name] = acked.seq

    def calms_down(self) -> None:
        """Nothing goes wrong any more, and every till has one more receipt: all must arrive."""
        self.road.late.clear()
        self.central.learns(NEXT)
        for lane in self.lanes:
            self.central.trusts(lane.public)
            lane.trade.sells(lane.shop)
        self._drains()
        for lane in self.lanes:  # not before: a till-day would also bring what is lacking
            lane.exports()
        self._drains()
        self.central.runs_again()
        tills = {it.stream: [record.line for record in it.shop.records()] for it in self.lanes}
        assert faults(self.central.folder, tills) == []
        kept_aside(self.central)
        assert self.central.rows("SELECT * FROM difference") == []
        assert self.central.rows("SELECT * FROM unruled") == []
        for lane in self.lanes:
            self.holds(lane)
            reckoned(self.central, lane, put_back=self.put_back)
            assert lane.copies() == [], "names stay beside a ledger whose till-days all arrived"

    def _drains(self) -> None:
        for _ in range(CALM_ROUNDS_MAX):
            for lane in self.lanes:
                self.all_goes_well(lane)
            if all(map(self._is_drained, self.lanes)):
                return
        raise AssertionError(list(map(self._stuck, self.lanes)))

    def _is_drained(self, lane: Lane) -> bool:
        head = lane.head()
        return (
            self.central.head(lane.stream) == head == lane.acked()
            and not lane.spool.out.names()
            and not lane.spool.into.names()
        )

    def all_goes_well(self, lane: Lane) -> None:
        """Minutes pass in which a till says all it has, and hears the answers."""
        lane.passes(400)
        self.central.clock.move(seconds=400)
        lane.ticks()
        self.road.carries_well(lane)
        lane.ticks()

    def _ticks(self, lane: Lane) -> None:
        lane.passes(self.chance.choice((2, 30, 400)))
        lane.ticks()

    def _trade_goes_on(self, lane: Lane) -> None:
        for _ in range(self.chance.randrange(1, 4)):
            lane.trade.goes_on(lane.shop)

    def _stuck(self, lane: Lane) -> str:
        """Why a till isn't done, for whoever reads the failure."""
        seqs = (lane.head().seq, lane.acked().seq, self.central.head(lane.stream).seq)
        names = (lane.spool.out.names(), lane.spool.into.names())
        return f"till {lane.name}: head, cursor, headquarters {seqs}; out, in {names}"

    def _out_is_emptied(self, lane: Lane) -> None:
        for name in lane.spool.out.names():
            lane.spool.out.remove(name)

    def _out_is_damaged(self, lane: Lane) -> None:
        for name in lane.spool.out.names():
            data = lane.spool.out.read(name, FILE_BYTES_MAX)
            if data is not None:
                size = self.chance.choice((0, self.chance.randrange(len(data) or 1)))
                lane.spool.out.put(name, data[:size])

    def _a_clock_jumps(self, lane: Lane) -> None:
        if self.chance.random() < 0.7:
            lane.shop.clock.move(days=self.chance.uniform(-3, 3))
        else:
            minutes = self.chance.uniform(-15, 15)
            self.central.clock.move(minutes=minutes)
            self.set_back = self.set_back or minutes < 0

    def _till_loses_power(self, lane: Lane) -> None:
        work = self.chance.choice((lane.ticks, lane.ticks, lane.exports))
        if not self.fuse.survived(work, self.chance.randrange(TOUCHES_MAX)):
            lane.restarts()

    def _courier_loses_power(self, lane: Lane) -> None:
        touches = self.chance.randrange(TOUCHES_MAX)
        self.fuse.survived(lambda: self.road.by_stick(lane), touches)
        self.central.restarts()

    def _headquarters_lose_power(self, lane: Lane) -> None:
        carried = self.chance.choice((self.road.carries_well, self.road.carries_badly))
        if not self.fuse.survived(lambda: carried(lane), self.chance.randrange(TOUCHES_MAX)):
            self.central.restarts()

    def _is_put_back(self) -> None:
        self.central.is_put_back()
        self.put_back = True


@contextmanager
def world(seed: int) -> Iterator[World]:
    """A world of that seed; the same one each time."""
    chance, fuse = Random(seed), Fuse()
    with home() as folder, pytest.MonkeyPatch.context() as patch:
        for name, data in first_files().items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).touch(0o600)
            (folder / name).write_bytes(data)
        # Small files, so that there are many of them.
        patch.setattr(outbox, "RECORDS_MAX", 4)
        patch.setattr(export, "RECORDS_MAX", 6)
        # Reading a program takes longer than a receipt, and it is the same one each time.
        patch.setattr(programs, "program_of", PROGRAM_OF)
        patch.setattr(reevaluation, "program_from", PROGRAM_FROM)
        central = Central(folder / HQ)
        lanes = [_lane(folder, name, chance, central.key) for name in TILLS]
        road = Road(central=central, chance=chance, stick=Spool(folder / "stick"))
        try:
            with wired(fuse):
                yield World(chance, fuse, central, lanes, road)
        except AssertionError as error:
            error.add_note(f"in the world of seed {seed}")
            raise
        finally:
            for lane in lanes:
                lane.ends()
            central.ends()


@contextmanager
def home() -> Iterator[Path]:
    """A folder for a world, in memory where there is such a disk: fuses say what is cut off."""
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        yield Path(folder)


@cache
def first_files() -> Mapping[str, bytes]:
    """The files of a world that has just begun: keys, ledgers, books."""
    with home() as folder, pytest.MonkeyPatch.context() as patch:
        # An epoch is drawn; here it is the same ones each time.
        patch.setattr(ledger, "secrets", SimpleNamespace(token_hex=lambda _: "0123456789abcdef"))
        (folder / HQ).mkdir()
        (folder / HQ / KEY).touch(0o600)
        (folder / HQ / KEY).write_bytes(b"\x11" * 32)
        central = Central(folder / HQ)
        for name in TILLS:
            lane = _lane(folder, name, Random(0), central.key)
            if name == TILLS[0]:  # the other one, and the next program, come by and by
                central.trusts(lane.public)
            lane.ends()
        central.learns(TEXT)
        central.backs_up()
        central.ends()
        names = [
            f"{HQ}/{KEY}",
            f"{HQ}/{COPY}",
            f"{HQ}/{FILES[0]}",
            *(f"{name}/{LEDGER}" for name in TILLS),
        ]
        return {name: (folder / name).read_bytes() for name in names}


def _lane(home: Path, name: str, chance: Random, hq_key: str) -> Lane:
    key = Ed25519PrivateKey.from_private_bytes(name.encode() * 32)
    return Lane(folder=home / name, name=name, trade=Trade(chance), key=key, hq_key=hq_key)
