"""The project's Python files as the house tests read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "loyaltyd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file; name is dotted, as it is imported, with `__init__` left out."""

    path: Path
    name: str
    tree: ast.Module

    def at(self, node: ast.stmt | ast.expr | ast.excepthandler) -> str:
        return f"{self.path}:{node.lineno}"


def sources(folder: Path) -> Iterator[Source]:
    """Parse every Python file below folder; names start with folder's own."""
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        yield Source(path=path, name=name, tree=ast.parse(path.read_bytes(), str(path)))


def planted(folder: Path, files: dict[str, str]) -> Path:
    """Write a package `loyaltyd` of files below folder, for a check to find fault with."""
    package = folder / "loyaltyd"
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return package
