"""Puts thousands of cards on a reader in a process of its own, and says what that took of it.

Arguments: insertions before the first look at the process, and those between it and the second.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import threading
from pathlib import Path

from loyaltyd.readers.drivers.pcsc import PcscDriver
from loyaltyd.readers.profiles.contactless import Contactless
from loyaltyd.readers.read import CardRead, Read, Removed
from loyaltyd.readers.supervisor import Source, Supervisor
from loyaltyd.readers.taps import taps
from tests.readers.cards import NUMBER, Tag, text_record
from tests.readers.pcscd import Pcscd
from tests.readers.vectors import own

READER = "ACS 00 00"
WAIT_S = 30.0


class Counting:
    """Counts what it hears, and keeps nothing of it."""

    def __init__(self) -> None:
        self.reads = self.removals = 0
        self.up = threading.Event()
        self._news = threading.Condition()

    def on_read(self, _: str, read: Read) -> None:
        with self._news:
            self.reads += isinstance(read, CardRead)
            self.removals += isinstance(read, Removed)
            self._news.notify_all()

    def on_state(self, _: str, up: bool, detail: str) -> None:
        if up and detail == READER:
            self.up.set()

    def wait(self, reads: int, removals: int) -> None:
        """Wait until so many were heard, and no more."""
        with self._news:
            wanted = (reads, removals)
            assert self._news.wait_for(lambda: (self.reads, self.removals) >= wanted, WAIT_S)
            assert (self.reads, self.removals) == wanted


def figures() -> dict[str, int]:
    """What the process holds just now."""
    gc.collect()
    status = Path("/proc/self/status").read_text("ascii")
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    return {"descriptors": descriptors, "threads": threading.active_count(), "kib": int(kib)}


def after_insertions(count: int, service: Pcscd, ears: Counting) -> dict[str, int]:
    """Put so many cards down and take them away; the figures then."""
    for turn in range(ears.reads + 1, ears.reads + count + 1):
        service.insert(READER, Tag(text_record(NUMBER)))
        ears.wait(turn, turn - 1)
        service.eject(READER)
        ears.wait(turn, turn)
    return figures()


def main(warm_up: int, insertions: int) -> None:
    """Print the figures after the warm-up and after the insertions, as JSON."""
    ears = Counting()
    dialogue = Contactless(own=own).dialogue
    source = Source(name="tap", open=taps(PcscDriver(), dialogue), repeat_window_s=0.0)
    supervisor = Supervisor([source], on_read=ears.on_read, on_state=ears.on_state)
    with tempfile.TemporaryDirectory(prefix="pcsc") as folder:
        path = Path(folder) / "pcscd.comm"
        os.environ["PCSCLITE_CSOCK_NAME"] = str(path)
        with Pcscd(path) as service:
            service.plug(READER)
            supervisor.start()
            assert ears.up.wait(WAIT_S)
            before = after_insertions(warm_up, service, ears)
            after = after_insertions(insertions, service, ears)
            supervisor.stop()
    sys.stdout.write(json.dumps({"reads": ears.reads, "before": before, "after": after}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
