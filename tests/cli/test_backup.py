"""The ledger is copied from a shell, also while the daemon serves."""

from __future__ import annotations

from pathlib import Path

from pysqlite3 import dbapi2 as sqlite3

from tests.cli.commands import told
from tests.cli.test_verify import seeded


def test_the_copy_of_a_running_till_is_ok(config: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    said = told("backup", target, "--config", config).output
    assert said.startswith("OK  ")
    assert target.exists()
    again = told("backup", target, "--config", config)
    assert (again.exit_code, "is there already" in again.stderr) == (69, True)


def test_what_is_wrong_with_the_ledger_is_told(tmp_path: Path) -> None:
    path = seeded(tmp_path)
    connection = sqlite3.connect(str(tmp_path / "ledger.db"))
    with connection:
        connection.execute("UPDATE lot SET amount = amount + 1 WHERE amount = 4000")
    connection.close()
    result = told("backup", tmp_path / "copy.db", "--config", path)
    assert result.exit_code == 1
    assert "holds 4001, the records give 4000" in result.output
    assert "FAILED  1 findings" in result.output
