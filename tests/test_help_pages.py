"""The help pages are complete, and what they show is true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from loyaltyd import config
from loyaltyd.api.operations import OPERATIONS
from loyaltyd.cli.group import COMMANDS, loyaltyd
from loyaltyd.config import Settings
from loyaltyd.domain.engine.checks import PLAIN
from loyaltyd.domain.engine.explain import Cause
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.grammar.conditions import BasketTable, LimitTable
from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.language.program_text import program_from
from loyaltyd.domain.toml import Table, annotations_at, keys_at
from loyaltyd.domain.toml_lines import Path as Keys
from tests.documents import PAGES, README, ROOT, blocks, links

PAGE = {page.stem: page for page in PAGES}


def text(*names: str) -> str:
    return "".join(PAGE[name].read_text("utf-8") for name in names)


def tables(model: type[Table], path: Keys = ()) -> Iterator[Keys]:
    """Every table of a language, those in arrays and under names of the writer's own too."""
    yield path
    for key in keys_at(model, path):
        for inner in ((*path, key), (*path, key, 0), (*path, key, "any")):
            if keys_at(model, inner) and annotations_at(model, inner):
                yield from tables(model, inner)


def commands() -> Iterator[str]:
    context = click.Context(loyaltyd)
    for name in COMMANDS:
        command = loyaltyd.get_command(context, name)
        inner = list(command.commands) if isinstance(command, click.Group) else []
        yield from (f"{name} {it}" for it in inner)
        if not inner:
            yield name


def test_each_setting_is_explained() -> None:
    pages = text("install", "readers")
    keys = [key for path in tables(Settings) for key in keys_at(Settings, path)]
    assert len(keys) > 20
    assert [key for key in keys if f"`{key}`" not in pages and f"[{key}]" not in pages] == []


def test_each_key_of_the_program_language_is_explained() -> None:
    keys = {key for path in tables(ProgramTable) for key in keys_at(ProgramTable, path)}
    assert {"percent_off", "floor_per_abv_litre", "weekday", "policy", "from"} <= keys
    explained = set(re.findall(r"\w+", text("program")))
    assert keys - explained == set()


def test_each_cause_and_each_key_of_a_condition_is_explained() -> None:
    _, why, _ = re.split(r"^## (?:Why|Errors)$", text("api"), flags=re.MULTILINE)
    causes, keys = why.split("`key` is the condition's path")
    rows = [row.split("|")[1] for row in causes.splitlines() if row.startswith("| `")]
    told = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(told) == sorted(["cause", *Cause])
    plain = {key for key, _ in PLAIN.values()}
    counters = {f"basket.{key}" for key in BasketTable.model_fields if key.startswith("min_")}
    # per_receipt says how much a rule gives on one receipt, and keeps none away
    bounds = {f"limit.{key}" for key in LimitTable.model_fields} - {
        "limit.every",
        "limit.per_receipt",
    }
    named = set(re.findall(r"`([a-z_.]+)`", keys.partition("Inside of others")[0]))
    assert named == {"on", "when.", *plain, *counters, *bounds}


@pytest.mark.parametrize("command", list(commands()))
def test_each_command_is_in_the_list_of_commands(command: str) -> None:
    assert re.search(rf"`(loyaltyd )?{command}\b", text("install"))


def test_the_settings_shown_are_settings(tmp_path: Path) -> None:
    file = tmp_path / "loyaltyd.toml"
    shown = [*blocks(PAGE["install"], "toml"), *blocks(PAGE["readers"], "toml")]
    file.write_text("\n".join(shown), "utf-8")
    settings = config.load(file, environment={}, overrides={})
    assert [reader.name for reader in settings.readers] == ["counter", "swipe", "tap"]


def test_the_blocks_of_the_program_page_are_a_whole_program() -> None:
    program = program_from("\n".join(blocks(PAGE["program"], "toml")))
    assert isinstance(program, Program), program
    assert (program.id, program.version) == ("zelenka", 13)


@pytest.mark.parametrize("document", [README, *PAGES], ids=lambda it: it.stem)
def test_json_that_is_shown_is_json(document: Path) -> None:
    for block in blocks(document, "json"):
        json.loads(block)


@pytest.mark.parametrize("document", [README, *PAGES], ids=lambda it: it.stem)
def test_each_link_leads_somewhere(document: Path) -> None:
    anchors = {f"#{operation.name}" for operation in OPERATIONS}  # of /docs
    for link in links(document):
        assert link in anchors or (document.parent / link).is_file(), link


def test_each_help_page_is_found_from_the_readme() -> None:
    linked = {(ROOT / link).resolve() for link in links(README)}
    assert [page.name for page in PAGES if page.resolve() not in linked] == []
