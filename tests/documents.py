"""Markdown as tests read it: its links, and its blocks of code by language."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = sorted((ROOT / "src" / "loyaltyd" / "help").glob("*.md"))

LINK = re.compile(r"\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def links(document: Path) -> list[str]:
    """What the document points to."""
    return LINK.findall(document.read_text("utf-8"))


def blocks(document: Path, language: str) -> list[str]:
    """The document's blocks of code in that language, in their order."""
    found = BLOCK.findall(document.read_text("utf-8"))
    return [text for kind, text in found if kind == language]
