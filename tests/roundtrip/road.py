"""All that may happen to files between a till and headquarters; nothing on the way is trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyaltyd.domain.batch import Ack, Batch, BatchReason, BatchRefusal, Refused, batch_of
from loyaltyd.domain.record import Head, first_hash
from loyaltyd.link.carrying import ByFolder
from loyaltyd.link.signatures import signature
from loyaltyd.link.spool import ACK, REFUSAL, Spool
from loyaltyd.link.wire import (
    FILE_BYTES_MAX,
    SignedBatch,
    ack_bytes,
    batch_bytes,
    batch_from,
    file_hash,
    refusal_bytes,
)
from tests.hq.lanes import spoilt
from tests.roundtrip.central import Central
from tests.roundtrip.lane import Lane

FILES_AT_ONCE = 4
LIES = 3  # at a time
ROTS = 0.2  # of the files on a stick
STRANGER = Ed25519PrivateKey.from_private_bytes(b"\x5a" * 32)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file on its way, of a till or to it."""

    lane: Lane
    name: str
    data: bytes


@dataclass(slots=True, kw_only=True)
class Road:
    """Carries files and answers, well or badly."""

    central: Central
    chance: Random
    stick: Spool
    sent: list[Parcel] = field(default_factory=list)
    late: list[Parcel] = field(default_factory=list)  # not there yet
    old: list[Parcel] = field(default_factory=list)  # were there, and may come once more

    def carries_well(self, lane: Lane, names: Sequence[str] | None = None) -> None:
        """Every file once, in order, and its answer back; or those of the names."""
        for name in lane.spool.out.names() if names is None else names:
            data = lane.spool.out.read(name, FILE_BYTES_MAX)
            if data and len(data) <= FILE_BYTES_MAX:  # no courier carries others
                self._delivers(Parcel(lane, name, data))

    def carries_badly(self, lane: Lane) -> None:
        """Some files, in some order, each with a fate of its own."""
        names = lane.spool.out.names()
        self.chance.shuffle(names)
        fates = (
            *(self._delivers, self._delivers, self._twice, self._flips, self._cuts),
            *(self._loses_the_answer, self._keeps_the_answer, self._forges, self._misnames),
            *(self._signs_itself, self._lies),
        )
        for name in names[: self.chance.randrange(1, FILES_AT_ONCE + 1)]:
            data = lane.spool.out.read(name, FILE_BYTES_MAX)
            if data and len(data) <= FILE_BYTES_MAX:  # no courier carries others
                self.chance.choice(fates)(Parcel(lane, name, data))

    def brings_late(self) -> None:
        """Answers that were on their way arrive, the newest first."""
        while self.late:
            self._brings(self.late.pop())

    def brings_again(self, lanes: list[Lane]) -> None:
        """An old answer comes to its till once more, or to the other one."""
        if self.old:
            told = self.chance.choice(self.old)
            lane = self.chance.choice((told.lane, *lanes))
            lane.spool.into.put(told.name, told.data)

    def carries_again(self, lane: Lane) -> None:
        """A file that was carried long ago comes once more; its till may have let it go."""
        sent = [file for file in self.sent if file.lane is lane]
        if sent:
            file = self.chance.choice(sent)
            self._delivers(file)
            self._lies(file)

    def by_stick(self, lane: Lane) -> None:
        """Somebody copies what waits to a stick, has it imported, and brings back the answers."""
        way = ByFolder(spool=lane.spool, folder=self.stick, place=lane.start)
        for carried in way.round():
            data = self.stick.out.read(carried.name, FILE_BYTES_MAX)
            if data is not None and self.chance.random() < ROTS:
                self.stick.out.put(carried.name, self._flipped(data))
        self.central.imports(self.stick.out.folder.parent)
        for _ in way.round():
            pass

    def _delivers(self, file: Parcel) -> None:
        self._brings(self._asks(file))

    def _twice(self, file: Parcel) -> None:
        for _ in range(2):
            self._delivers(file)

    def _flips(self, file: Parcel) -> None:
        self._brings(self._asks(replace(file, data=self._flipped(file.data))))

    def _flipped(self, data: bytes) -> bytes:
        """With another bit; where that says nothing, as a few of zstd's do, a byte less."""
        place, bit = self.chance.randrange(len(data)), self.chance.randrange(8)
        return spoilt(data, place, bit) or data[:-1]

    def _cuts(self, file: Parcel) -> None:
        size = self.chance.randrange(len(file.data) or 1)
        self._brings(self._asks(replace(file, data=file.data[:size])))

    def _loses_the_answer(self, file: Parcel) -> None:
        self._asks(file)

    def _keeps_the_answer(self, file: Parcel) -> None:
        self.late.append(self._asks(file))

    def _misnames(self, file: Parcel) -> None:
        name = f"{self.chance.randrange(1 << 32)}{ACK}"
        file.lane.spool.into.put(name, self._asks(file).data)

    def _asks(self, file: Parcel) -> Parcel:
        self.sent.append(file)
        answer = self.central.takes(file.data)
        suffix = ACK if answer.reason is None else REFUSAL
        return replace(file, name=file.name + suffix, data=answer.data)

    def _brings(self, told: Parcel) -> None:
        told.lane.spool.into.put(told.name, told.data)
        self.old.append(told)

    def _forges(self, file: Parcel) -> None:
        """Somebody who isn't headquarters answers, for a file that he throws away."""
        lane, hashed, key = (
            file.lane,
            file_hash(file.data),
            self.chance.choice((STRANGER, file.lane.key)),
        )
        head, at = lane.head(), self.central.clock()
        ack = Ack(stream=lane.stream, head=head, at=at, file=hashed)
        gap = BatchRefusal(reason=BatchReason.GAP, detail="forged", head=Head(0, head.hash))
        refused = Refused(file=hashed, refusal=gap, at=at)
        for name, data in (
            (file.name + ACK, ack_bytes(ack, _by(key))),
            (file.name + REFUSAL, refusal_bytes(refused, _by(key))),
        ):
            self._brings(Parcel(lane, name, data))

    def _signs_itself(self, file: Parcel) -> None:
        """Somebody puts his own signature under the till's records."""
        found = batch_from(file.data)
        if isinstance(found, SignedBatch):
            answer = self.central.takes(batch_bytes(found.batch, _by(STRANGER)))
            assert answer.reason is BatchReason.SIGNATURE_INVALID

    def _lies(self, file: Parcel) -> None:
        """The till's own key stands under what is not its log: it has lost its mind, or its key."""
        found = batch_from(file.data)
        if isinstance(found, SignedBatch):
            last = self.central.head(found.batch.stream).seq
            for lie in self.chance.sample(lies(found.batch, last), LIES):
                answer = self.central.takes(batch_bytes(lie, _by(file.lane.key)))
                assert answer.reason is not None, lie


def lies(batch: Batch, last: int) -> list[Batch]:
    """What a batch could be made into; last is the last record that headquarters has."""
    other = replace(batch.stream, till="9")
    begun = first_hash(other)
    found = [
        replace(batch, head=bytes(32)),
        replace(batch, stream=other),
        replace(batch, stream=other, first=1, lines=(), previous=begun, head=begun),
        replace(batch, previous=bytes(32)),
    ]
    if batch.lines:
        before = Head(batch.first, batch.previous)  # as if one record more had come before it
        found.append(batch_of(batch.stream, before, batch.lines, (), batch.created_at))
    if len(batch.lines) > 1:
        found.append(replace(batch, lines=(*batch.lines[1:], batch.lines[0])))
        found.append(replace(batch, lines=batch.lines[:-1]))
    if batch.lines and batch.first <= last:
        line = batch.lines[0].replace('"clock":"', '"clock":"un')
        start = Head(batch.first - 1, batch.previous)
        forked = (line, *batch.lines[1:])
        found.append(batch_of(batch.stream, start, forked, (), batch.created_at))
    return found


def _by(key: Ed25519PrivateKey) -> Callable[[bytes], str]:
    return lambda message: signature(key, message)
