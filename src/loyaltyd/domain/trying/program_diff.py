"""What differs between the texts of two programs, key by key, as people write them."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from loyaltyd.domain.toml import Fault, tree

ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"
NAMES = ("id", "name")  # what tells the tables of an array apart
HEAD = "head"  # the keys above all tables

Named = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """One key of something that changed; a value is nothing where the key isn't there."""

    key: str
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing of a program that is new, gone, other than it was, or elsewhere in the order."""

    section: str  # "rules", "wallets", "head", …
    name: str
    what: str
    keys: tuple[KeyChange, ...] = ()


def changes(old: str, new: str) -> list[Change]:
    """What differs between two programs' texts, which were read before; in the new one's order."""
    trees = [tree(text) for text in (old, new)]
    before, after = (_sections({} if isinstance(it, Fault) else it) for it in trees)
    sections = dict.fromkeys((*after, *before))
    return [it for name in sections for it in _section(name, before, after)]


def _section(
    name: str, before: Mapping[str, Named], after: Mapping[str, Named]
) -> Iterator[Change]:
    old, new = before.get(name, {}), after.get(name, {})
    for item in dict.fromkeys((*new, *old)):
        if item not in old:
            yield Change(section=name, name=item, what=ADDED)
        elif item not in new:
            yield Change(section=name, name=item, what=REMOVED)
        elif old[item] != new[item]:
            keys = tuple(_keys((), old[item], new[item]))
            yield Change(section=name, name=item, what=CHANGED, keys=keys)
    for item in _moved(list(old), list(new)) if name in {"rules", "wallets"} else ():
        yield Change(section=name, name=item, what=MOVED)


def _moved(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The fewest of what both have that changed their place among the others."""
    both = set(old) & set(new)
    one, other = ([it for it in each if it in both] for each in (old, new))
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    staying = {it for block in blocks for it in other[block.b : block.b + block.size]}
    return [it for it in other if it not in staying]


def _sections(document: Mapping[str, Any]) -> dict[str, Named]:
    head = {key: value for key, value in document.items() if not _holds_tables(value)}
    found: dict[str, Named] = {HEAD: {"": head}}
    for key, value in document.items():
        if isinstance(value, tuple) and _holds_tables(value):
            found[key] = {_name(it, place): it for place, it in enumerate(value, 1)}
        elif isinstance(value, dict) and all(isinstance(it, dict) for it in value.values()):
            found[key] = value
        elif isinstance(value, dict):
            found[key] = {"": value}
    return found


def _holds_tables(value: object) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(isinstance(it, dict) for it in value)
    return isinstance(value, dict)


def _name(table: Mapping[str, Any], place: int) -> str:
    if "prefix" in table:
        return f"{table['prefix']}/{table.get('length', '')}"
    return next((str(table[it]) for it in NAMES if it in table), str(place))


def _keys(path: tuple[str, ...], old: object, new: object) -> Iterator[KeyChange]:
    """The innermost tables' keys that differ; a list differs as a whole."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            if old.get(key) != new.get(key):
                yield from _keys((*path, key), old.get(key), new.get(key))
    else:
        yield KeyChange(key=".".join(path), old=_said(old), new=_said(new))


def _said(value: object) -> str:
    """A value as a program has it."""
    if value is None:
        return ""
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_said(it)}" for key, it in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_said, value))}]"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
