from __future__ import annotations

import json
from pathlib import Path

import pytest

from loyaltyd import config as configured
from tests.cli.commands import PROGRAM, told

NEXT = 13


@pytest.fixture
def ledger(config: Path) -> Path:
    """The ledger of the demo till, whose daemon runs."""
    return configured.load(config, environment={}, overrides={}).ledger.path


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The next version of the demo's program: 4% in place of 5%, and half of each purchase off."""
    path = tmp_path / "next.toml"
    text = PROGRAM.read_text("utf-8").replace("version = 12", f"version = {NEXT}")
    text = text.replace('earn = "bonus", percent = "5%"', 'earn = "bonus", percent = "4%"')
    path.write_text(text, "utf-8")
    return path


def test_a_running_daemons_receipts_are_tried_beside_it(ledger: Path, program: Path) -> None:
    result = told("program", "backtest", program, "--ledger", ledger)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("zelenka msk-017-3  receipts ")
    assert result.output.splitlines()[0].endswith(f"program zelenka {NEXT}")
    (earning,) = (it for it in result.output.splitlines() if it.startswith("base-earn "))
    _, then, now, cost_then, cost_now, difference, winners, losers = earning.split()
    assert then == now == losers != "0"
    assert float(cost_now) < float(cost_then)
    assert difference.startswith("-")
    assert winners == "0"
    assert "balances and tiers are those that the receipts were recorded with" in result.output


def test_json_has_the_same_numbers(ledger: Path, program: Path) -> None:
    answer = json.loads(told("program", "backtest", program, "--ledger", ledger, "--json").output)
    assert answer["program"] == {"id": "zelenka", "version": NEXT}
    rules = {it["rule"]: it for it in answer["rules"]}
    assert rules["base-earn"]["then"]["applied"] == rules["base-earn"]["now"]["applied"] > 0
    assert answer["winners"]["receipts"]["less"] == rules["base-earn"]["losers"]


def test_days_narrow_it_down(ledger: Path) -> None:
    words = ("program", "backtest", PROGRAM, "--ledger", ledger)
    result = told(*words, "--from", "1990-01-01", "--until", "1990-12-31")
    assert result.exit_code == 0
    assert "receipts 0, none" in result.output
    assert told(*words, "--from", "yesterday").exit_code == 2


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [(None, 69, "no ledger here"), (b"no database" * 100, 74, "not a database")],
)
def test_what_is_no_ledger_is_told_so(
    tmp_path: Path, data: bytes | None, code: int, said: str
) -> None:
    path = tmp_path / "ledger.db"
    if data is not None:
        path.write_bytes(data)
    result = told("program", "backtest", PROGRAM, "--ledger", path)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_program_that_cant_be_obeyed_is_told_before_the_ledger_is_read(tmp_path: Path) -> None:
    program = tmp_path / "program.toml"
    program.write_text("vershion = 1")
    result = told("program", "backtest", program, "--ledger", tmp_path / "none.db")
    assert (result.exit_code, result.stdout) == (78, "")
    assert "vershion" in result.stderr
