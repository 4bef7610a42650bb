from __future__ import annotations

import json
from pathlib import Path

import pytest

from loyaltyd.domain.toml import TEXT_BYTES_MAX
from tests.cli.commands import PROGRAM, told


def test_a_program_that_can_be_obeyed_is_ok() -> None:
    result = told("program", "check", PROGRAM)
    assert result.exit_code == 0
    assert result.output == (
        "OK  program zelenka 12, from 2026-11-01  cards 2990/13, 2991/13, 7700/16"
        "  wallets bonus, coffee, gift  rules 13\n"
    )


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("version = 12", "vershion = 12", 'vershion: unknown key; did you mean "version"?'),
        ('points = "floor"', 'points = "flor"', 'did you mean "floor"?'),
        ('give = { amount_off = "5.00" }', "give = { cost = 5 }", "must be a table"),
        ("[rounding]", "[rounding", "is not TOML"),
    ],
)
def test_each_fault_is_told_with_its_line(tmp_path: Path, good: str, bad: str, said: str) -> None:
    program = tmp_path / "program.toml"
    text = PROGRAM.read_text("utf-8").replace(good, bad)
    program.write_text(text, "utf-8")
    line = next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith(bad))
    result = told("program", "check", program)
    assert (result.exit_code, result.stdout) == (78, "")
    told_here = [it for it in result.stderr.splitlines() if it.startswith(f"{program}:{line}: ")]
    assert any(said in it for it in told_here), result.stderr


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "can't be read: No such file"),
        (b"\xff", ":1: is not UTF-8"),
        (b"#" * (TEXT_BYTES_MAX + 1), "larger"),
    ],
)
def test_a_file_that_is_no_text_is_told_so(tmp_path: Path, data: bytes | None, said: str) -> None:
    program = tmp_path / "program.toml"
    if data is not None:
        program.write_bytes(data)
    result = told("program", "check", program)
    assert (result.exit_code, said in result.stderr) == (78, True)


def test_the_schema_for_editors_is_printed_as_json() -> None:
    result = told("program", "schema")
    assert result.exit_code == 0
    assert "percent_off" in json.loads(result.stdout)["$defs"]["GiveTable"]["properties"]


def test_a_warning_is_told_beside_the_verdict_and_strict_takes_it_for_a_fault(
    tmp_path: Path,
) -> None:
    program = tmp_path / "program.toml"
    text = PROGRAM.read_text("utf-8").replace('percent_off = "10%" }', 'percent_off = "100%" }')
    program.write_text(text, "utf-8")
    line = next(n for n, it in enumerate(text.splitlines(), 1) if '"100%"' in it)
    key = 'rules[7] "birthday".give.percent_off'
    warning = f"{program}:{line}: {key}: warning: gives its goods away\n"
    result = told("program", "check", program)
    assert (result.exit_code, result.stderr) == (0, warning)
    assert result.stdout.startswith("OK  program zelenka 12")
    strict = told("program", "check", "--strict", program)
    assert (strict.exit_code, strict.stdout) == (78, "")
    assert warning in strict.stderr
    assert told("program", "check", "--strict", PROGRAM).exit_code == 0
