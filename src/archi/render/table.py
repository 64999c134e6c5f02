"""Text tables for the terminal, printed through Rich.

Rich's own `Table` takes half a second for a thousand rows, so the layout is done here
and handed to Rich as segments. A table too wide for the terminal gives way in steps,
each of which keeps every name readable: connections move under their row, shares of the
parameters go, class names get shorter, the other shares go, and only then are long names
wrapped at a `_`, `/` or `-`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.segment import Segment
from rich.style import Style

from archi.errors import printable
from archi.render._cells import BARS, NUMBERS, cell
from archi.report import Column, Fact, Facts, Report, Table
from archi.terminal import NAME_BREAKS, NARROWEST, pieces, to_text, width_of, wrap

BAR = 5  # columns of the bar in front of a percentage
BARRED = 10_000  # rows of a table with bars; of more none is a part of the whole that shows
WRAPPED = (("text", "verdict"), ("type",), ("name", "names", "shapes"))
PROSE_BREAKS = " /"
PROSE = 100  # columns of a paragraph where there is no terminal to fit

BOLD, DIM = Style(bold=True), Style(dim=True)
BLUE, GREEN, RED, YELLOW = (Style(color=c) for c in ("blue", "green", "red", "yellow"))
VERDICTS = {
    "equal": GREEN, "ok": GREEN, "differs": YELLOW, "failed": RED,
    "added": GREEN, "removed": RED, "changed": YELLOW, "moved": YELLOW, "renamed": BLUE,
    "follows": DIM, "high": RED, "medium": YELLOW, "low": DIM,
}  # fmt: skip

SHORT_TYPES = (
    ("Normalization", "Norm"),
    ("Average", "Avg"),
    ("Pooling", "Pool"),
    ("Separable", "Sep"),
    ("Depthwise", "DW"),
    ("Padding", "Pad"),
    ("Concatenate", "Concat"),
)


def render(
    report: Report, width: int | None = None, color: str | None = None, ascii: bool = False
) -> str:
    """Return the report as lines of at most `width` columns (None: as wide as it needs).

    `color` is a Rich colour system ("standard", "truecolor") or None for plain text;
    `ascii` keeps to ASCII characters.
    """
    return to_text(_segments(report, width), width, color, ascii)


def _segments(report: Report, width: int | None) -> Iterator[Segment]:
    yield from _lines(report.title, width, BOLD)
    for part in report.parts:
        if isinstance(part, Table) and not part.rows:
            continue
        yield Segment.line()
        if part.title:
            yield from _lines(part.title, width, BOLD)
        if isinstance(part, Table):
            yield from _Layout(part, width).segments()
        elif isinstance(part, Facts):
            yield from _facts(part.facts, width)
        else:
            yield from _lines(part.text, width, YELLOW if part.warning else None)


def _lines(text: str, width: int | None, style: Style | None) -> Iterator[Segment]:
    for line in wrap(printable(text), width or PROSE, " "):
        yield Segment(line + "\n", style)


def _facts(facts: list[Fact], width: int | None) -> Iterator[Segment]:
    facts = [
        Fact(printable(f.label), printable(f.value), printable(f.remark), f.quantity) for f in facts
    ]
    label = max(len(fact.label) for fact in facts)
    quantity = max((len(fact.value) for fact in facts if fact.quantity), default=0)
    for fact in facts:
        yield Segment(f"{fact.label:<{label}}  ")
        if fact.quantity:
            yield Segment(f"{fact.value:>{quantity}}", BOLD)
            fits = label + quantity + len(fact.remark) + 4 <= (width or PROSE)
            yield Segment((f"  {fact.remark}".rstrip() if fits else "") + "\n", DIM)
            continue
        room = (width or PROSE) - label - 2
        for i, line in enumerate(wrap(fact.value, room, " ")):
            yield Segment(" " * (label + 2 if i else 0) + line + "\n")


class _Layout:
    """Column widths and cell texts of one table, made to fit."""

    def __init__(self, table: Table, width: int | None) -> None:
        self.columns = list(table.columns)
        self.values = [[row[i] for row in table.rows] for i in range(len(self.columns))]
        self.cells = [
            [cell(column, value) for value in values]
            for column, values in zip(self.columns, self.values, strict=True)
        ]
        self.gap = 2
        self.bars = BARS if len(table.rows) <= BARRED else ()
        self.under: list[str] = [""] * len(table.rows)
        self.wraps = False  # whether a text may be wider than its column
        self.widths = [self._natural(i) for i in range(len(self.columns))]
        for column in table.columns:
            if not any(self._of(column.key)):
                self._drop(column.key)
        if width is not None:
            self._fit(width)

    def _natural(self, i: int) -> int:
        column = self.columns[i]
        bar = BAR + 1 if column.kind in self.bars else 0
        widest = max(map(width_of, self.cells[i]), default=0)
        return max(widest + bar, len(column.title))

    @property
    def total(self) -> int:
        return sum(self.widths) + self.gap * (len(self.widths) - 1)

    def _fit(self, width: int) -> None:
        steps = (
            lambda: self._move_under("inputs"),
            lambda: self._drop("fixed_in"),
            lambda: self._drop("cve"),
            lambda: self._drop("template"),
            lambda: self._drop("params_share"),
            self._close_up,
            self._shorten_types,
            lambda: self._drop("layers"),
            lambda: self._drop("macs_share"),
        )
        for step in steps:
            if self.total <= width:
                return
            step()
        self._wrap(width)

    def _of(self, key: str) -> list[str]:
        """The cells of an optional column, none where there is no such column."""
        keys = [column.key if column.optional else "" for column in self.columns]
        return self.cells[keys.index(key)] if key in keys else []

    def _move_under(self, key: str) -> None:
        self.under = self._of(key) or self.under
        self._drop(key)

    def _drop(self, key: str) -> None:
        for i, column in enumerate(self.columns):
            if column.key == key and column.optional:
                for part in (self.columns, self.cells, self.values, self.widths):
                    del part[i]
                return

    def _close_up(self) -> None:
        self.gap = 1

    def _shorten_types(self) -> None:
        for i, column in enumerate(self.columns):
            if column.kind == "type":
                self.cells[i] = [short_type(text) for text in self.cells[i]]
                self.widths[i] = self._natural(i)

    def _wrap(self, width: int) -> None:
        """Narrow the widest texts until the table fits: prose first, names last.

        Words are broken only where all columns are as narrow as their words.
        """
        for whole in (True, False):
            for kinds in WRAPPED:
                floors = {
                    i: self._longest_word(i) if whole else NARROWEST
                    for i, column in enumerate(self.columns)
                    if column.kind in kinds
                }
                self._narrow(floors, width)

    def _narrow(self, floors: dict[int, int], width: int) -> None:
        while self.total > width:
            above = [i for i, floor in floors.items() if self.widths[i] > floor]
            if not above:
                return
            self.widths[max(above, key=lambda i: self.widths[i])] -= 1
            self.wraps = True

    def _longest_word(self, i: int) -> int:
        breaks = self._breaks(i)
        words = (width_of(w.rstrip()) for text in self.cells[i] for w in pieces(text, breaks))
        return max(NARROWEST, len(self.columns[i].title), *words)

    def _breaks(self, i: int) -> str:
        return PROSE_BREAKS if self.columns[i].kind in ("text", "verdict") else NAME_BREAKS

    def segments(self) -> Iterator[Segment]:
        if any(column.title for column in self.columns):
            titles = [self._pad(i, column.title) for i, column in enumerate(self.columns)]
            yield Segment((" " * self.gap).join(titles).rstrip() + "\n", BOLD)
            yield Segment("─" * self.total + "\n", DIM)
        largest = self._largest()
        for number in range(len(self.under)):
            yield from self._row(number, largest)

    def _largest(self) -> list[float]:
        """The value whose bar is full, by column: that of its scale, or its own."""
        scales: dict[str | int, float] = {}
        keys = [column.scale or i for i, column in enumerate(self.columns)]
        for key, column, values in zip(keys, self.columns, self.values, strict=True):
            if column.kind in BARS:
                scales[key] = max([scales.get(key, 0), *(v for v in values if v)])
        return [scales.get(key, 0) for key in keys]

    def _row(self, number: int, largest: list[float]) -> Iterator[Segment]:
        wrapped = [self._cell_lines(i, self.cells[i][number]) for i in range(len(self.columns))]
        for line in range(max(map(len, wrapped))):
            pending = 0  # spaces owed, so that no line ends in them
            for i, column in enumerate(self.columns):
                text = wrapped[i][line] if line < len(wrapped[i]) else ""
                value = self.values[i][number]
                with_bar = column.kind in self.bars and bool(text)
                if with_bar:
                    yield Segment(" " * pending + bar(value or 0, largest[i]), BLUE)
                    text, pending = f"{text:>{self.widths[i] - BAR}}", 0
                shown = text if with_bar else self._pad(i, text)
                stripped = shown.rstrip()
                if stripped:
                    yield Segment(" " * pending + stripped, _style(column, value))
                    pending = 0
                pending += len(shown) - len(stripped) + self.gap
            yield Segment.line()
        if self.under[number]:
            yield from self._under(self.under[number])

    def _under(self, text: str) -> Iterator[Segment]:
        for i, line in enumerate(wrap(text, max(self.total - 4, NARROWEST), " ")):
            yield Segment(("    " if i else "  ← ") + line + "\n", DIM)

    def _cell_lines(self, i: int, text: str) -> list[str]:
        if not self.wraps or self.columns[i].kind in NUMBERS:
            return [text]
        return wrap(text, self.widths[i], self._breaks(i))

    def _pad(self, i: int, text: str) -> str:
        space = " " * (self.widths[i] - width_of(text))
        return space + text if self.columns[i].kind in NUMBERS else text + space


def _style(column: Column, value: Any) -> Style | None:
    if column.kind in ("type", "share") or value in (0, None):
        return DIM
    if column.kind == "verdict":
        return VERDICTS.get(str(value).partition(" ")[0].rstrip(","))
    return None


def short_type(name: str) -> str:
    """Return a class name in brief: `GlobalAveragePooling2D` → `GlobalAvgPool2D`."""
    for long, short in SHORT_TYPES:
        name = name.replace(long, short)
    return name


def bar(value: float, largest: float) -> str:
    """Return a bar of `BAR` columns, full for the largest value, in eighths of a column."""
    eighths = round(value / largest * BAR * 8) if largest else 0
    full, part = divmod(eighths, 8)
    return ("█" * full + " ▏▎▍▌▋▊▉"[part].strip()).ljust(BAR)
