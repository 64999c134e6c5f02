"""Where the keys and values of a TOML document stand in its text.

`tomllib` says what a document means and whether it is valid, not where anything is.
This walks a document that `tomllib` has read, so that a message can point at a line and
a figure can be replaced without touching a character beside it. The grammar is that of
TOML 1.1 (https://toml.io/en/v1.1.0), of which 1.0 is a part.
"""

from __future__ import annotations

import re
import sys
from typing import Any, NamedTuple

Path = tuple[str | int, ...]  # keys, and positions in arrays
Span = tuple[int, int]

SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
BLANK = re.compile(r"[ \t]*")
KEY = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|[^\s.=\]}"\'#]+')
STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|\'[^\']*\'', re.DOTALL
)
PLAIN = re.compile(r"[^,\]}#\r\n]+")  # a number, a date, true or false


class Places(NamedTuple):
    """Spans of keys, quotes included, where each is first written; and of whole values."""

    keys: dict[Path, Span]
    values: dict[Path, Span]


def toml_loads(text: str) -> dict[str, Any]:
    """Return the document's data. Raises ValueError for what is not TOML."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def places(text: str) -> Places:
    """Return where everything stands in a document that `toml_loads` takes."""
    walk = _Walk(text)
    walk.document()
    return Places(walk.keys, walk.values)


class _Walk:
    """One pass over the text; `at` is how far it has come."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.keys: dict[Path, Span] = {}
        self.values: dict[Path, Span] = {}
        self.last: dict[Path, int] = {}  # of each array of tables, its latest element

    def document(self) -> None:
        table: Path = ()
        while self._next(SPACE):
            if self.text.startswith("[[", self.at):
                table = self._header(2)
            elif self.text.startswith("[", self.at):
                table = self._header(1)
            else:
                self._pair(table)

    def _next(self, skipped: re.Pattern[str]) -> str:
        """Return the first character after what is skipped, "" at the end."""
        self._take(skipped)
        return self.text[self.at : self.at + 1]

    def _take(self, token: re.Pattern[str]) -> Span:
        match = token.match(self.text, self.at)
        if match is None:
            raise ValueError(f"{token.pattern} expected at character {self.at}")
        self.at = match.end()
        return match.span()

    def _header(self, brackets: int) -> Path:
        """`[a.b]` and `[[a.b]]`; return the path of the table that follows."""
        self.at += brackets
        names = self._dotted_key()
        self.at += brackets
        path: Path = ()
        for position, (name, span) in enumerate(names):
            path += (name,)
            self.keys.setdefault(path, span)
            if brackets == 2 and position == len(names) - 1:
                self.last[path] = self.last.get(path, -1) + 1
            if path in self.last:
                path += (self.last[path],)
        return path

    def _dotted_key(self) -> list[tuple[str, Span]]:
        names = []
        while True:
            self._take(BLANK)
            span = self._take(KEY)
            names.append((_name(self.text[slice(*span)]), span))
            if self._next(BLANK) != ".":
                return names
            self.at += 1

    def _pair(self, table: Path) -> None:
        """`a.b = value`"""
        path = table
        for name, span in self._dotted_key():
            path += (name,)
            self.keys.setdefault(path, span)
        self.at += 1
        self._take(BLANK)
        self._value(path)

    def _value(self, path: Path) -> None:
        start = self.at
        opening = self.text[start]
        if opening == "[":
            self._items(path, "]")
        elif opening == "{":
            self._items(path, "}")
        elif opening in "\"'":
            self._take(STRING)
        else:
            self._take(PLAIN)
            self.at = start + len(self.text[start : self.at].rstrip())
        self.values[path] = (start, self.at)

    def _items(self, path: Path, closing: str) -> None:
        """The inside of an array or an inline table."""
        self.at += 1
        position = 0
        while (character := self._next(SPACE)) != closing:
            if character == ",":
                self.at += 1
            elif closing == "}":
                self._pair(path)
            else:
                self._value((*path, position))
                position += 1
        self.at += 1


def _name(key: str) -> str:
    if key[0] not in "\"'":
        return key
    if "\\" not in key:
        return key[1:-1]
    name: str = toml_loads(f"name = {key}")["name"]
    return name
