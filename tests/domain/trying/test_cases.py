from __future__ import annotations

import datetime as dt

import pytest

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.toml import Fault
from loyaltyd.domain.trying.case_text import cases_from
from loyaltyd.domain.trying.cases import Case, Missed, facts_told, never_applied, tried
from tests.domain.receipts import DEMO, EARN, program, rule, wallet

TIERS = '[tiers]\nlevels = [{ id = "start", from = "0" }, { id = "silver", from = "300.00" }]\n'
RULES = (
    rule("big", "receipt", 'amount_off = "50.00"', 'when = { min_total = "200.00" }')
    + rule("birthday", "receipt", 'amount_off = "1.00"', 'when = { birthday = "-3d..+3d" }')
    + rule(
        "regular",
        "receipt",
        'amount_off = "2.00"',
        'when = { spent = { min = "100.00", within = "30d" } }',
    )
    + rule("third", "receipt", 'amount_off = "4.00"', "when = { every_visit = 3 }")
    + rule(
        "back",
        "receipt",
        'amount_off = "8.00"',
        "when = { days_since_visit = 30 }\nlimit = { per_account = 1 }",
    )
    + rule("silver", "receipt", 'amount_off = "16.00"', 'when = { tier = ["silver"] }')
    + rule("here", "receipt", 'amount_off = "32.00"', 'when = { store = ["s"], group = ["g"] }')
)
PROGRAM = program(wallet('max_share = "50%"') + TIERS + EARN + RULES)
CASE = '[[cases]]\nname = "a"\nat = 2026-12-05T10:30:00\nlines = [{ price = "100.00" }]\n'


def case(more: str = "", found: Program = PROGRAM) -> Case:
    cases = cases_from(CASE + more, found)
    (one,) = cases
    assert isinstance(one, Case), cases
    return one


def faults(text: str) -> list[tuple[int | None, str, str]]:
    found = cases_from(text, PROGRAM)
    return [(it.line, it.key, it.message) for it in found if isinstance(it, Fault)]


def missed(more: str) -> list[tuple[str, object, object]]:
    return [(".".join(it.key), it.wanted, it.got) for it in tried(case(more), PROGRAM).missed]


def test_the_cases_beside_the_demos_program_pass_and_apply_each_of_its_rules() -> None:
    demo = program_from(DEMO.read_text("utf-8"))
    assert isinstance(demo, Program)
    found = cases_from(DEMO.with_suffix(".cases.toml").read_text("utf-8"), demo)
    trials = [tried(it, demo) for it in found if isinstance(it, Case)]
    assert len(trials) == len(found) > 10
    assert {it.case.name: it.missed for it in trials if it.missed} == {}
    assert never_applied(trials, demo) == []


def test_a_case_says_what_differs_and_nothing_of_what_it_leaves_out() -> None:
    assert missed('expect = { payable = "100.00", earned = { bonus = "0" } }') == []
    assert missed('expect = { payable = "99.99", discount = "0.01", gross = "100.00" }') == [
        ("discount", 1, 0),
        ("payable", 9999, 10000),
    ]


def test_a_case_may_ask_for_rewards() -> None:
    mug = rule("mug", "item", 'free = 1, cost = { bonus = "150.00" }')
    found = program(wallet() + mug)
    for balance, spent in (("150.00", 15_000), ("149.99", 0)):
        card = f'card = {{ balance = {{ bonus = "{balance}" }} }}\nrewards = {{ mug = 1 }}\n'
        expect = f'expect = {{ spent = {{ bonus = "{spent // 100}.00" }} }}'
        assert tried(case(card + expect, found), found).missed == ()
    refused = 'rewards = { cup = 1 }\nexpect = { refused = "reward_unknown" }'
    assert tried(case(refused, found), found).missed == ()


def test_a_case_without_expectations_passes() -> None:
    assert tried(case(), PROGRAM).missed == ()


@pytest.mark.parametrize(
    ("card", "rules"),
    [
        ("{}", ""),
        ("{ birthday = 1990-12-08 }", "birthday"),
        ("{ birthday = 1990-12-09 }", ""),
        ('{ spent = "100.00" }', "regular"),
        ('{ spent = "99.99" }', ""),
        ('{ spent = "300.00" }', "regular silver"),
        ('{ spent = "300.00", spent_within = { 30d = "99.99" } }', "silver"),
        ('{ spent = "300.00", tier = "start" }', "regular"),
        ('{ tier = "silver" }', "silver"),
        ("{ visits = 2 }", "third"),
        ("{ visits = 3 }", ""),
        ("{ last_visit = 2026-11-05 }", "back"),
        ("{ last_visit = 2026-11-06 }", ""),
        ("{ last_visit = 2026-11-05, uses = { back = 1 } }", ""),
    ],
)
def test_what_a_card_says_of_its_past_is_what_rules_look_at(card: str, rules: str) -> None:
    applied = tried(case(f"card = {card}\n"), PROGRAM).applied - {"base-earn"}
    assert applied == set(rules.split())


@pytest.mark.parametrize(
    ("measure", "card", "applied"),
    [
        ("spend", 'spent = "300.00"', True),
        ("spend", 'spent = "300.00", measured = "299.99"', False),
        ("spend", 'measured = "300.00"', True),
        ("visits", "visits = 300", True),
        ("visits", 'visits = 299, measured = "300"', True),
        ("visits", "visits = 299", False),
    ],
)
def test_a_card_has_the_tier_that_its_measure_reaches(
    measure: str, card: str, applied: bool
) -> None:
    tiers = TIERS.replace("[tiers]", f'[tiers]\nmeasure = "{measure}"\ncounts_current = false')
    tiers = tiers if measure == "spend" else tiers.replace("300.00", "300")
    silver = rule("silver", "receipt", 'amount_off = "16.00"', 'when = { tier = ["silver"] }')
    found = program(wallet() + tiers + EARN + silver)
    trial = tried(case(f"card = {{ {card} }}\n", found), found)
    assert ("silver" in trial.applied) == applied


@pytest.mark.parametrize(
    ("more", "applied"),
    [
        ("", False),
        ('coupons = ["SPRING10"]', True),
        ('coupons = ["spring10", "SPRING10"]', True),
        ('coupons = ["AUTUMN"]', False),
        ('coupons = ["SPRING10"]\ncoupon_uses = { spring = 1 }', False),
    ],
)
def test_a_coupon_of_a_case_is_named_by_its_code(more: str, applied: bool) -> None:
    spring = rule(
        "spring",
        "coupon",
        'percent_off = "10%"',
        'when = { coupon = ["SPRING10"] }\nlimit = { per_coupon = 1 }',
    )
    found = program(wallet() + EARN + spring)
    assert ("spring" in tried(case(more, found), found).applied) == applied


@pytest.mark.parametrize(
    ("balance", "more", "applied"),
    [
        ("10.00", "", False),
        ("10.00", "rewards = { gift = 1 }", True),
        ("9.99", "rewards = { gift = 1 }", False),
    ],
)
def test_a_case_asks_for_rewards_by_their_rules(balance: str, more: str, applied: bool) -> None:
    gift = rule("gift", "item", 'free = 1, cost = { bonus = "10.00" }')
    found = program(wallet() + EARN + gift)
    asking = case(f'card = {{ balance = {{ bonus = "{balance}" }} }}\n{more}\n', found)
    assert ("gift" in tried(asking, found).applied) == applied


def test_the_place_of_a_case_is_where_it_says() -> None:
    assert "here" in tried(case('store = "s"\ngroup = "g"\n'), PROGRAM).applied
    assert "here" not in tried(case('store = "s"\n'), PROGRAM).applied


def test_a_wallet_pays_what_the_case_gives_it_and_a_debt_bars_it() -> None:
    paying = 'card = { balance = { bonus = "30.00" } }\nredeem = { bonus = "max" }\n'
    assert missed(f'{paying}expect = {{ redeemed = "30.00", spent = {{ bonus = "30.00" }} }}') == []
    owing = paying.replace("card = {", 'card = { debt = { bonus = "1.00" },')
    assert missed(f'{owing}expect = {{ redeemed = "0.00" }}') == []
    less = paying.replace('"max"', '"20.00"')
    assert missed(f'{less}expect = {{ redeemed = "20.00" }}') == []


@pytest.mark.parametrize(
    ("price", "verdict", "got"),
    [
        ("200.00", "true", None),
        ("200.00", '"50.00"', None),
        ("200.00", "false", True),
        ("200.00", '"50.01"', 5000),
        ("199.99", "false", None),
        ("199.99", "true", False),
        ("199.99", '"50.00"', False),
    ],
)
def test_a_rule_is_wanted_or_not_or_with_its_amount(price: str, verdict: str, got: object) -> None:
    text = CASE.replace("100.00", price) + f"expect = {{ rules = {{ big = {verdict} }} }}"
    (one,) = cases_from(text, PROGRAM)
    assert isinstance(one, Case)
    assert [it.got for it in tried(one, PROGRAM).missed] == [got] * (got is not None)


def test_lines_are_looked_at_one_by_one() -> None:
    wanted = 'expect = { lines = [{ line = 1, net = "1.00" }, { line = 2, gross = "2.00" }] }'
    assert missed(wanted) == [("lines.1.net", 100, 10000), ("lines.2.gross", 200, 0)]


def test_a_refusal_is_wanted_by_its_reason_and_told_where_it_is_not() -> None:
    refused = 'redeem = { gold = "max" }\nexpect = '
    assert missed(f'{refused}{{ refused = "wallet_unknown" }}') == []
    assert missed(f'{refused}{{ payable = "100.00" }}') == [("payable", 10000, "wallet_unknown")]
    assert missed('expect = { refused = "wallet_unknown" }') == [
        ("refused", "wallet_unknown", False)
    ]


def test_a_time_is_the_tills_own() -> None:
    assert case().at.replace(tzinfo=None) == dt.datetime.fromisoformat("2026-12-05T10:30:00")
    assert case().place.business_date == dt.date(2026, 12, 5)


def test_a_discount_card_is_of_the_first_range_of_its_kind() -> None:
    found = case('card = { kind = "discount" }\n').seen.card
    assert found is not None
    assert (found.kind, found.range) == ("discount", "2991/13")


def test_the_rules_that_no_case_applies_are_named_in_the_files_order() -> None:
    trials = [tried(case(), PROGRAM), tried(case("card = { visits = 2 }\n"), PROGRAM)]
    idle = never_applied(trials, PROGRAM)
    assert idle == ["big", "birthday", "regular", "back", "silver", "here", "card"]


def test_a_fact_is_there_for_each_amount_of_a_receipt() -> None:
    facts = facts_told(tried(case("card = {}\n"), PROGRAM).answer)
    assert facts["payable",] == 10000
    assert facts["earned", "bonus"] == 500
    assert facts["lines", "1", "earned", "bonus"] == 500
    assert facts["rules", "big"] is False


@pytest.mark.parametrize(
    ("more", "line", "key", "said"),
    [
        ("nmae = 1", 5, 'cases[1] "a".nmae', 'unknown key; did you mean "name"?'),
        (
            'expect = { payble = "1" }',
            5,
            'cases[1] "a".expect.payble',
            'unknown key; did you mean "payable"?',
        ),
        ("expect = {}", 5, 'cases[1] "a".expect', "must expect something, such as payable"),
        (
            'expect = { refused = "wallet_unknown", payable = "1" }',
            5,
            'cases[1] "a".expect',
            "a receipt that is refused comes to nothing else",
        ),
        (
            'expect = { refused = "walet_unknown" }',
            5,
            'cases[1] "a".expect.refused',
            'there is no reason "walet_unknown"; did you mean "wallet_unknown"?',
        ),
        (
            'expect = { payable = "1.001" }',
            5,
            'cases[1] "a".expect.payable',
            '"1.001" has more than 2 decimals',
        ),
        (
            'expect = { earned = { bonsu = "1" } }',
            5,
            'cases[1] "a".expect.earned.bonsu',
            'there is no wallet "bonsu"; did you mean "bonus"?',
        ),
        (
            "expect = { rules = { bigg = true } }",
            5,
            'cases[1] "a".expect.rules.bigg',
            'there is no rule "bigg"; did you mean "big"?',
        ),
        (
            "expect = { rules = { big = 1 } }",
            5,
            'cases[1] "a".expect.rules.big',
            'must be true, false or what the rule gives such as "17.98"',
        ),
        (
            'card = { tier = "sliver" }',
            5,
            'cases[1] "a".card.tier',
            'there is no tier "sliver"; did you mean "silver"?',
        ),
        (
            'card = { kind = "gift" }',
            5,
            'cases[1] "a".card.kind',
            'there is no card of kind "gift"; allowed here: bonus, discount',
        ),
        (
            'card = { range = "1/2" }',
            5,
            'cases[1] "a".card.range',
            'there is no range of cards "1/2"; allowed here: 2990/13',
        ),
        (
            'card = { spent_within = { 31d = "1" } }',
            5,
            'cases[1] "a".card.spent_within.31d',
            'there is no rule that asks within "31d"; did you mean "30d"?',
        ),
        (
            "coupon_uses = { bigg = 1 }",
            5,
            'cases[1] "a".coupon_uses.bigg',
            'there is no rule "bigg"; did you mean "big"?',
        ),
        (
            "rewards = { big = 0 }",
            5,
            'cases[1] "a".rewards.big',
            "must be at least 1",
        ),
        (
            'coupons = ["a b"]',
            5,
            'cases[1] "a".coupons[1]',
            'must be a code such as "SPRING10"',
        ),
        (
            "card = { uses = { bigg = 1 } }",
            5,
            'cases[1] "a".card.uses.bigg',
            'there is no rule "bigg"; did you mean "big"?',
        ),
    ],
)
def test_a_fault_has_its_line_its_key_and_what_is_allowed(
    more: str, line: int, key: str, said: str
) -> None:
    assert faults(CASE + more) == [(line, key, said)]


@pytest.mark.parametrize(
    "wrong",
    [
        ("at = 2026-12-05T10:30:00", "at = 2026-12-05T10:30:00+03:00"),
        ("at = 2026-12-05T10:30:00", "at = 2026-12-05"),
        ("at = 2026-12-05T10:30:00", 'at = "2026-12-05T10:30:00"'),
    ],
)
def test_a_time_with_an_offset_or_none_at_all_is_a_fault(wrong: tuple[str, str]) -> None:
    ((line, key, said),) = faults(CASE.replace(*wrong))
    assert (line, key) == (3, 'cases[1] "a".at')
    assert "local time such as 2026-12-05T10:30:00" in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('quantity = "0"', "must be above zero"),
        ('quantity = "0.0001"', '"0.0001" has more than 3 decimals'),
        ('abv = "40.0001"', '"40.0001" has more than 3 decimals'),
        ('floor_price = "0.001"', '"0.001" has more than 2 decimals'),
    ],
)
def test_a_line_is_read_as_strictly_as_a_tills(more: str, said: str) -> None:
    text = CASE.replace('price = "100.00"', f'price = "100.00", {more}')
    assert [it[2] for it in faults(text)] == [said]


def test_what_is_no_toml_or_has_no_cases_is_a_fault() -> None:
    assert faults("[[cases")[0][2].startswith("is not TOML")
    assert faults("")[0][1:] == ("cases", "is missing")


def test_a_missed_value_tells_both() -> None:
    (found,) = tried(case('expect = { payable = "1.00" }'), PROGRAM).missed
    assert found == Missed(key=("payable",), wanted=100, got=10000)
