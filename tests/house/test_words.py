"""Names say what a thing is, errors are caught by name, importing a module only defines names."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

from tests.house.source import PACKAGE, ROOT, Source, planted, sources

VAGUE_NAMES = re.compile(
    r"(^|_)(utils?|helpers?|common|base|managers?)(_|$)|Abstract|Manager|Helper"
)
VAGUE_PREFIXES = ("get_", "do_", "handle_", "_get_", "_do_", "_handle_")
FOREIGN_NAMES = {"get_command"}  # click calls it by this name
UNFINISHED = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")
# A checker that is silenced says why after its code.
UNREASONED = re.compile(r"#\s*(noqa(:[A-Z0-9, ]*)?|type:\s*ignore(\[[a-z, -]*\])?)\s*$")
DEFINING = (
    *(ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.ClassDef),
    *(ast.FunctionDef, ast.AsyncFunctionDef),
)
# The top of each of their loops may catch Exception.
LOOPS_OF_LAST_RESORT = frozenset(("loyaltyd.daemon", "loyaltyd.hq.server"))


def broad_catches(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and source.name not in LOOPS_OF_LAST_RESORT:
            caught = ast.unparse(node.type) if node.type else "everything"
            broad = re.search(r"\b(everything|Exception|BaseException)\b", caught)
            if broad and ast.unparse(node.body[-1]) != "raise":  # a roll-back passes it on
                yield node.lineno, f"catches {caught}"


def vague_names(source: Source) -> Iterator[tuple[int, str]]:
    if VAGUE_NAMES.search(source.name.rpartition(".")[2]):
        yield 1, f"is called {source.name}"
    for node in ast.walk(source.tree):
        if _is_vague(node):
            yield node.lineno, f"defines {node.name}"


def import_tricks(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield node.lineno, "imports relatively"
        elif "TYPE_CHECKING" in (getattr(node, "id", ""), getattr(node, "attr", "")):
            yield getattr(node, "lineno", 1), "imports for the type checker alone"


def deeds_at_import(source: Source) -> Iterator[tuple[int, str]]:
    for node in source.tree.body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        entry = isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
        if not (docstring or entry or isinstance(node, DEFINING)):
            yield node.lineno, f"does `{ast.unparse(node).splitlines()[0]}` when imported"


def loose_ends(source: Source) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(source.path.read_text().splitlines(), 1):
        if UNFINISHED.search(line):
            yield number, f"leaves unfinished: {line.strip()}"
        if UNREASONED.search(line):
            yield number, f"silences a checker without a reason: {line.strip()}"


Check = Callable[[Source], Iterator[tuple[int, str]]]
CHECKS = (broad_catches, vague_names, import_tricks, deeds_at_import, loose_ends)


def faults(check: Check, folder: Path) -> list[str]:
    """Return `path:line: fault` for each thing that check finds below folder."""
    return [f"{each.path}:{line}: {what}" for each in sources(folder) for line, what in check(each)]


@pytest.mark.parametrize("check", CHECKS)
def test_the_source_keeps_the_house_words(check: Check) -> None:
    assert faults(check, PACKAGE) == []


@pytest.mark.parametrize(
    ("check", "name", "text", "fault"),
    [
        (broad_catches, "a.py", "try: f()\nexcept Exception: pass\n", "2: catches Exception"),
        (broad_catches, "a.py", "try: f()\nexcept: pass\n", "2: catches everything"),
        (
            broad_catches,
            "a.py",
            "try: f()\nexcept (OSError, BaseException): pass\n",
            "2: catches (OSError, BaseException)",
        ),
        (vague_names, "store/utils.py", "", "1: is called loyaltyd.store.utils"),
        (vague_names, "a.py", "class CardManager: ...\n", "1: defines CardManager"),
        (vague_names, "a.py", "class A:\n    def get_card(self): ...\n", "2: defines get_card"),
        (vague_names, "a.py", "async def _handle_read(): ...\n", "1: defines _handle_read"),
        (import_tricks, "a.py", "from . import b\n", "1: imports relatively"),
        (
            import_tricks,
            "a.py",
            "import typing\nif typing.TYPE_CHECKING:\n    import b\n",
            "2: imports for the type checker alone",
        ),
        (deeds_at_import, "a.py", "'''Doc.'''\nstart()\n", "2: does `start()` when imported"),
        (
            deeds_at_import,
            "a.py",
            "for a in b:\n    c(a)\n",
            "1: does `for a in b:` when imported",
        ),
        (loose_ends, "a.py", "x = 1  # TODO: y\n", "1: leaves unfinished: x = 1  # TODO: y"),
        (
            loose_ends,
            "a.py",
            "import b  # type: ignore[import]\n",
            "1: silences a checker without a reason: import b  # type: ignore[import]",
        ),
    ],
)
def test_each_check_finds_what_it_is_for(
    tmp_path: Path, check: Check, name: str, text: str, fault: str
) -> None:
    package = planted(tmp_path, {name: text})
    assert faults(check, package) == [f"{package / name}:{fault}"]


def test_what_is_allowed_is_left_alone(tmp_path: Path) -> None:
    allowed = {
        "daemon.py": "def run():\n    try: f()\n    except Exception: log()\n",
        "tx.py": "def f():\n    try: g()\n    except BaseException:\n        undo(); raise\n",
        "database.py": "'''Doc.'''\nX: int = 1\nif __name__ == '__main__':\n    main()\n",
        "store/rows.py": "import b  # noqa: X1 - no other door\n\ndef getter_of_cards(): ...\n",
    }
    package = planted(tmp_path, allowed)
    assert [fault for check in CHECKS for fault in faults(check, package)] == []


@pytest.mark.parametrize("lock", ["run.lock", "test.lock"])
def test_a_lock_has_a_hash_for_everything_and_names_no_host(lock: str) -> None:
    text = (ROOT / "tools" / lock).read_text()
    entries = re.findall(r"^[\w.-]+==.*(?:\n {4}.*)*", text, re.MULTILINE)
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text


def _is_vague(node: ast.AST) -> TypeGuard[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    if isinstance(node, ast.ClassDef):
        return VAGUE_NAMES.search(node.name) is not None
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name.startswith(VAGUE_PREFIXES) and node.name not in FOREIGN_NAMES
    return False
