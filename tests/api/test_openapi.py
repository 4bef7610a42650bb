"""The document says what the table says, and leads a program from one call to the next."""

from __future__ import annotations

import json
import re
from typing import Any

from loyaltyd.api.openapi import document
from loyaltyd.api.operations import NOT_BUILT, OPERATIONS
from loyaltyd.api.problems import ROWS
from tests.api.tills import LiveTill


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        here = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return here.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


def test_every_operation_is_there_with_its_statuses_and_nothing_unbuilt() -> None:
    paths = document()["paths"]
    for operation in OPERATIONS:
        described = paths[operation.path][operation.method.lower()]
        wanted = {str(operation.status)} | {str(ROWS[it].status) for it in operation.refusals}
        assert wanted <= set(described["responses"])
        assert ("requestBody" in described) == (operation.request is not None)
    assert not {path for path, _ in NOT_BUILT} & set(paths)


def test_every_reference_and_every_link_leads_somewhere() -> None:
    schemas = document()["components"]["schemas"]
    for reference in references(document()):
        assert reference.removeprefix("#/components/schemas/") in schemas
    names = {operation.name: operation for operation in OPERATIONS}
    for operation in OPERATIONS:
        for link in operation.links:
            wanted = set(re.findall(r"\{(\w+)\}", names[link.to].path))
            assert set(link.path) == wanted


def test_examples_are_requests() -> None:
    for operation in OPERATIONS:
        if operation.request is not None and operation.example:
            operation.request.model_validate_json(json.dumps(operation.example))


def test_a_members_json_schema_is_as_strict_as_its_parser() -> None:
    quote = document()["components"]["schemas"]["QuoteRequest"]
    assert quote["additionalProperties"] is False
    assert quote["required"] == ["receipt"]
    assert quote["anyOf"] == [{"required": ["lines"]}, {"required": ["loads"]}]


def test_it_is_served_and_docs_are_made_from_the_same_table(till: LiveTill) -> None:
    assert till.read("/openapi.json").json == json.loads(json.dumps(document()))
    page = till.read("/docs").body.decode()
    for operation in OPERATIONS:
        assert f'id="{operation.name}"' in page
    for reason in ROWS:
        assert f'id="{reason}"' in page  # a problem's type leads here


def test_docs_need_no_internet(till: LiveTill) -> None:
    page = till.read("/docs").body.decode()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert loaded
    for address in loaded:
        assert address.startswith(("/", "#")), address
        if address.startswith("/"):
            assert till.read(address).status == 200
    assert "<script" not in page
    ids = set(re.findall(r'id="([^"]+)"', page))
    assert {it[1:] for it in loaded if it.startswith("#")} <= ids
