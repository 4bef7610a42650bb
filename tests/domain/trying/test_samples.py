from __future__ import annotations

import pytest

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.trying.cases import answered, compared, never_applied, tried
from loyaltyd.domain.trying.samples import fitted, samples
from tests.documents import PAGES, blocks
from tests.domain.receipts import DEMO, EARN, HEAD, program, rule, wallet

TIERS = '[tiers]\nlevels = [{ id = "start", from = "0" }, { id = "silver", from = "300.00" }]\n'


def applied(found: Program) -> dict[str, bool]:
    """Of each sample of a rule whether it applies the rule."""
    return {
        case.name: case.name.split(":")[0] in tried(case, found).applied
        for case in samples([found])
        if ":" in case.name
    }


def test_the_demos_rules_are_all_applied_by_its_samples() -> None:
    demo = program_from(DEMO.read_text("utf-8"))
    assert isinstance(demo, Program)
    assert never_applied([tried(it, demo) for it in samples([demo])], demo) == []


def test_most_rules_of_the_help_page_are_applied_by_its_samples() -> None:
    (page,) = (it for it in PAGES if it.stem == "program")
    found = program_from("\n".join(blocks(page, "toml")))
    assert isinstance(found, Program)
    idle = never_applied([tried(it, found) for it in samples([found])], found)
    assert len(idle) < len(found.turns) // 4, idle


@pytest.mark.parametrize(
    ("give", "more", "expected"),
    [
        (
            'amount_off = "5.00"',
            'when = { min_total = "100.00" }',
            {"it: 99.99": False, "it: 100.00": True},
        ),
        (
            'amount_off = "5.00"',
            'when = { basket = { category = ["tea/*"], min_pieces = 2 } }',
            {"it: 1000.00": False, "it: 1 pieces": False, "it: 2 pieces": True},
        ),
        (
            'amount_off = "5.00"',
            'when = { basket = { category = ["tea/*"], min_amount = "50.00" } }',
            {"it: 49.99": False, "it: 50.00": True},
        ),
        (
            'percent_off_by_total = [["100.00", "3%"], ["200.00", "5%"]]',
            "",
            {"it: 99.99": False, "it: 100.00": True, "it: 199.99": True, "it: 200.00": True},
        ),
        (
            'amount_off = "5.00"',
            'when = { weekday = ["sun"], time = "20:00-23:00", tier = ["silver"] }',
            {"it: 1000.00": True},
        ),
        ('amount_off = "5.00"', "when = { every_visit = 5 }", {"it: 1000.00": True}),
        ('amount_off = "5.00"', "when = { first_purchase = false }", {"it: 1000.00": True}),
        ('amount_off = "5.00"', "when = { days_since_visit = 9 }", {"it: 1000.00": True}),
        ('amount_off = "5.00"', 'when = { spent = { min = "9.00" } }', {"it: 1000.00": True}),
        ('amount_off = "5.00"', 'when = { birthday = "-3d..+3d" }', {"it: 1000.00": True}),
        ('amount_off = "5.00"', 'when = { store = ["a"], group = ["b"] }', {"it: 1000.00": True}),
        (
            'amount_off = "5.00"',
            'when = { card_kind = ["discount"], basket = { min_amount = "70.00" } }',
            {"it: 69.99": False, "it: 70.00": True},
        ),
        (
            'amount_off = "5.00"',
            "when = { dates = { from = 2027-03-01, until = 2027-03-08 } }",
            {"it: 1000.00": True},
        ),
        ('amount_off = "5.00"', 'when = { tags = ["promo"] }', {"it: 1000.00": True}),
        (
            'amount_off = "5.00"',
            'when = { any = [{ store = ["a"] }, { store = ["b"] }] }',
            {"it: 1000.00": True},
        ),
    ],
)
def test_a_rules_samples_stand_on_both_sides_of_each_step(
    give: str, more: str, expected: dict[str, bool]
) -> None:
    found = program(wallet() + TIERS + rule("it", "receipt", give, more))
    assert applied(found) == expected


@pytest.mark.parametrize(
    ("give", "on", "expected"),
    [
        ("buy = 3, free = 1", 'sku = ["1"]', {"it: 2 pieces": False, "it: 3 pieces": True}),
        (
            'buy = 2, bundle = "150.00"',
            'category = ["tea"]',
            {"it: 1 pieces": False, "it: 2 pieces": True},
        ),
        ('percent_off = "5%"', 'category = ["tea/*"]', {"it: 1000.00": True}),
        ('free = 1, cost = { bonus = "9.00" }', 'sku = ["MUG"]', {"it: 1 pieces": True}),
    ],
)
def test_a_rules_samples_are_of_its_goods(give: str, on: str, expected: dict[str, bool]) -> None:
    found = program(wallet() + rule("it", "item", give, f"on = {{ {on} }}"))
    assert expected.items() <= applied(found).items()


def test_a_bottle_of_a_law_is_a_sample_too() -> None:
    law = '\n[laws.ru]\nedition = "2026"\ngoods.vodka = { category = ["vodka"] }\n'
    off = rule("it", "item", 'amount_off = "5.00"', 'on = { class = "ru.vodka" }')
    assert applied(program(law + off)) == {"it: 1000.00": True}


def test_points_for_each_full_amount_are_shown_below_it_and_at_it() -> None:
    steps = rule("it", "points", 'earn = "bonus", per_amount = ["100.00", "1.00"]')
    assert applied(program(wallet() + steps)) == {"it: 99.99": False, "it: 100.00": True}


def test_nobody_each_card_each_tier_and_each_wallet_has_a_sample() -> None:
    names = [it.name for it in samples([program(wallet() + TIERS + EARN)])]
    assert names[:4] == ["no card", "a bonus card", "a discount card", "tier silver"]
    assert "pays with bonus" in names


def test_two_programs_have_the_samples_of_both_each_receipt_once() -> None:
    one = program(wallet() + rule("a", "receipt", 'amount_off = "1.00"'))
    other = program(
        wallet() + rule("b", "receipt", 'amount_off = "1.00"', 'when = { min_total = "7.00" }')
    )
    names = [it.name for it in samples([one, other])]
    assert {"b: 6.99", "b: 7.00"} <= set(names)
    assert len(samples([one, one])) == len(samples([one]))


def test_a_program_that_doesnt_know_a_range_sees_another_of_its_kind_or_no_card() -> None:
    found = program(wallet() + EARN)
    case = next(it for it in samples([found]) if it.name == "a bonus card")
    assert fitted(case, found) is case
    moved = program_from(DEMO.read_text("utf-8").replace('prefix = "2990"', 'prefix = "4400"', 1))
    assert isinstance(moved, Program)
    card = fitted(case, moved).seen.card
    assert card is not None
    assert card.range == "4400/13"
    without = program_from(HEAD)
    assert isinstance(without, Program)
    assert fitted(case, without).seen.card is None


def test_a_receipt_that_comes_to_the_same_differs_in_nothing() -> None:
    found = program(wallet() + EARN)
    case = samples([found])[1]
    same = compared(case, answered(case, found), answered(case, found))
    assert (same.differs, same.rules) == (False, ())
    more = program(wallet() + EARN.replace("5%", "6%"))
    other = compared(case, answered(case, found), answered(case, more))
    assert (other.differs, other.rules) == (True, ("base-earn",))
