"""A ledger is copied whole while it is written, and before its schema changes."""

from __future__ import annotations

import re
import shutil
import stat
from pathlib import Path

import pytest

from loyaltyd.domain.errors import ConfigError, StoreError
from loyaltyd.store import schema
from loyaltyd.store.backup import back_up
from loyaltyd.store.verify import verified
from tests.store.made import confirming, edited, ledger_at

FIRST_VERSION = Path(__file__).with_name("version_1.sql")


def test_a_copy_made_while_the_ledger_is_written_is_one_moment_of_it(tmp_path: Path) -> None:
    path, target = tmp_path / "ledger.db", tmp_path / "copies" / "friday.db"
    target.parent.mkdir()
    with ledger_at(path) as ledger:
        for number in range(50):
            ledger.write(confirming(f"r{number}")).result()
        later = [ledger.write(confirming(f"later{number}")) for number in range(200)]
        back_up(path, target)
        for it in later:
            it.result()
    report = verified(target)
    assert report.findings == ()
    assert 50 <= report.head.seq <= 250
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [it.name for it in target.parent.iterdir()] == ["friday.db"]
    assert verified(path).head.seq == 250


def test_a_copy_goes_on_as_a_ledger(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(confirming("r1")).result()
    back_up(tmp_path / "ledger.db", tmp_path / "copy.db")
    with ledger_at(tmp_path / "copy.db") as ledger:
        assert ledger.write(confirming("r2")).result() == 2
    assert verified(tmp_path / "copy.db").findings == ()


def test_no_file_is_written_over_and_no_ledger_is_none(tmp_path: Path) -> None:
    with ledger_at(tmp_path / "ledger.db"):
        pass
    (tmp_path / "there").write_text("a letter")
    with pytest.raises(StoreError, match="is there already"):
        back_up(tmp_path / "ledger.db", tmp_path / "there")
    assert (tmp_path / "there").read_text() == "a letter"
    with pytest.raises(StoreError, match="stick: no such folder"):
        back_up(tmp_path / "ledger.db", tmp_path / "stick" / "copy.db")
    assert not (tmp_path / "stick").exists()
    with pytest.raises(StoreError, match="no ledger here"):
        back_up(tmp_path / "nothing.db", tmp_path / "copy.db")


def test_what_was_deleted_is_not_in_the_copy(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with ledger_at(path):
        pass
    with edited(path, guarded=True) as file:
        file.execute("PRAGMA secure_delete = 0")
        file.execute("INSERT INTO person (account, name) VALUES ('a', 'Annabella')")
        file.execute("DELETE FROM person")
    back_up(path, tmp_path / "copy.db")
    assert b"Annabella" in path.read_bytes()
    assert b"Annabella" not in (tmp_path / "copy.db").read_bytes()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger as version 1 left it."""
    file = tmp_path / "ledger.db"
    with edited(file, guarded=True) as connection:
        connection.executescript(FIRST_VERSION.read_text("utf-8"))
    file.chmod(0o600)
    return file


def test_a_ledger_is_copied_before_it_is_brought_to_this_version(old: Path) -> None:
    with ledger_at(old) as ledger:
        ledger.write(confirming("r4")).result()
    kept = old.with_name("ledger.db.version-1")
    with edited(kept, guarded=True) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (1,)
        assert file.execute("SELECT max(seq) FROM record").fetchone() == (3,)


def test_a_new_ledger_and_one_of_this_version_are_not_copied(tmp_path: Path) -> None:
    for _ in range(2):
        with ledger_at(tmp_path / "ledger.db"):
            pass
    assert not list(tmp_path.glob("*version*"))


def test_a_copy_of_a_migration_that_was_cut_is_made_anew(old: Path) -> None:
    kept = old.with_name("ledger.db.version-1")
    kept.write_text("half a copy")
    with ledger_at(old):
        pass
    with edited(kept, guarded=True) as file:
        assert file.execute("SELECT max(seq) FROM record").fetchone() == (3,)


def test_without_the_copy_the_ledger_stays_as_it_was(old: Path) -> None:
    old.with_name("ledger.db.version-1").mkdir()
    with pytest.raises(StoreError, match="version-1: Is a directory"):
        ledger_at(old).__enter__()
    with edited(old, guarded=True) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_newer_ledger_is_refused_and_the_copy_of_before_is_named(old: Path) -> None:
    with ledger_at(old):
        pass
    shutil.copy(old, old.with_name("ledger.db.version-98"))  # of a version that this one isn't
    with edited(old, guarded=True) as file:
        file.execute("PRAGMA user_version = 99")
    named = re.escape(f"this one knows {schema.VERSION}); {old}.version-1 is from before")
    with pytest.raises(ConfigError, match=named):
        ledger_at(old).__enter__()
