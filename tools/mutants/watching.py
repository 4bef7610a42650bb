"""Which lines of the package each test runs, and how long the test takes."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

OWN_FIRST = 20  # times what another test may cost to come first
AT_IMPORT = ""  # stands for a test: what ran while the tests were collected


@dataclass(frozen=True, slots=True)
class Watched:
    """What the tests do when nothing is broken."""

    seconds: dict[str, float]  # of CPU, by test
    lines: dict[str, dict[str, list[int]]]  # path → test → lines

    def runs(self, path: Path, lines: range) -> list[str]:
        """The tests that run any of the lines of path, the quickest first, and perhaps AT_IMPORT.

        The module's own tests stand before others of their cost: they are more likely to notice.
        """
        own = f"/test_{path.stem}.py::"
        reached = self.lines.get(str(path), {})
        tests = [test for test, them in reached.items() if not set(lines).isdisjoint(them)]

        def cost(test: str) -> tuple[float, str]:
            return self.seconds.get(test, 0.0) / (OWN_FIRST if own in test else 1), test

        return sorted(tests, key=cost)

    def written(self) -> str:
        """All of it, to be read back."""
        return json.dumps({"seconds": self.seconds, "lines": self.lines})


def watched_from(text: str) -> Watched:
    """What was written."""
    found = json.loads(text)
    return Watched(found["seconds"], found["lines"])


class Watcher:
    """A plugin of pytest: runs every test once and notes what it runs below folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = f"{folder}/"
        self._test = AT_IMPORT
        self._lines: defaultdict[str, defaultdict[str, set[int]]] = defaultdict(
            lambda: defaultdict(set)
        )
        self._seconds: dict[str, float] = {}

    def watched(self) -> Watched:
        """What was seen."""
        lines = {
            path: {test: sorted(them) for test, them in tests.items()}
            for path, tests in self._lines.items()
        }
        return Watched(self._seconds, lines)

    def pytest_sessionstart(self) -> None:
        """Watch from here on: collecting imports the package."""
        sys.settrace(self._called)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note under the test's own name."""
        self._test, start = item.nodeid, time.process_time()
        sys.settrace(self._called)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self._seconds[item.nodeid] = round(time.process_time() - start, 4)

    def _called(self, frame: FrameType, *_: object) -> Any:
        path = frame.f_code.co_filename
        if not path.startswith(self._folder):
            return None
        lines = self._lines[path][self._test]
        lines.add(frame.f_lineno)

        def ran(frame: FrameType, *_: object) -> Any:
            lines.add(frame.f_lineno)
            return ran

        return ran
