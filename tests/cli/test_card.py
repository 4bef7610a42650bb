from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import told
from tools.seed import ANNA, BORIS, NOBODY

FRESH = "2990000000064"


def test_a_card_is_shown_with_its_holder_tier_and_wallets_its_number_masked(config: Path) -> None:
    result = told("card", "show", ANNA, "--config", config)
    first, _, heads, wallet, *_ = result.output.splitlines()
    assert first == "2990******019  bonus  active  Anna  silver, 12400.00 to gold"
    assert heads.split()[:6] == ["wallet", "available", "pending", "reserved", "debt", "expiring"]
    assert wallet.split()[:6] == ["bonus", "250.00", "12.00", "0.00", "0.00", "40.00"]


def test_the_number_may_come_by_standard_input(config: Path) -> None:
    result = told("card", "show", "--config", config, typed=f"{BORIS}\n")
    assert result.output.startswith("2990******026  bonus  active  Boris  gold\n")


def test_a_card_is_enrolled_blocked_and_unblocked(config: Path) -> None:
    to = ("--config", config)
    holder = ("--name", "Maria", "--birthday", "1990-05-01", "--phone", "+79990000000")
    assert told("card", "show", FRESH, *to).output.startswith("2990******064  bonus  new  start")
    enrolled = told("card", "enrol", FRESH, "--kind", "bonus", *holder, *to)
    assert enrolled.output.startswith("2990******064  bonus  active  Maria  start")
    assert "  blocked  " in told("card", "block", FRESH, "--reason", "stolen", *to).output
    assert "  active  " in told("card", "unblock", FRESH, *to).output


def test_a_card_is_replaced_linked_merged_and_forgotten(config: Path) -> None:
    to = ("--config", config)
    first, new, more, other = "2990000000101", "2990000000118", "2990000000125", "2990000000132"
    told("card", "enrol", first, "--name", "Vera", *to)
    told("card", "enrol", other, "--name", "Oleg", *to)
    assert told("card", "replace", first, "--new", new, *to).output.startswith(
        "2990******118  bonus  active  Vera"
    )
    assert "  replaced  " in told("card", "show", first, *to).output
    assert told("card", "link", new, "--phone", "+79995550000", *to).exit_code == 0
    shown = told("card", "show", "+79995550000", *to).output
    assert shown.startswith("2990******118  bonus  active  Vera")
    assert told("card", "link", new, "--card", more, *to).exit_code == 0
    merged = told("card", "merge", new, "--into", other, "--transfer", "t-1", *to).output
    assert merged.startswith("2990******132  bonus  active  Oleg")
    assert told("card", "merge", new, "--into", other, "--transfer", "t-1", *to).output == merged
    assert told("card", "show", more, *to).output.startswith("2990******125  bonus  active  Oleg")
    forgotten = told("card", "forget", more, *to).output
    assert forgotten.startswith("2990******125  bonus  active  start")


@pytest.mark.parametrize(
    ("words", "typed", "code", "said"),
    [
        (["show", "2990000000018"], "", 1, "(card_invalid)"),
        (["show", "4111111111111111"], "", 1, "(card_unknown)"),
        (["block", NOBODY], "", 1, "(card_"),
        (["enrol", ANNA, "--name", "Olga"], "", 1, "(card_exists)"),
        (["enrol", FRESH, "--birthday", "May"], "", 1, "holder.birthday must be a date"),
        (["show", "a/b?c"], "", 1, "("),
        (["show"], "", 2, "no card number"),
        (["link", ANNA], "", 2, "either --phone or --card"),
        (["merge", ANNA, "--into", ANNA], "", 1, "(cards_differ)"),
    ],
)
def test_a_no_is_one_sentence_without_the_number(
    config: Path, words: list[str], typed: str, code: int, said: str
) -> None:
    result = told("card", *words, "--config", config, typed=typed)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr
    assert "0000000" not in result.stderr
    assert "4111" not in result.stderr


def test_a_holders_name_is_text_on_the_terminal(config: Path) -> None:
    number = "2990000000071"
    result = told("card", "enrol", number, "--name", "\x1b[2JEva [bold]", "--config", config)
    assert "Eva [bold]" in result.output
    assert "\x1b" not in result.output
