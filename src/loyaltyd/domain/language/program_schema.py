"""The program language as a JSON Schema, for editors that complete and check keys.

Made from the grammar's own models: a key that is built is in it, one that isn't is not. An editor
knows no more than shapes; what the keys mean to each other is told by `loyaltyd program check`.
"""

from collections.abc import Mapping
from typing import Any

from loyaltyd.domain.language.grammar.program import ProgramTable
from loyaltyd.domain.language.key_meanings import meaning

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NOTHING: tuple[object, ...] = (None, "", [], {})  # defaults that say no more than "left out"


def program_schema() -> dict[str, Any]:
    """The schema as a document of its own; dates are strings of the format date, as TOML's are."""
    made = ProgramTable.model_json_schema()
    tables = {name: _table(name, table) for name, table in made.pop("$defs").items()}
    return {
        "$schema": DRAFT,
        "title": "A program of loyaltyd",
        **_table(ProgramTable.__name__, made),
        "$defs": tables,
    }


def _table(name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    properties = {key: _key(name, key, value) for key, value in table["properties"].items()}
    return {**_without_title(table), "properties": properties}


def _key(table: str, key: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    found = _plain(schema)
    if found.get("default") in _NOTHING:
        found.pop("default", None)
    said = meaning(table, key)
    return {"description": said, **found} if said else found


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without null, which TOML has not, and with the keys of a table as properties."""
    members = [it for it in schema.get("anyOf", ()) if it.get("type") != "null"]
    found = _without_title(schema)
    if len(members) == 1:
        del found["anyOf"]
        found.update(_plain(members[0]))
    elif members:
        found["anyOf"] = [_plain(it) for it in members]
    for holding in ("items", "additionalProperties"):
        if isinstance(found.get(holding), dict):
            found[holding] = _plain(found[holding])
    if "prefixItems" in found:
        found["prefixItems"] = [_plain(it) for it in found["prefixItems"]]
    if "patternProperties" in found:
        found["additionalProperties"] = False
    names = found.pop("propertyNames", {}).get("enum")
    if names:
        value = found.pop("additionalProperties")
        found |= {"properties": dict.fromkeys(names, value), "additionalProperties": False}
    return found


def _without_title(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "title"}
