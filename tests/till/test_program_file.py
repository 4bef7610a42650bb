"""A program's file: each fault on its line, and what only this machine can tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyaltyd.domain.errors import ConfigError
from loyaltyd.till.program_file import program_in, program_of
from tests.till.shop import PLAIN


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "none.toml", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(ConfigError, match=f"^{path}: the program can't be read: {said}"):
            program_in(path)


def test_a_file_of_other_bytes_is_told(tmp_path: Path) -> None:
    path = tmp_path / "program.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=f"^{path}:.*UTF-8"):
        program_in(path)


@pytest.mark.parametrize("name", ["Europe/Moskva", "Europe", "../Moscow"])
def test_a_zone_that_this_machine_lacks_is_a_fault_on_its_line(name: str) -> None:
    text = PLAIN.replace('currency = "RUB"', f'currency = "RUB"\ntimezone = "{name}"')
    with pytest.raises(ConfigError, match=r"^program\.toml:\d+: timezone: must be") as error:
        program_of(text, "program.toml")
    line = int(str(error.value).split(":")[1])
    assert text.splitlines()[line - 1].startswith("timezone")


def test_each_fault_has_its_line() -> None:
    broken = PLAIN.replace('currency = "RUB"', 'currency = "rouble"').replace(
        "scale = 2", "scale = 99"
    )
    with pytest.raises(ConfigError) as error:
        program_of(broken, "program.toml")
    assert [it.startswith("program.toml:") for it in str(error.value).splitlines()] == [True, True]
