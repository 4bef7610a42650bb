from __future__ import annotations

import pytest

from loyaltyd.domain.trying.program_diff import Change, KeyChange, changes
from tests.domain.receipts import CARDS, DEMO, EARN, HEAD, rule, wallet

TIERS = '[tiers]\nlevels = [{ id = "start", from = "0" }, { id = "silver", from = "300.00" }]\n'
BIG = rule("big", "receipt", 'percent_off = "10%"', 'when = { min_total = "100.00" }')
SMALL = rule("small", "receipt", 'amount_off = "1.00"')
TEXT = HEAD + wallet() + TIERS + CARDS + EARN + BIG + SMALL


def told(old: str, new: str) -> list[tuple[str, str, str, list[tuple[str, str, str]]]]:
    return [
        (it.section, it.name, it.what, [(key.key, key.old, key.new) for key in it.keys])
        for it in changes(old, new)
    ]


def test_the_same_text_changes_nothing_nor_does_a_comment_or_a_table_elsewhere() -> None:
    assert changes(TEXT, TEXT) == []
    assert changes(TEXT, f"# why\n{TEXT}") == []
    assert changes(TEXT, TEXT.replace(TIERS, "") + TIERS) == []
    demo = DEMO.read_text("utf-8")
    assert changes(demo, demo) == []


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("version = 1", "version = 2", ("head", "", [("version", "1", "2")])),
        ("2026-01-01", "2026-02-01", ("head", "", [("starts", "2026-01-01", "2026-02-01")])),
        ('"10%"', '"15%"', ("rules", "big", [("give.percent_off", '"10%"', '"15%"')])),
        (
            'when = { min_total = "100.00" }',
            'when = { tier = ["silver"] }',
            ("rules", "big", [("when.min_total", '"100.00"', ""), ("when.tier", "", '["silver"]')]),
        ),
        (
            'percent_off = "10%"',
            'amount_off = "5.00"',
            (
                "rules",
                "big",
                [("give.percent_off", '"10%"', ""), ("give.amount_off", "", '"5.00"')],
            ),
        ),
        ("scale = 2", "scale = 1", ("wallets", "bonus", [("scale", "2", "1")])),
        (
            'discount = "5%"',
            'discount = "7%"',
            ("cards", "2991/13", [("discount", '"5%"', '"7%"')]),
        ),
    ],
)
def test_a_key_that_changed_is_told_with_both_values(
    old: str, new: str, change: tuple[str, str, list[tuple[str, str, str]]]
) -> None:
    assert old in TEXT
    section, name, keys = change
    assert told(TEXT, TEXT.replace(old, new, 1)) == [(section, name, "changed", keys)]


def test_a_list_of_tables_inside_one_changes_as_a_whole() -> None:
    (found,) = told(TEXT, TEXT.replace('"300.00"', '"400.00"'))
    ((key, old, new),) = found[3]
    assert (found[:3], key) == (("tiers", "", "changed"), "levels")
    assert old == '[{ id = "start", from = "0" }, { id = "silver", from = "300.00" }]'
    assert new == old.replace("300.00", "400.00")


def test_what_is_new_and_what_is_gone_is_named() -> None:
    assert told(TEXT, TEXT.replace(SMALL, "")) == [("rules", "small", "removed", [])]
    assert told(TEXT.replace(SMALL, ""), TEXT) == [("rules", "small", "added", [])]
    assert told(TEXT.replace(TIERS, ""), TEXT) == [("tiers", "", "added", [])]
    stars = "[wallets.stars]\nscale = 0\n"
    assert told(TEXT, TEXT + stars) == [("wallets", "stars", "added", [])]


def test_a_rule_that_moved_is_told_and_those_around_it_are_not() -> None:
    moved = TEXT.replace(EARN, "") + EARN
    assert changes(TEXT, moved) == [Change(section="rules", name="base-earn", what="moved")]
    swapped = TEXT.replace(BIG + SMALL, SMALL + BIG)
    assert [it.what for it in changes(TEXT, swapped)] == ["moved"]


def test_a_value_is_written_as_a_program_has_it() -> None:
    new = TEXT.replace('amount_off = "1.00"', 'amount_off = "1.00"\nmax = "2"').replace(
        "give = { amount_off", 'on = { sku = ["1", "2"] }\ngive = { amount_off'
    )
    new = new.replace('"1.00"\nmax = "2"', '"1.00"')
    (found,) = changes(TEXT, new)
    assert found.keys == (KeyChange(key="on", new='{ sku = ["1", "2"] }'),)
