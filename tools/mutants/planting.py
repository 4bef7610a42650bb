"""A fault in the running package: in a function that is loaded, or in a module before it is."""

from __future__ import annotations

import ast
import gc
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

Loaded = Mapping[tuple[str, str, int], Sequence[FunctionType]]  # path, qualified name, first line


def loaded_functions(folder: Path) -> Loaded:
    """The functions that were read from files below folder."""
    found: dict[tuple[str, str, int], list[FunctionType]] = {}
    for it in gc.get_objects():
        if isinstance(it, FunctionType) and it.__code__.co_filename.startswith(f"{folder}/"):
            found.setdefault(_key(it.__code__), []).append(it)
    return found


def plant_function(tree: ast.Module, path: Path, function: str, loaded: Loaded) -> None:
    """Give the loaded function of path the code that tree now has for it."""
    found = False
    for code in _codes(compile(tree, str(path), "exec")):
        for each in loaded.get(_key(code), ()) if code.co_qualname == function else ():
            each.__code__ = code
            found = True
    assert found, f"{path}: {function} isn't loaded"


def plant_module(tree: ast.Module, path: Path, name: str) -> None:
    """Let the import of the module come to tree instead of its file."""
    assert name not in sys.modules
    sys.meta_path.insert(0, _Planted(name, path, tree))


class _Planted(MetaPathFinder):
    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name, self._path, self._tree = name, path, tree

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the import system hands it over
        target: ModuleType | None = None,  # noqa: ARG002 - so it does this
    ) -> ModuleSpec | None:
        """The planted module under its own name, and no other."""
        if fullname != self._name:
            return None
        loader = _TreeLoader(fullname, str(self._path))
        loader.tree = self._tree
        return importlib.util.spec_from_file_location(fullname, self._path, loader=loader)


class _TreeLoader(SourceFileLoader):
    tree: ast.Module

    def get_code(self, fullname: str) -> CodeType | None:  # noqa: ARG002 - there is one
        code: CodeType = compile(self.tree, self.path, "exec")
        return code


def _codes(code: CodeType) -> Iterator[CodeType]:
    for it in code.co_consts:
        if isinstance(it, CodeType):
            yield it
            yield from _codes(it)


def _key(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno
