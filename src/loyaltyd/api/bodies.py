"""A body's bytes become a request, or all that is wrong with them, without repeating any of it."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from loyaltyd.api.problems import Fault
from loyaltyd.domain.toml import SENTENCES
from loyaltyd.till import requests

FAULTS_MAX = 50  # more than anyone mends before asking again.
PATH_CHARACTERS_MAX = 120
LONG_DIGITS = re.compile(r"\d{8,}")  # a member's name that may be a card number
DECIMAL = 'must be a decimal string such as "{}", without a sign or an exponent'

JSON_SENTENCES = {
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "tuple_type": "must be an array",
    "string_type": "must be a string, in quotes: a JSON number is not taken for an amount",
    "int_type": "must be a whole number, without fraction or exponent",
    "timezone_aware": "must have an offset, such as +03:00",
    "extra_forbidden": "is not known here",
    "basket_empty": "must have lines, or loads",
    "literal_error": "must be {expected}",
    "date_from_datetime_parsing": "must be a date such as 1990-05-01",
    "date_parsing": "must be a date such as 1990-05-01",
    "datetime_from_date_parsing": "must be a time such as 2026-12-05T10:20:00+03:00",
    "datetime_parsing": "must be a time such as 2026-12-05T10:20:00+03:00",
}
PATTERNS = {
    requests.ID_PATTERN: "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -",
    requests.CARD_PATTERN: "must be a card number, a phone, or the handle of a read",
    requests.COUPON_PATTERN: "must be 1 to 64 letters, digits, . _ or -",
    requests.PIN_PATTERN: "must be four digits",
    **dict.fromkeys(
        (requests.PHONE_PATTERN, requests.PHONE_OR_NONE_PATTERN),
        "must be a phone number such as +79161234567",
    ),
    requests.WORD_PATTERN: "must be a word of a-z, _ and - such as lost",
    requests.MONEY_PATTERN: DECIMAL.format("129.90"),
    requests.QUANTITY_PATTERN: DECIMAL.format("0.347"),
    requests.POINTS_PATTERN: DECIMAL.format("89.14"),
}

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a body is not the request."""

    faults: tuple[Fault, ...]


class _RepeatedMemberError(ValueError):
    """One object names a member twice; which of the two was meant, nobody knows."""


def request_in(body: bytes, model: type[Model]) -> Model | Unreadable:
    """Return the request that body holds."""
    try:
        request = model.model_validate_json(body)
        # The fast parser keeps the last of two members of one name: a basket would lose its lines.
        json.loads(body, object_pairs_hook=_once)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return Unreadable(tuple(_fault(details) for details in found[:FAULTS_MAX]))
    except _RepeatedMemberError as error:
        return Unreadable((Fault(_safe(str(error)), "must stand once in its object"),))
    return request


def _once(members: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(members)
    if len(table) != len(members):
        counts = Counter(name for name, _ in members)
        raise _RepeatedMemberError(next(name for name, count in counts.items() if count > 1))
    return table


def _fault(details: ErrorDetails) -> Fault:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "json_invalid":  # its text names a line and column, and nothing of the body
        return Fault("", f"must be JSON in UTF-8: {context['error']}")
    if kind == "string_pattern_mismatch":
        return Fault(
            _path(details), PATTERNS.get(context["pattern"], SENTENCES[kind].format_map(context))
        )
    sentence = JSON_SENTENCES.get(kind) or SENTENCES.get(
        kind, "has a value that is not allowed here"
    )
    return Fault(_path(details), sentence.format_map(context))


def _path(details: ErrorDetails) -> str:
    """Return where in the body: `lines[0].price`."""
    path = ""
    for step in details["loc"]:
        if isinstance(step, int):
            path += f"[{step}]"
        elif "[" not in step and step != "constrained-str":  # those name the arm of a union
            path += f".{step}" if path else step
    return _safe(path)


def _safe(path: str) -> str:
    """Leave out what may be a card number, and what no terminal should print."""
    shown = LONG_DIGITS.sub(lambda digits: "*" * len(digits[0]), path)
    shown = "".join(letter if letter.isprintable() else "?" for letter in shown)
    return shown if len(shown) <= PATH_CHARACTERS_MAX else f"{shown[: PATH_CHARACTERS_MAX - 1]}…"
