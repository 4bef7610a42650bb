"""The unit in systemd/ is one that systemd takes, and starts commands that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from loyaltyd.cli.group import COMMANDS

UNITS = Path(__file__).parents[2] / "systemd"
PROGRAM = re.compile(r"^(ExecStart(?:Pre)?=)(\S+) ?(.*)$", re.MULTILINE)


def verified(unit: Path, folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Let systemd read a copy whose programs are /bin/true: only a till has the real ones."""
    copy = folder / unit.name
    copy.write_text(PROGRAM.sub(r"\1/bin/true \3", text))
    command = ["systemd-analyze", "verify", "--man=no", str(copy)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("unit", sorted(UNITS.glob("*.service")), ids=lambda unit: unit.name)
def test_systemd_takes_the_unit_without_a_word(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    text = unit.read_text()
    told = verified(unit, tmp_path, text)
    assert (told.returncode, unit.name in told.stderr) == (0, False), told.stderr
    broken = verified(unit, tmp_path, text.replace("RestartSec=1s", "RestartSecs=1s"))
    assert unit.name in broken.stderr


def test_the_unit_starts_commands_of_the_program() -> None:
    text = (UNITS / "loyaltyd.service").read_text()
    commands = [match[3].split()[-1] for match in PROGRAM.finditer(text)]
    assert commands == ["check-config", "serve"]
    assert set(commands) <= COMMANDS.keys()
