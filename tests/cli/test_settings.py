from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import told, written_config


def test_the_config_is_named_before_the_command_after_it_or_by_a_variable(tmp_path: Path) -> None:
    config = written_config(tmp_path)
    answers = [
        told("--config", config, "check-config"),
        told("check-config", "--config", config),
        told("check-config", LOYALTYD_CONFIG=str(config)),
    ]
    assert {(it.exit_code, it.output) for it in answers} == {(0, answers[0].output)}
    assert answers[0].output.startswith("OK  till zelenka msk-017-3")


def test_what_stands_nearest_to_the_command_wins(tmp_path: Path) -> None:
    config = written_config(tmp_path)
    result = told("--config", "none.toml", "check-config", "--config", config, LOYALTYD_CONFIG="no")
    assert result.exit_code == 0


def test_flags_stand_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    config = written_config(tmp_path)
    words = ("check-config", "--show", "--config", config)
    shown = told(*words, "--set", "till.till=9", LOYALTYD_TILL__TILL="8", LOYALTYD_TILL__GROUP="a")
    lines = [line.split(maxsplit=2) for line in shown.output.splitlines()]
    assert ["till.till", '"9"', "command line"] in lines
    assert ["till.group", '"a"', "LOYALTYD_TILL__GROUP"] in lines
    assert ["till.store", '"msk-017"', f"{config}:3"] in lines


@pytest.mark.parametrize(("flag", "code"), [("till.till", 2), ("till.tll=9", 78)])
def test_a_flag_that_sets_nothing_is_refused(tmp_path: Path, flag: str, code: int) -> None:
    result = told("check-config", "--config", written_config(tmp_path), "--set", flag)
    assert (result.exit_code, result.stdout) == (code, "")


def test_the_commands_own_variables_are_no_settings(tmp_path: Path) -> None:
    config = written_config(tmp_path)
    assert told("check-config", LOYALTYD_CONFIG=str(config), LOYALTYD_TOKEN="t").exit_code == 0
    wrong = told("check-config", "--config", config, LOYALTYD_TOKN="t")
    assert (wrong.exit_code, "LOYALTYD_TOKN" in wrong.stderr) == (78, True)


def test_without_a_file_the_default_path_is_named() -> None:
    result = told("check-config")
    assert result.exit_code == 78
    assert result.stderr == (
        "/etc/loyaltyd/loyaltyd.toml: can't be read: No such file or directory\n"
    )
