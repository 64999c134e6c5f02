"""What a person sees when something is wrong.

An error is data: a message, the text it speaks of, the span in that text, and a
hint that says what would work. It is worded where it is raised and printed once,
by the command line.
"""

from __future__ import annotations

QUOTE_LIMIT = 72  # columns of the offending text shown above the caret


class ArchiError(Exception):
    """One clear message for a person; the command line exits with `exit_code`.

    `span` is a (start, end) pair of indices into `source`; the rendered message
    points there with a caret line.
    """

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        source: str = "",
        span: tuple[int, int] | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.span = span
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.message]
        if self.span is not None and self.source:
            lines += caret(self.source, self.span)
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


class SpecError(ArchiError):
    """A spec string that names no network archi can build."""


class LayerError(ArchiError):
    """A layer with an argument it can't have, or called on shapes it can't take."""


class GraphError(ArchiError):
    """Layers that do not make one network."""


class ReadError(ArchiError):
    """A file that can't be read, is not what it says it is, or is beyond a bound."""


class FamilyError(ArchiError):
    """A family of another package that can't be used."""


class MachineLacks(ArchiError):
    """The backend has no kernel for a network on this machine; that is no fault of the network."""


class KerasMissing(ArchiError):
    """Real Keras is needed and can't be imported."""


def printable(text: str) -> str:
    r"""Return `text` with everything that is not printable written as `\x..`/`\u....`.

    Keeps control codes, bidi marks and the like away from the terminal.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def quote(text: str, limit: int = 40) -> str:
    """Return `text` in quotes, printable and cut to `limit` characters."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return f"'{printable(shown)}'"


def caret(source: str, span: tuple[int, int]) -> list[str]:
    """Return two lines: the part of `source` around `span`, and carets under the span."""
    start, end = max(0, min(span[0], len(source))), min(span[1], len(source))
    first = max(0, start - QUOTE_LIMIT // 2)
    last = min(len(source), first + QUOTE_LIMIT)
    before = ("…" if first else "") + printable(source[first:start])
    marked = printable(source[start : min(end, last)])
    after = printable(source[min(end, last) : last]) + ("…" if last < len(source) else "")
    return [
        f"  {before}{marked}{after}",
        f"  {' ' * columns(before)}{'^' * max(1, columns(marked))}",
    ]


def columns(text: str) -> int:
    """Return how many terminal columns `text` takes: wide characters take two."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in printable(text)
    )


def one_of(words: list[str]) -> str:
    """Return "a", "a or b", "a, b or c"."""
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
