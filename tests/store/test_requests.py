"""Stored answers."""

from pathlib import Path

import pytest

from loyaltyd.domain.errors import StoreError
from tests.store.made import answer_to, confirming, ledger_at


def test_an_answer_is_read_back_as_it_was_kept(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(confirming("r1")).result()
    with ledger_at(tmp_path / "ledger.db") as ledger:
        kept = ledger.read(lambda view: view.answer("receipt", "r1")).result()
        assert kept == answer_to("r1", 1)
        assert ledger.read(lambda view: view.answer("return", "r1")).result() is None
        assert ledger.read(lambda view: view.answer("receipt", "r2")).result() is None


def test_an_answer_is_never_kept_without_its_record(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        with pytest.raises(StoreError, match="FOREIGN KEY"):
            ledger.write(lambda tx: tx.keep_answer(answer_to("r1", 1))).result()
        assert ledger.read(lambda view: view.answer("receipt", "r1")).result() is None


def test_a_second_answer_to_one_request_is_refused(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(confirming("r1")).result()
        with pytest.raises(StoreError, match="UNIQUE"):
            ledger.write(lambda tx: tx.keep_answer(answer_to("r1", 1))).result()


def test_what_was_answered_is_not_shown_by_repr() -> None:
    assert "body" not in repr(answer_to("r1", 1))
