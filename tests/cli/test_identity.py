from __future__ import annotations

import json
from pathlib import Path

from loyaltyd.link.signatures import public_hex, till_key
from tests.cli.commands import told, written_config


def test_it_prints_the_line_that_headquarters_is_to_trust(tmp_path: Path) -> None:
    key = till_key(tmp_path / "till.key")
    result = told("identity", "--config", written_config(tmp_path))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count("\n") == 1
    assert json.loads(result.stdout) == {
        "v": 1,
        "type": "till",
        "chain": "zelenka",
        "store": "msk-017",
        "till": "3",
        "key": public_hex(key),
    }


def test_it_tells_nothing_of_the_key_itself(tmp_path: Path) -> None:
    till_key(tmp_path / "till.key")
    result = told("identity", "--config", written_config(tmp_path))
    assert (tmp_path / "till.key").read_bytes().hex() not in result.output


def test_it_makes_no_key_which_would_not_be_the_daemons(tmp_path: Path) -> None:
    result = told("identity", "--config", written_config(tmp_path))
    assert result.exit_code == 78
    assert result.stderr == (
        f"{tmp_path / 'till.key'}: the key can't be read: No such file or directory\n"
    )
    assert not (tmp_path / "till.key").exists()
