"""The schema for editors: it takes whatever check takes, and knows the keys that check knows."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator
from random import Random
from typing import Any

import jsonschema_rs
import pytest

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.key_meanings import MEANINGS, meaning
from loyaltyd.domain.language.program_schema import program_schema
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.toml import Table
from tests.domain.mutations import Mutator
from tests.domain.program_samples import changed
from tests.domain.starting_points import starting_points
from tests.domain.toml_text import toml_text

SCHEMA = program_schema()
VALIDATOR = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)
TABLES: dict[str, dict[str, Any]] = {"ProgramTable": SCHEMA, **SCHEMA["$defs"]}


def fits(tree: object) -> bool:
    return VALIDATOR.is_valid(json_of(tree))


def json_of(value: object) -> Any:
    """A tree as an editor's checker sees it: dates are strings."""
    if isinstance(value, dict):
        return {key: json_of(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [json_of(inner) for inner in value]
    return value.isoformat() if isinstance(value, dt.date) else value


@pytest.mark.parametrize("text", starting_points())
def test_programs_that_are_obeyed_fit_the_schema(text: str) -> None:
    assert isinstance(program_from(text), Program)
    assert fits(tomllib.loads(text))


def test_whatever_check_takes_the_schema_takes() -> None:
    chance, mutator = Random(3), Mutator(starting_points())
    tree, taken = mutator.trees[0], 0
    for _ in range(250):
        changed_tree = mutator.mutated(chance, tree)
        if isinstance(program_from(toml_text(changed_tree)), Program):
            tree, taken = changed_tree, taken + 1
            assert fits(tree), list(VALIDATOR.iter_errors(json_of(tree)))
    assert taken > 60


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version = 12", "vershion = 12"),
        ("version = 12", 'version = "12"'),
        ("version = 12", "version = 0"),
        ('currency = "RUB"', ""),
        ('currency = "RUB"', 'currency = "rub"'),
        ("starts = 2026-12-01", 'starts = "yesterday"'),
        ('points = "half-up"', 'points = "half-down"'),
        ('"30%"', "30"),
        ('"30%"', '"30"'),
        ('"14d"', '"2 weeks"'),
        ("[wallets.bonus]", '[wallets."bo nus"]'),
        ('"09:00-12:00"', '"9:00-12:00"'),
        ('"-3d..+7d"', '"3d"'),
        ('["sat"]', '["saturday"]'),
        ('"dairy/*"', '"da*iry"'),
        ('layer = "receipt"', 'layer = "coupons"'),
        ("every_visit = 5", "every_visit = 5.5"),
        ("per_account = 3", "per_account = 0"),
        ('kind = "bonus"', 'kind = "bonsu"'),
        ('cashier = { en = "{holder}" }', 'cashier = { de = "{holder}" }'),
        ('cashier = { en = "{holder}" }', 'chef = { en = "{holder}" }'),
        ('amount_off = "5.00"', 'amount_off = "-5.00"'),
        ('"60000.00"', '"60 000"'),
    ],
)
def test_what_an_editor_should_underline_does_not_fit(old: str, new: str) -> None:
    assert not fits(tomllib.loads(changed(old, new)[0]))


def test_the_tables_and_keys_are_those_of_the_grammar() -> None:
    models = {it.__name__: it for it in _tables(Table)}
    for name, table in TABLES.items():
        keys = {known.alias or key for key, known in models[name].model_fields.items()}
        assert set(table["properties"]) == keys
        assert not keys & models[name].not_built
        assert table["additionalProperties"] is False
        assert table["description"]


def test_each_key_is_explained_and_nothing_else_is() -> None:
    keys = {(name, key) for name, table in TABLES.items() for key in table["properties"]}
    assert [key for key in sorted(keys) if not meaning(*key)] == []
    known = {f"{name}.{key}" for name, key in keys} | {key for _, key in keys}
    assert set(MEANINGS) <= known


def test_text_that_is_read_has_a_shape_which_its_example_fits() -> None:
    texts = [it for it in _schemas(SCHEMA) if it.get("type") == "string" and "examples" in it]
    assert texts
    for it in texts:
        assert "pattern" in it, f"say the shape where text() reads: {it}"
        assert all(re.search(it["pattern"], example) for example in it["examples"])


def test_nothing_is_ever_null_and_the_document_is_a_schema_by_itself() -> None:
    assert all(it.get("type") != "null" for it in _schemas(SCHEMA))
    jsonschema_rs.meta.validate(SCHEMA)


def _tables(table: type[Table]) -> Iterator[type[Table]]:
    for inner in table.__subclasses__():
        yield inner
        yield from _tables(inner)


def _schemas(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from _schemas(inner)
