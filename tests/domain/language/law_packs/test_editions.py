"""Editions of law packs: what is published stays as it is, and what a program may take of them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

import loyaltyd
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.law_packs.editions import EDITIONS, edition
from loyaltyd.domain.language.program_text import program_from
from tests.domain.program_samples import GOOD, changed
from tests.domain.receipts import program

# A published edition never changes: records are worked out again by its name alone.
PUBLISHED = {
    ("ru", "2026"): "4f2c63062b6050df88f8eeb71d4d30adc8ad9befc401f0541d34bf486713506e",
}


def test_what_is_published_never_changes() -> None:
    found = {
        (law, name): hashlib.sha256(text.encode()).hexdigest()
        for law, editions in EDITIONS.items()
        for name, text in editions.items()
    }
    assert found == PUBLISHED


@pytest.mark.parametrize(("law", "name"), PUBLISHED)
def test_each_entry_does_something_and_says_by_which_law(law: str, name: str) -> None:
    found = edition(law, name)
    assert found is not None
    for entry in found.entries.values():
        switches = (entry.earn, entry.discount, entry.redeem, not entry.floor_per_litres)
        assert not all(switches)
        assert entry.because
        days = [floor.since for floor in entry.floor_per_litres]
        assert days == sorted(set(days))


@pytest.mark.parametrize(("law", "name"), PUBLISHED)
def test_each_entry_stands_below_its_sources(law: str, name: str) -> None:
    text = EDITIONS[law][name]
    for block in re.split(r"\n\n(?=#)", text)[1:]:
        assert "Sources: " in block.replace("\n# ", " ")


@pytest.mark.parametrize(("law", "name"), PUBLISHED)
def test_a_program_can_take_every_entry(law: str, name: str) -> None:
    found = edition(law, name)
    assert found is not None
    goods = "".join(f'goods.{it} = {{ tags = ["{it}"] }}\n' for it in found.entries)
    classes = program(f'[laws.{law}]\nedition = "{name}"\n{goods}').classes
    assert [it.id for it in classes] == [f"{law}.{it}" for it in found.entries]


# (what is written in GOOD, what instead, the key that is named, what is said)
WRONG = [
    ("[laws.ru]", "[laws.rux]", "laws.rux", 'there is no law pack "rux"; did you mean "ru"?'),
    ('edition = "2026"', 'edition = "2027"', "laws.ru.edition", 'did you mean "2026"?'),
    ('edition = "2026"', "edition = 2026", "laws.ru.edition", "must be a string"),
    ('edition = "2026"', "", "laws.ru.edition", "is missing"),
    ("goods.tobacco = ", "goods.tobaco = ", "laws.ru.goods.tobaco", 'did you mean "tobacco"?'),
    ('{ category = ["tobacco/*"] }', "{}", "laws.ru.goods.tobacco", "category, sku or tags"),
    ('goods.tobacco = { category = ["tobacco/*"] }', "goods = {}", "laws.ru.goods", "at least 1"),
    ("[classes.vodka]", '[classes."ru.tobacco"]', 'classes."ru.tobacco"', "[laws] has already"),
    ('currency = "RUB"', 'currency = "EUR"', "laws.ru", "is a law in RUB: the program is in EUR"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "said"), WRONG)
def test_what_is_wrong_with_a_law_is_told_by_its_key(
    old: str, new: str, key: str, said: str
) -> None:
    found = program_from(changed(old, new)[0])
    assert not isinstance(found, Program)
    assert [it for it in found if it.key == key and said in it.message], found
    assert all(it.line for it in found)


def test_the_good_program_takes_its_law() -> None:
    found = program_from(GOOD)
    assert isinstance(found, Program)
    assert [it.id for it in found.classes] == ["vodka", "ru.tobacco"]


@pytest.mark.parametrize(("law", "name"), PUBLISHED)
def test_the_help_has_each_entry_and_each_price(law: str, name: str) -> None:
    found = edition(law, name)
    assert found is not None
    help_text = (Path(loyaltyd.__file__).parent / "help" / "program.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", help_text, re.MULTILINE))
    for entry, treatment in found.entries.items():
        for floor in treatment.floor_per_litres:
            assert floor.price in rows[entry]
        if treatment.since is not None:
            assert treatment.since.isoformat() in rows[entry]
