"""The real courier as a process of its own, on a spool in a folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from loyaltyd.link.spool import Spool
from tests.cli.commands import written_config

WAIT_S = 60.0  # how long a fact may take on a loaded machine before it is no fact
STREAM = f"zelenka_msk-017_3_{'0a' * 8}_"


def batch(first: int, last: int) -> str:
    """What the file of those records is called."""
    return f"{STREAM}{first:012}-{last:012}.batch.jsonl.zst"


def linked(folder: Path, *lines: str, spool: bool = True) -> Path:
    """Write the settings of a till with a spool; lines are more of `[link]`."""
    if spool:
        Spool(folder / "spool")
    text = "\n".join(('[link]\nfolder = "spool"\nhq_key = "hq.pub"', *lines))
    return written_config(folder, text + "\n")


def until(fact: Callable[[], bool], what: str) -> None:
    """Wait for a fact."""
    deadline = time.monotonic() + WAIT_S
    while not fact():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


class Courier:
    """One life of `loyaltyd courier`; in a `with` block, which ends it if nothing else has."""

    def __init__(self, config: Path, *words: str | Path, **variables: str) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LOYALTYD_")}
        self._log = config.with_name("courier.log")
        command = [sys.executable, "-m", "loyaltyd", "courier", "--config", str(config)]
        with self._log.open("ab") as log:
            # A test run that a shell put into the background has Ctrl-C ignored, and hands it down.
            self.process = subprocess.Popen(
                ["env", "--default-signal=INT", *command, *map(str, words)],
                stderr=log,
                env=environment | variables,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def said(self) -> list[dict[str, Any]]:
        """Its log so far, of all its lives."""
        return [json.loads(line) for line in self._log.read_text("utf-8").splitlines()]

    def events(self) -> list[str]:
        """What its log tells of, in order."""
        return [line["event"] for line in self.said()]

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Stop it as systemd or Ctrl-C does; its exit code."""
        self.process.send_signal(by)
        return self.process.wait(WAIT_S)
