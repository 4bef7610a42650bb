"""Keys that are well formed each, and mean nothing together."""

from __future__ import annotations

import pytest

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from
from tests.domain.program_samples import GOOD, changed

CARDS = '\n[[cards]]\nkind = "bonus"\nprefix = "{}"\nlength = {}\ncheck = "none"\n'


def said(text: str) -> list[tuple[int | None, str, str]]:
    found = program_from(text)
    assert not isinstance(found, Program), "the program was read"
    return [(fault.line, fault.key, fault.message) for fault in found]


BY_POINTS = 'measure = "points"\nwallet = "{}"'
# (what is written in GOOD, what instead, the key that is named, what is said)
WRONG = [
    ('"10.00"', '"10.001"', "wallets.bonus.min_redeem", "more than 2 decimals"),
    ('"10.00"', '"999999999999"', "wallets.bonus.min_redeem", "is too large"),
    ('"0.10"', '"0.001"', "wallets.bonus.step", "more than 2 decimals"),
    ('"0.10"', '"0.00"', "wallets.bonus.step", "must be above zero"),
    ('"30%"', '"100.0001%"', "wallets.bonus.max_share", "is at most 100%"),
    ('"14d"', '"14d after month-end"', "wallets.bonus.activates", "without a month-end"),
    ('"14d"', '"6mo"', "wallets.bonus.expires", "is not later than activates"),
    ('redeem_rate = "0.50"', "", "wallets.bonus.max_share", "needs a redeem_rate"),
    ('redeem_rate = "0.50"', "", "wallets.bonus.min_redeem", "needs a redeem_rate"),
    ('redeem_rate = "0.50"', "", "wallets.bonus.step", "needs a redeem_rate"),
    ('from = "0"', 'from = "1"', 'tiers.levels[1] "start".from', 'starts from "0"'),
    ('from = "60000.00"', 'from = "0"', 'tiers.levels[2] "gold".from', "levels rise"),
    ('"60000.00"', '"60000.001"', 'tiers.levels[2] "gold".from', "more than 2 decimals"),
    ('measure = "spend"', BY_POINTS.format("bonsu"), "tiers.wallet", 'did you mean "bonus"'),
    ('"spend"', '"visits"', 'tiers.levels[2] "gold".from', "more than 0 decimals"),
    ('id = "gold"', 'id = "start"', 'tiers.levels[2] "start".id', "another level has this id"),
    ("from = 2026-01-01", "from = 2025-01-01", "classes.vodka.floor_price[2].from", "dates rise"),
    ('"349.00"', '"349.001"', "classes.vodka.floor_price[1].price", "more than 2 decimals"),
    ('"0.65"', '"0.655"', "classes.vodka.floor_per_abv_litre[1].price", "more than 2 decimals"),
    ('{ class = "vodka" }', '{ class = "wodka" }', 'rules[2] "five-off".on.class', '"vodka"?'),
    ('region = ["moscow"]', 'region = ["moskow"]', "classes.vodka.region[1]", '"moscow"?'),
    ('id = "five-off"', 'id = "milk-10"', 'rules[2] "milk-10".id', "another rule has this id"),
    ('group = "item"', 'group = "itm"', 'rules[1] "milk-10".group', 'did you mean "item"'),
    ('["gold"]', '["glod"]', 'rules[1] "milk-10".when.tier[1]', 'did you mean "gold"'),
    ('"5.00"', '"5.001"', 'rules[1] "milk-10".when.min_total', "more than 2 decimals"),
    ('"300.00"', '"300.001"', 'rules[1] "milk-10".give.max', "more than 2 decimals"),
    ('off = "5.00"', 'off = "5.001"', 'rules[2] "five-off".give.amount_off', "2 decimals"),
    ('earn = "bonus"', 'earn = "bonsu"', 'rules[3] "base-earn".give.earn', 'did you mean "bonus"'),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "text", "message"),
    [
        ("en", "{amount|point}", 'has 2 forms in "en": {amount|point|points}'),
        ("en", "{amount|a|b|c}", 'has 2 forms in "en"'),
        ("ru", "{amount|балл|балла}", 'has 3 forms in "ru": {amount|балл|балла|баллов}'),
        ("ru", "{amount|а|б|в|г}", 'has 3 forms in "ru"'),
        ("ru", "{holder|а|б|в}", "only {amount} is counted, not {holder}"),
        ("en", "{amout|point|points}", "may name {amount} and {holder} only"),
        ("en", "{amount|poi{nt|points}", "may name {amount} and {holder} only"),
        ("en", "{amount|}{", "may name {amount} and {holder} only"),
    ],
)
def test_a_counted_word_has_the_forms_of_its_language(
    language: str, text: str, message: str
) -> None:
    rule = f'{GOOD}\n[[rules]]\nid = "x"\nlayer = "receipt"\ngive = {{ amount_off = "1.00" }}\n'
    wrong = said(f"{rule}say = {{ customer = {{ {language} = '{text}' }} }}\n")
    assert [key for _, key, _ in wrong] == [f'rules[4] "x".say.customer.{language}']
    assert message in wrong[0][2]
    assert wrong[0][0] == len(rule.splitlines()) + 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "{amount} {amount|point|points}"),
        ("en", "{amount} bonus{amount||es}"),
        ("ru", "{holder}: {amount|Начислен|Начислено|Начислено} {amount} балл{amount||а|ов}"),
    ],
)
def test_a_counted_word_may_be_any_part_of_a_text(language: str, text: str) -> None:
    rule = f'{GOOD}\n[[rules]]\nid = "x"\nlayer = "receipt"\ngive = {{ amount_off = "1.00" }}\n'
    found = program_from(f"{rule}say = {{ customer = {{ {language} = '{text}' }} }}\n")
    assert isinstance(found, Program), found


def test_an_audience_without_a_text_would_be_told_nothing() -> None:
    text, line = changed('cashier = { en = "{holder}" }', "cashier = {}")
    key = 'rules[1] "milk-10".say.cashier'
    assert said(text) == [(line, key, "must have a text in ru, en or both")]


@pytest.mark.parametrize(("old", "new", "key", "message"), WRONG)
def test_a_contradiction_is_told_at_the_line_of_its_key(
    old: str, new: str, key: str, message: str
) -> None:
    text, _ = changed(old, new)
    found = [it for it in said(text) if it[1] == key and message in it[2]]
    assert len(found) == 1, said(text)
    name = key.rpartition(".")[2].partition("[")[0]
    assert f"{name} = " in text.splitlines()[(found[0][0] or 0) - 1]


def test_money_has_the_decimals_of_its_currency() -> None:
    text = GOOD.replace("RUB", "JPY")
    assert {key for _, key, message in said(text) if "more than 0 decimals" in message} >= {
        'tiers.levels[2] "gold".from',
        'rules[2] "five-off".give.amount_off',
    }


@pytest.mark.parametrize("prefix", ["2990", "299", "29901"])
def test_card_ranges_of_one_length_never_overlap(prefix: str) -> None:
    found = said(GOOD + CARDS.format(prefix, 13))
    assert [it[1:] for it in found] == [
        ('cards[3] "bonus".prefix', "overlaps cards[1]: a number would be of both")
    ]


@pytest.mark.parametrize(("prefix", "length"), [("2991", 13), ("2990", 12), ("1", 13)])
def test_ranges_of_another_prefix_or_length_stand_side_by_side(prefix: str, length: int) -> None:
    assert isinstance(program_from(GOOD + CARDS.format(prefix, length)), Program)


def test_a_group_keeps_to_one_layer() -> None:
    text = GOOD.replace('layer = "receipt"', 'layer = "receipt"\ngroup = "item"')
    assert [it[1:] for it in said(text)] == [
        ('rules[2] "five-off".group', "the group has rules in the layer item already")
    ]


def test_a_tier_without_tiers_is_told() -> None:
    start, end = GOOD.index("[tiers]"), GOOD.index("[classes.vodka]")
    found = said(GOOD[:start] + GOOD[end:])
    assert [it[1] for it in found] == ['rules[1] "milk-10".when.tier[1]']


def test_all_faults_come_at_once_in_the_order_of_their_lines() -> None:
    text = GOOD
    for old, new in (('"10.00"', '"0.001"'), ('"300.00"', '"0.001"'), ('earn = "b', 'earn = "x')):
        text = text.replace(old, new, 1)
    lines = [line or 0 for line, _, _ in said(text)]
    assert len(lines) == 3
    assert lines == sorted(lines)
