"""The small faults that a module could have: each one expression or statement put differently.

Left alone: annotations, decorators, docstrings, asserts, what is raised, the wording of f-strings,
zip's strict, and at module level all but constants. None of them decides what a receipt comes to.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARED: dict[type[ast.cmpop], ast.cmpop] = {
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
}
RECKONED: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.FloorDiv(),
    ast.FloorDiv: ast.Mult(),
    ast.Mod: ast.FloorDiv(),
    ast.Pow: ast.Mult(),
    ast.BitOr: ast.BitAnd(),
    ast.BitAnd: ast.BitOr(),
}
CALLED = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "startswith": "endswith",
    "endswith": "startswith",
    "bisect_left": "bisect_right",
    "floor": "ceil",
}
UNWRAPPED = ("min", "max", "reversed", "abs")  # max(0, a) becomes 0, and a
KEPT_KEYWORDS = ("strict",)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
UNTOUCHED = (
    *(ast.Assert, ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom),
    *(ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop),
)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a node hangs: a field of its parent, and its place when that is a list."""

    parent: ast.AST
    field: str
    place: int | None = None

    def node(self) -> ast.AST:
        """What hangs there now."""
        held = getattr(self.parent, self.field)
        found: ast.AST = held if self.place is None else held[self.place]
        return found

    def put(self, node: ast.AST) -> None:
        """Hang another node there."""
        if self.place is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.place] = node


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fault: put() makes it in the tree that it was found in."""

    line: int
    lines: range  # of the statement; of a compound one its head
    function: str  # the outermost one as Class.name; nothing at module level
    was: str
    now: str
    spot: Spot
    node: ast.AST

    def put(self) -> None:
        """Make the fault."""
        self.spot.put(self.node)


def changes(tree: ast.Module) -> Iterator[Change]:
    """Every fault that is tried on a module, in the order of its source."""
    for place in range(len(tree.body)):
        yield from _inside(Spot(tree, "body", place), None, "", ())


def _inside(
    spot: Spot, statement: Spot | None, function: str, classes: tuple[str, ...]
) -> Iterator[Change]:
    """The faults of the node at spot, then of what is in it."""
    node = spot.node()
    if isinstance(node, UNTOUCHED) or _is_docstring(node) or _is_kept(node):
        return
    if isinstance(node, ast.stmt):
        statement = spot
    assert statement is not None  # a module holds statements
    if isinstance(node, FUNCTIONS) and not function:
        function = ".".join((*classes, node.name))
        yield from _defaults(node, spot, classes)
    elif isinstance(node, ast.ClassDef):
        classes = (*classes, node.name)
    if function or isinstance(node, ast.Constant):
        for other in _replacements(node):
            yield _change(spot, other, statement, function)
    for below in _below(node):
        yield from _inside(below, statement, function, classes)


def _defaults(
    node: ast.FunctionDef | ast.AsyncFunctionDef, statement: Spot, classes: tuple[str, ...]
) -> Iterator[Change]:
    """A default is worked out once, where the function is defined."""
    for field in ("defaults", "kw_defaults"):
        for place, value in enumerate(getattr(node.args, field)):
            if value is not None:
                yield from _inside(Spot(node.args, field, place), statement, "", classes)


def _below(node: ast.AST) -> Iterator[Spot]:
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "args", "type_params"} and (
            field != "args" or isinstance(node, (*FUNCTIONS, ast.Lambda))
        ):
            continue
        if isinstance(value, ast.AST):
            yield Spot(node, field)
        elif isinstance(value, list):
            places = (number for number, it in enumerate(value) if isinstance(it, ast.AST))
            yield from (Spot(node, field, place) for place in places)


def _change(spot: Spot, other: ast.AST, statement: Spot, function: str) -> Change:
    node, whole = spot.node(), statement.node()
    assert isinstance(whole, ast.stmt)
    was = _head(whole)
    ast.copy_location(other, whole if not hasattr(node, "lineno") else node)
    ast.fix_missing_locations(other)
    spot.put(other)
    now = _head(statement.node())
    spot.put(node)
    body = getattr(whole, "body", None)
    last = body[0].lineno - 1 if body else whole.end_lineno or whole.lineno
    return Change(
        line=getattr(node, "lineno", whole.lineno),
        lines=range(whole.lineno, max(last, whole.lineno) + 1),
        function=function,
        was=was,
        now=now,
        spot=spot,
        node=other,
    )


def _head(statement: ast.AST) -> str:
    """A statement in one line; of a compound one what stands before its block."""
    if getattr(statement, "body", None):
        statement = copy.copy(statement)
        vars(statement).update(body=[ast.Pass()], orelse=[], finalbody=[], decorator_list=[])
        return ast.unparse(statement).splitlines()[0]
    return ast.unparse(statement)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_kept(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg in KEPT_KEYWORDS


def _with(node: ast.AST, **fields: object) -> ast.AST:
    other = copy.copy(node)
    vars(other).update(fields)
    return other


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, (ast.Continue, ast.Break)):
        yield ast.Break() if isinstance(node, ast.Continue) else ast.Continue()
    found = REPLACEMENTS.get(type(node))
    if found is not None:
        yield from found(node)


def _constants(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
        if node.value:  # one below zero is seldom another answer than one above
            yield ast.Constant(node.value - 1)
    elif isinstance(node.value, str):
        yield ast.Constant(f"{node.value}!")


def _comparisons(node: ast.Compare) -> Iterator[ast.AST]:
    for place, operator in enumerate(node.ops):
        yield _with(node, ops=[*node.ops[:place], COMPARED[type(operator)], *node.ops[place + 1 :]])


def _reckonings(node: ast.BinOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.BitOr) and _is_class(node.right):
        yield from (node.left, node.right)  # of a union of types one is left out
    elif type(node.op) in RECKONED:
        yield _with(node, op=RECKONED[type(node.op)])


def _is_class(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id[:1].isupper() and not node.id.isupper()


def _connections(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for place in range(len(node.values)):
        rest = [*node.values[:place], *node.values[place + 1 :]]
        yield rest[0] if len(rest) == 1 else _with(node, values=rest)


def _signs(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, (ast.Not, ast.USub)):
        yield node.operand


def _decisions(node: ast.If) -> Iterator[ast.AST]:
    yield _with(node, test=ast.Constant(value=True))
    yield _with(node, test=ast.Constant(value=False))


def _loops(node: ast.While) -> Iterator[ast.AST]:
    yield _with(node, test=ast.Constant(value=False))


def _choices(node: ast.IfExp) -> Iterator[ast.AST]:
    yield from (node.body, node.orelse)


def _filters(node: ast.comprehension) -> Iterator[ast.AST]:
    for place in range(len(node.ifs)):
        yield _with(node, ifs=[*node.ifs[:place], *node.ifs[place + 1 :]])


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    if name in CALLED:
        field = "id" if isinstance(node.func, ast.Name) else "attr"
        yield _with(node, func=_with(node.func, **{field: CALLED[name]}))
    if name in UNWRAPPED and (len(node.args) > 1 or name not in {"min", "max"}):
        yield from (it for it in node.args if not isinstance(it, ast.Starred))
    for place, keyword in enumerate(node.keywords):
        if keyword.arg not in KEPT_KEYWORDS:
            yield _with(node, keywords=[*node.keywords[:place], *node.keywords[place + 1 :]])


def _slices(node: ast.Slice) -> Iterator[ast.AST]:
    for field in ("lower", "upper", "step"):
        if getattr(node, field) is not None:
            yield _with(node, **{field: None})


def _returns(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is None:
        yield ast.Pass()
    elif not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield _with(node, value=ast.Constant(None))


def _additions(node: ast.AugAssign) -> Iterator[ast.AST]:
    yield ast.Pass()
    if type(node.op) in RECKONED:
        yield _with(node, op=RECKONED[type(node.op)])


def _assignments(node: ast.Assign) -> Iterator[ast.AST]:
    if isinstance(node.targets[0], (ast.Attribute, ast.Subscript)):
        yield ast.Pass()


def _deeds(_: ast.Expr) -> Iterator[ast.AST]:
    yield ast.Pass()


REPLACEMENTS: dict[type[ast.AST], Callable[..., Iterator[ast.AST]]] = {
    ast.Constant: _constants,
    ast.Compare: _comparisons,
    ast.BinOp: _reckonings,
    ast.BoolOp: _connections,
    ast.UnaryOp: _signs,
    ast.If: _decisions,
    ast.While: _loops,
    ast.IfExp: _choices,
    ast.comprehension: _filters,
    ast.Call: _calls,
    ast.Slice: _slices,
    ast.Return: _returns,
    ast.AugAssign: _additions,
    ast.Assign: _assignments,
    ast.Expr: _deeds,
}
