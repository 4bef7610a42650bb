"""A ledger of an earlier version goes on in this one, with all that it held."""

from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite3

from loyaltyd.domain.errors import StoreError
from loyaltyd.domain.person import Numbered, Person
from loyaltyd.store import migrations, schema
from loyaltyd.store.verify import verified
from tests.store.made import ANNA, BORIS, confirming, edited, ledger_at

FIRST_VERSION = Path(__file__).with_name("version_1.sql")
NUMBER, NUMBER_2 = "2990000000019", "2990000000026"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger as version 1 made and filled it: three receipts, two cards, one holder."""
    file = tmp_path / "ledger.db"
    connection = sqlite3.connect(str(file))
    connection.executescript(FIRST_VERSION.read_text("utf-8"))
    connection.close()
    file.chmod(0o600)
    return file


def test_the_first_step_still_makes_what_version_1_made(path: Path) -> None:
    with edited(path, guarded=True) as file:
        made = dict(file.execute("SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL"))
    first = {**schema.LEDGER_TABLES, **schema.guards(schema.LEDGER_TABLES)}
    assert {name: made.get(name) for name in first} == first


def test_records_cards_and_answers_of_version_1_go_on(path: Path) -> None:
    with ledger_at(path) as ledger:
        assert ledger.read(lambda view: view.head().seq).result() == 3
        assert ledger.read(lambda view: view.card_number(ANNA)).result() == NUMBER
        answer = ledger.read(lambda view: view.answer("receipt", "r2")).result()
        assert answer is not None
        assert answer.seq == 2
        assert ledger.write(confirming("r4")).result() == 4
    with edited(path, guarded=True) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    report = verified(path)
    assert (report.findings, report.head.seq) == ((), 4)


def test_whom_version_1_enrolled_goes_up_with_the_first_record_of_their_account(path: Path) -> None:
    with ledger_at(path) as ledger:
        assert ledger.read(lambda view: view.people_between(1, 1)).result() == (
            Person(account=ANNA, name="Anna"),
            Numbered(card=ANNA, number=NUMBER),
        )
        with_boris = ledger.read(lambda view: view.people_between(2, 3)).result()
        assert with_boris == (Numbered(card=BORIS, number=NUMBER_2),)


def test_a_ledger_of_version_1_has_told_headquarters_nothing(path: Path) -> None:
    with ledger_at(path) as ledger:
        acked = ledger.read(lambda view: view.acked()).result()
        assert (acked.head.seq, acked.at) == (0, None)


def test_a_step_that_fails_leaves_the_ledger_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        broken = {**schema.LINK_TABLES, "more": "CREATE TABLE record (seq)"}
        patch.setattr(migrations, "LINK_TABLES", broken)
        with pytest.raises(StoreError, match="table record already exists"):
            ledger_at(path).__enter__()
    with edited(path, guarded=True) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (1,)
        found = {name for (name,) in file.execute("SELECT name FROM sqlite_schema")}
    assert found.isdisjoint(schema.LINK_TABLES)
    with ledger_at(path) as ledger:
        assert ledger.write(confirming("r4")).result() == 4


def test_a_ledger_that_no_daemon_has_opened_since_is_verified_too(path: Path) -> None:
    report = verified(path)
    assert report.head.seq == 3
    assert {finding.what for finding in report.findings} >= {"cursor is missing"}
