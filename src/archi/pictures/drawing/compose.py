"""Diagram → Scene: boxes get their sizes, the layout their places, panels theirs."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log, sqrt

from archi.errors import ArchiError
from archi.pictures.diagram import Box, Cell, Diagram, Panel
from archi.pictures.drawing.fonts import text_width
from archi.pictures.drawing.layout import Placement, place
from archi.pictures.drawing.palette import EDGE, FAINT, INK, STROKE, fill
from archi.pictures.drawing.scene import Group, Line, Rect, Scene, Text

MARGIN = 16.0  # around the picture
PADDING = 12.0  # between a box's side and its text
GAP = 40.0  # between panels
TITLE, SMALL = 12.0, 10.0  # sizes of text
LEADING = 1.35  # line height by size of text
STACK = 4.0  # offset of each box behind the first of a stack
BEHIND = 2  # how many boxes are seen behind
MIN_WIDTH = 64.0
TABLE_SIZE = 11.0
MAX_COLUMNS = 50
WIDEST = 2.9  # width by height of what runs to the right

Item = Rect | Text | Line | Group


def compose(diagram: Diagram, folds: int | None = None) -> Scene:
    """Return the drawing of a diagram. `folds` as in `layout.place`, for the first panel.

    Raises ArchiError for a diagram that can't be laid out: it has too many long edges.
    """
    main, *others = diagram.panels
    sides = [_Block(panel, _place(panel)) for panel in others]
    first = _fitting(main, diagram.direction, folds, sides)
    items: list[Item] = first.items(0, MARGIN, MARGIN)
    x = MARGIN + first.width + GAP
    y = MARGIN
    for index, block in enumerate(sides, 1):
        items += block.items(index, x, y)
        y += block.height + GAP
    width, height = _extent(first.width, first.height, sides)
    return Scene(diagram.title, width + 2 * MARGIN, height + 2 * MARGIN, items)


class _Block:
    """A panel with its layout and, above it, its title."""

    def __init__(self, panel: Panel, placement: Placement) -> None:
        self.panel = panel
        self.placement = placement
        self.heading = [line for line in (panel.title, panel.note) if line]
        self.top = len(self.heading) * TITLE * LEADING + (8 if self.heading else 0)
        widths = [_heading_width(line, index) for index, line in enumerate(self.heading)]
        self.width = max([placement.width, *widths])
        self.height = placement.height + self.top

    def items(self, number: int, x: float, y: float) -> list[Item]:
        """Return what the panel draws with its upper left corner at a point."""
        items: list[Item] = []
        baseline = y
        for index, line in enumerate(self.heading):
            baseline += TITLE * LEADING
            items.append(_heading(line, index, x, baseline))
        y += self.top
        for route in self.placement.routes:
            items.append(Line([(x + a, y + b) for a, b in route], EDGE, arrow=True))
        sizes = _sizes(self.panel)
        for index, box in enumerate(self.panel.boxes):
            left, upper = self.placement.boxes[index]
            drawn = _draw(box, x + left, y + upper, *sizes[index])
            items.append(Group((number, index), drawn, tooltip(box)))
        return items


def _heading(line: str, index: int, x: float, y: float) -> Text:
    size, bold = (TITLE, True) if index == 0 else (SMALL, False)
    return Text(x, y, line, text_width(line, size, bold), size, bold, INK if bold else FAINT)


def _heading_width(line: str, index: int) -> float:
    return _heading(line, index, 0, 0).width


def _fitting(main: Panel, direction: str, folds: int | None, sides: list[_Block]) -> _Block:
    """Return the first panel, folded so that the picture has the form of a page.

    What runs to the right reads like text, in as few rows as a page allows; what runs
    down comes near a square, the other panels included.
    """
    if folds is not None or (direction == "down" and not sides):
        return _Block(main, _place(main, direction, folds))
    block = _Block(main, _place(main, direction, 1))
    number = _rows(block) if direction == "right" else _columns(block, sides)
    while number > 1:
        block = _Block(main, _place(main, direction, number))
        if direction == "down" or not _too_wide(block) or number >= len(main.boxes):
            break
        number += 1  # rows are not all of one length
    return block


def _too_wide(block: _Block) -> bool:
    return block.width + 2 * MARGIN > WIDEST * (block.height + 2 * MARGIN)


def _rows(row: _Block) -> int:
    """Return into how few rows a single one must at least be folded."""
    return ceil(sqrt(row.width / (WIDEST * row.height))) if _too_wide(row) else 1


def _columns(column: _Block, sides: list[_Block]) -> int:
    """Return how many columns, made of a single one, come nearest to a square with the sides."""

    def distance(number: int) -> float:
        width, height = _extent(number * column.width, column.height / number, sides)
        return abs(log(width / height))

    return min(range(1, MAX_COLUMNS + 1), key=distance)


def _place(panel: Panel, direction: str = "down", folds: int | None = None) -> Placement:
    try:
        return place(_sizes(panel), panel.edges, direction=direction, folds=folds)
    except ValueError as error:
        raise ArchiError(
            f"this picture can't be laid out: {error}", hint="try another --level, or .dot or .mmd"
        ) from None


def _extent(width: float, height: float, sides: list[_Block]) -> tuple[float, float]:
    """Return width and height of a panel of this size with the others in a column beside it."""
    if not sides:
        return width, height
    column = sum(block.height + GAP for block in sides) - GAP
    return width + GAP + max(block.width for block in sides), max(height, column)


def _sizes(panel: Panel) -> list[tuple[float, float]]:
    return [FORMS[box.form][0](box) for box in panel.boxes]


def _draw(box: Box, x: float, y: float, width: float, height: float) -> list[Rect | Text]:
    return FORMS[box.form][1](box, x, y, width, height)


def tooltip(box: Box) -> str:
    """Return what a box says and stands for, as lines."""
    layers = list(box.layers[:20]) + (["…"] if len(box.layers) > 20 else [])
    return "\n".join([box.title, *box.lines, *layers])


# A form is two functions: the size of a box, and what is drawn at a place of that size.


def _box_size(box: Box) -> tuple[float, float]:
    width = max(
        MIN_WIDTH,
        text_width(box.title, TITLE, bold=True),
        *(text_width(line, SMALL) for line in box.lines),
    )
    height = TITLE * LEADING + len(box.lines) * SMALL * LEADING
    return _even(width + 2 * PADDING), _even(height + (14 if box.lines else 10))


def _even(length: float) -> float:
    """Round up to an even number: centres and edges then lie on whole pixels."""
    return float(-(-length // 2) * 2)


def _draw_box(box: Box, x: float, y: float, width: float, height: float) -> list[Rect | Text]:
    return [
        Rect(x, y, width, height, fill(box.kind, box.depth), STROKE, radius=4),
        *_label(box, x, y, width, height),
    ]


def _draw_pill(box: Box, x: float, y: float, width: float, height: float) -> list[Rect | Text]:
    return [
        Rect(x, y, width, height, fill(box.kind), STROKE, radius=min(14, height / 2)),
        *_label(box, x, y, width, height),
    ]


def _draw_port(box: Box, x: float, y: float, width: float, height: float) -> list[Rect | Text]:
    return [
        Rect(x, y, width, height, "#ffffff", STROKE, radius=min(14, height / 2)),
        *_label(box, x, y, width, height),
    ]


def _stack_size(box: Box) -> tuple[float, float]:
    width, height = _box_size(box)
    return width + BEHIND * STACK, height + BEHIND * STACK


def _draw_stack(box: Box, x: float, y: float, width: float, height: float) -> list[Rect | Text]:
    inner = (width - BEHIND * STACK, height - BEHIND * STACK)
    color = fill(box.kind, box.depth)
    rects = [
        Rect(x + n * STACK, y + (BEHIND - n) * STACK, *inner, color, STROKE, radius=4)
        for n in range(BEHIND, -1, -1)
    ]
    return [*rects, *_label(box, x, y + BEHIND * STACK, *inner)]


def _label(box: Box, x: float, y: float, width: float, height: float) -> list[Rect | Text]:
    """Return the title and the small lines, centred in a rectangle."""
    lines = [(box.title, TITLE, True), *((line, SMALL, False) for line in box.lines)]
    total = sum(size * LEADING for _, size, _ in lines)
    baseline = y + (height - total) / 2
    texts: list[Rect | Text] = []
    for line, size, bold in lines:
        wide = text_width(line, size, bold)
        color = INK if bold else FAINT
        at = baseline + size * (1 + (LEADING - 1) / 2) - size * 0.12
        texts.append(Text(x + (width - wide) / 2, at, line, wide, size, bold, color))
        baseline += size * LEADING
    return texts


def _cell_width(cell: Cell) -> float:
    plain = text_width(cell.before + cell.after, TABLE_SIZE)
    return plain + text_width(cell.strong, TABLE_SIZE, bold=True) + 2 * PADDING


ROW = 30.0


def _table_size(box: Box) -> tuple[float, float]:
    width = max(sum(map(_cell_width, row)) for row in box.rows)
    return _even(width), len(box.rows) * ROW


def _draw_table(box: Box, x: float, y: float, width: float, height: float) -> list[Rect | Text]:
    items: list[Rect | Text] = []
    for row in box.rows:
        extra = (width - sum(map(_cell_width, row))) / len(row)
        left = x
        for cell in row:
            wide = _cell_width(cell) + extra
            items.append(Rect(left, y, wide, ROW, cell.fill, "#000000"))
            items += _cell_text(cell, left + PADDING + extra / 2, y + ROW / 2 + TABLE_SIZE * 0.36)
            left += wide
        y += ROW
    return items


def _cell_text(cell: Cell, x: float, y: float) -> list[Text]:
    texts = []
    for text, bold in ((cell.before, False), (cell.strong, True), (cell.after, False)):
        wide = text_width(text, TABLE_SIZE, bold)
        if text:
            texts.append(Text(x, y, text, wide, TABLE_SIZE, bold, cell.color))
        x += wide
    return texts


Size = Callable[[Box], tuple[float, float]]
Draw = Callable[[Box, float, float, float, float], list[Rect | Text]]
FORMS: dict[str, tuple[Size, Draw]] = {
    "box": (_box_size, _draw_box),
    "pill": (_box_size, _draw_pill),
    "port": (_box_size, _draw_port),
    "stack": (_stack_size, _draw_stack),
    "table": (_table_size, _draw_table),
}
