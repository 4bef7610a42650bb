"""Headquarters in a process of its own, which answers files on a pipe, for a test to kill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from loyaltyd.hq.ingest import open_hq

ROOT = Path(__file__).parents[2]
LENGTH_BYTES = 4


class HqProcess:
    """Offers files and reads answers; every method raises OSError or EOFError once it is killed."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def offer(self, data: bytes) -> None:
        """Send a file; the answer is waited for by answer()."""
        assert self.process.stdin is not None
        _put(self.process.stdin, data)

    def answer(self) -> bytes:
        assert self.process.stdout is not None
        return _taken(self.process.stdout)

    def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing tidied."""
        self.process.kill()
        self.process.wait()


@contextmanager
def hq_process(folder: Path) -> Iterator[HqProcess]:
    """Start headquarters in folder; ready once it has answered with nothing."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.hq.hq_process", str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    ) as process:
        assert process.stdout is not None
        try:
            assert _taken(process.stdout) == b""
            yield HqProcess(process)
        finally:
            process.kill()
            process.wait()
            _let_go(process)


def main() -> None:
    """Answer each file that comes, until there are no more."""
    hq = open_hq(Path(sys.argv[1]))
    _put(sys.stdout.buffer, b"")
    while True:
        try:
            data = _taken(sys.stdin.buffer)
        except EOFError:
            hq.close()
            return
        _put(sys.stdout.buffer, hq.taken(data).data)


def _put(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(len(data).to_bytes(LENGTH_BYTES, "big") + data)
    pipe.flush()


def _taken(pipe: IO[bytes]) -> bytes:
    length = pipe.read(LENGTH_BYTES)
    data = pipe.read(int.from_bytes(length, "big"))
    if len(length) < LENGTH_BYTES or len(data) < int.from_bytes(length, "big"):
        raise EOFError
    return data


def _let_go(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    try:
        process.stdin.close()
    except BrokenPipeError:
        return  # what was under way to it is gone with it


if __name__ == "__main__":
    main()
