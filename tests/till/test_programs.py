"""The programs that a till knows: every version that a record may name, and no other content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loyaltyd.domain.errors import ConfigError
from loyaltyd.store.ledger import Ledger, open_ledger
from loyaltyd.till.programs import keep_programs
from tests.till.shop import KEY, PLAIN

SECOND = PLAIN.replace("version = 1", "version = 2")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(
        tmp_path / "ledger.db", chain="zelenka", store="msk-017", till="3", key=KEY
    )
    yield opened
    opened.close()


def versions(ledger: Ledger, text: str) -> list[int]:
    return [program.version for program in keep_programs(ledger, text, "program.toml")]


def test_all_versions_are_kept_in_their_order(ledger: Ledger) -> None:
    assert versions(ledger, SECOND) == [2]
    assert versions(ledger, PLAIN) == [1, 2]
    assert versions(ledger, SECOND) == [1, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PLAIN.replace('percent = "5%"', 'percent = "6%"'), "version 1 is known with another"),
        (SECOND.replace("RUB", "EUR"), "keeps RUB for life"),
        (SECOND.replace("scale = 2", "scale = 0"), "keeps its scale 2 for life"),
        (SECOND.replace('id = "test"', 'id = "other"'), "follows the program test"),
        (SECOND.replace('percent = "5%"', 'precent = "5%"'), "program.toml"),
    ],
)
def test_a_program_that_breaks_what_was_kept_is_refused_with_its_file(
    ledger: Ledger, text: str, said: str
) -> None:
    versions(ledger, PLAIN)
    with pytest.raises(ConfigError) as error:
        keep_programs(ledger, text, "program.toml")
    assert "program.toml" in str(error.value)
    assert said in str(error.value)
    assert versions(ledger, PLAIN) == [1]
