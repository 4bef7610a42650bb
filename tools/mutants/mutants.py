"""Breaks the engine a little in thousands of ways and counts what the tests notice.

    ./tools/mutants/run [MODULE...] [--jobs N] [--afresh]

Each fault is one expression or statement of a module put differently (changes.py), tried in a fork
by the tests that run its lines. What is printed are the survivors, with the reason of those that
survivors.toml lists, and the share of faults that were noticed: a listed survivor counts as not
noticed too. The exit code is 1 when a survivor isn't listed, or what is listed is killed or gone.

A run that is stopped goes on where it was: what is known stands in .mutants/.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
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
from tools.mutants.verdicts import Mutant, Name, Verdicts, mutants, reasons
from tools.mutants.watching import AT_IMPORT, Watched, watched_from

ROOT = Path(__file__).parents[2]
STATE = ROOT / ".mutants"
SURVIVORS = Path(__file__).with_name("survivors.toml")
ENGINE = Subject(
    folder=ROOT / "src" / "loyaltyd" / "domain",
    source=ROOT / "src",
    tests=("tests/domain",),
    without=tuple(
        f"tests/domain/test_{it}.py"
        for it in (
            "same_bytes",  # would notice any change, right or wrong
            *("toml", "toml_lines", "fuzz", "broken_programs", "program_text", "grammar"),
            *("program_schema", "program_diff", "program_warnings", "program_faults"),
            *("gift_faults", "when_faults", "earning_faults", "backtest", "samples"),
            *("batch", "day", "outbox", "posted", "record", "card", "cases"),
        )
    ),
)
# What decides what a receipt comes to.
MODULES = (
    *("money", "spread", "pieces", "position", "goods", "basket", "account", "lots", "ledger"),
    *("spans", "birthdays", "when", "conditions", "scene", "past", "asks", "standing", "place"),
    *("gifts", "coupon", "limits", "remaining", "miss", "candidates", "offers", "discounts"),
    *("redemption", "claims", "earning", "quote", "sale", "postings", "clawback", "returns"),
    *("found_totals", "hints", "exclusions"),
)
TESTS_S_MAX = 15  # of watched tests for one fault: all but the twenty slowest of them
ROW = "{:24} {:>7} {:>7} {:>9} {:>9} {:>8}"


def main(arguments: list[str]) -> int:
    """Run the mutants of the modules that the command line names, all without names."""
    parser = argparse.ArgumentParser(
        prog="./tools/mutants/run", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)}")
    parser.add_argument("--jobs", type=int, default=1, help="so many at a time")
    parser.add_argument("--afresh", action="store_true", help="forget what is known")
    chosen = parser.parse_args(arguments)
    STATE.mkdir(exist_ok=True)
    if chosen.afresh:
        for path in STATE.iterdir():
            path.unlink()
    file = STATE / "verdicts.jsonl"
    found = [it for module in chosen.modules or MODULES for it in mutants(ENGINE, module)]
    _try(found, file, chosen.jobs)
    return _told(found, Verdicts(file, ENGINE, ROOT), reasons(SURVIVORS))


def _try(found: Sequence[Mutant], file: Path, jobs: int) -> None:
    """Try what isn't known: faults in functions first, for those are the quick ones."""
    verdicts = Verdicts(file, ENGINE, ROOT)
    missing = [it for it in found if verdicts.known(it) is None]
    if not missing:
        return
    seen = _watched(verdicts.digest)
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

    try_functions(ENGINE, [it for it in trials if it.change.function], jobs, tell_early)
    verdicts = Verdicts(file, ENGINE, ROOT)  # with what the fork wrote
    rest = [it for it in trials if verdicts.known(mutant_of[id(it.change)]) is None]
    try_modules(ENGINE, rest, seen, jobs, tell)


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


def _watched(digest: str) -> Watched:
    """What the tests run; read back while neither they nor the engine changed."""
    file = STATE / f"watched-{digest}.json"
    if not file.exists():
        for old in STATE.glob("watched-*.json"):
            old.unlink()
        print("watching the tests run", flush=True)
        file.write_text(watched(ENGINE).written())
    return watched_from(file.read_text())


def _told(found: Sequence[Mutant], verdicts: Verdicts, why: Mapping[Name, str]) -> int:
    """Print what became of them; 1 when the list of survivors is not what was seen."""
    alive = [it for it in found if _state(it, verdicts) == SURVIVED]
    names = {it.name for it in alive}
    modules = list(dict.fromkeys(it.module for it in found))
    unlisted = [it for it in alive if it.name not in why]
    stale = [name for name in why if name[0] in modules and name not in names]
    for it in alive:
        print(f"{it}\n    {why.get(it.name, 'NOT LISTED')}")
    for name in stale:
        print(f"listed, but killed or gone: {name}")
    print(ROW.format("module", "faults", "noticed", "listed", "unlisted", "score"))
    for module in (*modules, ""):
        print(_row(module, [it for it in found if module in {it.module, ""}], alive, unlisted))
    return 1 if unlisted or stale else 0


def _row(
    module: str, found: Sequence[Mutant], alive: Sequence[Mutant], unlisted: Sequence[Mutant]
) -> str:
    all_alive, new = ([it for it in them if it in found] for them in (alive, unlisted))
    noticed = len(found) - len(all_alive)
    score = f"{100 * noticed / max(1, len(found)):.1f}%"
    listed = len(all_alive) - len(new)
    return ROW.format(module or "all", len(found), noticed, listed, len(new), score)


def _state(mutant: Mutant, verdicts: Verdicts) -> str:
    verdict = verdicts.known(mutant)
    assert verdict is not None
    return verdict.state


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
