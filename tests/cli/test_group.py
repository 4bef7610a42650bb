from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import click
import pytest

from loyaltyd.cli.group import COMMANDS, loyaltyd
from tests.cli.commands import told, written_config


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_of_the_table_is_there_and_says_what_it_does(name: str) -> None:
    result = told(name, "--help")
    assert result.exit_code == 0
    assert loyaltyd.get_command(click.Context(loyaltyd), name).get_short_help_str(200)  # type: ignore[union-attr]  # the table has it


def test_the_list_of_commands_cuts_no_description_short() -> None:
    listed = told("--help").output.partition("Commands:")[2]
    assert [name for name in COMMANDS if f"  {name} " not in listed] == []
    assert "..." not in listed


def test_an_unknown_command_is_told_its_nearest() -> None:
    result = told("stat")
    assert result.exit_code == 2
    assert "No such command 'stat'. Did you mean 'status'?" in result.stderr


def test_the_version_is_the_packages() -> None:
    assert told("--version").output == f"loyaltyd {metadata.version('loyaltyd')}\n"


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["help"], {"pydantic", "rich", "urllib3", "uvicorn", "pysqlite3"}),
        (["check-config"], {"rich", "urllib3", "uvicorn", "pysqlite3", "starlette"}),
        (["status"], {"rich", "uvicorn", "pysqlite3", "starlette"}),
    ],
)
def test_a_command_imports_what_it_needs_and_no_more(
    words: list[str], missing: set[str], tmp_path: Path
) -> None:
    config = written_config(tmp_path, '[api]\nlisten = "127.0.0.1:1"\n')
    script = (
        "import sys\nfrom loyaltyd.__main__ import main\n"
        "try: main()\nexcept SystemExit: print('\\n' + ' '.join(sys.modules))\n"
    )
    command = [sys.executable, "-c", script, "--config", str(config), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert loaded & missing == set()


def test_what_the_world_does_is_one_line_on_stderr_and_a_code(tmp_path: Path) -> None:
    result = told("verify", "--config", written_config(tmp_path))
    assert (result.exit_code, result.stdout) == (69, "")
    assert result.stderr == f"{tmp_path / 'ledger.db'}: no ledger here\n"
