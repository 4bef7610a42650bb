"""Headquarters of a world: its real store, which may be restarted, or put back to a backup copy."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from loyaltyd.domain.batch import Ack, Refused
from loyaltyd.domain.record import Head, Stream, first_hash
from loyaltyd.hq.folder_import import imported
from loyaltyd.hq.ingest import Answer, Headquarters, open_hq
from loyaltyd.hq.trusting import kept_program, trusted_file
from loyaltyd.link.signatures import is_signed, public_hex
from loyaltyd.link.wire import SignedBatch, answer_from, batch_from, file_hash
from loyaltyd.store import database
from loyaltyd.store.database import Connection, Row
from tests.till.shop import Clock

FILES = ("hq.db", "hq.db-wal", "hq.db-shm")

COPY = "copy.db"


@dataclass(slots=True)
class Central:
    """Headquarters, and what it must have kept aside."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    hq: Headquarters = field(init=False)
    reader: Connection = field(init=False)
    refused: dict[str, bytes] = field(default_factory=dict)  # by hash, and not taken since
    days: dict[tuple[str, int], str] = field(default_factory=dict)  # by till and number

    def __post_init__(self) -> None:
        self.begins()

    def begins(self) -> None:
        """It starts."""
        self.hq = open_hq(self.folder, self.clock)
        self.reader = database.reader(self.folder / FILES[0])

    def ends(self) -> None:
        """It ends, or is gone after a power cut."""
        self.reader.close()  # first: the last one to let go copies the log into the file
        self.hq.close()

    def trusts(self, public: str) -> None:
        """Somebody brings a till.pub."""
        trusted_file(self.hq, self._brought("till.pub", public))

    def learns(self, program: str) -> None:
        """Somebody brings a program."""
        kept_program(self.hq, self._brought("program.toml", program))

    def restarts(self) -> None:
        """It ends and comes back."""
        self.ends()
        self.begins()

    def backs_up(self) -> None:
        """Somebody copies its file, over the copy that was there."""
        self.ends()
        shutil.copy(self.folder / FILES[0], self.folder / COPY)
        self.begins()

    def is_put_back(self) -> None:
        """Its disk is lost, and the copy is what is left."""
        self.ends()
        for name in FILES:
            (self.folder / name).unlink(missing_ok=True)
        shutil.copy(self.folder / COPY, self.folder / FILES[0])
        self.refused.clear()  # nor does the copy know of them
        self.begins()

    def takes(self, data: bytes) -> Answer:
        """What it answers to a file."""
        self.clock.move(seconds=1)
        before = self.records()
        self._may_take(data)
        answer = self.hq.taken(data)
        assert answer.reason is None or self.records() == before, "half of it was kept"
        self._is_kept_to(answer, data)
        return answer

    def imports(self, stick: Path) -> None:
        """Somebody brings a stick."""
        self.clock.move(seconds=1)
        for path in stick.glob("out/*"):
            self._may_take(path.read_bytes())
        for it in imported(self.hq, [stick]):
            self._is_kept_to(it.answer, it.path.read_bytes())

    def _may_take(self, data: bytes) -> None:
        """What becomes of a file that comes again is open, until it is answered."""
        self.refused.pop(file_hash(data), None)

    def _is_kept_to(self, answer: Answer, data: bytes) -> None:
        """An answer says one of two things of one file, signed; what was refused lies aside."""
        said = answer_from(answer.data, self.key, is_signed)
        if isinstance(said, Refused):
            assert said.file == file_hash(data)
            assert said.refusal.reason is answer.reason
            assert said.refusal.detail
            self.refused[said.file] = data
        else:
            assert isinstance(said, Ack), answer
            self._is_the_only_day_of_its_number(said.file, data)
            assert answer.reason is None
            assert said.file == file_hash(data)

    def _is_the_only_day_of_its_number(self, file: str, data: bytes) -> None:
        taken = batch_from(data)
        assert isinstance(taken, SignedBatch)
        if taken.batch.day is not None:
            place = (taken.batch.stream.till, taken.batch.day.number)
            assert self.days.setdefault(place, file) == file, "a number stands for two contents"

    @property
    def key(self) -> str:
        """By which tills know it, 64 hex digits."""
        return public_hex(self.hq.key)

    def runs_again(self) -> None:
        """It looks at what came, until there is no more to look at."""
        while self.hq.reevaluated():
            pass

    def head(self, stream: Stream) -> Head:
        """Where its log of a stream ends."""
        return (self.heads(stream) or [Head(0, first_hash(stream))])[-1]

    def heads(self, stream: Stream) -> list[Head]:
        """Each record that it has of a stream, by place and hash, as they stand there."""
        rows = self.rows(
            "SELECT seq, record.hash FROM record JOIN stream ON stream.id = stream"
            " WHERE header = ? ORDER BY seq",
            stream.header(),
        )
        return [Head(seq, found) for seq, found in rows]

    def records(self) -> int:
        """How many records it has."""
        ((count,),) = self.rows("SELECT count(*) FROM record")
        return int(count)

    def rows(self, sql: str, *values: object) -> list[Row]:
        """What stands in its file."""
        return self.reader.execute(sql, values).fetchall()

    def _brought(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path
