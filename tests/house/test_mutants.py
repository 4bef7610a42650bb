"""The tool that breaks the engine on purpose: what it tries, and what it tells."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT
from tools.mutants.changes import changes

SCRIPT = """
import sys
from pathlib import Path
from tools.mutants.campaign import tried
from tools.mutants.mutants import told
from tools.mutants.trials import Subject
from tools.mutants.verdicts import mutants, reasons

here = Path.cwd()
subject = Subject(root=here, folder=here / "shop", source=here, tests=("tests",))
found = mutants(subject, "till")
verdicts = tried(subject, found, here, 2)
sys.exit(told(found, verdicts, reasons(here / "survivors.toml")))
"""
TILL = '''"""A till."""

LEAST = 3


def off(price: int, *, member: bool = False) -> int:
    """What comes off."""
    if price > 100 and member:
        return price // 10
    return min(price, LEAST)
'''
TESTS = """
from shop.till import off

def test_off():
    assert (off(200, member=True), off(99, member=True), off(200)) == (20, 3, 3)
"""
LIVES = """
[[survivor]]
module = "till"
in = "off"
was = "return min(price, LEAST)"
now = "return LEAST"
because = "nothing costs less than 3"

[[survivor]]
module = "till"
in = "off"
was = "if price > 100 and member:"
now = "if price > 200 and member:"
because = "was never so"
"""


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("a < b", ["a <= b"]),
        ("a is not None", ["a is None"]),
        ("a + 2", ["a - 2", "a + 3", "a + 1"]),
        ("a and b", ["a or b", "b", "a"]),
        ("not a", ["a"]),
        ("max(0, a)", ["min(0, a)", "0", "a", "max(1, a)"]),
        ("b if a else c", ["b", "c"]),
        ("[a for a in b if a]", ["[a for a in b]"]),
        ("sorted(a, key=b)", ["sorted(a)"]),
        ("'x'", ["'x!'"]),
        ("a | Shop", ["a", "Shop"]),
        ("zip(a, b, strict=True)", []),
        ("f'{a} of 3'", []),
    ],
)
def test_an_expression_is_put_differently(source: str, faults: list[str]) -> None:
    tree = ast.parse(f"def f(a, b, c):\n    x = {source}\n")
    assert [it.now.removeprefix("x = ") for it in changes(tree)] == faults


def test_a_statement_is_left_out_and_a_guard_always_or_never_holds() -> None:
    tree = ast.parse(
        "def f(a):\n    if a:\n        return 1\n    a.b = a\n    raise ValueError('x')\n"
    )
    assert [it.now for it in changes(tree)] == [
        *("if True:", "if False:", "return None", "return 2", "return 0", "pass"),
    ]


def test_what_no_test_notices_is_told_with_its_place_and_counts(tmp_path: Path) -> None:
    _write(tmp_path, LIVES)
    done = _run(tmp_path)
    assert done.returncode == 1
    assert "till.py:8 off\n    if price > 100 and member:\n    if price >= 100 and member:\n" in (
        done.stdout
    )
    assert "    return LEAST\n    nothing costs less than 3\n" in done.stdout
    assert "listed, but killed or gone: ('till', 'off', 'if price > 100" in done.stdout
    (row,) = (it for it in done.stdout.splitlines() if it.startswith("all"))
    faults, noticed, listed, unlisted = (int(it) for it in row.split()[1:5])
    assert faults == noticed + listed + unlisted
    assert (listed, unlisted > 0, noticed > unlisted) == (1, True, True)


def test_a_run_goes_on_where_one_stopped_and_a_better_test_kills_what_lived(
    tmp_path: Path,
) -> None:
    _write(tmp_path, "")
    _run(tmp_path)
    known = (tmp_path / "verdicts.jsonl").read_text().splitlines()
    _run(tmp_path)
    assert (tmp_path / "verdicts.jsonl").read_text().splitlines() == known
    better = TESTS + "    assert (off(100, member=True), off(101, member=True)) == (3, 10)\n"
    (tmp_path / "tests" / "test_till.py").write_text(better + "    assert off(2) == 2\n")
    done = _run(tmp_path)
    assert "if price >= 100" not in done.stdout
    assert "100.0%" in done.stdout
    assert done.returncode == 0


def test_tests_that_fail_with_nothing_broken_prove_nothing(tmp_path: Path) -> None:
    _write(tmp_path, "")
    (tmp_path / "tests" / "test_till.py").write_text("def test_off():\n    assert False\n")
    done = _run(tmp_path)
    assert (done.returncode, done.stderr) == (1, "the tests fail with nothing broken\n")


def _write(folder: Path, listed: str) -> None:
    for name in ("shop", "tests"):
        (folder / name).mkdir()
    (folder / "shop" / "till.py").write_text(TILL)
    (folder / "tests" / "test_till.py").write_text(TESTS)
    (folder / "survivors.toml").write_text(listed)


def _run(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{folder}:{ROOT}", "PYTHONHASHSEED": "0"}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
