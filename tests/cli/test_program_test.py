from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.commands import PROGRAM, told
from tests.documents import PAGES, blocks

CASES = PROGRAM.with_suffix(".cases.toml")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A copy of the demo's program, with its cases beside it."""
    for path in (PROGRAM, CASES):
        shutil.copy(path, tmp_path)
    return tmp_path / PROGRAM.name


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_the_demos_program_keeps_what_its_cases_promise() -> None:
    result = told("program", "test", PROGRAM)
    assert result.exit_code == 0
    count = CASES.read_text("utf-8").count("[[cases]]")
    assert result.output == f"{count} cases passed, 0 failed\n"


def test_a_case_that_fails_is_told_with_what_was_expected_and_what_came(program: Path) -> None:
    changed(program, 'give = { percent_off = "10%"', 'give = { percent_off = "20%"')
    result = told("program", "test", program)
    assert result.exit_code == 1
    lines = result.output.splitlines()
    cases = program.with_suffix(".cases.toml")
    assert lines[0] == f"FAILED  {cases}: Saturday's milk is 10% less for silver"
    assert lines[1] == "    discount: expected 17.98, got 35.96"
    assert "    rules.milk-10: expected 17.98, got 35.96 (took 35.96 off)" in lines
    assert "    line 1.net: expected 161.82, got 143.84" in lines
    assert lines[-1].endswith(" passed, 1 failed")


def test_a_rule_that_was_not_applied_says_why(program: Path) -> None:
    changed(program, '[["1000.00", "3%"]', '[["1000.01", "3%"]')
    result = told("program", "test", program)
    assert (
        "    rules.step-scale: expected 30.00, got no"
        " (needs a total of 1000.01, has 1000.00)" in result.output.splitlines()
    )


def test_explain_says_of_a_case_that_fails_what_became_of_each_rule(program: Path) -> None:
    assert "because" not in told("program", "test", program, "--explain").output
    changed(program, 'give = { percent_off = "10%"', 'give = { percent_off = "20%"')
    output = told("program", "test", program, "--explain").output
    assert "because" in output
    assert re.search(r"milk-10 +yes +took 35\.96 off", output)


def test_rules_that_no_case_applies_are_named_and_fail_nothing(
    program: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone.toml"
    alone.write_text(
        '[[cases]]\nname = "one"\nat = 2026-12-05T13:00:00\ncard = {}\n'
        'lines = [{ price = "1.00" }]\nexpect = { payable = "1.00" }\n'
    )
    result = told("program", "test", program, alone)
    assert result.exit_code == 0
    idle, summary = result.output.splitlines()
    assert idle.startswith("no case applies: milk-10, evening-bread, three-for-two,")
    assert idle.endswith("welcome-back, card")
    assert summary == "1 case passed, 0 failed"


def test_several_files_of_cases_are_added_up(program: Path) -> None:
    cases = program.with_suffix(".cases.toml")
    count = CASES.read_text("utf-8").count("[[cases]]")
    result = told("program", "test", program, cases, cases)
    assert result.output == f"{2 * count} cases passed, 0 failed\n"


def test_cases_that_cant_be_read_are_told_with_their_line(program: Path) -> None:
    cases = program.with_suffix(".cases.toml")
    changed(cases, 'tier = "silver"', 'tier = "sliver"')
    result = told("program", "test", program)
    assert (result.exit_code, result.stdout) == (78, "")
    said = 'there is no tier "sliver"; did you mean "silver"?'
    assert result.stderr.startswith(f"{cases}:")
    assert result.stderr.endswith(f".card.tier: {said}\n")


def test_a_program_without_cases_is_told_where_they_would_stand(program: Path) -> None:
    cases = program.with_suffix(".cases.toml")
    cases.unlink()
    result = told("program", "test", program)
    assert (result.exit_code, result.stdout) == (78, "")
    assert result.stderr.startswith(f"{cases}: the file of cases can't be read: No such file")


def test_a_name_cant_move_a_terminals_cursor(program: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.toml"
    alone.write_text(
        '[[cases]]\nname = "\\u001b[2J"\nat = 2026-12-05T13:00:00\n'
        'lines = [{ price = "1.00" }]\nexpect = { payable = "2.00" }\n'
    )
    result = told("program", "test", program, alone)
    assert "\x1b" not in result.output


def test_the_case_on_the_help_page_passes(tmp_path: Path) -> None:
    (page,) = (it for it in PAGES if it.stem == "program")
    (shown,) = (it for it in blocks(page, "text") if it.startswith("[[cases]]"))
    alone = tmp_path / "alone.toml"
    alone.write_text(shown, "utf-8")
    result = told("program", "test", PROGRAM, alone)
    assert result.output.endswith("1 case passed, 0 failed\n"), result.output
