"""The checks a project keeps in its `pyproject.toml`: read, and rewritten in place.

    [tool.archi.checks."resnet50,classes=10"]   # a target
    params = "<=24M"                            # a metric and what it should be
    macs = "3.86G"
    lock = { params = 23608202, layers = 177 }  # exact figures, kept by `--update`

Nothing here loads a network. An update replaces the figures that changed and not one
character beside them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from archi.checks._toml import Path, Places, Span, places, toml_loads
from archi.checks.evaluate import Place
from archi.checks.metrics import Assertion, assertion, metric
from archi.errors import ArchiError, caret, printable, quote
from archi.files import unreadable, write_file

Figure = int | str | dict[str, int | str]

NAME = "pyproject.toml"
ROOT = ("tool", "archi", "checks")
MAX_BYTES = 10_000_000
BOM = "\ufeff"
BARE = re.compile("[A-Za-z0-9_-]+")
HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)
EXAMPLE = 'wrn-28-10 = { params = "36.5M", macs = "<=5.3G" } checks that network'


class Entry(NamedTuple):
    """An assertion and its path in the document."""

    assertion: Assertion
    path: Path


class TargetChecks(NamedTuple):
    """A target, its assertions, and whether its lock waits to be filled in."""

    target: str
    path: Path
    entries: list[Entry]
    unfilled: bool

    @property
    def lock(self) -> Path:
        """The path of the lock."""
        return (*self.path, "lock")


class ChecksError(ArchiError):
    """All that is wrong with a file: `problems` are its places, and a line about each."""

    def __init__(self, message: str, problems: list[tuple[Place, str]]) -> None:
        super().__init__(message)
        self.problems = problems


def find_config() -> str:
    """Return the nearest `pyproject.toml`, in this folder or above. Raises ArchiError."""
    folder = os.getcwd()
    while not os.path.isfile(os.path.join(folder, NAME)):
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            raise ArchiError(
                f"there is no {NAME} in this folder or above",
                hint="give a TARGET, as in archi check wrn-28-10 --params 36.5M, or --config FILE",
            )
    return os.path.relpath(os.path.join(folder, NAME))


class ChecksFile:
    """A file as it was read: `targets` in its order, and `problems` as they are found.

    Raises ArchiError where the file can't be read, ChecksError where it is not TOML.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.content = _read(file)
        self.problems: list[tuple[int, str, str]] = []
        self.text = self._decode()
        self.data, self.places = self._parse()
        self.targets = self._targets()

    def place(self, path: Path) -> Place:
        """Return where a key stands."""
        return Place(self.file, self._line(self.places.keys[path][0]))

    def refuse(self, path: Path, error: ArchiError, *, value: bool = False) -> None:
        """Note that a key, or its value, is wrong; `raise_problems` tells."""
        spans = self.places.values if value and path in self.places.values else self.places.keys
        span = _inside(self.text, spans[path], error)
        self._problem(f"{_dotted(path)}: {error.message}", span, error.hint)

    def raise_problems(self) -> None:
        """Raise ChecksError where anything is wrong, with all of it in the file's order."""
        if not self.problems:
            return
        self.problems.sort(key=lambda problem: problem[0])
        shown = [text for _, _, text in self.problems]
        count = len(shown)
        message = shown[0] if count == 1 else f"{self.shown} has {count:,} problems\n\n"
        if count > 1:
            message += "\n\n".join(shown)
        raise ChecksError(
            message, [(Place(self.file, line), text) for line, text, _ in self.problems]
        )

    @property
    def shown(self) -> str:
        """The file's name, safe to print."""
        return printable(self.file)

    # --- reading ---------------------------------------------------------------------

    def _decode(self) -> str:
        try:
            return self.content.decode().removeprefix(BOM)
        except UnicodeDecodeError as error:
            line = self.content.count(b"\n", 0, error.start) + 1
            text = "it is not UTF-8, as TOML has to be"
            raise ChecksError(
                f"{self.shown}:{line}: {text}", [(Place(self.file, line), text)]
            ) from None

    def _parse(self) -> tuple[dict[str, Any], Places]:
        try:
            return toml_loads(self.text), places(self.text)
        except (ValueError, LookupError, RecursionError) as error:
            self._syntax_error(printable(str(error)))
            self.raise_problems()
            raise  # for the type checker: there is a problem

    def _syntax_error(self, message: str) -> None:
        problem, _, where = message.partition(" (at ")
        numbers = [int(number) for number in re.findall(r"\d+", where)]
        lines = self.text.split("\n")
        line, column = numbers if len(numbers) == 2 else (len(lines), len(lines[-1]) + 1)
        at = sum(len(each) + 1 for each in lines[: line - 1]) + column - 1
        header = [match.start() for match in HEADER.finditer(self.text, 0, at + 1)]
        ours = bool(header) and self.text.startswith("[tool.archi.checks", header[-1])
        hint = 'a target with @ , : or . goes in quotes: [tool.archi.checks."nasnet-a-7@1920"]'
        self._problem(f"not TOML: {problem}", (at, at + 1), hint if ours else "")

    def _problem(self, message: str, span: Span, hint: str) -> None:
        start = self.text.rfind("\n", 0, span[0]) + 1
        end = self.text.find("\n", start)
        source = self.text[start : len(self.text) if end < 0 else end].rstrip("\r")
        line = self._line(span[0])
        inside = (span[0] - start, min(span[1], start + len(source)) - start)
        lines = [f"{self.shown}:{line}: {message}", *caret(source, inside)]
        text = "\n".join([*lines, f"  {hint}"] if hint else lines)
        self.problems.append((line, message, text))

    def _line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    def _targets(self) -> list[TargetChecks]:
        table: Any = self.data
        for depth, key in enumerate(ROOT):
            if key not in table:
                raise self._no_checks(table if depth == 2 else {})
            table = table[key]
            if not isinstance(table, dict):
                self.refuse(ROOT[: depth + 1], ArchiError("has to be a table", hint=EXAMPLE))
                return []
        if not table:
            self.refuse(ROOT, ArchiError("holds no checks", hint=EXAMPLE))
        return [self._target((*ROOT, name), value) for name, value in table.items()]

    def _no_checks(self, table: Mapping[str, Any]) -> ArchiError:
        from difflib import get_close_matches

        near = get_close_matches("checks", table)
        if near:
            self.refuse((*ROOT[:2], near[0]), ArchiError("did you mean checks?"))
            self.raise_problems()
        return ArchiError(f"{self.shown} has no [tool.archi.checks]", hint=f"there, {EXAMPLE}")

    def _target(self, path: Path, table: Any) -> TargetChecks:
        found = TargetChecks(str(path[-1]), path, [], isinstance(table, dict) and _unfilled(table))
        if not isinstance(table, dict):
            hint = f'{_dotted(path)} = {{ params = "36.5M" }} checks its params'
            self.refuse(path, ArchiError("has to be a table of metrics", hint=hint), value=True)
            return found
        if not table:
            hint = 'params = "36.5M" would; lock = true locks its figures'
            self.refuse(path, ArchiError("checks nothing", hint=hint))
        for key, value in table.items():
            if key == "lock" and not found.unfilled:
                self._lock(found, value)
            elif key != "lock":
                self._entry(found, (*path, key), value)
        return found

    def _lock(self, found: TargetChecks, table: Any) -> None:
        if not isinstance(table, dict) or not table:
            hint = "lock = true, and archi check --update fills it in"
            error = ArchiError("has to be a table of figures", hint=hint)
            self.refuse(found.lock, error, value=True)
            return
        for key, value in table.items():
            self._entry(found, (*found.lock, key), value, locked=True)

    def _entry(self, found: TargetChecks, path: Path, value: Any, *, locked: bool = False) -> None:
        name = str(path[-1])
        try:
            known = metric(name)
        except ArchiError as error:
            if isinstance(value, dict) and not locked:
                name = f"{found.target}.{name}"
                error.hint = f'a target with a dot goes in quotes: "{printable(name)}"'
            self.refuse(path, error)
            return
        if any(e.assertion.metric == known and e.path[:-1] == path[:-1] for e in found.entries):
            self.refuse(path, ArchiError(f"{known.word} is there twice"))
            return
        try:
            found.entries.append(Entry(assertion(name, value, locked=locked), path))
        except ArchiError as error:
            self.refuse(path, error, value=True)

    # --- rewriting -------------------------------------------------------------------

    def rewrite(self, figures: Mapping[Path, Figure]) -> None:
        """Replace the values at these paths in the file and change nothing else.

        Raises ArchiError, and writes nothing, where the file has changed since it was
        read, or where its data would come out any other than wanted.
        """
        text, wanted = self.text, toml_loads(self.text)
        for path, figure in sorted(figures.items(), key=lambda each: self.places.values[each[0]],
                                   reverse=True):  # fmt: skip
            start, end = self.places.values[path]
            written, value = _written(figure, text[start:end])
            text = text[:start] + written + text[end:]
            _set(wanted, path, value)
        if repr(toml_loads(text)) != repr(wanted):  # repr: nan is not equal to itself
            raise ArchiError(f"archi can't update {self.shown} safely, so it did not")
        if _read(self.file) != self.content:
            raise ArchiError(f"{self.shown} changed while archi read it; nothing was written")
        bom = BOM if self.content.startswith(BOM.encode()) else ""
        write_file(self.file, (bom + text).encode())


def _read(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise unreadable(file, error) from None
    if len(content) > MAX_BYTES:
        raise ArchiError(f"{quote(file, 80)} has more than {MAX_BYTES:,} bytes")
    return content


def _unfilled(table: Mapping[str, Any]) -> bool:
    return table.get("lock") is True


def _inside(text: str, span: Span, error: ArchiError) -> Span:
    """Return what the error points at: a part of the key or value where it speaks of that."""
    start, end = span
    if error.span is None or not error.source:
        return span
    for quotes in (0, 1):
        if text[start + quotes : end - quotes] == error.source:
            return start + quotes + error.span[0], start + quotes + error.span[1]
    return span


def _dotted(path: Path) -> str:
    keys = [str(key) for key in path[len(ROOT) :] or path]
    return ".".join(key if BARE.fullmatch(key) else f'"{printable(key)}"' for key in keys)


def _written(figure: Figure, old: str) -> tuple[str, Any]:
    """Return a figure as TOML in the manner of the old one, and its value."""
    if isinstance(figure, dict):
        pairs = [f"{metric(key).word} = {_written(each, '')[0]}" for key, each in figure.items()]
        return f"{{ {', '.join(pairs)} }}", {metric(key).word: figure[key] for key in figure}
    if old.startswith(("'", '"')):
        mark = old[0]
        return f"{mark}{figure}{mark}", str(figure)
    if isinstance(figure, int):
        return (f"{figure:_}" if "_" in old else str(figure)), figure
    return f'"{figure}"', figure


def _set(data: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        data = data[key]  # type: ignore[index]
    data[path[-1]] = value  # type: ignore[index]
