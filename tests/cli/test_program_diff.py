from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import PROGRAM, told


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Path, Path]:
    """The demo's program without cases, and a version that starts to discount at 900.00."""
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    shutil.copy(PROGRAM, old)
    text = PROGRAM.read_text("utf-8").replace("version = 12", "version = 13")
    assert '[["1000.00", "3%"]' in text
    new.write_text(text.replace('[["1000.00", "3%"]', '[["900.00", "3%"]'), "utf-8")
    return old, new


def answer(*words: str | Path) -> Any:
    return json.loads(told("program", "diff", *words, "--json").output)


def test_a_changed_key_is_told_with_both_values_and_the_baskets_that_show_it(
    versions: tuple[Path, Path],
) -> None:
    result = told("program", "diff", *versions)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "program zelenka 12 → zelenka 13"
    rows = [it.split() for it in lines]
    assert ["changed", "head", "version", "12", "13"] in rows
    steps = next(it for it in rows if it[1:3] == ["rules", "step-scale"])
    assert steps[3:6] == ["give.percent_off_by_total", '[["1000.00",', '"3%"],']
    assert '[["900.00",' in steps
    shown = next(it for it in lines if it.startswith("step-scale: 900.00 "))
    assert shown.split()[2:4] == ["900.00", "873.00"]  # 3% of 900.00 are 27.00
    assert "step-scale - → 27.00" in shown


def test_the_same_program_differs_in_nothing() -> None:
    result = told("program", "diff", PROGRAM, PROGRAM)
    assert result.exit_code == 0
    assert "\n0 of " in result.output
    assert "changed" not in result.output


def test_json_has_every_basket_that_differs(versions: tuple[Path, Path]) -> None:
    found = answer(*versions)
    assert [it["name"] for it in found["changes"]] == ["", "step-scale"]
    named = {it["basket"]: it for it in found["differing"]}
    assert named["step-scale: 900.00"]["old"]["payable"] == "900.00"
    assert named["step-scale: 900.00"]["new"]["payable"] == "873.00"
    assert {"rule": "step-scale", "old": "", "new": "27.00"} in named["step-scale: 900.00"]["rules"]
    assert found["samples"] > len(found["differing"]) > 0


def test_the_cases_beside_the_old_program_are_rung_up_too(versions: tuple[Path, Path]) -> None:
    without = answer(*versions)["samples"]
    cases = PROGRAM.with_suffix(".cases.toml")
    shutil.copy(cases, versions[0].with_suffix(".cases.toml"))
    found = answer(*versions)
    assert found["samples"] == without + cases.read_text("utf-8").count("[[cases]]")
    assert "999.99 does not" in {it["basket"] for it in found["differing"]}


def test_baskets_may_be_named(versions: tuple[Path, Path], tmp_path: Path) -> None:
    baskets = tmp_path / "baskets.toml"
    baskets.write_text(
        '[[cases]]\nname = "mine"\nat = 2026-12-05T13:00:00\nlines = [{ price = "950.00" }]\n'
        '[[cases]]\nname = "small"\nat = 2026-12-05T13:00:00\nlines = [{ price = "9.00" }]\n'
    )
    found = answer(*versions, "--baskets", baskets)
    assert (found["samples"], [it["basket"] for it in found["differing"]]) == (2, ["mine"])
    assert told("program", "diff", *versions, "--baskets", tmp_path / "none.toml").exit_code == 78


def test_a_wallet_that_is_gone_refuses_who_pays_with_it(tmp_path: Path) -> None:
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    head = 'id = "a"\nversion = 1\ncurrency = "RUB"\nstarts = 2026-01-01\n'
    cards = '[[cards]]\nkind = "bonus"\nprefix = "2990"\nlength = 13\n'
    old.write_text(f'{head}[wallets.b]\nscale = 2\nredeem_rate = "1.00"\n{cards}')
    new.write_text(head + cards)
    result = told("program", "diff", old, new)
    assert result.exit_code == 0
    assert "refused: wallet_unknown" in result.output


def test_a_program_that_cant_be_read_is_told_with_its_file(
    versions: tuple[Path, Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("vershion = 1")
    result = told("program", "diff", versions[0], broken)
    assert (result.exit_code, result.stdout) == (78, "")
    assert result.stderr.startswith(f"{broken}:")
