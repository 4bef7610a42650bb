"""A program's text becomes the program that it says, or faults: never an exception."""

from __future__ import annotations

import datetime as dt
import hashlib
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loyaltyd.domain.engine.gifts import AmountOff, Cost, Earn, Few, PercentOff, ShareEarned
from loyaltyd.domain.engine.program import Group, Program
from loyaltyd.domain.engine.when import MinTotal, Tier, TimeOfDay, Weekday
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.spans import Span
from loyaltyd.domain.toml import FAULTS_MAX
from tests.domain.program_samples import GOOD
from tests.domain.receipts import DEMO, HEAD, program, rub, rule

HOSTILE_TEXTS = 1000


def read(text: str) -> Program:
    found = program_from(text)
    assert isinstance(found, Program), found
    return found


def test_the_demo_program_is_read_as_its_comments_say() -> None:
    text = DEMO.read_text(encoding="utf-8")
    demo = read(text)
    assert (demo.id, demo.version, demo.currency, demo.digits) == ("zelenka", 12, "RUB", 2)
    assert demo.starts == dt.date(2026, 11, 1)
    assert demo.hash == hashlib.sha256(text.encode()).hexdigest()
    assert [(it.kind, it.prefix, it.enrol, it.discount) for it in demo.ranges] == [
        ("bonus", "2990", "first-use", 0),
        ("discount", "2991", "first-use", 50_000),
        ("gift", "7700", "first-use", 0),
    ]
    assert [(it.id, it.names["ru"]) for it in demo.wallets] == [
        *(("bonus", "Бонусы"), ("coffee", "Штампы за кофе"), ("gift", "Подарочная карта")),
    ]
    assert demo.tiers is not None
    assert [(it.id, it.floor) for it in demo.tiers.levels] == [
        *(("start", 0), ("silver", rub("20000.00")), ("gold", rub("60000.00"))),
    ]
    layers = [[rule.id for group in it for rule in group.rules] for it in _layers(demo)]
    assert layers == [
        ["milk-10", "evening-bread", "three-for-two", "free-coffee", "mug-for-points"],
        *(["step-scale", "birthday", "quiet-morning"], ["zelenka-10"]),
        ["base-earn", "coffee-stamp", "gold-extra", "welcome-back"],
    ]


def _layers(found: Program) -> tuple[tuple[Group, ...], ...]:
    return found.item, found.receipt, found.coupon, found.points


def test_each_key_arrives_in_the_unit_that_the_engine_counts_in() -> None:
    found = read(GOOD)
    wallet = found.wallets[0]
    assert (wallet.max_share, wallet.min_redeem, wallet.step) == (300_000, 1000, 10)
    assert wallet.redeem_rate * 2 == 1
    assert wallet.activates == Span(count=14, unit="d")
    assert wallet.expires == Span(count=6, unit="mo", after_month_end=True)
    gives = [rule.give for it in _layers(found) for group in it for rule in group.rules]
    assert gives == [
        PercentOff(share=100_000, cap=30_000, few=Few(count=1)),
        AmountOff(amount=500),
        Earn(wallet="bonus", by=ShareEarned(share=5_000_000), of=""),
    ]
    assert found.item[0].rules[0].price == (
        Cost(wallet="bonus", points=15_000),
        Cost(wallet="coffee", points=10),
    )
    assert found.item[0].rules[0].when == (
        *(Tier(("gold",)), Weekday((5,)), TimeOfDay(dt.time(9), dt.time(12)), MinTotal(500)),
    )


def test_what_is_left_out_has_the_defaults_of_the_design() -> None:
    # semantics, section 2
    found = program('[wallets.bonus]\nscale = 2\nredeem_rate = "1.00"\n')
    assert (found.rounding.points, found.rounding.spread, found.rounding.floor) == (
        *("floor", "largest-remainder", "redistribute"),
    )
    wallet = found.wallets[0]
    assert (wallet.points_as, wallet.earn_base, wallet.max_share) == (
        *("discount", "net-of-points", 10**6),
    )
    assert (wallet.debt, wallet.clawback, wallet.restore) == ("allow", "recompute", "original")
    assert (wallet.activates, wallet.expires, wallet.min_redeem, wallet.step) == (None, None, 0, 1)
    tiers = program('[tiers]\nlevels = [{ id = "start", from = "0" }]\n').tiers
    assert tiers is not None
    assert (tiers.window, tiers.demote, tiers.counts_current) == (
        *(Span(count=12, unit="mo"), "month-end", True),
    )


def test_a_group_stands_where_its_first_rule_stands() -> None:
    grouped = rule("b", "item", 'percent_off = "1%"', 'group = "g"')
    text = "[groups.g]\n" + rule("a", "item", 'percent_off = "1%"') + grouped
    text += rule("c", "item", 'percent_off = "1%"') + grouped.replace('"b"', '"d"')
    found = [[rule.id for rule in group.rules] for group in program(text).item]
    assert found == [["a"], ["b", "d"], ["c"]]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("2990000000019", "bonus"),
        ("2990000000018", None),  # a wrong check digit
        ("2991000000016", "discount"),
        ("299000000001", None),
        ("2992000000013", None),
        ("29900000000 9", None),
        ("٢٩٩٠000000019", None),
    ],
)
def test_a_number_is_a_card_of_the_range_that_holds_it(number: str, kind: str | None) -> None:
    ranges = [it for it in read(DEMO.read_text(encoding="utf-8")).ranges if it.holds(number)]
    assert [it.kind for it in ranges if it.check_fits(number)] == ([kind] if kind else [])


def test_a_range_without_a_check_still_takes_digits_only() -> None:
    text = HEAD + '[[cards]]\nkind = "bonus"\nprefix = "1"\nlength = 5\ncheck = "none"\n'
    cards = read(text).ranges[0]
    assert [cards.holds(it) for it in ("12345", "1abcd", "1234 ", "123456")] == [
        *(True, False, False, False),
    ]


def outcome(text: str) -> str:
    found = program_from(text)
    if isinstance(found, Program):
        return "program"
    assert found
    assert all(it.message for it in found)
    said = [it.said("program.toml") for it in found]
    assert all("\n" not in it and it.startswith("program.toml") for it in said)
    return "faults"


def test_a_thousand_mutilated_programs_are_read_or_refused_with_reasons() -> None:
    chance = random.Random(20261205)
    lines = GOOD.splitlines(keepends=True)
    counts = {"program": 0, "faults": 0}
    for number in range(HOSTILE_TEXTS):
        text = (_cut, _swapped, _spoilt, _doubled)[number % 4](chance, lines)
        counts[outcome(text)] += 1
    assert counts["faults"] > HOSTILE_TEXTS // 2
    assert sum(counts.values()) == HOSTILE_TEXTS


def _cut(chance: random.Random, lines: list[str]) -> str:
    return GOOD[: chance.randrange(len(GOOD))]


def _swapped(chance: random.Random, lines: list[str]) -> str:
    mixed = list(lines)
    for _ in range(3):
        one, two = chance.randrange(len(mixed)), chance.randrange(len(mixed))
        mixed[one], mixed[two] = mixed[two], mixed[one]
    return "".join(mixed)


def _spoilt(chance: random.Random, lines: list[str]) -> str:
    text = list(GOOD)
    for _ in range(chance.randrange(1, 4)):
        text[chance.randrange(len(text))] = chance.choice('"[]{}=.#9-%\\\x00\n\ud800٣\U0001f600')
    return "".join(text)


def _doubled(chance: random.Random, lines: list[str]) -> str:
    mixed = list(lines)
    mixed.insert(chance.randrange(len(mixed)), chance.choice(lines))
    del mixed[chance.randrange(len(mixed))]
    return "".join(mixed)


values = st.recursive(
    st.one_of(
        *(st.integers().map(str), st.booleans().map(lambda it: str(it).lower())),
        st.floats().map(repr),
        st.sampled_from(['""', '"30%"', '"1.00"', '"14d"', "2026-12-01", "09:00:00", "1e400"]),
        st.text(st.characters(codec="utf-8", exclude_characters='"\\'), max_size=9).map(
            lambda it: f'"{it}"'
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda it: f"[{', '.join(it)}]"),
        st.lists(inner, max_size=2).map(
            lambda it: "{ " + ", ".join(f"k{n} = {v}" for n, v in enumerate(it)) + " }"
        ),
    ),
    max_leaves=4,
)
ASSIGNMENTS = [line.split(" = ", maxsplit=1)[0] for line in GOOD.splitlines() if " = " in line]


@given(st.integers(0, len(ASSIGNMENTS) - 1), values)
@settings(max_examples=300)
def test_any_value_at_any_key_is_obeyed_or_named(number: int, value: str) -> None:
    lines = GOOD.splitlines()
    places = [place for place, line in enumerate(lines) if " = " in line]
    lines[places[number]] = f"{ASSIGNMENTS[number]} = {value}"
    outcome("\n".join(lines))


@given(st.text(max_size=200))
@example("\ud800")
@example("[" * 5000)
@example("a = " + "[" * 5000)
@example("a." * 5000 + "b = 1")
@example("version = " + "9" * 5000)
@example("x = 1\n" * 3)
def test_any_text_at_all_is_a_program_or_faults(text: str) -> None:
    outcome(text)


def test_a_program_wrong_in_thousands_of_places_tells_the_first_hundred() -> None:
    text = HEAD + "".join(
        rule(f"r{number}", "item", 'percent_off = "1%"', f'group = "x{number}"')
        for number in range(3 * FAULTS_MAX)
    )
    found = program_from(text)
    assert not isinstance(found, Program)
    assert len(found) == FAULTS_MAX + 1
    assert found[-1].said("p.toml") == "p.toml: and more faults"
