"""A hundred broken programs: each is told by file, line, key and what is allowed instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from loyaltyd import domain
from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.language.grammar.conditions import LIMITS
from loyaltyd.domain.language.grammar.discounts import OFF
from loyaltyd.domain.language.grammar.earnings import WAYS
from loyaltyd.domain.language.program_text import program_from, warnings_in

FOLDER = Path(__file__).with_name("broken_programs")
WHOLE = (FOLDER / "whole.toml").read_text("utf-8")
# Lists that grow with the language.
LISTS = {
    "<OFF>": ", ".join(OFF),
    "<WAYS>": f"{', '.join(WAYS[:-1])} or {WAYS[-1]}",
    "<LIMITS>": f"{', '.join(LIMITS[:-1])} or {LIMITS[-1]}",
}
DOMAIN = Path(domain.__file__).parent
TELLING = [  # whose sentences reach whoever writes a program
    *(it for it in sorted(DOMAIN.glob("language/grammar/*.py")) if it.name != "cases.py"),
    *sorted(DOMAIN.glob("language/*_faults.py")),
    *(DOMAIN / f"{name}.py" for name in ("language/exclusions", "spans", "birthdays", "money")),
]
WORDS_MIN = 3  # of a sentence: what is shorter is a part of one
SHAPE = re.compile(r"\||\)\?")  # what only regular expressions hold


def broken_programs() -> Iterator[tuple[str, str]]:
    """Each edit of WHOLE as a program of its own: - is what stands there, + what instead.

    = is the one fault, after the file's name. Lines that follow each other are one piece of text.
    """
    for block in (FOLDER / "broken.txt").read_text("utf-8").strip().split("\n\n"):
        text, told = WHOLE, ""
        for kind, lines in groupby(block.splitlines(), key=lambda it: it[0]):
            said = "\n".join(it[2:] for it in lines)
            if kind == "-":
                assert said in text, said
                text, _, rest = text.partition(said)
                text += "\0" + rest
            elif kind == "+":
                text = text.replace("\0", said)
            else:
                told = said
        for name, listed in LISTS.items():
            told = told.replace(name, listed)
        yield text.replace("\0", ""), told


BROKEN = list(broken_programs())


@pytest.mark.parametrize(("text", "told"), BROKEN, ids=[told[:60] for _, told in BROKEN])
def test_a_broken_program_is_told_by_line_key_and_what_is_allowed(text: str, told: str) -> None:
    found = program_from(text)
    assert not isinstance(found, Program)
    assert [it.said("p.toml") for it in found] == [f"p.toml{told}"]


def test_the_program_that_is_broken_is_whole_and_the_ways_are_a_hundred_and_differ() -> None:
    assert isinstance(program_from(WHOLE), Program)
    assert len(BROKEN) >= 100
    assert len({text for text, _ in BROKEN}) == len(BROKEN)


def test_only_a_key_that_is_missing_from_the_head_has_no_line() -> None:
    without = [told for _, told in BROKEN if not re.match(r":\d+: ", told)]
    assert without == [": id: is missing"]


@pytest.mark.parametrize("path", TELLING, ids=lambda it: it.name)
def test_each_sentence_that_can_be_told_is_told_of_some_program(path: Path) -> None:
    told = [told for _, told in BROKEN]
    untold = [it for it in _sentences(path) if not any(re.search(it, one) for one in told)]
    assert untold == [], "add a program to broken.txt that is told so"


def test_a_sentence_is_found_wherever_it_stands(tmp_path: Path) -> None:
    module = tmp_path / "m.py"
    module.write_text(
        '"""Says what it is."""\nx = "is never so"\ny = f"{x} is the rule\'s"\nz = "ab"\n'
    )
    assert [*_sentences(module)] == ["is\\ never\\ so", ".*\\ is\\ the\\ rule's"]


def test_what_is_whole_but_has_warnings_is_no_fault() -> None:
    assert all(it.message.startswith("warning: ") for it in warnings_in(WHOLE))


def _sentences(path: Path) -> Iterator[str]:
    """The texts of a module as patterns, but for its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    parts = {
        id(part) for it in ast.walk(tree) if isinstance(it, ast.JoinedStr) for part in it.values
    }
    docstrings = {id(it.value) for it in ast.walk(tree) if isinstance(it, ast.Expr)}
    for it in ast.walk(tree):
        if id(it) in parts | docstrings or not isinstance(it, ast.Constant | ast.JoinedStr):
            continue
        pieces = it.values if isinstance(it, ast.JoinedStr) else [it]
        texts = [part.value if isinstance(part, ast.Constant) else None for part in pieces]
        words = "…".join(text for text in texts if isinstance(text, str))
        if (
            len(re.findall(r"[A-Za-z]{2,}", words)) >= WORDS_MIN
            and " " in words
            and not SHAPE.search(words)
        ):
            yield "".join(re.escape(it) if isinstance(it, str) else ".*" for it in texts)
