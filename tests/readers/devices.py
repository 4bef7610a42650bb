"""Readers for tests: pseudo-terminals to unplug, and ears that wait for what is said."""

import os
import threading
import tty
from collections.abc import Callable
from pathlib import Path

from loyaltyd.readers.read import CardRead, Read

WAIT_S = 20.0  # how long a fact may take on a loaded machine before it is no fact


class Scanner:
    """A scanner on a pseudo-terminal behind a stable path, as udev makes one under by-id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master: int | None = None

    def plug(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.path.symlink_to(os.ttyname(slave))
        os.close(slave)

    def send(self, data: bytes) -> None:
        assert self._master is not None
        os.write(self._master, data)

    def unplug(self) -> None:
        if self._master is not None:
            self.path.unlink()
            os.close(self._master)
            self._master = None


class Ears:
    """Hears a supervisor; waits for facts, never for time."""

    def __init__(self) -> None:
        self.reads: list[tuple[str, Read]] = []
        self.states: list[tuple[str, bool, str]] = []
        self._news = threading.Condition()

    def on_read(self, source: str, read: Read) -> None:
        with self._news:
            self.reads.append((source, read))
            self._news.notify_all()

    def on_state(self, source: str, up: bool, detail: str) -> None:
        with self._news:
            self.states.append((source, up, detail))
            self._news.notify_all()

    def wait(self, fact: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(fact, WAIT_S), (self.reads, self.states)

    def wait_state(self, up: bool, times: int = 1) -> None:
        self.wait(lambda: [state[1] for state in self.states].count(up) >= times)

    def wait_number(self, number: str) -> None:
        self.wait(lambda: number in self.numbers)

    @property
    def numbers(self) -> list[str]:
        return [read.number for _, read in self.reads if isinstance(read, CardRead)]
