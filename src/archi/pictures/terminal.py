"""A diagram in the terminal: boxes in rows, read like text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from archi.errors import printable
from archi.pictures.diagram import Box, Diagram, Panel
from archi.terminal import NAME_BREAKS, to_text, wrap

ARROW, NO_ARROW = "──▶", "   "
WIDTH = 100  # columns, where there is no terminal to fit
NARROWEST = 24
STYLES = {
    "input": Style(color="yellow"),
    "conv": Style(color="blue"),
    "pool": Style(color="green"),
    "merge": Style(color="red"),
    "dense": Style(color="magenta"),
    "cell": Style(color="cyan"),
}
BOLD, DIM = Style(bold=True), Style(dim=True)


def terminal(
    diagram: Diagram, width: int | None = None, color: str | None = None, ascii: bool = False
) -> str:
    """Return title, caption and first panel as lines of at most `width` columns."""
    room = max(width or WIDTH, NARROWEST)
    return to_text(_segments(diagram, room), width, color, ascii)


class _Drawn:
    """A box as lines, and whether an arrow leads to it from the box before."""

    def __init__(self, box: Box, lines: list[str], arrow: bool, room: int) -> None:
        self.style = STYLES.get(box.kind)
        self.arrow = arrow
        self.behind = 2 if box.form == "stack" else 0
        inner = room - len(ARROW) - 4 - self.behind
        self.lines = [shorten(printable(line), inner) for line in lines]
        self.inner = max(map(cell_len, self.lines))

    @property
    def width(self) -> int:
        return len(ARROW) + self.inner + 4 + self.behind

    def line(self, number: int, height: int) -> Iterator[Segment]:
        """Yield one of `height` lines inside the frame, or -1 and `height` for the frame."""
        arrow = ARROW if self.arrow and number == (height - 1) // 2 else NO_ARROW
        yield Segment(arrow, DIM)
        edge = {-1: "╭╮", height: "╰╯"}.get(number)
        if edge:
            yield Segment(
                edge[0] + "─" * (self.inner + 2) + edge[1] * (1 + self.behind), self.style
            )
            return
        text = self.lines[number] if number < len(self.lines) else ""
        left = (self.inner - cell_len(text)) // 2
        yield Segment("│ ", self.style)
        yield Segment(
            " " * left + text + " " * (self.inner - cell_len(text) - left),
            BOLD if number == 0 else DIM,
        )
        yield Segment(" " + "│" * (1 + self.behind), self.style)


def _segments(diagram: Diagram, room: int) -> Iterator[Segment]:
    for line in wrap(printable(diagram.title), room, NAME_BREAKS):
        yield Segment(line + "\n", BOLD)
    for line in wrap(printable(diagram.caption), room, " "):
        yield Segment(line + "\n", DIM)
    for row in _rows(_boxes(diagram.panels[0], room), room):
        height = max(len(drawn.lines) for drawn in row)
        for number in range(-1, height + 1):
            for drawn in row:
                yield from drawn.line(number, height)
            yield Segment.line()


def _boxes(panel: Panel, room: int) -> list[_Drawn]:
    """Return the boxes; those that read others than the one before them say which."""
    sources: list[list[int]] = [[] for _ in panel.boxes]
    for a, b in panel.edges:
        sources[b].append(a)
    branches = any(a != b - 1 for a, b in panel.edges)
    drawn = []
    for index, box in enumerate(panel.boxes):
        title = f"{index + 1}. {box.title}" if branches else box.title
        others = [str(a + 1) for a in sources[index] if a != index - 1]
        lines = [title, *box.lines, *([f"also reads {', '.join(others)}"] if others else [])]
        drawn.append(_Drawn(box, lines, index - 1 in sources[index], room))
    return drawn


def _rows(boxes: list[_Drawn], room: int) -> list[list[_Drawn]]:
    rows: list[list[_Drawn]] = []
    left = 0
    for box in boxes:
        if not rows or box.width > left:
            rows.append([])
            left = room
        rows[-1].append(box)
        left -= box.width
    return rows


def shorten(text: str, room: int) -> str:
    """Cut a text to `room` columns, with `…` where something is missing."""
    return text if cell_len(text) <= room else set_cell_size(text, room - 1).rstrip() + "…"
