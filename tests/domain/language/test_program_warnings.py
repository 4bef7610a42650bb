"""What check warns of, each beside the nearest program in which it stays silent."""

from __future__ import annotations

import pytest

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.program_text import program_from, warnings_in
from tests.domain.program_samples import GOOD
from tests.domain.receipts import CARDS, DEMO, HEAD, rule
from tests.domain.starting_points import help_program

TIERS = '[tiers]\nlevels = [{ id = "start", from = "0" }, { id = "gold", from = "100.00" }]\n'
BONUS = '[wallets.bonus]\nname = { ru = "Б", en = "B" }\nscale = 2\nredeem_rate = "1.00"\n'
TOBACCO = '[classes.tobacco]\nmatch = { category = ["tobacco/*"], sku = ["7"] }\n'
OFF = 'percent_off = "10%"'
FIRST, BEST, ALL = ('[groups.g]\npick = "first"\n', "[groups.g]\n", '[groups.g]\npick = "all"\n')
ORIGINAL = ALL + 'base = "original"\n'


def said(text: str) -> list[str]:
    """The warnings of a program of which only text is worth saying."""
    whole = HEAD + text + CARDS
    assert isinstance(program_from(whole), Program), program_from(whole)
    return [f"{it.key}: {it.message.removeprefix('warning: ')}" for it in warnings_in(whole)]


def when(conditions: str, head: str = "") -> str:
    return head + rule("r", "item", OFF, f"when = {{ {conditions} }}")


def on(category: str, head: str, layer: str = "item", give: str = OFF) -> str:
    return head + rule("r", layer, give, f"on = {category}")


def two(one: str, other: str, head: str, layer: str = "item") -> str:
    """Two rules of a group: each is give, and after a bar what else it says."""
    rules = []
    for name, text in (("a", one), ("b", other)):
        give, _, more = text.partition("|")
        rules.append(rule(name, layer, give, f'group = "g"\n{more}'))
    return head + "".join(rules)


# (a program, what is warned of, the same program with a little changed: nothing is)
NEVER = 'rules[1] "r".when: can never hold: '
WARNED = [
    # conditions that never meet
    (
        when("dates = { until = 2025-12-31 }"),
        NEVER + "its dates end before the program starts, 2026-01-01",
        when("dates = { until = 2026-01-01 }"),
    ),
    (
        when("dates = { until = 2026-03-01 }, all = [{ dates = { from = 2026-03-02 } }]"),
        NEVER + "its dates never meet",
        when("dates = { until = 2026-03-02 }, all = [{ dates = { from = 2026-03-02 } }]"),
    ),
    (  # 7 and 8 March 2026 are a Saturday and a Sunday
        when('dates = { from = 2026-03-07, until = 2026-03-08 }, weekday = ["mon"]'),
        NEVER + "none of its weekdays lies within its dates",
        when('dates = { from = 2026-03-07, until = 2026-03-09 }, weekday = ["mon"]'),
    ),
    (
        when('weekday = ["sat"], not = { weekday = ["sat", "sun"] }'),
        NEVER + "no weekday meets all of it",
        when('weekday = ["fri", "sat"], not = { weekday = ["sat", "sun"] }'),
    ),
    (
        when('store = ["a"], all = [{ store = ["b", "c"] }]'),
        NEVER + "no store meets all of it",
        when('store = ["a", "b"], all = [{ store = ["b", "c"] }]'),
    ),
    (
        when('store = ["a"], region = ["north"]', '[regions]\nnorth = ["n-*"]\n'),
        NEVER + "no store meets all of it",
        when('store = ["a", "n-1"], region = ["north"]', '[regions]\nnorth = ["n-*"]\n'),
    ),
    (
        when('group = ["hall"], not = { group = ["hall"] }'),
        NEVER + "no till's group meets all of it",
        when('group = ["hall"], not = { group = ["hall"], weekday = ["sun"] }'),
    ),
    (
        when('tier = ["gold"], all = [{ tier = ["start"] }]', TIERS),
        NEVER + "no tier meets all of it",
        when('tier = ["gold"], any = [{ tier = ["start"] }, { tier = ["gold"] }]', TIERS),
    ),
    (
        when('card_kind = ["bonus"], not = { card_kind = ["bonus"] }'),
        NEVER + "no kind of card meets all of it",
        when('card_kind = ["bonus"], not = { card_kind = ["discount"] }'),
    ),
    (
        when('time = "09:00-12:00", all = [{ time = "12:00-15:00" }]'),
        NEVER + "no time of day meets all of it",
        when('time = "09:00-12:01", all = [{ time = "12:00-15:00" }]'),
    ),
    (
        when('time = "22:00-02:00", all = [{ time = "02:00-22:00" }]'),
        NEVER + "no time of day meets all of it",
        when('time = "22:00-02:00", all = [{ time = "01:59-22:00" }]'),
    ),
    (
        when('min_total = "9.00", not = { min_total = "5.00" }'),
        NEVER + "not excepts all that the others ask for",
        when('min_total = "5.00", not = { min_total = "9.00" }'),
    ),
    (
        when("first_purchase = true, every_visit = 2"),
        NEVER + "the first purchase is no later visit",
        when("first_purchase = false, every_visit = 2"),
    ),
    (
        when('weekday = ["sat"], any = [{ weekday = ["sun"] }, { weekday = ["mon"] }]'),
        NEVER + "none of any can hold beside the others",
        when('weekday = ["sat"], any = [{ weekday = ["sun"] }, { min_total = "1.00" }]'),
    ),
    (
        BONUS
        + rule(
            "r", "points", 'earn = "bonus", percent = "1%"', 'when = { card_kind = ["discount"] }'
        ),
        'rules[1] "r".when.card_kind: can never hold: a discount card earns nothing',
        BONUS
        + rule("r", "points", 'earn = "bonus", percent = "1%"', 'when = { card_kind = ["bonus"] }'),
    ),
    # goods that may not
    (
        on(
            '{ category = ["tobacco/pipe", "tobacco/a/*"], sku = ["7"] }',
            TOBACCO + "discount = false\n",
        ),
        'rules[1] "r".on: means only goods of classes with discount = false',
        on(
            '{ category = ["tobacco/pipe", "tobacco/a/*"], sku = ["8"] }',
            TOBACCO + "discount = false\n",
        ),
    ),
    (
        on('{ category = ["tobacco/*"] }', TOBACCO + "discount = false\n"),
        'rules[1] "r".on: means only goods of classes with discount = false',
        on('{ category = ["tobacco/*"] }', TOBACCO + "discount = false\nfrom = 2026-06-01\n"),
    ),
    (
        on(
            '{ sku = ["7"] }',
            TOBACCO + "earn = false\n" + BONUS,
            "points",
            'earn = "bonus", percent = "1%"',
        ),
        'rules[1] "r".on: means only goods of classes with earn = false',
        on(
            '{ sku = ["7"] }',
            TOBACCO + "discount = false\n" + BONUS,
            "points",
            'earn = "bonus", percent = "1%"',
        ),
    ),
    # rules that give nothing
    (
        rule("r", "item", 'percent_off = "0%"'),
        'rules[1] "r".give: gives nothing',
        rule("r", "item", 'percent_off = "0.0001%"'),
    ),
    (
        rule("r", "item", OFF + ', max = "0"'),
        'rules[1] "r".give: gives nothing',
        rule("r", "item", OFF + ', max = "0.01"'),
    ),
    (
        rule("r", "item", 'amount_off = "0.00"'),
        'rules[1] "r".give: gives nothing',
        rule("r", "item", 'amount_off = "0.01"'),
    ),
    (
        rule("r", "item", 'percent_off_by_quantity = [[1, "0%"]]'),
        'rules[1] "r".give: gives nothing',
        rule("r", "item", 'percent_off_by_quantity = [[1, "0%"], [2, "1%"]]'),
    ),
    (
        BONUS + rule("r", "points", 'earn = "bonus", percent = "0%"'),
        'rules[1] "r".give: gives nothing',
        BONUS + rule("r", "points", 'earn = "bonus", percent = "1%"'),
    ),
    (
        rule(
            "r",
            "receipt",
            'percent_off_by_total = [["10", "1%"], ["20", "2%"]]',
            'when = { min_total = "20.00" }',
        ),
        (
            'rules[1] "r".give.percent_off_by_total[1]: '
            "its first step never counts: min_total is 20.00"
        ),
        rule(
            "r",
            "receipt",
            'percent_off_by_total = [["10", "1%"], ["20", "2%"]]',
            'when = { min_total = "19.99" }',
        ),
    ),
    # rules that another one shadows
    (
        two(OFF, 'percent_off = "50%"|on = { sku = ["1"] }', FIRST),
        'rules[2] "b": never counts: "a" before it holds whenever this one does',
        two(OFF + '|on = { sku = ["2"] }', 'percent_off = "50%"|on = { sku = ["1"] }', FIRST),
    ),
    (
        two(
            OFF + '|when = { weekday = ["sat", "sun"] }',
            'amount_off = "5.00"|when = { weekday = ["sun"] }',
            FIRST,
        ),
        'rules[2] "b": never counts: "a" before it holds whenever this one does',
        two(
            OFF + '|when = { weekday = ["sat"] }',
            'amount_off = "5.00"|when = { weekday = ["sat", "sun"] }',
            FIRST,
        ),
    ),
    (
        two(OFF, 'percent_off = "5%"', FIRST),
        'rules[2] "b": never counts: "a" before it holds whenever this one does',
        two(OFF + "|limit = { per_account = 1 }", 'percent_off = "5%"', FIRST),
    ),
    (
        two(OFF, 'percent_off = "5%"|on = { category = ["dairy/milk"] }', BEST),
        'rules[2] "b": is never better than "a", which holds whenever it does',
        two(OFF, 'percent_off = "11%"|on = { category = ["dairy/milk"] }', BEST),
    ),
    (
        two('percent_off = "5%"', OFF, BEST),
        'rules[1] "a": is never better than "b", which holds whenever it does',
        two('percent_off = "5%"', OFF + ', max = "1.00"', BEST),
    ),
    (
        two('fixed_price = "9.00"', 'fixed_price = "10.00"', BEST),
        'rules[2] "b": is never better than "a", which holds whenever it does',
        two('fixed_price = "9.00"', 'fixed_price = "8.00"|on = { sku = ["1"] }', BEST),
    ),
    (
        two('earn = "bonus", points = "2"', 'earn = "bonus", points = "1"', BONUS + BEST, "points"),
        'rules[2] "b": is never better than "a", which holds whenever it does',
        two('earn = "bonus", points = "2"', 'earn = "bonus", points = "1"', BONUS + ALL, "points"),
    ),
    (
        two(OFF, 'percent_off = "5%"', FIRST),
        'rules[2] "b": never counts: "a" before it holds whenever this one does',
        two("buy = 2, free = 1", 'percent_off = "5%"', FIRST),
    ),
    (
        two('amount_off = "2"', 'amount_off = "1"', FIRST),
        'rules[2] "b": never counts: "a" before it holds whenever this one does',
        two(
            'amount_off = "2", units = 1, cost = { bonus = "1" }', 'amount_off = "1"', BONUS + FIRST
        ),
    ),
    # goods given away
    (
        rule("r", "item", "free = 1"),
        'rules[1] "r".give.free: is given to whoever asks for it: it has no cost, and no stamps',
        rule("r", "item", "free = 1", "limit = { per_account = 1 }"),
    ),
    (
        rule("r", "item", 'percent_off = "100%"'),
        'rules[1] "r".give.percent_off: gives its goods away',
        rule("r", "item", 'percent_off = "100%", units = 1'),
    ),
    (
        rule("r", "receipt", 'percent_off_by_total = [["1000.00", "100%"]]'),
        'rules[1] "r".give.percent_off_by_total: has a step that gives its goods away',
        rule("r", "receipt", 'percent_off_by_total = [["1000.00", "100%"]], max = "10.00"'),
    ),
    (
        rule("r", "item", 'fixed_price = "0.00"'),
        'rules[1] "r".give.fixed_price: gives its goods away',
        rule("r", "item", 'fixed_price = "0.01"'),
    ),
    (
        rule("r", "item", 'buy = 3, bundle = "0"'),
        'rules[1] "r".give.bundle: gives its goods away',
        rule("r", "item", 'buy = 3, bundle = "1"'),
    ),
    (
        rule("r", "receipt", 'amount_off = "50.00"', 'when = { min_total = "50.00" }'),
        (
            'rules[1] "r".give.amount_off: '
            "gives a receipt of 50.00 or less away: no min_total asks for more"
        ),
        rule("r", "receipt", 'amount_off = "50.00"', 'when = { min_total = "50.01" }'),
    ),
    (
        two('percent_off = "60%"', 'percent_off = "40%"', ORIGINAL),
        'rules[2] "b": gives its goods away together with a: base is original',
        two('percent_off = "60%"', 'percent_off = "39.9999%"', ORIGINAL),
    ),
    (
        two('percent_off = "60%"|when = { weekday = ["sat"] }', 'percent_off = "40%"', ORIGINAL),
        'rules[2] "b": gives its goods away together with a: base is original',
        two(
            'percent_off = "60%"|when = { weekday = ["sat"] }',
            'percent_off = "40%"|when = { weekday = ["sun"] }',
            ORIGINAL,
        ),
    ),
    (
        BONUS + rule("r", "points", 'earn = "bonus", percent = "100%"'),
        'rules[1] "r".give: earns points that pay for all that earned them',
        BONUS + rule("r", "points", 'earn = "bonus", percent = "99.9999%"'),
    ),
    (
        BONUS + rule("r", "points", 'earn = "bonus", per_amount = ["10.00", "10"]'),
        'rules[1] "r".give: earns points that pay for all that earned them',
        BONUS + rule("r", "points", 'earn = "bonus", per_amount = ["10.01", "10"]'),
    ),
    (
        BONUS
        + rule("a", "points", 'earn = "bonus", percent = "20%"')
        + rule("m", "points", 'earn = "bonus", multiply = "5"'),
        'rules[2] "m".give: earns points together with a that pay for all that earned them',
        BONUS
        + rule("a", "points", 'earn = "bonus", percent = "20%"')
        + rule("m", "points", 'earn = "bonus", multiply = "4.9"'),
    ),
    # words and names
    (
        rule("r", "item", OFF, 'say = { customer = { ru = "да" } }'),
        'rules[1] "r".say.customer: has no text in en: tills of that language say the other one',
        rule("r", "item", OFF, 'say = { customer = { ru = "да", en = "yes" } }'),
    ),
    (
        "[wallets.bonus]\nscale = 2\n",
        "wallets.bonus: has no name: people read its id",
        BONUS,
    ),
    (
        BONUS.replace('ru = "Б", ', ""),
        "wallets.bonus.name: has no text in ru: tills of that language say the other one",
        BONUS,
    ),
    (BEST, "groups.g: no rule is in this group", BEST + rule("r", "item", OFF, 'group = "g"')),
]


@pytest.mark.parametrize(("text", "warning", "near"), WARNED)
def test_a_warning_is_told_and_the_near_case_is_silent(text: str, warning: str, near: str) -> None:
    assert said(text) == [warning]
    assert said(near) == []


@pytest.mark.parametrize("text", [DEMO.read_text("utf-8"), help_program()])
def test_the_programs_that_people_start_from_have_no_warnings(text: str) -> None:
    assert warnings_in(text) == ()


def test_warnings_stand_in_the_order_of_their_lines_like_faults() -> None:
    found = [it.said("p.toml") for it in warnings_in(GOOD)]
    lines = [int(it.split(":")[1]) for it in found]
    assert len(lines) > 1
    assert lines == sorted(lines)
    assert all(": warning: " in it for it in found)


@pytest.mark.parametrize("text", ["[", "id = 1", HEAD + rule("r", "item", 'percent_off = "101%"')])
def test_a_program_that_is_not_obeyed_has_faults_and_no_warnings(text: str) -> None:
    assert not isinstance(program_from(text), Program)
    assert warnings_in(text) == ()
