"""A tree of TOML as text: what tomllib reads back as the same tree."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping


def toml_text(tree: Mapping[str, object]) -> str:
    """Each key of the tree on a line of its own, what is inside of it in line."""
    return "".join(f"{_string(key)} = {_value(value)}\n" for key, value in tree.items())


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{_string(str(key))} = {_value(inner)}" for key, inner in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(_value(inner) for inner in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return _string(value) if isinstance(value, str) else repr(value)


def _string(text: str) -> str:
    # JSON's escapes are TOML's too; only DEL stands bare in the one and may not in the other
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
