"""What came into `in/` of a till's spool: only what headquarters has signed changes anything."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from loyaltyd.domain.batch import Ack, Refused
from loyaltyd.domain.errors import LinkError
from loyaltyd.domain.outbox import Verdict, verdict
from loyaltyd.link.signatures import is_signed
from loyaltyd.link.spool import Spool, answered, named, stream_name
from loyaltyd.link.wire import ANSWER_BYTES_MAX, FILE_BYTES_MAX, answer_from, file_hash
from loyaltyd.store.ledger import Ledger
from loyaltyd.store.transaction import Transaction

ANSWERS_MAX = 100  # at a look; all of them are one commit, and no receipt waits for more


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer of headquarters; file: the one in `out/` that has the hash it names, or "".

    verdict is none where it is about a ledger that this till had before.
    """

    answer: Ack | Refused
    file: str
    verdict: Verdict | None = None

    @property
    def is_done(self) -> bool:
        """Whether the file in `out/` must go: it has arrived, or is to be made anew."""
        said = named(self.file)
        if said is None:
            return False
        if self.verdict is not None and self.verdict.again:
            return said.records is not None  # a till-day stands in the ledger as it was made
        arrived = isinstance(self.answer, Ack)
        return arrived and not (self.verdict is not None and self.verdict.trouble)


@dataclass(frozen=True, slots=True)
class Look:
    """What lay in `in/`: its names, and the answers among them in the order they were given."""

    names: tuple[str, ...]
    heard: tuple[Heard, ...]


class Inbox:
    """Reads the answers to a ledger's files; strange counts the files that were none."""

    def __init__(self, ledger: Ledger, hq_key: str) -> None:
        self._ledger, self._hq_key = ledger, hq_key
        self._stream = stream_name(ledger.stream)
        self.strange = 0

    def look(self, spool: Spool) -> Look:
        """Read the answers that lie there, and move the cursor as they say."""
        names = tuple(spool.into.names()[:ANSWERS_MAX])
        found = [self._answer(spool, name) for name in names]
        self.strange += found.count(None)
        heard = sorted((it for it in found if it is not None), key=lambda it: it.answer.at)
        if any(map(self._is_ours, heard)):
            heard = self._ledger.write(partial(self._applied, heard=heard)).result()
        return Look(names, tuple(heard))

    def clear(self, spool: Spool, look: Look) -> None:
        """Let go of the files that are done, then of the answers.

        Cut off before, the next look finds them again, and they change nothing twice.
        """
        files = [(spool.out, it.file) for it in look.heard if it.is_done]
        failures = []
        for box, name in (*files, *((spool.into, name) for name in look.names)):
            try:
                box.remove(name)
            except LinkError as error:  # a folder, say: what comes after it must not wait for it
                failures.append(error)
        if failures:
            raise failures[0]

    def _answer(self, spool: Spool, name: str) -> Heard | None:
        with suppress(LinkError):  # what can't be read is as good as what nobody signed
            data = spool.into.read(name, ANSWER_BYTES_MAX)
            answer = None if data is None else answer_from(data, self._hq_key, is_signed)
            if answer is not None:
                file = answered(name) or ""
                offered = spool.out.read(file, FILE_BYTES_MAX) if named(file) else None
                is_it = offered is not None and file_hash(offered) == answer.file
                return Heard(answer, file if is_it else "")
        return None

    def _is_ours(self, heard: Heard) -> bool:
        if isinstance(heard.answer, Ack):
            return heard.answer.stream == self._ledger.stream
        said = named(heard.file)  # a refusal counts for a file that is there, and for no other
        return said is not None and said.stream == self._stream

    def _applied(self, tx: Transaction, heard: Sequence[Heard]) -> list[Heard]:
        return [self._judged(tx, it) if self._is_ours(it) else it for it in heard]

    def _judged(self, tx: Transaction, heard: Heard) -> Heard:
        answer = heard.answer
        theirs = answer.head if isinstance(answer, Ack) else answer.refusal.head
        own_hash = None if theirs is None else tx.hash_at(theirs.seq)
        said = verdict(answer, tx.acked(), tx.head(), own_hash)
        if said.acked is not None:
            tx.keep_acked(said.acked, answer.at)
        if isinstance(answer, Ack) and not said.trouble:
            day = tx.day_of(answer.file)  # also where its file has gone from `out/`
            if day is not None and not day.is_told:
                tx.keep_told(day.number, answer.at)
        return Heard(answer, heard.file, said)
