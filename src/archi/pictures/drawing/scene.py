"""Scene: a finished drawing, the one description every picture format is written from.

Coordinates are in pixels at 96 to the inch, x to the right and y down, from the
upper left corner. Items are painted in order.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

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


def arrow_head(points: list[Point], length: float = 7, width: float = 5) -> list[Point]:
    """Return the triangle at the end of a line."""
    (x0, y0), (x, y) = points[-2:]
    distance = abs(x - x0) + abs(y - y0)  # the last piece runs along an axis
    along, across = ((x - x0) / distance, (y - y0) / distance)
    back = (x - length * along, y - length * across)
    side = (across * width / 2, along * width / 2)
    return [
        (x, y),
        (back[0] - side[0], back[1] - side[1]),
        (back[0] + side[0], back[1] + side[1]),
    ]


class Group(NamedTuple):
    """The items of one box, and its place in the diagram (panel, index)."""

    place: tuple[int, int]
    items: list[Rect | Text]
    tooltip: str


class Scene(NamedTuple):
    """A drawing on white, `width` by `height`."""

    title: str
    width: float
    height: float
    items: list[Rect | Text | Line | Group]


class Picture(Protocol):
    """What can be written as PNG, SVG or PDF; `dpi` None leaves the resolution open."""

    @property
    def scene(self) -> Scene:
        """The drawing."""

    @property
    def dpi(self) -> int | None:
        """Pixels an inch."""
