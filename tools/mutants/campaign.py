"""All faults tried that nothing is known of yet: first those in functions, for they are quick."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from tools.mutants.trials import (
    KILLED,
    SURVIVED,
    Subject,
    Trial,
    Verdict,
    try_functions,
    try_modules,
    watched,
)
from tools.mutants.verdicts import Mutant, Verdicts
from tools.mutants.watching import AT_IMPORT, Watched, watched_from

TESTS_S_MAX = 8  # of watched tests for one fault: all but the fifty slowest of them


def tried(subject: Subject, found: Sequence[Mutant], state: Path, jobs: int) -> Verdicts:
    """Try what isn't known, so many at a time; state is the folder of what is."""
    verdicts = Verdicts(state, subject)
    missing = [it for it in found if verdicts.known(it) is None]
    if not missing:
        return verdicts
    seen = _watched(subject, state, verdicts.digest)
    mutant_of = {id(it.change): it for it in missing}
    trials = [_trial(it, seen) for it in missing]

    def tell(trial: Trial, verdict: Verdict) -> None:
        mutant = mutant_of[id(trial.change)]
        verdicts.tell(mutant, verdict)
        if verdict.state == SURVIVED:
            print(f"lives: {mutant}", flush=True)

    def tell_early(trial: Trial, verdict: Verdict) -> None:
        # What importing worked out stood there before the fault: it is tried again with its module.
        if verdict.state == KILLED or not trial.at_import:
            tell(trial, verdict)

    try_functions(subject, [it for it in trials if it.change.function], jobs, tell_early)
    verdicts = Verdicts(state, subject)  # with what the fork wrote
    rest = [it for it in trials if verdicts.known(mutant_of[id(it.change)]) is None]
    try_modules(subject, rest, seen, jobs, tell)
    return verdicts


def _trial(mutant: Mutant, seen: Watched) -> Trial:
    tests = seen.runs(mutant.path, mutant.change.lines)
    at_import = AT_IMPORT in tests
    named = _affordable([it for it in tests if it != AT_IMPORT], seen)
    over = named if mutant.change.function and not at_import else seen.seconds
    return Trial(
        path=mutant.path,
        tree=mutant.tree,
        change=mutant.change,
        tests=named,
        seconds=sum(seen.seconds[it] for it in over),
        at_import=at_import,
    )


def _affordable(tests: Sequence[str], seen: Watched) -> list[str]:
    """The first tests, as many as there is time for: a survivor costs all of them."""
    ends = accumulate(seen.seconds[it] for it in tests)
    return [it for it, end in zip(tests, ends, strict=True) if end <= TESTS_S_MAX]


def _watched(subject: Subject, state: Path, digest: str) -> Watched:
    """What the tests run; read back while neither they nor the engine changed."""
    file = state / f"watched-{digest}.json"
    if not file.exists():
        for old in state.glob("watched-*.json"):
            old.unlink()
        print("watching the tests run", flush=True)
        file.write_text(watched(subject).written())
    return watched_from(file.read_text())
