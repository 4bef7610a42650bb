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
from pathlib import Path

from tools.mutants.campaign import tried
from tools.mutants.trials import SURVIVED, Subject
from tools.mutants.verdicts import Mutant, Name, Verdicts, mutants, reasons

ROOT = Path(__file__).parents[2]
STATE = ROOT / ".mutants"
SURVIVORS = Path(__file__).with_name("survivors.toml")
ENGINE = Subject(
    root=ROOT,
    folder=ROOT / "src" / "loyaltyd" / "domain",
    source=ROOT / "src",
    tests=("tests/domain",),
    without=tuple(
        f"tests/domain/{it}"
        for it in (
            "test_same_bytes.py",  # would notice any change, right or wrong
            "trying",
            *(
                f"language/test_{it}.py"  # how a program is read
                for it in (
                    *("program_text", "grammar", "program_schema", "program_warnings"),
                    *("gift_faults", "when_faults", "earning_faults"),
                )
            ),
            *("test_fuzz.py", "test_broken_programs.py"),
            *("test_toml.py", "test_toml_lines.py", "test_batch.py", "test_day.py"),
            *("test_outbox.py", "test_posted.py", "test_record.py", "test_card.py"),
        )
    ),
)
# What decides what a receipt comes to; what it tells beside is tested, and not broken here.
MODULES = (
    *("money", "spans", "birthdays", "basket", "account", "ledger", "past", "place", "coupon"),
    *(
        f"engine/{it}"
        for it in (
            *("spread", "pieces", "position", "goods", "lots", "when", "conditions", "scene"),
            *("asks", "gifts", "limits", "miss", "rewards", "candidates", "offers", "discounts"),
            *("redemption", "claims", "earning", "quote", "printing", "hints"),
        )
    ),
    *(
        f"books/{it}"
        for it in (
            *("sale", "postings", "clawback", "returns", "remaining", "standing"),
            *("returned_coupons", "loads", "merging", "reservations"),
        )
    ),
    "language/exclusions",
    "engine/found_totals",
)
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
    found = [it for module in chosen.modules or MODULES for it in mutants(ENGINE, module)]
    verdicts = tried(ENGINE, found, STATE, chosen.jobs)
    return told(found, verdicts, reasons(SURVIVORS))


def told(found: Sequence[Mutant], verdicts: Verdicts, why: Mapping[Name, str]) -> int:
    """Print what became of them; 1 when the list of survivors is not what was seen."""
    alive = [it for it in found if _state(it, verdicts) == SURVIVED]
    names = {it.name for it in alive}
    modules = list(dict.fromkeys(it.module for it in found))
    stale = [name for name in why if name[0] in modules and name not in names]
    for it in alive:
        print(f"{it}\n    {why.get(it.name, 'NOT LISTED')}")
    for name in stale:
        print(f"listed, but killed or gone: {name}")
    print(ROW.format("module", "faults", "noticed", "listed", "unlisted", "score"))
    for module in modules:
        print(_row(module, [it for it in found if it.module == module], alive, why))
    print(_row("all", found, alive, why))
    return 1 if stale or names - why.keys() else 0


def _row(
    name: str, found: Sequence[Mutant], alive: Sequence[Mutant], why: Mapping[Name, str]
) -> str:
    modules = {it.module for it in found}
    lives = [it for it in alive if it.module in modules]
    listed = sum(it.name in why for it in lives)
    noticed = len(found) - len(lives)
    score = f"{100 * noticed / max(1, len(found)):.1f}%"
    return ROW.format(name, len(found), noticed, listed, len(lives) - listed, score)


def _state(mutant: Mutant, verdicts: Verdicts) -> str:
    verdict = verdicts.known(mutant)
    assert verdict is not None
    return verdict.state


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
