"""What is known of each fault: verdicts of earlier runs that still hold, and reasons of survivors.

A fault that a test killed stays dead while its module and that test's file are as they were. One
that survived is tried again whenever the engine or its tests change.
"""

from __future__ import annotations

import ast
import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.mutants.changes import Change, changes
from tools.mutants.trials import KILLED, Subject, Verdict

Name = tuple[str, str, str, str]  # module, function, was, now: alike on whatever line


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A change of a module under its name; nth counts those of one name."""

    path: Path
    tree: ast.Module
    change: Change
    module: str
    nth: int

    @property
    def name(self) -> Name:
        """What a list of survivors calls it."""
        return self.module, self.change.function, self.change.was, self.change.now

    def __str__(self) -> str:
        """Where it is and what it changes."""
        where = f"{self.module}.py:{self.change.line}"
        return f"{where} {self.change.function}\n    {self.change.was}\n    {self.change.now}"


def mutants(subject: Subject, module: str) -> list[Mutant]:
    """All of a module, in the order of its source."""
    path = subject.folder / f"{module}.py"
    tree = ast.parse(path.read_text(), str(path))
    counted: Counter[tuple[str, str, str]] = Counter()
    found = []
    for change in changes(tree):
        key = (change.function, change.was, change.now)
        found.append(Mutant(path=path, tree=tree, change=change, module=module, nth=counted[key]))
        counted[key] += 1
    return found


class Verdicts:
    """A file of verdicts in a folder, one a line; the last of a mutant counts."""

    def __init__(self, state: Path, subject: Subject) -> None:
        file = state / "verdicts.jsonl"
        self._file, self._root = file, subject.root
        self.digest = digest(_files(subject))
        self._known: dict[str, tuple[Verdict, str]] = {}
        for line in file.read_text().splitlines() if file.exists() else ():
            told = json.loads(line)
            verdict = Verdict(state=told["state"], by=told["by"])
            self._known[told["mutant"]] = verdict, told["while"]

    def known(self, mutant: Mutant) -> Verdict | None:
        """What became of it, if that still holds."""
        verdict, condition = self._known.get(self._key(mutant), (None, ""))
        return verdict if verdict and condition == self._condition(verdict) else None

    def tell(self, mutant: Mutant, verdict: Verdict) -> None:
        """Write a verdict down."""
        condition = self._condition(verdict)
        self._known[self._key(mutant)] = verdict, condition
        told = {"mutant": self._key(mutant), "state": verdict.state, "by": verdict.by}
        with self._file.open("a") as out:
            out.write(json.dumps({**told, "while": condition}) + "\n")

    def _key(self, mutant: Mutant) -> str:
        return json.dumps([*mutant.name, mutant.nth, digest([mutant.path])])

    def _condition(self, verdict: Verdict) -> str:
        file = self._root / verdict.by.partition("::")[0]
        killed_by_a_test = verdict.state == KILLED and verdict.by and file.is_file()
        return digest([file]) if killed_by_a_test else self.digest


def reasons(file: Path) -> Mapping[Name, str]:
    """Why each survivor that is listed may live."""
    listed = tomllib.loads(file.read_text()) if file.exists() else {}
    found: dict[Name, str] = {}
    for it in listed.get("survivor", ()):
        found[it["module"], it["in"], it["was"], it["now"]] = it["because"]
    return found


def digest(files: list[Path]) -> str:
    """One hash of what files hold."""
    found = hashlib.sha256()
    for path in files:
        found.update(path.read_bytes())
        found.update(b"\0")
    return found.hexdigest()[:16]


def _files(subject: Subject) -> list[Path]:
    return [
        *_sources(subject.folder),
        *(it for test in subject.tests for it in _sources(subject.root / test)),
    ]


def _sources(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.rglob("*.py"))
