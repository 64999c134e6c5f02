"""Scene: a finished drawing, the one description every picture format is written from.

Coordinates are in pixels at 96 to the inch, x to the right and y down, from the
upper left corner. Items are painted in order.
"""

from __future__ import annotations

from typing import NamedTuple

Point = tuple[float, float]


class Rect(NamedTuple):
    """A rectangle with rounded corners; `stroke` may be empty for no outline."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str
    radius: float = 0


class Text(NamedTuple):
    """A line of text, `width` wide, from `x` on, its baseline at `y`."""

    x: float
    y: float
    text: str
    width: float
    size: float
    bold: bool
    color: str


class Line(NamedTuple):
    """A line through points; an arrow has its head at the last one."""

    points: list[Point]
    color: str
    arrow: bool = False


class Group(NamedTuple):
    """The items of one box: its key in the diagram, and its place there (panel, index)."""

    key: str
    place: tuple[int, int]
    items: list[Rect | Text]
    tooltip: str


class Scene(NamedTuple):
    """A drawing on white, `width` by `height`."""

    title: str
    width: float
    height: float
    items: list[Rect | Text | Line | Group]
