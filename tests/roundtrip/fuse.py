"""A power cut at any place where work touches the disk: what came before it stays, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from loyaltyd.link.spool import Box
from loyaltyd.store import database
from loyaltyd.store.database import Connection


class PowerCut(BaseException):
    """The process is no more; no code of its own may catch this."""


@dataclass(slots=True)
class Fuse:
    """Blows at the touch that it was set to, once; unset it holds for ever."""

    left: int | None = None
    blown: int = 0

    def touch(self) -> None:
        """Somebody is about to change the disk, or just has."""
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.left = None
            self.blown += 1
            raise PowerCut

    def survived(self, work: Callable[[], object], touches: int) -> bool:
        """Do work, which is cut off after so many touches if it has as many."""
        self.left = touches
        with suppress(PowerCut):
            work()
            self.left = None
            return True
        return False


@contextmanager
def wired(fuse: Fuse) -> Iterator[Fuse]:
    """Lead each commit, and each file that appears in a spool or goes, over fuse."""
    commit, put, remove, rename = database._commit, Box.put, Box.remove, Box.rename

    def committed(connection: Connection) -> None:
        fuse.touch()
        commit(connection)
        fuse.touch()

    def placed(box: Box, name: str, data: bytes) -> None:
        fuse.touch()
        put(box, name, data)
        fuse.touch()

    def removed(box: Box, name: str) -> None:
        fuse.touch()
        remove(box, name)

    def renamed(box: Box, name: str, to: str) -> None:
        fuse.touch()
        rename(box, name, to)
        fuse.touch()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_commit", committed)
        patch.setattr(Box, "put", placed)
        patch.setattr(Box, "remove", removed)
        patch.setattr(Box, "rename", renamed)
        yield fuse
