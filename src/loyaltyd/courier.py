"""The other process of a till: carries batches up and answers down, and needs nobody's trust.

It may be killed at any moment: what it had not carried lies in `out/` as before, and what it had is
in `in/`, whole. It keeps nothing on disk.
"""

import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from loyaltyd import logs
from loyaltyd.config import Link, Settings
from loyaltyd.domain.errors import ConfigError, LinkError
from loyaltyd.link.carrying import ByFolder, ByLine, Carried, Fate, Way
from loyaltyd.link.client import Client, Tls
from loyaltyd.link.spool import Spool, named, place_name
from loyaltyd.notify import service_in

LOOK_S = 1.0  # between looks at the spool, and the least that a failure costs
BACKOFF_MAX_S = 300.0  # of a line: a chain's tills must not knock all at once when it comes back
REPLUG_S = 5.0  # the same of a folder: somebody stands there and has just plugged the stick in
DOUBLINGS_MAX = 16  # from 1 s to more than any of these
AGAIN = 10  # times `[link] every`: then a file that was answered, and still lies there, goes again
LEAVE_S = 0.5  # for what is under way when told to stop; it is as safe cut off
STOPS = (signal.SIGTERM, signal.SIGINT)

log = structlog.stdlib.get_logger("loyaltyd.courier")


def run(settings: Settings, folder: Path | None) -> None:
    """Carry until SIGTERM or SIGINT; ConfigError when there is no way to headquarters."""
    logs.configure(os.environ)
    way, to = _way(settings, folder), str(folder or _link(settings).url)
    backoff_max_s = BACKOFF_MAX_S if folder is None else REPLUG_S
    stop, service = threading.Event(), service_in(os.environ, os.getpid())
    # Waited for, not handled: a handler runs anywhere, also within a lock that it would need.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    rounds = Rounds(way=way, backoff_max_s=backoff_max_s, chance=secrets.SystemRandom().random)
    # A daemon's thread: not even a name server that never answers holds up the end.
    worker = threading.Thread(target=rounds.go, args=(stop,), name="courier", daemon=True)
    log.info("carrying", to=to)
    worker.start()
    service.tell("READY=1", f"STATUS=carries to {to}")
    while signal.sigtimedwait(STOPS, LOOK_S) is None:
        if not worker.is_alive():
            raise LinkError("the courier has ended by itself; its log says why")
    stop.set()
    service.tell("STOPPING=1")
    worker.join(LEAVE_S)
    log.info("stopped")


def carried_once(settings: Settings, folder: Path | None) -> Iterator[Carried]:
    """Carry what is there now; ConfigError, or LinkError where the way ends."""
    return _way(settings, folder).round()


def pause_s(failures: int, chance: float, most_s: float) -> float:
    """How long to wait after so many failed rounds; chance is from 0 to 1.

    Evenly between 1 s and a limit that doubles: thousands of tills that lost headquarters in one
    moment come back spread over it ("full jitter").
    """
    limit_s = min(most_s, LOOK_S * (1 << min(failures, DOUBLINGS_MAX)))
    return LOOK_S + chance * (limit_s - LOOK_S)


@dataclass(slots=True, kw_only=True)
class Rounds:
    """Goes round after round, further apart while they fail; says so once in the log."""

    way: Way
    backoff_max_s: float
    chance: Callable[[], float]
    failures: int = 0
    trouble: str = ""

    def go(self, stop: threading.Event) -> None:
        """Go round until stop."""
        wait_s = 0.0
        while not stop.wait(wait_s):
            self.one()
            wait_s = pause_s(self.failures, self.chance(), self.backoff_max_s)

    def one(self) -> None:
        """Go round once."""
        try:
            for carried in self.way.round():
                self.failures = 0
                self._say(carried)
            self.failures = 0
        except LinkError as error:
            self.failures += 1
            if str(error) != self.trouble:
                self.trouble = str(error)
                log.warning("not_carried", detail=self.trouble)

    def _say(self, carried: Carried) -> None:
        if self.trouble:
            self.trouble = ""
            log.info("carrying_again")
        said = named(carried.name)
        level = "warning" if carried.fate is Fate.REFUSED else "info"
        getattr(log, level)(str(carried.fate), holds=said.holds if said else "")


def _way(settings: Settings, folder: Path | None) -> Way:
    link, till = _link(settings), settings.till
    spool = Spool(link.folder, make=False)
    with suppress(LinkError):  # not there yet: the rounds will say so
        spool.into.tidy()
    if folder is None:
        return _line(link, spool)
    if folder.resolve() == link.folder.resolve():
        raise ConfigError(f"{folder}: is the spool itself")
    place = place_name(till.chain, till.store, till.till)
    return ByFolder(spool=spool, folder=Spool(folder, make=False), place=place)


def _link(settings: Settings) -> Link:
    if settings.link is None:
        raise ConfigError("link: is missing: this till is its own headquarters")
    return settings.link


def _line(link: Link, spool: Spool) -> ByLine:
    if link.url is None:
        raise ConfigError("link.url: is missing: without it the courier needs --folder")
    tls = Tls(ca=link.ca, certificate=link.certificate, certificate_key=link.certificate_key)
    return ByLine(
        spool=spool,
        client=Client(link.url, tls),
        again_s=AGAIN * link.every.total_seconds(),
        monotonic=time.monotonic,
    )
