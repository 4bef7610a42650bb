"""Where each key of a TOML text stands: what tomllib doesn't tell."""

import re
import tomllib
from typing import NamedTuple

Path = tuple[str | int, ...]  # ("rules", 2, "give"): keys, and the index of an array's item.

TOKEN = re.compile(
    r"""(?P<blank>[ \t\r]+|\#[^\n]*)
    |(?P<newline>\n)
    |(?P<string>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<mark>[\[\]{}=,.])
    |(?P<word>[^\s\[\]{}=,.\#"']+|.)""",
    re.VERBOSE | re.DOTALL,
)


def key_lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) where each key, table and array item of a valid TOML text begins."""
    return _Scanner(text).document()


class _Token(NamedTuple):
    kind: str  # "newline" | "string" | "mark" | "word" | "end"
    text: str
    line: int


class _Scanner:
    """Follows the grammar of TOML 1.0 as far as keys and nesting go.

    Every loop also stops at the end of the text, so that it comes back from any text at all.
    """

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = 0
        self._lines: dict[Path, int] = {}
        self._items: dict[Path, int] = {}  # how many [[tables]] each array has so far

    def document(self) -> dict[Path, int]:
        table: Path = ()
        while self._peek().kind != "end":
            if self._peek().kind == "newline":
                self._take()
            elif self._peek().text == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        if token.kind != "end":
            self._next += 1
        return token

    def _took(self, mark: str) -> bool:
        if self._peek().kind != "mark" or self._peek().text != mark:
            return False
        self._take()
        return True

    def _header(self) -> Path:
        line = self._take().line
        is_item = self._took("[")
        keys = self._keys()
        while self._took("]"):
            pass
        path: Path = ()
        for key in keys[:-1]:
            path = self._last_item((*path, key))
            self._lines.setdefault(path, line)
        path = (*path, keys[-1])
        if is_item:
            self._lines.setdefault(path, line)
            self._items[path] = self._items.get(path, 0) + 1
        path = self._last_item(path)
        self._lines[path] = line
        return path

    def _last_item(self, path: Path) -> Path:
        """Under [[rules]], the header [rules.give] speaks of the last rule so far."""
        return (*path, self._items[path] - 1) if path in self._items else path

    def _keys(self) -> list[str]:
        keys = [_unquoted(self._take())]
        while self._took("."):
            keys.append(_unquoted(self._take()))
        return keys

    def _pair(self, table: Path) -> None:
        line = self._peek().line
        path = table
        for key in self._keys():
            path = (*path, key)
            self._lines.setdefault(path, line)
        if self._took("="):
            self._value(path)

    def _value(self, path: Path) -> None:
        if self._took("["):
            self._array(path)
        elif self._took("{"):
            self._inline_table(path)
        else:
            while self._peek().kind not in {"newline", "end"} and self._peek().text not in ",]}":
                self._take()

    def _array(self, path: Path) -> None:
        index = 0
        while self._peek().kind != "end" and not self._took("]"):
            if self._took(","):
                index += 1
            elif self._peek().kind == "newline" or self._peek().text == "}":
                self._take()
            else:
                self._lines.setdefault((*path, index), self._peek().line)
                self._value((*path, index))

    def _inline_table(self, path: Path) -> None:
        while self._peek().kind != "end" and not self._took("}"):
            if self._peek().kind == "newline" or self._peek().text == ",":
                self._take()
            else:
                self._pair(path)


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    line = 1
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or "word"
        if kind != "blank":
            tokens.append(_Token(kind, match[0], line))
        line += match[0].count("\n")
    tokens.append(_Token("end", "", line))
    return tokens


def _unquoted(token: _Token) -> str:
    if token.kind != "string":
        return token.text
    try:
        return str(tomllib.loads(f"key = {token.text}")["key"])
    except tomllib.TOMLDecodeError:
        return token.text
