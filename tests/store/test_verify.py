"""Tampering: whatever is changed in the file is found, with the record where it stands."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite3

from loyaltyd.domain.errors import StoreDamaged, StoreError
from loyaltyd.domain.record import chained
from loyaltyd.store.database import PAGE_BYTES
from loyaltyd.store.programs import KeptProgram
from loyaltyd.store.verify import FINDINGS_MAX, verified
from tests.store.made import ANNA, AT, BORIS, confirming, edited, ledger_at

RECEIPTS = 6
PROGRAM = KeptProgram(
    hash=hashlib.sha256(b"text").hexdigest(),
    id="zelenka",
    version=12,
    starts=AT.date(),
    body="text",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed ledger of six receipts and a program."""
    with ledger_at(tmp_path / "ledger.db") as ledger:
        ledger.write(lambda tx: tx.keep_program(PROGRAM)).result()
        for number in range(RECEIPTS):
            ledger.write(confirming(f"r{number + 1}")).result()
    return tmp_path / "ledger.db"


def test_a_ledger_as_it_was_left_is_sound(path: Path) -> None:
    report = verified(path)
    assert report.findings == ()
    assert report.head.seq == RECEIPTS
    assert report.stream.till == "3"


def test_a_ledger_is_verified_while_a_daemon_writes_it(path: Path) -> None:
    with ledger_at(path) as ledger:
        ledger.write(confirming("r7")).result()
        report = verified(path)
        assert report.findings == ()
        assert report.head == ledger.read(lambda view: view.head()).result()


def line_edited(file: sqlite3.Connection) -> None:
    file.execute("UPDATE record SET line = replace(line, '1040', '9040') WHERE seq = 3")


def line_spaced(file: sqlite3.Connection) -> None:
    file.execute("UPDATE record SET line = replace(line, ',', ', ') WHERE seq = 3")


def line_torn(file: sqlite3.Connection) -> None:
    file.execute("UPDATE record SET line = substr(line, 1, 40) WHERE seq = 3")


def line_of_null(file: sqlite3.Connection) -> None:
    file.execute("UPDATE record SET line = replace(line, '1040', 'null') WHERE seq = 3")


def line_of_another_till(file: sqlite3.Connection) -> None:
    file.execute(
        """UPDATE record SET line = replace(line, '"till":"3"', '"till":"4"') WHERE seq = 3"""
    )


def line_rehashed(file: sqlite3.Connection) -> None:
    line_edited(file)
    ((before,), (line,)) = (
        file.execute("SELECT hash FROM record WHERE seq = 2").fetchone(),
        file.execute("SELECT line FROM record WHERE seq = 3").fetchone(),
    )
    file.execute("UPDATE record SET hash = ? WHERE seq = 3", (chained(before, line),))


def row_removed(file: sqlite3.Connection) -> None:
    file.execute("DELETE FROM answer WHERE seq = 3")
    file.execute("DELETE FROM record WHERE seq = 3")


def rows_swapped(file: sqlite3.Connection) -> None:
    file.execute("UPDATE record SET seq = 99 WHERE seq = 3")
    file.execute("UPDATE record SET seq = 3 WHERE seq = 4")
    file.execute("UPDATE record SET seq = 4 WHERE seq = 99")


def column_edited(file: sqlite3.Connection) -> None:
    file.execute("UPDATE record SET id = 'r99' WHERE seq = 3")


@pytest.mark.parametrize(
    ("tamper", "seq", "what"),
    [
        (line_edited, 3, "the line does not give its hash"),
        (line_spaced, 3, "the line is not canonical"),
        (line_torn, 3, "no record of this stream"),
        (line_of_null, 3, "can't be added up"),
        (line_of_another_till, 3, "the record belongs to another stream"),
        (line_rehashed, 4, "the line does not give its hash"),
        (row_removed, 4, "follows record 2"),
        (rows_swapped, 3, "the line says it is record 4"),
        (column_edited, 3, "the columns are not what the line says"),
    ],
)
def test_a_changed_line_is_found_where_it_stands(
    path: Path, tamper: Callable[[sqlite3.Connection], None], seq: int, what: str
) -> None:
    with edited(path) as file:
        tamper(file)
    first = verified(path).findings[0]
    found = [finding.what for finding in verified(path).findings if finding.seq == seq]
    assert any(what in text for text in found), verified(path).findings
    assert first.seq == seq


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE lot SET amount = 1", "lot aaaa.* holds 1, the records give 6240"),
        ("DELETE FROM lot", "lot aaaa.* is missing, the records give 6240"),
        (
            "INSERT INTO lot VALUES ('x', 'bonus', 'lot/2026-12-19/-', 5)",
            "lot x bonus lot/2026-12-19/- holds 5, the records give 0",
        ),
        ("UPDATE counter SET amount = 7", "counter aaaa.* visits .* holds 7, the records give 6"),
        ("DELETE FROM counter", "counter aaaa.* is missing"),
        ("UPDATE card SET status = 'blocked'", "card aaaa.* holds .*blocked.* give .*active"),
        ("INSERT INTO card VALUES ('x', 'y', 'bonus', 'active', NULL)", "card x holds"),
        ("DELETE FROM card", "card aaaa.* is missing"),
        ("UPDATE program SET body = 'other'", "program zelenka 12 has another hash"),
        ("UPDATE stream SET header = '{}'", "the stream's header is not what its columns say"),
        ("UPDATE stream SET till = '4'", "the stream's header is not what its columns say"),
        ("UPDATE answer SET seq = 77 WHERE seq = 6", "answer: row 6 names a record that isn't"),
        ("DELETE FROM record WHERE seq = 6", "lot aaaa.* holds 6240, the records give 5200"),
        ("DROP INDEX record_by_id", "record_by_id is missing"),
    ],
)
def test_a_changed_projection_is_found_by_its_name(path: Path, sql: str, what: str) -> None:
    with edited(path) as file:
        file.execute(sql)
    text = "\n".join(finding.what for finding in verified(path).findings)
    assert re.search(what, text), text


def test_one_altered_line_is_not_a_finding_at_each_line_after_it(path: Path) -> None:
    with edited(path) as file:
        line_edited(file)
    assert {finding.seq for finding in verified(path).findings} == {3, None}


def test_a_dropped_guard_is_found(path: Path) -> None:
    with edited(path, guarded=True) as file:
        file.execute("DROP TRIGGER record_no_update")
    assert [finding.what for finding in verified(path).findings] == ["record_no_update is missing"]


def test_a_ledger_that_is_wrong_throughout_gives_a_bounded_report(path: Path) -> None:
    with edited(path) as file:
        for number in range(3 * FINDINGS_MAX):
            file.execute(
                "INSERT INTO lot VALUES (?, 'bonus', 'lot/2026-12-19/-', 5)", (str(number),)
            )
    assert len(verified(path).findings) == FINDINGS_MAX


@pytest.mark.parametrize("table", ["record", "lot", "record_by_id", "sqlite_autoindex_program_1"])
def test_a_torn_page_is_found(path: Path, table: str) -> None:
    with edited(path, guarded=True) as file:
        (page,) = file.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)
        ).fetchone()
    data = bytearray(path.read_bytes())
    data[(page - 1) * PAGE_BYTES : page * PAGE_BYTES] = bytes(PAGE_BYTES)
    path.write_bytes(data)
    assert any(f"page {page}" in finding.what for finding in verified(path).findings)
    with pytest.raises(StoreDamaged, match=f"page {page}"), ledger_at(path):
        pass


def test_what_is_no_ledger_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no ledger here"):
        verified(tmp_path / "ledger.db")
    sqlite3.connect(str(tmp_path / "other.db")).execute("CREATE TABLE t (x)")
    with pytest.raises(StoreError, match="not a ledger of loyaltyd"):
        verified(tmp_path / "other.db")
    (tmp_path / "noise.db").write_bytes(b"noise" * 1000)
    with pytest.raises(StoreDamaged, match="not a database"):
        verified(tmp_path / "noise.db")


def test_two_accounts_are_told_apart(path: Path) -> None:
    with ledger_at(path) as ledger:
        ledger.write(confirming("b1", 7, BORIS)).result()
    with edited(path) as file:
        file.execute("UPDATE lot SET amount = amount + 1 WHERE account = ?", (BORIS,))
    (finding,) = verified(path).findings
    assert BORIS in finding.what
    assert ANNA not in finding.what
