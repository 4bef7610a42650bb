"""The ways between a spool and headquarters: by line, and by a folder on a stick or a share.

A way goes round: what is in `out/` goes up, the answers come into `in/`. It deletes nothing of
`out/`, believes nothing, and keeps nothing but in memory: cut off anywhere, the next round sends
again, and headquarters knows what it has.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from loyaltyd.link.client import CONFLICT, Client
from loyaltyd.link.spool import ACK, Box, Mark, Spool, answered, named
from loyaltyd.link.wire import ANSWER_BYTES_MAX, FILE_BYTES_MAX


class Fate(StrEnum):
    """What became of a file; only the till's daemon knows whether an answer is genuine."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    COPIED = "copied"


@dataclass(frozen=True, slots=True)
class Carried:
    """A file of `out/` that went its way."""

    name: str
    fate: Fate


class Way(Protocol):
    """One way to headquarters."""

    def round(self) -> Iterator[Carried]:
        """Carry all that waits, telling each as soon as it is safe; LinkError ends the round."""


@dataclass(slots=True, kw_only=True)
class ByLine:
    """Posts each file in the order of names, and puts the answer beside.

    again_s: after what time a file that was answered and still lies there is sent once more: its
    answer got lost, or was not headquarters'.
    """

    spool: Spool
    client: Client
    again_s: float
    monotonic: Callable[[], float]
    _answered: dict[str, tuple[Mark, float]] = field(default_factory=dict)

    def round(self) -> Iterator[Carried]:
        """Send what wasn't answered yet, over one connection."""
        marks = self.spool.out.marks()
        self._answered = {name: it for name, it in self._answered.items() if name in marks}
        held = ""  # the stream of which headquarters misses records: what follows can't fit either
        try:
            for name, stream in _ours(marks):
                if stream == held or self._is_answered(name, marks[name]):
                    continue
                data = _whole(self.spool.out, name)
                if data is None:
                    continue
                answer = self.client.answer_to(data)
                self.spool.into.put(name + answer.suffix, answer.data)
                self._answered[name] = (marks[name], self.monotonic())
                held = stream if answer.status == CONFLICT else held
                yield Carried(name, _fate(name + answer.suffix))
        finally:
            self.client.close()  # headquarters has more tills than connections

    def _is_answered(self, name: str, mark: Mark) -> bool:
        answered_as, at = self._answered.get(name, (None, 0.0))
        return answered_as == mark and self.monotonic() - at < self.again_s


@dataclass(slots=True, kw_only=True)
class ByFolder:
    """Copies both ways between the spool and a folder laid out like one, which many tills may use.

    place: how the names of this till's files begin. An answer leaves the folder once it is safe in
    the spool, and with an acknowledgement goes the copy of what it acknowledges.
    """

    spool: Spool
    folder: Spool
    place: str
    _copied: dict[str, tuple[Mark, Mark | None]] = field(default_factory=dict)

    def round(self) -> Iterator[Carried]:
        """Fetch the answers, then copy what is not there, or not the same."""
        self.folder.out.tidy(self.place)
        acknowledged = set()
        for name, answer in self._answers():
            yield self._fetched(name, answer)
            if name.endswith(ACK):
                acknowledged.add(answered(name))
        marks, theirs = self.spool.out.marks(), self.folder.out.marks()
        for name, _ in _ours(marks):
            at_both = (marks[name], theirs.get(name))
            if name not in acknowledged and self._copied.get(name) != at_both:
                yield from self._copy(name)
        self._copied = {name: it for name, it in self._copied.items() if name in marks}

    def _answers(self) -> Iterator[tuple[str, bytes]]:
        for name in self.folder.into.names():
            said = named(answered(name) or "")
            if said is None or said.place != self.place:
                continue
            answer = self.folder.into.read(name, ANSWER_BYTES_MAX)
            if answer is not None and len(answer) <= ANSWER_BYTES_MAX:
                yield name, answer

    def _fetched(self, name: str, answer: bytes) -> Carried:
        file = answered(name) or ""
        self.spool.into.put(name, answer)
        if name.endswith(ACK):
            self.folder.out.remove(file)
        # Last: pulled out before, the stick brings the answer once more.
        self.folder.into.remove(name)
        self._copied.pop(file, None)  # what was refused may have been damaged on its way
        return Carried(file, _fate(name))

    def _copy(self, name: str) -> Iterator[Carried]:
        mark = self.spool.out.mark(name)
        data = _whole(self.spool.out, name)
        if mark is None or data is None:
            return
        if self.folder.out.read(name, FILE_BYTES_MAX) != data:
            self.folder.out.put(name, data)
            yield Carried(name, Fate.COPIED)
        self._copied[name] = (mark, self.folder.out.mark(name))


def _ours(marks: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The names that a till's daemon gives its files, each with its stream's."""
    for name in marks:
        said = named(name)
        if said is not None:
            yield name, said.stream


def _whole(box: Box, name: str) -> bytes | None:
    """A file's bytes, unless it is gone by now, or can't be one of a daemon's."""
    data = box.read(name, FILE_BYTES_MAX)
    return data if data is not None and 0 < len(data) <= FILE_BYTES_MAX else None


def _fate(answer: str) -> Fate:
    return Fate.ACKNOWLEDGED if answer.endswith(ACK) else Fate.REFUSED
