"""A chart of networks: parameters to the right, MACs upwards, both logarithmic."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import NamedTuple

from archi.analysis.counts import count
from archi.errors import ArchiError, printable, quote
from archi.graph import Graph
from archi.pictures.drawing.fonts import text_width
from archi.pictures.drawing.palette import FAINT, INK, STROKE
from archi.pictures.drawing.scene import Group, Line, Rect, Scene, Text
from archi.units import si

WIDTH, HEIGHT = 640.0, 420.0  # of the field between the axes
LEFT, TOP, RIGHT, BOTTOM = 70.0, 40.0, 30.0, 52.0
SIZE = 11.0  # of text
DOT = 4.0  # radius of a network's point
MARK = "#4a86d0"
GRID = "#e4e6eb"
LABEL_LIMIT = 40


class Axis(NamedTuple):
    """A logarithmic axis from `low` to `high`, `start` to `end` in the drawing."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return where a value stands."""
        part = (log10(value) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return self.start + part * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """Round values on the axis: powers of ten, with 2 and 5 where those are few."""
        powers = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
        steps = (1, 2, 5) if log10(self.high / self.low) < 3 else (1,)
        values = [step * 10.0**power for power in powers for step in steps]
        return [value for value in values if self.low <= value <= self.high]


class Chart:
    """What the picture formats draw: a scene, and the resolution of pixel formats."""

    dpi: int | None = None

    def __init__(self, graphs: list[Graph]) -> None:
        self.scene = chart(graphs)


def chart(graphs: list[Graph]) -> Scene:
    """Return the chart of networks, each a point with its name.

    Raises ArchiError where a network has no parameters or no MACs: it has no place on
    logarithmic axes.
    """
    totals = [count(graph).totals for graph in graphs]
    points = [(g.title, t.params or 0, t.macs or 0) for g, t in zip(graphs, totals, strict=True)]
    for name, params, macs in points:
        if not params or not macs:
            raise ArchiError(f"{quote(name)} has no params or no MACs to draw it at")
    across = _axis([params for _, params, _ in points], LEFT, LEFT + WIDTH)
    up = _axis([macs for _, _, macs in points], TOP + HEIGHT, TOP)
    items: list[Rect | Text | Line | Group] = [
        *_grid(across, up),
        *_points([(name, across.at(params), up.at(macs)) for name, params, macs in points]),
    ]
    return Scene("params and MACs", LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM, items)


def _axis(values: list[int], start: float, end: float) -> Axis:
    """Return an axis with some room on both sides of the values."""
    low, high = min(values), max(values)
    room = max((high / low) ** 0.12, 1.25)
    return Axis(low / room, high * room, start, end)


def _grid(across: Axis, up: Axis) -> list[Rect | Text | Line]:
    items: list[Rect | Text | Line] = []
    for tick in across.ticks:
        x = across.at(tick)
        items.append(Line([(x, TOP), (x, TOP + HEIGHT)], GRID))
        label = _round(tick)
        items.append(_text(label, x - text_width(label, SIZE) / 2, TOP + HEIGHT + 18))
    for tick in up.ticks:
        y = up.at(tick)
        items.append(Line([(LEFT, y), (LEFT + WIDTH, y)], GRID))
        label = _round(tick)
        items.append(_text(label, LEFT - 8 - text_width(label, SIZE), y + SIZE * 0.35))
    corners = [(LEFT, TOP), (LEFT, TOP + HEIGHT), (LEFT + WIDTH, TOP + HEIGHT)]
    items.append(Line(corners, STROKE))
    title = "params"
    place = LEFT + WIDTH - text_width(title, SIZE, bold=True)
    items.append(_text(title, place, TOP + HEIGHT + 40, bold=True))
    items.append(_text("MACs", LEFT - 8 - text_width("MACs", SIZE, bold=True), TOP - 16, bold=True))
    return items


def _round(tick: float) -> str:
    """Return a round value without the digits it does not need: 5 M, not 5.00 M."""
    number, space, prefix = si(tick).partition(" ")
    return f"{float(number):g}{space}{prefix}"


def _text(text: str, x: float, y: float, *, bold: bool = False) -> Text:
    color = INK if bold else FAINT
    return Text(x, y, text, text_width(text, SIZE, bold), SIZE, bold, color)


class Area(NamedTuple):
    """What is taken up by a point or a label."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Area) -> bool:
        """Whether two areas have a part in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


FIELD = Area(LEFT, TOP, LEFT + WIDTH, TOP + HEIGHT)


def _points(points: list[tuple[str, float, float]]) -> list[Group]:
    """Draw points, and names beside them where they hide neither points nor names."""
    taken = [Area(x - DOT, y - DOT, x + DOT, y + DOT) for _, x, y in points]
    groups = []
    for index, (name, x, y) in enumerate(points):
        label = printable(name)
        label = label if len(label) <= LABEL_LIMIT else label[: LABEL_LIMIT - 1] + "…"
        area = _free(_places(x, y, text_width(label, SIZE)), taken)
        taken.append(area)
        dot = Rect(x - DOT, y - DOT, 2 * DOT, 2 * DOT, MARK, "#ffffff", radius=DOT)
        text = _text(label, area.left, area.bottom - SIZE * 0.25)._replace(color=INK)
        groups.append(Group((0, index), [dot, text], printable(name)))
    return groups


def _places(x: float, y: float, width: float) -> list[Area]:
    """Return where a label may stand, the best first: right, left, above, below, further off."""
    near, half = DOT + 3, SIZE * 0.6
    places = []
    for away in (0.0, 14.0, 28.0, 42.0):
        for down in (0.0, -away - 2 * half, away + 2 * half) if away == 0 else (-away, away):
            places.append((x + near, y + down))
            places.append((x - near - width, y + down))
        places.append((x - width / 2, y - near - half - away))
        places.append((x - width / 2, y + near + half + away))
    return [Area(left, mid - half, left + width, mid + half) for left, mid in places]


def _free(places: list[Area], taken: list[Area]) -> Area:
    """Return the first place in the field that meets nothing, or that which meets least."""

    def hidden(area: Area) -> int:
        return sum(area.meets(other) for other in taken) + 10 * (not _within(area))

    return min(places, key=hidden)


def _within(area: Area) -> bool:
    return (
        area.left >= FIELD.left
        and area.right <= FIELD.right + RIGHT
        and area.top >= FIELD.top - TOP / 2
        and area.bottom <= FIELD.bottom
    )
