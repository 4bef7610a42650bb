"""ruff and mypy --strict, with the settings of pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

FOLDERS = ("src", "tests", "tools")
CHECK = ("ruff", "check", "--no-cache")
FORMAT = ("ruff", "format", "--no-cache", "--check")
TYPES = ("mypy", "--no-error-summary")

BRANCHES = "".join(f"    if number == {n}:\n        number += 1\n" for n in range(8))


@pytest.mark.parametrize("tool", [CHECK, FORMAT, TYPES], ids=" ".join)
def test_the_project_passes(tool: tuple[str, ...]) -> None:
    done = _run(tool, *FOLDERS)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("tool", "text", "complaint"),
    [
        (CHECK, "import os\n", "F401"),
        (CHECK, f"def f(number: int) -> int:\n{BRANCHES}    return number\n", "C901"),
        (CHECK, "import datetime as dt\n\nNOW = dt.datetime.now()\n", "DTZ005"),
        (FORMAT, "x = { 'a':1 }\n", "file would be reformatted"),
        (TYPES, "def f(x):\n    return x\n", "[no-untyped-def]"),
        (TYPES, "def f(x: dict[str, int]) -> str:\n    return x['a']\n", "[return-value]"),
    ],
)
def test_each_tool_finds_a_planted_fault(
    tmp_path: Path, tool: tuple[str, ...], text: str, complaint: str
) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(text)
    done = _run(tool, "--config-file" if tool == TYPES else "--config", "pyproject.toml", planted)
    assert done.returncode == 1
    assert complaint in done.stdout + done.stderr


def _run(tool: tuple[str, ...], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *tool, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
