from __future__ import annotations

from collections.abc import Iterator

import pytest

from loyaltyd.cli.exits import NO, NOT_RUNNING, exit_code
from loyaltyd.domain.errors import ConfigError, LoyaltyError, StoreDamaged

CLICKS_OWN = 2  # wrong usage


def errors(kind: type[LoyaltyError] = LoyaltyError) -> Iterator[type[LoyaltyError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from errors(below)


@pytest.mark.parametrize("kind", list(errors()))
def test_every_error_has_an_exit_code_that_means_nothing_else(kind: type[LoyaltyError]) -> None:
    assert exit_code(kind("x")) not in {0, NO, CLICKS_OWN, NOT_RUNNING}


def test_faults_in_settings_and_a_damaged_ledger_are_told_from_the_rest() -> None:
    assert exit_code(ConfigError("x")) == 78
    assert exit_code(StoreDamaged("x")) == 74
    assert exit_code(LoyaltyError("x")) == 69
