"""A serial scanner without the scanner: what is written to FOLDER/scan comes out at FOLDER/scanner.

Both are links to pseudo-terminals: a person writes to the first, the daemon opens the second as its
serial port. They stay while the daemon restarts. SIGUSR1 unplugs the scanner, SIGUSR2 plugs it in:

    kill -USR1 $(cat .demo/scanner.pid)

SIGTERM or SIGINT ends it and takes the links away.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys
import termios
import tty
from pathlib import Path

CHUNK_BYTES = 4096  # what a pseudo-terminal holds
TICK_S = 0.5
SIGNALS = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGINT)


class Terminal:
    """One pseudo-terminal, its far end open to others under a name that stays."""

    def __init__(self, link: Path) -> None:
        self._link = link
        self.near, self._far = os.openpty()
        # Open here too: else the first `printf` to leave would take raw mode with it.
        tty.setraw(self._far)
        os.set_blocking(self.near, False)
        fresh = link.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._far))
        fresh.replace(link)

    def release(self) -> None:
        """Let others open it: a real port forgets TIOCEXCL when its holder dies."""
        fcntl.ioctl(self._far, termios.TIOCNXCL)

    def pour(self, sink: Terminal | None) -> None:
        """Pass on what came in; scanned while unplugged, it is lost."""
        data = os.read(self.near, CHUNK_BYTES)
        if sink:
            sink.write(data)

    def write(self, data: bytes) -> None:
        """Send data to whoever listens. A scanner has no memory: what nobody takes is lost."""
        while data:
            try:
                data = data[os.write(self.near, data) :]
            except BlockingIOError:
                if not select.select([], [self.near], [], TICK_S)[1]:
                    termios.tcflush(self._far, termios.TCIFLUSH)

    def close(self) -> None:
        """Hang up on whoever has the far end open."""
        self._link.unlink(missing_ok=True)
        os.close(self._far)
        os.close(self.near)


class Scanner:
    """A person's terminal and, while it is plugged in, the daemon's port."""

    def __init__(self, folder: Path) -> None:
        self._link = folder / "scanner"
        self._person = Terminal(folder / "scan")
        self._port: Terminal | None = None

    def plug_in(self) -> None:
        self.unplug()
        self._port = Terminal(self._link)

    def unplug(self) -> None:
        if self._port:
            self._port.close()
        self._port = None

    def close(self) -> None:
        self.unplug()
        self._person.close()

    def copy_until(self, interrupt: int) -> None:
        """Copy both ways until the descriptor interrupt becomes readable."""
        ends = {interrupt, self._person.near} | ({self._port.near} if self._port else set())
        while interrupt not in (ready := select.select(ends, [], [], TICK_S)[0]):
            if self._port:
                self._port.release()
            for source, sink in ((self._person, self._port), (self._port, self._person)):
                if source and source.near in ready:
                    source.pour(sink)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    signals = _signal_pipe()
    scanner = Scanner(folder)
    scanner.plug_in()
    pid_file = folder / "scanner.pid"
    pid_file.write_text(f"{os.getpid()}\n")
    deeds = {signal.SIGUSR1: scanner.unplug, signal.SIGUSR2: scanner.plug_in}
    while True:
        scanner.copy_until(signals)
        number = os.read(signals, 1)[0]
        if number not in deeds:
            break
        deeds[signal.Signals(number)]()
    scanner.close()
    pid_file.unlink(missing_ok=True)


def _signal_pipe() -> int:
    """Return what becomes readable with the number of each signal that came."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in SIGNALS:
        signal.signal(number, lambda *_: None)
    return reading


if __name__ == "__main__":
    main()
