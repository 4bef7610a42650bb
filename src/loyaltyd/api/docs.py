"""GET /docs: the API for people, from the table of operations and help texts; needs no internet."""

import json
import re
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from loyaltyd.api.openapi import document
from loyaltyd.api.operation import Operation
from loyaltyd.api.operations import NOT_BUILT, OPERATIONS
from loyaltyd.api.problems import ROWS
from loyaltyd.messages import REFUSALS

FILE_LINK = re.compile(r"\]\(([a-z.]+\.(?:jsonl?|png))\)")  # from a page to a file beside it
PAGE_LINK = re.compile(r"\]\(([a-z]+)\.md\)")  # from one help page to another, here a section each


@cache
def page() -> str:
    """Return the page as HTML."""
    environment = Environment(
        loader=PackageLoader("loyaltyd.api"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("docs.html").render(
        version=version("loyaltyd"),
        helps=_helps(),
        operations=[_described(each) for each in OPERATIONS],
        not_built=NOT_BUILT,
        reasons=[(reason, row, REFUSALS[reason]) for reason, row in ROWS.items()],
        schemas=_schemas(),
    )


def _helps() -> list[tuple[str, Markup]]:
    """Return the help pages' names and HTML; the texts are ours, and raw HTML is off even so."""
    markdown = MarkdownIt("js-default")
    folder = resources.files("loyaltyd") / "help"
    found = []
    for name in sorted(each.name for each in folder.iterdir() if each.name.endswith(".md")):
        text = PAGE_LINK.sub(r"](#\1)", (folder / name).read_text("utf-8"))
        text = FILE_LINK.sub(r"](/docs/files/\1)", text)
        html = Markup(markdown.render(text))  # noqa: S704  # our own texts
        found.append((name.removesuffix(".md"), html))
    return found


def _described(operation: Operation) -> dict[str, Any]:
    return {
        "operation": operation,
        "request": operation.request.__name__ if operation.request else "",
        "answer": operation.answer.__name__,
        "example": json.dumps(operation.example, indent=1, ensure_ascii=False)
        if operation.example
        else "",
    }


def _schemas() -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """Return each schema: its name, what it is, and its members as name, type, remark."""
    return [
        (name, schema.get("description", ""), _members(schema))
        for name, schema in sorted(document()["components"]["schemas"].items())
    ]


def _members(schema: dict[str, Any]) -> list[tuple[str, str, str]]:
    required = schema.get("required", ())
    return [
        (name, _type(member), "" if name in required else "optional")
        for name, member in schema.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each) for each in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"{_type(schema.get('items', {}))}[]"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"{{name: {_type(schema['additionalProperties'])}}}"
    if "const" in schema:
        return json.dumps(schema["const"])
    return str(schema.get("format") or schema.get("pattern") or schema.get("type", "anything"))
