"""Nights of a till that has a link, with real headquarters at the other end of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from loyaltyd.hq.ingest import Headquarters, open_hq
from loyaltyd.hq.trusting import kept_program, trusted_file
from loyaltyd.link.signatures import public_hex
from loyaltyd.link.spool import ACK, DAY, REFUSAL, Spool
from loyaltyd.link.wire import FILE_BYTES_MAX, public_line
from loyaltyd.till.sync import LinkState, Sync
from tests.till.nights import PROGRAM, PUBLIC, Nights, nights_at, sign


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


@contextmanager
def road_at(folder: Path) -> Iterator[Road]:
    """Open till and headquarters in folder, or open them again."""
    hq = trusting(folder)
    try:
        with nights_at(folder) as nights:
            sync = Sync(
                ledger=nights.shop.till.ledger,
                folder=folder / "spool",
                hq_key=public_hex(hq.key),
                sign=sign,
                every=dt.timedelta(seconds=30),
            )
            yield Road(nights=nights, sync=sync, hq=hq, spool=Spool(folder / "spool"))
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
