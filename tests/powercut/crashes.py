"""The files that a power cut may leave: what was synced, and any part of what wasn't.

A disk keeps a file's bytes from its last sync on, and a folder's names from the folder's. What was
written since may be there or not, in any order, and of a write that was under way any sectors.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.powercut.recording import Op

SECTOR = 512  # bytes that a disk writes whole or not at all
Files = dict[str, bytes]


@dataclass(slots=True)
class _File:
    """A file whatever its name: its bytes on the disk, and what hasn't been synced."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Op] = field(default_factory=list)

    def sync(self) -> None:
        for op in self.pending:
            _apply(self.durable, op)
        self.pending.clear()

    def after(self, ops: Sequence[Op]) -> bytes:
        if not ops:
            return bytes(self.durable)
        found = bytearray(self.durable)
        for op in ops:
            _apply(found, op)
        return bytes(found)


@dataclass(slots=True)
class Disk:
    """A folder on a disk, on which calls are made; lies: of how many syncs it does nothing."""

    chance: random.Random
    lies: float = 0.0
    names: dict[str, _File] = field(default_factory=dict)  # as the process sees them
    durable_names: dict[str, _File] = field(default_factory=dict)
    renamed: list[Op] = field(default_factory=list)  # names that changed since the folder's sync
    made: dict[int, _File] = field(default_factory=dict)  # by the place of their `create` there

    def do(self, op: Op) -> None:
        """Make one call."""
        if op.kind in {"write", "truncate"}:
            self.names[op.name].pending.append(op)
        elif op.kind == "sync":
            if self.chance.random() >= self.lies:
                self.names[op.name].sync()
        elif op.kind == "sync_folder":
            if self.chance.random() >= self.lies:
                self.durable_names = dict(self.names)
                self.renamed.clear()
                self.made.clear()
        elif op.kind != "answer" and not (op.kind == "create" and op.name in self.names):
            if op.kind == "create":
                self.made[len(self.renamed)] = _File()
            self._rename(self.names, op, len(self.renamed))
            self.renamed.append(op)

    def _rename(self, names: dict[str, _File], op: Op, place: int) -> None:
        if op.kind == "create":
            names[op.name] = self.made[place]
        elif op.kind == "unlink":
            names.pop(op.name, None)
        elif op.name in names:
            names[op.to] = names.pop(op.name)

    def nothing(self) -> Files:
        """Nothing is there but what was synced."""
        return {name: bytes(file.durable) for name, file in self.durable_names.items()}

    def everything(self) -> Files:
        """All that was called for is there."""
        return {name: file.after(file.pending) for name, file in self.names.items()}

    def some(self) -> Files:
        """Any of the writes are there, and the first of the names."""
        return {
            name: file.after([op for op in file.pending if self.chance.random() < 0.5])
            for name, file in self._some_names().items()
        }

    def torn(self) -> Files:
        """Most of the writes are there, and of the last one some sectors."""
        likely = self.chance.choice((0.5, 0.9, 1.0))
        found = {}
        for name, file in self._some_names().items():
            kept = [op for op in file.pending[:-1] if self.chance.random() < likely]
            kept += [part for op in file.pending[-1:] for part in self._sectors(op)]
            found[name] = file.after(kept)
        return found

    def _some_names(self) -> dict[str, _File]:
        names = dict(self.durable_names)
        for place, op in enumerate(self.renamed[: self.chance.randint(0, len(self.renamed))]):
            self._rename(names, op, place)
        return names

    def _sectors(self, op: Op) -> Iterator[Op]:
        """Some sectors of a write: they begin where the disk's do."""
        if op.kind != "write":
            yield op
            return
        start, end = op.offset, op.offset + len(op.data)
        while start < end:
            stop = min(end, start - start % SECTOR + SECTOR)
            if self.chance.random() < 0.5:
                yield Op("write", op.name, start, op.data[start - op.offset : stop - op.offset])
            start = stop


def _apply(content: bytearray, op: Op) -> None:
    if op.kind == "truncate":
        if op.offset < len(content):
            del content[op.offset :]
        else:
            content.extend(bytes(op.offset - len(content)))
        return
    if len(content) < op.offset:
        content.extend(bytes(op.offset - len(content)))  # a hole reads as zeros
    content[op.offset : op.offset + len(op.data)] = op.data
