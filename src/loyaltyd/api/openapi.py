"""OpenAPI 3.1, made from the table of operations and the types of requests and answers."""

import re
from collections import defaultdict
from functools import cache
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter

from loyaltyd.api.answers import ProblemAnswer
from loyaltyd.api.guard import EVENTS_PATH
from loyaltyd.api.operation import Link, Operation
from loyaltyd.api.operations import OPERATIONS
from loyaltyd.api.problems import MEDIA_TYPE, ROWS
from loyaltyd.api.reasons import ALWAYS
from loyaltyd.api.tokens import Scope
from loyaltyd.domain.refusal import Reason
from loyaltyd.till.requests import CARD_PATTERN, ID_PATTERN

PARAMETERS: dict[str, dict[str, Any]] = {
    "number": {
        "description": "A card's number, or the handle of a read: its event's id",
        "schema": {"type": "string", "pattern": CARD_PATTERN},
        "example": "2990000000019",
    },
    "receipt": {
        "description": "The id that the caller gave the receipt",
        "schema": {"type": "string", "pattern": ID_PATTERN},
        "example": "msk017-3-000123",
    },
    "reservation": {
        "description": "The id that the caller gave the reservation",
        "schema": {"type": "string", "pattern": ID_PATTERN},
        "example": "msk017-3-000123-1",
    },
}
EVENTS: dict[str, Any] = {
    "operationId": "streamEvents",
    "summary": "Server-Sent Events, resumable by Last-Event-ID; the stream stays open",
    "parameters": [
        {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string", "maxLength": 64}}
    ],
}
METRICS: dict[str, Any] = {
    "operationId": "readMetrics",
    "summary": "Counters and latencies for Prometheus",
}


@cache
def document() -> dict[str, Any]:
    """Return the document; it depends on nothing but the code."""
    schemas, components = _schemas()
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for operation in OPERATIONS:
        paths[operation.path][operation.method.lower()] = _operation(operation, schemas)
    paths[EVENTS_PATH]["get"] = EVENTS | _plain("text/event-stream", Scope.EVENTS, schemas)
    paths["/metrics"]["get"] = METRICS | _plain("text/plain", Scope.STATUS, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "loyaltyd: the till API",
            "version": version("loyaltyd"),
            "description": "Money, points and quantities are decimal strings. /docs explains.",
        },
        "paths": dict(paths),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Not asked of anyone while no tokens are configured",
                }
            },
        },
    }


Schemas = dict[Any, dict[str, Any]]  # a type → its reference


def _schemas() -> tuple[Schemas, dict[str, Any]]:
    """Return a reference for each type that a body has, and what the references lead to."""
    requests = {each.request for each in OPERATIONS if each.request}
    answers = [*{id(each.answer): each.answer for each in OPERATIONS}.values(), ProblemAnswer]
    inputs: list[tuple[Any, Any, TypeAdapter[Any]]] = [
        *(
            (each, "validation", TypeAdapter(each))
            for each in sorted(requests, key=lambda it: it.__name__)
        ),
        *((each, "serialization", TypeAdapter(each)) for each in answers),
    ]
    references, definitions = TypeAdapter.json_schemas(
        inputs, ref_template="#/components/schemas/{model}"
    )
    return {kind: schema for (kind, _), schema in references.items()}, definitions["$defs"]


def _operation(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": _responses(operation, schemas),
        "security": _security(operation.scope),
    }
    names = re.findall(r"\{(\w+)\}", operation.path)
    if names:
        described["parameters"] = [
            {"name": name, "in": "path", "required": True} | PARAMETERS[name] for name in names
        ]
    if operation.request is not None:
        content: dict[str, Any] = {
            "schema": schemas[operation.request],
            "example": operation.example,
        }
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    return described


def _responses(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    success: dict[str, Any] = {
        "description": operation.summary,
        "content": {"application/json": {"schema": schemas[operation.answer]}},
    }
    if operation.links:
        success["links"] = {_title(link): _link(link) for link in operation.links}
    return {str(operation.status): success} | _problems(operation.refusals, schemas)


def _problems(reasons: tuple[Reason, ...], schemas: Schemas) -> dict[str, Any]:
    by_status: dict[int, list[str]] = defaultdict(list)
    for reason in reasons:
        by_status[ROWS[reason].status].append(str(reason))
    by_status[400] = ["not HTTP"]  # the server's own, before there is a request
    return {
        str(status): {
            "description": ", ".join(sorted(names)),
            "content": {MEDIA_TYPE: {"schema": schemas[ProblemAnswer]}},
        }
        for status, names in sorted(by_status.items())
    }


def _plain(media_type: str, scope: Scope, schemas: Schemas) -> dict[str, Any]:
    success = {"description": "It", "content": {media_type: {"schema": {"type": "string"}}}}
    return {
        "responses": {"200": success} | _problems(ALWAYS, schemas),
        "security": _security(scope),
    }


def _security(scope: Scope | None) -> list[dict[str, list[str]]]:
    return [] if scope is None else [{"token": [str(scope)]}]


def _title(link: Link) -> str:
    return f"then-{link.to}"


def _link(link: Link) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": link.to, "parameters": dict(link.path)}
    if link.body is not None:
        described["requestBody"] = link.body
    return described
