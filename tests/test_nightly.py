"""The nightly file's page, schema and example say what a till writes."""

from __future__ import annotations

import json
import os
from typing import Any

import jsonschema_rs
import pytest

from loyaltyd.domain.day import Day
from loyaltyd.domain.ledger import TYPES
from loyaltyd.domain.record import COMMON
from loyaltyd.link.signatures import is_signed
from loyaltyd.link.wire import BATCH_SIGNED, FILE_BYTES_MAX, LINES_BYTES_MAX
from tests.documents import PAGES, blocks
from tests.till.nights import a_week, text_of

HELP = PAGES[0].parent
PAGE = HELP / "nightly.md"
EXAMPLE = HELP / "nightly.example.jsonl"
SCHEMA: Any = json.loads((HELP / "nightly.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The text of each file of a week's trade."""
    return [text_of(file) for file in a_week(tmp_path_factory.mktemp("week"))]


def kinds(text: str) -> list[str]:
    return [str(json.loads(line)["type"]) for line in text.splitlines()]


def test_the_example_is_what_a_till_writes_today(week: list[str]) -> None:
    """Made anew by LOYALTYD_EXAMPLES=write."""
    if os.environ.get("LOYALTYD_EXAMPLES") == "write":
        EXAMPLE.write_text(week[1], "utf-8")
    assert but_for_compression(EXAMPLE.read_text("utf-8")) == but_for_compression(week[1])


def but_for_compression(text: str) -> list[Any]:
    """The lines of a file, less what hangs on how the file before it was compressed."""
    *above, manifest, _ = text.splitlines()
    said = json.loads(manifest)
    assert len(said["day"].pop("previous")) == 64
    return [*above, said]


def test_the_example_is_signed_by_the_key_in_it() -> None:
    stream, *_, manifest, closing = EXAMPLE.read_text("utf-8").splitlines()
    message = BATCH_SIGNED + manifest.encode()
    assert is_signed(json.loads(stream)["key"], message, json.loads(closing)["signature"])


def test_every_line_of_every_file_is_as_the_schema_says(week: list[str]) -> None:
    seen = set()
    for text in week:
        for line in text.splitlines():
            VALIDATOR.validate(json.loads(line))
        seen |= set(kinds(text))
    assert seen >= {"stream", "person", "number", "manifest", "signature"}
    assert seen >= {"receipt", "return", "cancel", "reserve", "release", "card"}


def test_each_line_fits_one_kind_of_the_schema_and_no_member_is_unknown_to_it(
    week: list[str],
) -> None:
    closed = {"stream", "person", "number", "manifest", "signature"}
    for line in "".join(week).splitlines():
        facts = json.loads(line)
        if facts["type"] in closed:
            assert not VALIDATOR.is_valid({**facts, "more": 1})
        for member in facts:
            if member in COMMON or facts["type"] in closed:
                less = {name: fact for name, fact in facts.items() if name != member}
                optional = facts["type"] == "person" and member not in {"v", "type", "account"}
                assert VALIDATOR.is_valid(less) == optional, (facts["type"], member)


@pytest.mark.parametrize("kind", ["receipt", "return", "cancel", "reserve", "release", "card"])
def test_a_wrong_value_is_no_line_of_the_schema(week: list[str], kind: str) -> None:
    found = (json.loads(line) for line in "".join(week).splitlines())
    facts = next(it for it in found if it["type"] == kind)
    wrong: list[dict[str, Any]] = [
        *({"seq": 0}, {"seq": "1"}, {"v": 2}, {"at": None}, {"business_date": "5.12.2026"}),
        *({"clock": "fine"}, {"postings": [{}]}, {"card": 1}),
    ]
    for members in wrong:
        assert not VALIDATOR.is_valid({**facts, **members}), members


def test_the_page_names_every_member_of_a_line(week: list[str]) -> None:
    page = PAGE.read_text("utf-8")
    closed = ("stream", "person", "number", "manifest", "signature")
    names = {*COMMON, *Day.__slots__, *TYPES}
    for kind in closed:
        names |= set(SCHEMA["$defs"][kind]["properties"])
    for kind in ("date_total", "posting_total", "posting", "counter", "card"):
        names |= set(SCHEMA["$defs"][kind]["properties"])
    assert sorted(name for name in names if f"`{name}`" not in page) == []


def test_the_pages_numbers_and_words_are_the_codes() -> None:
    page = PAGE.read_text("utf-8")
    assert f"at most {FILE_BYTES_MAX >> 20} MiB, and at most {LINES_BYTES_MAX >> 20} MiB" in page
    assert f"`{BATCH_SIGNED.decode().strip()}`, LF" in page


def test_the_totals_that_the_page_shows_are_totals() -> None:
    totals = {"$ref": "#/$defs/day/properties/totals", "$defs": SCHEMA["$defs"]}
    (shown,) = blocks(PAGE, "json")
    jsonschema_rs.validator_for(totals).validate(json.loads(shown))
