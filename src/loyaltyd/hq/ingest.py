"""Headquarters: a folder, a key, and what is in its books. All that others may ask of it."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyaltyd.domain.batch import Ack, BatchReason, BatchRefusal, Refused
from loyaltyd.domain.errors import LinkError, StoreError
from loyaltyd.hq import taking
from loyaltyd.hq.keys import hq_key
from loyaltyd.hq.overview import Overview, overview
from loyaltyd.hq.reevaluation import Reevaluation
from loyaltyd.hq.store import refused
from loyaltyd.hq.store.books import Books, open_books
from loyaltyd.hq.taking import Offered, Verdict
from loyaltyd.link.signatures import signature
from loyaltyd.link.spool import Box
from loyaltyd.link.wire import ack_bytes, refusal_bytes
from loyaltyd.store.database import os_errors

DATABASE, ASIDE = "hq.db", "aside"
STRAY_S = 3600.0  # a file aside that nobody noted for so long is of somebody who was killed

Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class Answer:
    """Headquarters' signed word on a file: taken when reason is None, refused otherwise."""

    data: bytes
    reason: BatchReason | None


def utc_now() -> dt.datetime:
    """The moment, as headquarters writes it down."""
    return dt.datetime.now(dt.UTC)


def open_hq(folder: Path, clock: Clock = utc_now) -> "Headquarters":
    """Open headquarters' folder, or make it; ConfigError when its key is unusable, StoreError."""
    key = hq_key(folder)
    with os_errors(folder):
        (folder / ASIDE).mkdir(mode=0o700, exist_ok=True)
    return Headquarters(folder, key, open_books(folder / DATABASE), clock)


class Headquarters:
    """May be called from any thread; every method raises StoreError when the disk says no."""

    def __init__(self, folder: Path, key: Ed25519PrivateKey, books: Books, clock: Clock) -> None:
        self.books, self.key, self.clock = books, key, clock
        self._aside = Box(folder / ASIDE)
        self._reevaluation = Reevaluation(books, clock)
        self._stands_still = ""
        self._drop_strays()

    def taken(self, data: bytes) -> Answer:
        """Take a batch's file, or refuse it; what an answer says is durable before it is made.

        StoreError when nothing can be promised: there is no answer then, and the file comes again.
        """
        file = taking.offered(data, self.clock())
        verdict = taking.take(self.books, file)
        if isinstance(verdict.outcome, BatchRefusal):
            self._keep_aside(file, verdict)
        else:
            with suppress(LinkError):  # of the same file, refused before; the next start drops it
                self._aside.remove(file.file)
        return self._answer(file, verdict)

    def overview(self, now: dt.datetime) -> Overview:
        """What is in the books at this moment."""
        seen = self.books.read(lambda view: overview(view, now))
        return replace(seen, stands_still=self._stands_still)

    def reevaluated(self) -> bool:
        """Run some receipts again, or check a till-day; False when none was waiting.

        While it raises, whatever it is, the overview says that it stands still.
        """
        try:
            found = self._reevaluation.step()
        except BaseException as error:
            self._stands_still = type(error).__name__
            raise
        self._stands_still = ""
        return found

    def close(self) -> None:
        """Let go of the books, once the transaction under way is over."""
        self.books.close()

    def _answer(self, file: Offered, verdict: Verdict) -> Answer:
        outcome = verdict.outcome
        if isinstance(outcome, BatchRefusal):
            said = Refused(file=file.file, refusal=outcome, at=file.at)
            return Answer(refusal_bytes(said, self._sign), outcome.reason)
        assert verdict.batch is not None
        ack = Ack(stream=verdict.batch.stream, head=outcome, at=file.at, file=file.file)
        return Answer(ack_bytes(ack, self._sign), None)

    def _keep_aside(self, file: Offered, verdict: Verdict) -> None:
        try:
            self._aside.put(file.file, file.data)
            for name in taking.note(self.books, file, verdict):
                self._aside.remove(name)
        except LinkError as error:
            raise StoreError(f"what was refused can't be kept: {error}") from error

    def _drop_strays(self) -> None:
        noted, before = self.books.read(refused.files), self.clock().timestamp() - STRAY_S
        for path in self._aside.folder.iterdir():
            with os_errors(path), suppress(FileNotFoundError):
                if path.name not in noted and path.stat().st_mtime < before:
                    path.unlink()

    def _sign(self, message: bytes) -> str:
        return signature(self.key, message)
