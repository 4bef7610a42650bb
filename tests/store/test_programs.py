"""Kept program versions."""

import dataclasses
import datetime as dt
from operator import methodcaller
from pathlib import Path

import pytest

from loyaltyd.domain.errors import StoreError
from loyaltyd.store.programs import KeptProgram
from tests.store.made import ledger_at

TWELVE = KeptProgram(
    hash="1" * 64, id="zelenka", version=12, starts=dt.date(2026, 12, 1), body='id = "zelenka"'
)
THIRTEEN = dataclasses.replace(TWELVE, hash="2" * 64, version=13, body="another")


def test_every_version_is_kept_and_the_same_one_only_once(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        for program in (THIRTEEN, TWELVE, TWELVE):
            ledger.write(methodcaller("keep_program", program)).result()
    with ledger_at(tmp_path / "ledger.db") as ledger:
        assert ledger.read(lambda view: view.programs()).result() == [TWELVE, THIRTEEN]


def test_a_version_whose_content_changed_is_refused(tmp_path: Path) -> None:
    changed = dataclasses.replace(TWELVE, hash="3" * 64, body="changed")
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(lambda tx: tx.keep_program(TWELVE)).result()
        with pytest.raises(StoreError, match="zelenka 12 is in the ledger with another content"):
            ledger.write(lambda tx: tx.keep_program(changed)).result()
        assert ledger.read(lambda view: view.programs()).result() == [TWELVE]
