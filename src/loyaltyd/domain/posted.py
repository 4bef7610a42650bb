"""A line of another machine, read strictly, and for what it adds up to alone.

Of the members that are a type's own only those are kept that records are folded by, and by which
holders are dropped; what else a line holds is for whoever runs it again.
"""

from functools import cache
from typing import Any

from pydantic_core import SchemaValidator, core_schema

from loyaltyd.domain.record import Record, Stream, record_from, record_of

FOLDED = ("postings", "counters", "card", "cards", "dropped")
COUNT_MAX = 1 << 62  # of records and of a program's versions
TEXT_MAX = 256  # characters of a name, a date or a hash; the longest that a till writes has 64


def posted_from(line: str, stream: Stream) -> Record:
    """Read a line of stream; ValueError when it is none, or when it is cut or no JSON."""
    # The quick reader takes them for numbers. One letter is found in a tenth of a word's time.
    if ("N" in line and "NaN" in line) or ("I" in line and "Infinity" in line):
        record_from(line, stream)
    return record_of(_reader().validate_json(line), stream)


@cache
def _reader() -> SchemaValidator:
    text = core_schema.str_schema(strict=True, max_length=TEXT_MAX)
    count = core_schema.int_schema(strict=True, ge=0, le=COUNT_MAX)
    program = _members({"id": text, "version": count, "hash": text})
    common: dict[str, Any] = dict.fromkeys(
        ("type", "chain", "store", "till", "epoch", "at", "recorded_at", "clock", "business_date"),
        text,
    )
    common |= dict.fromkeys(("v", "offset"), core_schema.any_schema())
    return SchemaValidator(_members({**common, "seq": count, "program": program}, FOLDED))


def _members(needed: dict[str, Any], more: tuple[str, ...] = ()) -> core_schema.TypedDictSchema:
    fields = {name: core_schema.typed_dict_field(it) for name, it in needed.items()}
    free = core_schema.typed_dict_field(core_schema.any_schema(), required=False)
    return core_schema.typed_dict_schema(
        {**fields, **dict.fromkeys(more, free)}, extra_behavior="ignore"
    )
