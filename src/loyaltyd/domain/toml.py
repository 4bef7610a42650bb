"""Strict TOML: a text becomes a frozen model, or all its faults: line, key and what is allowed."""

import difflib
import re
import tomllib
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, ClassVar, TypeGuard, TypeVar, Union, get_args, get_origin

import pydantic
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from loyaltyd.domain.toml_lines import Path, key_lines

TEXT_BYTES_MAX = 4 << 20  # a program of ten thousand rules with texts in two languages has 4 MB.
FAULTS_MAX = 100  # more than anyone mends before asking again; a garbled file may have 80,000.
NAME_CHARACTERS_MAX = 40  # of an id, name or unknown key that a message repeats.
NAMING_KEYS = ("id", "name", "kind")  # how people tell the items of an array apart.
NESTING_MAX = 32  # tables and arrays in each other; a program nests six deep.
# tomllib takes quadratic time over one dotted key; a program's longest has four parts.
ENDLESS_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){16}""")
SYNTAX_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

SENTENCES = {
    "missing": "is missing",
    "string_unicode": "must be text that UTF-8 can hold",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "tuple_type": "must be an array: [...]",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "date_type": "must be a date such as 2026-12-01, without quotes",
    "time_type": "must be a time such as 09:00:00, without quotes",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "value_error": "{error}",
    "union_tag_not_found": "is missing",
}


class NotBuilt(ValueError):  # noqa: N818 - a refusal by name: `raise NotBuilt("…")` says it
    """Raised in a validator: the language has this, and this version of loyaltyd doesn't.

    >>> str(NotBuilt('driver "pcsc"'))
    'not built in this version of loyaltyd: driver "pcsc"'
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"not built in this version of loyaltyd: {what}")


class Table(pydantic.BaseModel):
    """A TOML table. Arrays arrive as tuples; a validator's ValueError text reaches people as it is.

    `Field(examples=[...])` is shown where a string was expected and something else came.
    """

    model_config = pydantic.ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True
    )
    not_built: ClassVar[frozenset[str]] = frozenset()  # keys of the language, refused by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong: line from 1 (None: not in the text), key as people write it."""

    line: int | None
    key: str
    message: str
    path: Path = field(default=(), repr=False)

    def said(self, file: str) -> str:
        """Return the fault as one line, `FILE:LINE: key: message`."""
        place = file if self.line is None else f"{file}:{self.line}"
        return ": ".join(_printable(part) for part in (place, self.key, self.message) if part)


Model = TypeVar("Model", bound=Table)


def parsed(text: str, model: type[Model]) -> Model | tuple[Fault, ...]:
    """Return text as a model, or all its faults ordered by line (a syntax fault stands alone)."""
    document = tree(text)
    if isinstance(document, Fault):
        return (document,)
    return checked(document, model, lines=partial(key_lines, text))


def decoded(data: bytes) -> str | Fault:
    """Return the bytes of a TOML file as text."""
    if len(data) > TEXT_BYTES_MAX:
        return _syntax_fault(None, f"is larger than {TEXT_BYTES_MAX >> 10} KiB")
    try:
        return data.decode("utf-8-sig")  # Windows editors put the mark there
    except UnicodeDecodeError as error:
        return _syntax_fault(data.count(b"\n", 0, error.start) + 1, "is not UTF-8 text")


def tree(text: str) -> dict[str, object] | Fault:
    """Return text as nested tables with arrays as tuples, not yet checked, or its syntax fault."""
    lone = re.search(r"[\ud800-\udfff]", text)
    if lone:
        return _syntax_fault(_line_at(text, lone.start()), "is not UTF-8 text")
    endless = ENDLESS_KEY.search(text)
    if endless:
        return _syntax_fault(_line_at(text, endless.start()), "a key has too many dots")
    try:
        return {key: _frozen(value, NESTING_MAX) for key, value in tomllib.loads(text).items()}
    except RecursionError:
        return _syntax_fault(None, "arrays or tables are nested too deeply")
    except tomllib.TOMLDecodeError as error:
        return _decode_fault(text, str(error))
    except ValueError:  # int() refuses more than 4,300 digits before tomllib can say where
        digits = re.search(r"[0-9_]{4301}", text)
        return _syntax_fault(digits and _line_at(text, digits.start()), "a number is too large")


def checked(
    document: Mapping[str, Any], model: type[Model], *, lines: Callable[[], Mapping[Path, int]]
) -> Model | tuple[Fault, ...]:
    """Return a tree as a model, or all its faults; lines says where the keys stand, if anywhere.

    They are asked for only when there is a fault: to find them is a third of reading a program.
    """
    try:
        return model.model_validate(document)
    except pydantic.ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
    messages: dict[Path, list[str]] = {}
    for details in errors[:FAULTS_MAX]:
        path, labels = _path(details, document)
        said = _message(details, _Spot(document, model, path, labels))
        if said not in messages.setdefault(path, []):
            messages[path].append(said)
    found = lines()
    faults = [fault_at(path, _either(said), document, found) for path, said in messages.items()]
    faults.sort(key=lambda fault: fault.line or 0)
    if len(errors) > FAULTS_MAX:
        faults.append(_syntax_fault(None, f"and {len(errors) - FAULTS_MAX} more faults"))
    return tuple(faults)


def fault_at(
    path: Path, message: str, document: Mapping[str, Any], lines: Mapping[Path, int]
) -> Fault:
    """Return a fault of the value at path: for what only several keys together show to be wrong."""
    return Fault(line=line_of(path, lines), key=_shown(path, document), message=message, path=path)


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """Return the line of the nearest thing around path that stands in the text."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return None


def unknown_key(key: str, allowed: Iterable[str]) -> str:
    """Return what to tell someone who wrote a key that isn't there."""
    known = sorted(allowed)
    near = difflib.get_close_matches(key, known, n=1)
    if near:
        return f'unknown key; did you mean "{near[0]}"?'
    return f"unknown key; allowed here: {', '.join(known) or 'nothing'}"


def annotations_at(model: type[Table], path: Path) -> list[object]:
    """Return the types that the value at path may have, several where the model has a union."""
    found: list[object] = [model]
    for step in path:
        found = [inner for outer in found for inner in _stepped(outer, step)]
    return [member for annotation in found for member in _members(annotation)]


def keys_at(model: type[Table], path: Path) -> list[str]:
    """Return the keys that the table at path may have."""
    found = filter(_is_table, annotations_at(model, path))
    return [str(key) for table in found for key in _fields(table)]


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place of a document, and what the model knows about it."""

    document: Mapping[str, Any]
    model: type[Table]
    path: Path
    labels: tuple[str, ...]  # the union members that pydantic tried here

    def tables(self) -> list[type[Table]]:
        """The models that the table around path may be."""
        found = [it for it in annotations_at(self.model, self.path[:-1]) if _is_table(it)]
        tried = [table for table in found if _labelled(table, self.labels)]
        return tried or found

    def example(self) -> str:
        """' such as "30%"', when the field has an example."""
        for table in self.tables():
            known = _fields(table).get(self.path[-1] if self.path else "")
            if known and known.examples:
                return f' such as "{known.examples[0]}"'
        return ""

    def value(self) -> object:
        value: Any = self.document
        for step in self.path:
            if not _holds(value, step):
                return None
            value = value[step]
        return value


def _frozen(value: object, depth: int) -> object:
    if not depth:
        raise RecursionError  # as tomllib does for what is deeper still
    if isinstance(value, dict):
        return {key: _frozen(inner, depth - 1) for key, inner in value.items()}
    return tuple(_frozen(inner, depth - 1) for inner in value) if isinstance(value, list) else value


def _decode_fault(text: str, said: str) -> Fault:
    place = SYNTAX_PLACE.search(said)
    message = SYNTAX_PLACE.sub("", said)
    if place is None:
        return _syntax_fault(None, f"is not TOML: {message}")
    line = int(place[1]) if place[1] else text.rstrip().count("\n") + 1
    return _syntax_fault(line, f"is not TOML: {message}")


def _syntax_fault(line: int | None, message: str) -> Fault:
    return Fault(line=line, key="", message=message)


def _line_at(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _path(details: ErrorDetails, document: Mapping[str, Any]) -> tuple[Path, tuple[str, ...]]:
    """Split a place of pydantic into the path in the document and the union members it names."""
    path: list[str | int] = []
    labels: list[str] = []
    value: Any = document
    for number, step in enumerate(details["loc"], start=1):
        if _holds(value, step):
            path.append(step)
            value = value[step]
        elif number == len(details["loc"]) and details["type"] == "missing":
            path.append(step)
        else:
            labels.append(str(step))
    if details["type"].startswith("union_tag"):
        path.append(str(details["ctx"]["discriminator"]).strip("'"))
    return tuple(path), tuple(labels)


def _holds(value: object, step: str | int) -> bool:
    if isinstance(value, tuple):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, Mapping) and step in value


def _message(details: ErrorDetails, spot: _Spot) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(str(spot.path[-1]), spot.tables())
    if kind == "string_type":
        return f"must be a string{spot.example()}"
    if kind in {"literal_error", "union_tag_invalid"}:
        choices = str(context.get("expected") or context.get("expected_tags"))
        return f"must be {_choices(choices)}{_nearest(spot.value(), choices)}"
    return SENTENCES.get(kind, "has a value that is not allowed here").format_map(context)


def _unknown(key: str, tables: list[type[Table]]) -> str:
    if any(key in table.not_built for table in tables):
        return str(NotBuilt(key))
    return unknown_key(key, [str(name) for table in tables for name in _fields(table)])


def _choices(expected: str) -> str:
    *first, last = re.split(r", | or ", expected.replace("'", '"'))
    return f"{', '.join(first)} or {last}" if first else last


def _nearest(value: object, choices: str) -> str:
    known = re.findall(r"'([^']*)'", choices)
    near = difflib.get_close_matches(value, known, n=1) if isinstance(value, str) else []
    return f'; did you mean "{near[0]}"?' if near else ""


def _either(messages: list[str]) -> str:
    """Several at one place are what the members of a union want."""
    if len(messages) > 1 and all(said.startswith("must be ") for said in messages):
        return "must be " + " or ".join(said.removeprefix("must be ") for said in messages)
    return "; ".join(messages)


def _shown(path: Path, document: Mapping[str, Any]) -> str:
    """Return path for people: `rules[3] "milk-10".give.percent_off`; they count from 1."""
    shown = ""
    value: Any = document
    for step in path:
        value = value[step] if _holds(value, step) else None
        if isinstance(step, int):
            shown += f"[{step + 1}]{_name(value)}"
        else:
            bare = step if re.fullmatch(r"[\w-]+", step) else f'"{step}"'
            shown += f".{_cut(bare)}" if shown else _cut(bare)
    return shown


def _name(value: object) -> str:
    if not isinstance(value, Mapping):
        return ""
    names = (value[key] for key in NAMING_KEYS if isinstance(value.get(key), str))
    return next((f' "{_cut(name)}"' for name in names), "")


def _cut(name: str) -> str:
    return name if len(name) <= NAME_CHARACTERS_MAX else f"{name[: NAME_CHARACTERS_MAX - 1]}…"


def _printable(text: str) -> str:
    return "".join(it if it.isprintable() else it.encode("unicode_escape").decode() for it in text)


def _is_table(annotation: object) -> TypeGuard[type[Table]]:
    return isinstance(annotation, type) and issubclass(annotation, Table)


def _labelled(table: type[Table], labels: tuple[str, ...]) -> bool:
    """Whether pydantic's label for a union member, its name or its tag, means this table."""
    tags = {tag for known in _fields(table).values() for tag in get_args(known.annotation)}
    return any(label == table.__name__ or label in tags for label in labels)


def _fields(table: type[Table]) -> dict[str | int, FieldInfo]:
    return {known.alias or name: known for name, known in table.model_fields.items()}


def _members(annotation: object) -> Iterator[object]:
    if get_origin(annotation) is Annotated:
        yield from _members(get_args(annotation)[0])
    elif get_origin(annotation) in {Union, types.UnionType}:
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def _stepped(annotation: object, step: str | int) -> Iterator[object]:
    for member in _members(annotation):
        arguments = get_args(member)
        if _is_table(member):
            known = _fields(member).get(step)
            yield from [] if known is None else [known.annotation]
        elif get_origin(member) is dict:
            yield arguments[1]
        elif get_origin(member) is tuple and arguments[-1:] == (Ellipsis,):
            yield arguments[0]
        elif get_origin(member) is tuple and isinstance(step, int):
            yield from arguments[step : step + 1]
