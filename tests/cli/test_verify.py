from __future__ import annotations

import datetime as dt
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite3

from loyaltyd import config
from tests.cli.commands import told, written_config
from tools.seed import seed

NOW = dt.datetime.fromisoformat("2026-12-05T10:30:00+03:00")


def seeded(folder: Path) -> Path:
    path = written_config(folder)
    assert seed(config.load(path, environment={}, overrides={}), NOW)
    return path


def test_a_ledger_as_it_was_written_is_ok_with_its_last_hash(tmp_path: Path) -> None:
    result = told("verify", "--config", seeded(tmp_path))
    assert result.exit_code == 0
    words = result.output.split()
    assert words[:3] == ["OK", "zelenka", "msk-017-3,"]
    assert words[5:8] == ["12", "records", "head"]
    assert len(words[8]) == 64


def test_a_balance_that_the_records_dont_give_is_named_and_the_exit_is_1(tmp_path: Path) -> None:
    path = seeded(tmp_path)
    connection = sqlite3.connect(str(tmp_path / "ledger.db"))
    with connection:
        connection.execute("UPDATE lot SET amount = amount + 1 WHERE amount = 4000")
    connection.close()
    result = told("verify", "--config", path)
    assert result.exit_code == 1
    finding, verdict = result.stdout.splitlines()
    assert finding.startswith(f"{tmp_path / 'ledger.db'}: lot ")
    assert finding.endswith("holds 4001, the records give 4000")
    assert verdict == "FAILED  1 findings"


def test_what_is_no_ledger_is_told_so(tmp_path: Path) -> None:
    path = written_config(tmp_path)
    (tmp_path / "ledger.db").write_bytes(b"no database" * 100)
    result = told("verify", "--config", path)
    assert (result.exit_code, result.stdout) == (74, "")
    assert "Traceback" not in result.stderr
