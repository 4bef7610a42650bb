"""The scanner finds every key of a valid text on its line, whatever strings and comments hold."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyd.domain.toml_lines import Path, key_lines

ODD = ["a", "[x]", "k = 1", "#", '\\"', "'", "{", "}", ",", "\n", "=", '""', "  ", "\\\\", "é"]

odd_texts = st.lists(st.sampled_from(ODD), max_size=6).map("".join)
one_line = odd_texts.map(lambda text: text.replace("\n", ""))
scalars = st.one_of(
    st.sampled_from(["1", "-1_0", "1.5", "true", "2026-12-01", "2026-12-01 10:00:00", "09:00:00"]),
    one_line.map(lambda text: '"' + text.replace('""', "") + '"'),
    one_line.map(lambda text: "'" + text.replace("'", "") + "'"),
    odd_texts.map(lambda text: '"""' + text.replace('""', "") + '\n"""'),
    odd_texts.map(lambda text: "'''" + text.replace("'", "") + "'''"),
    st.sampled_from(['""""quoted""""', '"""a"""""', "''''''", '""', "''", "'''a'''''"]),
)
names = st.sampled_from(["k", "k-1", "7", '"a.b"', "'#'", '"]"', '"= 1"', '"\\u0041"', '""'])
gaps = st.sampled_from(["", " ", "\n", "\n  # , ] } a = 1\n", "# '''\n"])


def _arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(st.tuples(gaps, values, gaps).map("".join), max_size=3)
    return st.tuples(items.map(",".join), gaps).map(lambda it: f"[{it[0]}{it[1]}]")


def _tables(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(names, values).map(" = ".join), max_size=3)
    return pairs.map(lambda each: "{ " + ", ".join(each) + " }")


values = st.recursive(scalars, lambda inner: _arrays(inner) | _tables(inner), max_leaves=6)
paths = st.lists(names, min_size=1, max_size=3).map(" . ".join)
statements = st.one_of(
    st.tuples(paths, values).map(" = ".join),
    paths.map(lambda path: f"[{path}]"),
    paths.map(lambda path: f"[[ {path} ]] # ]]"),
    st.sampled_from(["", "# [no] = '''", "\t"]),
)
documents = st.lists(statements, max_size=8).map("\n".join)


def _walked(value: Any, path: Path = ()) -> Iterator[Path]:
    """Each path of a document: tomllib is the oracle."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _walked(each, (*path, key))
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _walked(each, (*path, index))


def _accepted(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


@settings(max_examples=500)
@given(documents)
def test_it_finds_the_paths_that_tomllib_finds(text: str) -> None:
    document = _accepted(text)
    if document is not None:
        assert set(key_lines(text)) == set(_walked(document))


@settings(max_examples=300)
@given(st.lists(st.tuples(values, gaps), min_size=1, max_size=6))
def test_a_key_after_any_value_is_found_on_its_own_line(parts: list[tuple[str, str]]) -> None:
    text, expected = "", {}
    for number, (value, gap) in enumerate(parts):
        expected[(f"key{number}",)] = text.count("\n") + 1
        text += f"key{number} = {value} # {gap.strip()[:1]}\n"
    if _accepted(text) is not None:
        found = key_lines(text)
        assert {path: found[path] for path in expected} == expected


@given(st.text(alphabet="[]{}=,.#\"'\\\n\r ab1"))
def test_it_comes_back_from_any_text(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in key_lines(text).values())


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("rules",), 1),
        (("rules", 0), 1),
        (("rules", 0, "give"), 2),
        (("rules", 0, "give", "max"), 3),
        (("rules", 1), 5),
        (("rules", 1, "id"), 7),
        (("rules", 1, "on", "sku", 1), 8),
        (("rules", 1, "say", "en"), 10),
        (("a",), 11),
        (("a", "b.c", "d"), 12),
    ],
)
def test_lines_are_those_a_person_would_point_at(path: Path, line: int) -> None:
    text = """[[rules]]
[rules.give]
max = '''
[a]'''
[[rules]]
# id = "no"
id = "x"
on = { sku = ["1", "2"] }
[rules.say]
en = "[[rules]]"
[a]
"b.c".d = 1
"""
    assert key_lines(text)[path] == line
