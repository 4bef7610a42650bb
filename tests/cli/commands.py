"""Commands as a person types them, in this process or in one of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from loyaltyd.cli.group import loyaltyd

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "config" / "demo-program.toml"


def told(*words: str | Path, typed: str | bytes = "", **variables: str) -> Result:
    """Run `loyaltyd WORDS` here; typed is its standard input."""
    runner = CliRunner(env={"LOYALTYD_CONFIG": None, "LOYALTYD_TOKEN": None, **variables})
    result = runner.invoke(loyaltyd, [str(word) for word in words], typed, prog_name="loyaltyd")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception  # a traceback is never what a person should see
    return result


def started(*words: str | Path) -> subprocess.Popen[str]:
    """Start `loyaltyd WORDS` as a process of its own, which Ctrl-C ends.

    A test run that a shell put into the background has that signal ignored, and hands that down.
    """
    return subprocess.Popen(
        ["env", "--default-signal=INT", sys.executable, "-m", "loyaltyd", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={name: text for name, text in os.environ.items() if not name.startswith("LOYALTYD_")},
    )


def written_config(folder: Path, extra: str = "", program: Path = PROGRAM) -> Path:
    """Write the settings of a till without readers; its ledger is in folder."""
    config = folder / "loyaltyd.toml"
    config.write_text(
        '[till]\nchain = "zelenka"\nstore = "msk-017"\ntill = "3"\nlanguage = "en"\n'
        f'[ledger]\npath = "ledger.db"\n[program]\npath = "{program}"\n{extra}'
    )
    return config
