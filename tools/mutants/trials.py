"""A fault is tried in a process of its own, by the tests that run its lines, fastest first."""

from __future__ import annotations

import ast
import gc
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pydantic  # noqa: F401 - loaded once, for all who are forked
import pytest
from _pytest.runner import runtestprotocol

from tools.mutants.changes import Change
from tools.mutants.planting import Loaded, loaded_functions, plant_function, plant_module
from tools.mutants.watching import Watched, Watcher, watched_from

KILLED, SURVIVED = "killed", "survived"
CPU_S_MIN = 5  # a fault that only makes the tests slower is no endless one
CPU_TIMES_MAX = 1  # of what the tests take when watched: twice what they take else
MEMORY_BYTES_MAX = 3 << 30  # a list of 10**13 ends as MemoryError, and that as a failure
QUIET = (
    *("-q", "-s", "--tb=native", "--no-header", "--no-summary"),
    *("-p", "no:cacheprovider", "--timeout=0"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # Hypothesis is here before pytest starts
)
ENDLESS = "endless"  # for the name of a test: it was stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is broken, and what tests it."""

    root: Path  # where the tests are named from
    folder: Path  # of the package's modules
    source: Path  # from which they are imported
    tests: tuple[str, ...]  # as pytest takes them
    without: tuple[
        str, ...
    ] = ()  # of their files: they test other things, or are no second opinion

    @property
    def arguments(self) -> list[str]:
        """Which tests, for pytest."""
        return [*QUIET, *self.tests, *(f"--ignore={it}" for it in self.without)]

    def module(self, path: Path) -> str:
        """The name that path is imported by."""
        return ".".join(path.relative_to(self.source).with_suffix("").parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One fault, and the tests that may notice it, with the seconds that they take."""

    path: Path
    tree: ast.Module
    change: Change
    tests: Sequence[str]
    seconds: float
    at_import: bool  # its lines also run when modules are imported


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a fault: by is the test that failed."""

    state: str
    by: str = ""


Told = Callable[[Trial, Verdict], None]
Start = Callable[[Trial], tuple[int, int]]  # process id, and where it writes who noticed


def watched(subject: Subject) -> Watched:
    """Run all tests once, in a process of their own; they must pass."""

    def watch(writer: int) -> int:
        watcher = Watcher(subject.folder)
        code = pytest.main(subject.arguments, plugins=[watcher, Plain()])
        sys.settrace(None)
        with os.fdopen(writer, "w") as out:
            out.write(watcher.watched().written())
        return int(code)

    child, reader = _forked(watch)
    with os.fdopen(reader) as text:
        found = text.read()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise SystemExit("the tests fail with nothing broken")
    return watched_from(found)


def try_functions(subject: Subject, trials: Sequence[Trial], jobs: int, told: Told) -> None:
    """Try faults in functions: the tests are collected once, each fault is planted in a fork."""
    if not trials:
        return

    def run(_: int) -> int:
        runner = _Runner(subject, trials, jobs, told)
        return int(pytest.main(subject.arguments, plugins=[runner, Plain()]))

    child, reader = _forked(run)
    os.close(reader)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise SystemExit("the trials broke off")


def try_modules(
    subject: Subject, trials: Sequence[Trial], seen: Watched, jobs: int, told: Told
) -> None:
    """Try faults in what importing a module works out: each fork collects the tests anew."""

    def start(trial: Trial) -> tuple[int, int]:
        def run(writer: int) -> int:
            _limit(trial.seconds)
            trial.change.put()
            plant_module(trial.tree, trial.path, subject.module(trial.path))
            arguments = [*subject.arguments, "-x", "--disable-warnings"]
            return int(pytest.main(arguments, plugins=[Plain(), _Ordered(seen, writer)]))

        return _forked(run, quiet=True)

    _try_all(trials, jobs, start, told)


class Plain:
    """A plugin of pytest: Hypothesis looks for one failure, and for no smaller one."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Settings hold from where a test is defined."""
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile(
            "mutants", deadline=None, derandomize=True, database=None, phases=phases
        )
        hypothesis.settings.load_profile("mutants")


class _Ordered:
    """A plugin of pytest: the fastest tests first, and the name of the one that fails."""

    def __init__(self, seen: Watched, writer: int) -> None:
        self._seconds, self._writer = seen.seconds, writer

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """What fails at once is run at once."""
        items.sort(key=lambda item: self._seconds.get(item.nodeid, 0.0))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say who noticed."""
        if report.failed:
            os.write(self._writer, report.nodeid.encode())


class _Runner:
    """A plugin of pytest: runs trials in place of the tests that were collected."""

    def __init__(self, subject: Subject, trials: Sequence[Trial], jobs: int, told: Told) -> None:
        self._subject, self._trials, self._jobs, self._told = subject, trials, jobs, told

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Fork for each trial, with all that was collected."""
        items = {item.nodeid: item for item in session.items}
        loaded = loaded_functions(self._subject.folder)
        gc.freeze()  # or each fork's first collection copies every page

        def start(trial: Trial) -> tuple[int, int]:
            return _forked(lambda writer: _failing(trial, items, loaded, writer))

        _try_all(self._trials, self._jobs, start, self._told)
        return True


def _failing(trial: Trial, items: dict[str, pytest.Item], loaded: Loaded, writer: int) -> int:
    _limit(trial.seconds)
    trial.change.put()
    plant_function(trial.tree, trial.path, trial.change.function, loaded)
    chosen = [items[test] for test in trial.tests]
    for item, following in zip(chosen, [*chosen[1:], None], strict=True):
        if any(it.failed for it in runtestprotocol(item, log=False, nextitem=following)):
            os.write(writer, item.nodeid.encode())
            return 1
    return 0


def _try_all(trials: Iterable[Trial], jobs: int, start: Start, told: Told) -> None:
    """Keep jobs of them running; tell each when it ends."""
    waiting: Iterator[Trial] = iter(trials)
    running: dict[int, tuple[Trial, int]] = {}
    while True:
        while len(running) < jobs and (trial := next(waiting, None)) is not None:
            child, reader = start(trial)
            running[child] = trial, reader
        if not running:
            return
        child, status = os.wait()
        trial, reader = running.pop(child)
        with os.fdopen(reader) as text:
            told(trial, _verdict(os.waitstatus_to_exitcode(status), text.read()))


def _verdict(code: int, by: str) -> Verdict:
    if code == 0:
        return Verdict(state=SURVIVED)
    return Verdict(state=KILLED, by=ENDLESS if code in {-signal.SIGXCPU, -signal.SIGKILL} else by)


def _limit(seconds: float) -> None:
    most = int(CPU_S_MIN + CPU_TIMES_MAX * seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))


def _forked(work: Callable[[int], int], *, quiet: bool = False) -> tuple[int, int]:
    """Run work in a fork, its answer the exit code: (process id, what it writes)."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child:
        os.close(writer)
        return child, reader
    code = 1  # whatever it dies of was noticed
    try:
        os.close(reader)
        if quiet:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = work(writer)
    finally:
        sys.stdout.flush()
        os._exit(code)
