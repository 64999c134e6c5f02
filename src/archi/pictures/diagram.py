"""Diagram: boxes and the edges between them, before anyone decides where they stand.

A diagram says what is drawn; `drawing/` gives it sizes, places and colours, and
`formats/` writes it in a format. All keys and texts follow from the graph
alone, so a network always gives the same diagram.
"""

from __future__ import annotations

from typing import NamedTuple


class Cell(NamedTuple):
    """A cell of a table box: plain text with a part that is bold, on a colour.

    `span` is how many columns it takes where that is said; 0 where it is not.
    """

    before: str = ""
    strong: str = ""
    after: str = ""
    fill: str = "white"
    color: str = "black"
    span: int = 0


class Box(NamedTuple):
    """A box of a diagram.

    `key` is unique in its panel. `kind` decides the colour: `input`, `conv`, `pool`,
    `merge`, `dense`, `norm`, `activation`, `shape`, `cell` or `other`. `form` is
    `box`, `pill` (a join of paths), `stack` (several alike), `port` (where a cell's
    input comes in) or `table` (rows of cells; its first row is the title).
    `layers` are the names of the layers it stands for, `repeats` how often the same
    comes in a row, `depth` how many resolutions above it repeated blocks have, for shades.
    """

    key: str
    kind: str
    title: str
    lines: tuple[str, ...] = ()
    form: str = "box"
    layers: tuple[str, ...] = ()
    repeats: int = 1
    depth: int = 0
    rows: tuple[tuple[Cell, ...], ...] = ()


class Panel(NamedTuple):
    """Boxes that are laid out together; an edge is a pair of indices into `boxes`.

    `title` and, smaller, `note` stand above them.
    """

    boxes: list[Box]
    edges: list[tuple[int, int]]
    title: str = ""
    note: str = ""


class Diagram(NamedTuple):
    """What one picture shows: a network in its first panel, its cells in the others.

    `direction` is the way the edges go: `down` or `right`.
    """

    title: str
    caption: str
    panels: list[Panel]
    direction: str = "down"
