from __future__ import annotations

import json
from pathlib import Path

import pytest

from loyaltyd.api.operations import BASKET
from tests.cli.commands import PROGRAM, told

SATURDAY = {"at": "2026-12-05T10:30:00+03:00"}


def written(folder: Path, **members: object) -> Path:
    path = folder / "basket.json"
    path.write_text(json.dumps({**BASKET, **members}))
    return path


def rows(output: str) -> list[list[str]]:
    return [line.split() for line in output.splitlines()]


def test_a_basket_is_quoted_for_the_card_as_the_daemon_knows_it(
    config: Path, tmp_path: Path
) -> None:
    result = told("quote", written(tmp_path), "--explain", "--config", config)
    assert result.exit_code == 0
    assert "2990******019  bonus  active  Anna  silver" in result.output
    assert "cashier   Greet Anna" in result.output
    assert "2990000000019" not in result.output
    assert ["step-scale", "no", "needs", "a", "total", "of", "1000.00,", "has"] in [
        row[:8] for row in rows(result.output)
    ]
    assert ["when.tier", "✓", "needs", "silver,", "gold,", "has", "silver"] in rows(result.output)


def test_an_unpublished_program_is_tried_without_daemon_or_settings(tmp_path: Path) -> None:
    basket = written(tmp_path, **SATURDAY)
    result = told("quote", basket, "--program", PROGRAM, "--tier", "silver", "--explain")
    assert result.exit_code == 0
    found = rows(result.output)
    assert ["1", "Milk", "1", "l", "179.80", "17.98", "0.00", "161.82", "milk-10", "17.98"] in found
    assert ["to", "pay", "315.13", "17.98", "0.00", "297.15"] in found
    assert ["milk-10", "yes", "took", "17.98", "off"] in found
    assert "because" in result.output


def test_a_new_card_may_hold_points_and_stamps(tmp_path: Path) -> None:
    example = Path(__file__).parents[1] / "domain" / "program.example.toml"
    cup = {"line": 1, "sku": "1", "category": "coffee/latte", "quantity": "1", "price": "150.00"}
    mug = {"line": 2, "sku": "MUG", "quantity": "1", "price": "400.00"}
    asks = {"free-coffee": "1", "mug-for-points": "1"}
    basket = written(tmp_path, lines=[cup, mug], rewards=asks, redeem={})
    held = ["--balance", "coffee=10", "--balance", "bonus=149.99"]
    result = told("quote", basket, "--program", example, *held)
    assert result.exit_code == 0
    assert ["to", "pay", "550.00", "150.00", "0.00", "400.00"] in rows(result.output)
    said = "cashier   mug-for-points: 0 of 1 given (needs 150.00 bonus, has 149.99)"
    assert said in result.output


def test_explain_says_each_condition_of_a_rule_that_has_several(tmp_path: Path) -> None:
    basket = written(tmp_path, **SATURDAY)
    result = told("quote", basket, "--program", PROGRAM, "--tier", "silver", "--explain")
    found = rows(result.output)
    place = found.index(["milk-10", "yes", "took", "17.98", "off"])
    assert found[place + 1 : place + 6] == [
        ["on", "✓", "needs", "1,", "has", "1"],
        ["when.tier", "✓", "needs", "silver,", "gold,", "has", "silver"],
        ["when.weekday", "✓", "needs", "sat,", "sun,", "has", "sat"],
        ["when.time", "✓", "needs", "09:00-12:00,", "has", "10:30"],
        ["line", "1:", "17.98", "of", "179.80"],
    ]
    assert ["when.min_total", "✗", "needs", "500.00,", "has", "297.15"] in found
    assert all(len(row) <= 80 for row in result.output.splitlines())


@pytest.mark.parametrize(
    "typed",
    ["", "[]", "{}", "{", '{"explain": true, "receipt": "r"}', '{"receipt": "r", "receipt": "r"}'],
)
def test_what_is_no_basket_is_the_same_fault_with_explain(typed: str) -> None:
    plain, asked = (
        told("quote", "-", "--program", PROGRAM, *more, typed=typed)
        for more in ((), ("--explain",))
    )
    assert (plain.exit_code, plain.stderr) == (asked.exit_code, asked.stderr)
    assert plain.exit_code == 1


def test_without_explain_no_rule_is_explained(tmp_path: Path) -> None:
    result = told("quote", written(tmp_path, **SATURDAY), "--program", PROGRAM)
    assert "because" not in result.output


def test_a_shopper_without_a_card_is_quoted_too() -> None:
    line = {"line": 1, "sku": "1", "quantity": "3", "price": "500.00"}
    typed = json.dumps({"receipt": "r", "lines": [line], "at": "2026-12-05T13:00:00+03:00"})
    result = told("quote", "-", "--program", PROGRAM, typed=typed)
    assert ["to", "pay", "1500.00", "45.00", "0.00", "1455.00"] in rows(result.output)


def test_what_is_nearly_there_is_offered() -> None:
    line = {"line": 1, "sku": "1", "quantity": "1", "price": "952.70"}
    typed = json.dumps({"receipt": "r", "lines": [line], "at": "2026-12-05T13:00:00+03:00"})
    result = told("quote", "-", "--program", PROGRAM, typed=typed)
    assert "customer  47.30 more gives 3%" in result.output


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"card": "2990000000018"}, "has a mistake in it"),
        ({"card": "7"}, "card"),
        ({"rewards": {"mug": "1"}}, "has no reward “mug”"),
        ({"coupons": ["A B"]}, "coupons[0]"),
        ({"lines": [{"line": 1, "sku": "1", "quantity": 1, "price": "1.00"}]}, "lines[0].quantity"),
        ({"redeem": {"gold": "max"}}, "gold"),
    ],
)
def test_what_the_engine_refuses_is_a_sentence(
    tmp_path: Path, members: dict[str, object], said: str
) -> None:
    result = told("quote", written(tmp_path, **members), "--program", PROGRAM)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_what_the_daemon_refuses_is_its_sentence_with_the_reason(
    config: Path, tmp_path: Path
) -> None:
    basket = written(tmp_path, card="2990000000040")
    result = told("quote", basket, "--config", config)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "(card_blocked)" in result.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--tier", "silver"], 2),
        (["--program", PROGRAM, "--tier", "platinum"], 2),
        (["--balance", "bonus=1.00"], 2),
        (["--program", PROGRAM, "--balance", "gold=1.00"], 2),
        (["--program", PROGRAM, "--balance", "bonus=1.001"], 2),
        (["--program", PROGRAM, "--balance", "bonus"], 2),
        (["--program", "none.toml"], 78),
    ],
)
def test_options_that_make_no_sense_are_refused(
    tmp_path: Path, words: list[str | Path], code: int
) -> None:
    result = told("quote", written(tmp_path), *words)
    assert (result.exit_code, result.stdout) == (code, "")


def test_a_time_at_the_end_of_the_calendar_is_a_sentence(tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text(json.dumps({**BASKET, "at": "0001-01-01T00:00:00+14:00"}))
    result = told("quote", body, "--program", PROGRAM)
    assert (result.exit_code, "too far from now" in result.stderr) == (1, True)
