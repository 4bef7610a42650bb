"""Lines, nesting and parameters have limits; the one on complexity is ruff's (test_lint.py)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, ROOT, Source, planted, sources

FUNCTION_LINES_MAX = 40  # from `def` to the last line, without docstring and decorators
NESTING_MAX = 3
PARAMETERS_MAX = 5  # self and cls aside
FILE_LINES_MAX = 400

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.Match),
    *(ast.With, ast.AsyncWith, ast.Try, ast.TryStar),
)


def too_much(folder: Path) -> list[str]:
    """Return a line for each limit that a file below folder breaks."""
    return [fault for source in sources(folder) for fault in _faults(source)]


@pytest.mark.parametrize(
    "folder", [PACKAGE, ROOT / "tests", ROOT / "tools"], ids=lambda folder: folder.name
)
def test_nothing_is_longer_deeper_or_wider_than_the_limits(folder: Path) -> None:
    assert too_much(folder) == []


def test_each_limit_is_found_broken_one_above_it_and_not_at_it(tmp_path: Path) -> None:
    within = {
        "lines.py": "def f() -> None:\n    '''Two\n    lines.'''\n" + "    x = 1\n" * 39,
        "depth.py": _nested(3),
        "width.py": "class A:\n    def f(self, a, b, /, c, *d, e): ...\n",
        "file.py": "x = 1\n" * 400,
    }
    assert too_much(planted(tmp_path / "within", within)) == []
    above = {
        "lines.py": "def f() -> None:\n" + "    x = 1\n" * 40,
        "depth.py": _nested(4),
        "width.py": "def f(a, b, /, c, *d, e, **g): ...\n",
        "file.py": "x = 1\n" * 401,
    }
    folder = planted(tmp_path / "above", above)
    assert too_much(folder) == [
        f"{folder / 'depth.py'}:1: f has a nesting of 4, the limit is 3",
        f"{folder / 'file.py'}: has 401 lines, the limit is 400",
        f"{folder / 'lines.py'}:1: f has 41 lines, the limit is 40",
        f"{folder / 'width.py'}:1: f has 6 parameters, the limit is 5",
    ]


def test_elif_and_an_inner_function_nest_no_deeper(tmp_path: Path) -> None:
    chain = "def f(a):\n    if a:\n        pass\n" + "    elif a:\n        pass\n" * 9
    inner = _nested(3) + " " * 16 + "def g():\n" + " " * 20 + "if 1: pass\n"
    assert too_much(planted(tmp_path, {"chain.py": chain, "inner.py": inner})) == []


def _nested(depth: int) -> str:
    blocks = [f"{'    ' * (level + 1)}if 1:\n" for level in range(depth)]
    return "def f():\n" + "".join(blocks) + "    " * (depth + 1) + "pass\n"


def _faults(source: Source) -> Iterator[str]:
    lines = len(source.path.read_text().splitlines())
    if lines > FILE_LINES_MAX:
        yield f"{source.path}: has {lines} lines, the limit is {FILE_LINES_MAX}"
    for node in ast.walk(source.tree):
        if isinstance(node, Function):
            yield from (f"{source.at(node)}: {node.name} has {fault}" for fault in _excess(node))


def _excess(function: Function) -> Iterator[str]:
    if (lines := _lines(function)) > FUNCTION_LINES_MAX:
        yield f"{lines} lines, the limit is {FUNCTION_LINES_MAX}"
    if (nesting := _nesting(function)) > NESTING_MAX:
        yield f"a nesting of {nesting}, the limit is {NESTING_MAX}"
    if (parameters := _parameters(function.args)) > PARAMETERS_MAX:
        yield f"{parameters} parameters, the limit is {PARAMETERS_MAX}"


def _lines(function: Function) -> int:
    first = function.body[0]
    docstring = ast.get_docstring(function) is not None
    spared = _span(first) if docstring else 0
    return _span(function) - spared


def _span(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _nesting(node: ast.AST) -> int:
    """Return how deep blocks stand in one another below node, inner functions aside."""
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        return max(1 + _deepest(node.body), _nesting(node.orelse[0]))
    children = [child for child in ast.iter_child_nodes(node) if not isinstance(child, Function)]
    return isinstance(node, BLOCKS) + _deepest(children)


def _deepest(nodes: list[ast.stmt] | list[ast.AST]) -> int:
    return max((_nesting(node) for node in nodes if not isinstance(node, Function)), default=0)


def _parameters(arguments: ast.arguments) -> int:
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    starred = [arguments.vararg, arguments.kwarg]
    return sum(each.arg not in ("self", "cls") for each in [*named, *filter(None, starred)])
