"""`loyaltyd hq serve` as a process of its own, on ports that stay the same over its lives."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.courier.courier_process import WAIT_S, until
from tests.daemon.daemon_process import Caller, free_port


@dataclass(frozen=True, slots=True)
class Office:
    """Where headquarters keeps what it has, and where it answers."""

    folder: Path
    couriers: int
    people: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.couriers}"


def office_at(folder: Path) -> Office:
    return Office(folder, free_port(), free_port())


class HqServe:
    """One life of it; in a `with` block, which ends it if nothing else has."""

    def __init__(self, office: Office) -> None:
        self.office = office
        listen = ("--listen", f"127.0.0.1:{office.couriers}")
        pages = ("--pages", f"127.0.0.1:{office.people}")
        command = [sys.executable, "-m", "loyaltyd", "hq", "serve", "--folder", str(office.folder)]
        with office.folder.with_name("hq.log").open("ab") as log:
            self.process = subprocess.Popen([*command, *listen, *pages], stderr=log)

    def __enter__(self) -> Self:
        until(self._answers, "headquarters answers")
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End it at once, in the middle of anything."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Tell it to end, as systemd does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S)

    def _answers(self) -> bool:
        assert self.process.poll() is None, "headquarters has ended"
        with suppress(OSError, http.client.HTTPException), Caller(self.office.couriers) as caller:
            return caller.ask("/healthz")[0] == http.client.OK
        return False
