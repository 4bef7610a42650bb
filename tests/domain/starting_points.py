"""Whole programs that the project shows: what random ones start from."""

from __future__ import annotations

import re
from pathlib import Path

from tests.domain.program_samples import GOOD
from tests.domain.receipts import DEMO

HELP = Path(__file__).parents[2] / "src" / "loyaltyd" / "help" / "program.md"
BLOCK = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)


def help_program() -> str:
    """The blocks of the help's page, which together are a whole program."""
    return "\n".join(BLOCK.findall(HELP.read_text("utf-8")))


def starting_points() -> list[str]:
    """The demo's program, the help's, and the one that uses every key."""
    return [DEMO.read_text("utf-8"), help_program(), GOOD]
