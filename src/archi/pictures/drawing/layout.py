"""Layout: where boxes stand and how the edges between them run.

A layered drawing (Sugiyama, Tagawa & Toda 1981) with orthogonal edges, made for neural
networks: the longest path is a straight line, skip connections run beside it in lanes,
and a tall picture is folded into columns. The steps are in `_layering`, `_coordinates`,
`_ports`, `_routing`, `_folding` and `_assembly`. Everything is computed for edges that
go down; a picture that goes to the right is its transpose. The same input always gives
the same placement.
"""

from __future__ import annotations

from math import log, sqrt
from typing import NamedTuple

from archi.pictures.drawing._assembly import Drawing, Point
from archi.pictures.drawing._coordinates import main_path, place_column
from archi.pictures.drawing._folding import choose_cuts, crossing_boxes, split
from archi.pictures.drawing._layering import BOX_GAP, Edge, Layering, Size, layering

WIDEST = 3.0  # width by height, above which wide ranks are spread over several
LOOP = 12.0  # how far an edge from a box to itself goes out
NARROWING = (1.5, 0.8, 0.4)  # tried as width by height of the area that boxes need


class Placement(NamedTuple):
    """Where everything is, within `width` × `height`.

    `boxes` are upper left corners in order of the sizes. `routes`, in order of the edges,
    are polylines of horizontal and vertical segments from the border of the source to
    the border of the target.
    """

    width: float
    height: float
    boxes: list[Point]
    routes: list[list[Point]]


def place(
    sizes: list[Size],
    edges: list[Edge],
    *,
    direction: str = "down",
    folds: int | None = None,
) -> Placement:
    """Lay out boxes of these sizes, joined by edges that go `down` or to the `right`.

    `folds` is the number of columns (of rows, for edges to the right); by default the
    picture comes out about as wide as high. Edges that share a source may run over each
    other until they part. An edge that closes a cycle runs against the others, one from a
    box to itself around its corner. Raises ValueError for so many long edges that nobody
    could follow them.
    """
    if direction not in ("down", "right"):
        raise ValueError(f"direction is down or right, not {direction!r}")
    if folds is not None and folds < 1:
        raise ValueError(f"folds is at least 1, not {folds}")
    if not sizes:
        return Placement(0.0, 0.0, [], [])
    if direction == "down":
        return _place_any(sizes, edges, folds)
    turned = _place_any([(height, width) for width, height in sizes], edges, folds)
    return Placement(
        turned.height,
        turned.width,
        [(y, x) for x, y in turned.boxes],
        [[(y, x) for x, y in route] for route in turned.routes],
    )


def _place_any(sizes: list[Size], edges: list[Edge], folds: int | None) -> Placement:
    """Lay out a graph that may have cycles, which `_place_down` can't."""
    back = closing(len(sizes), edges)
    if not back:
        return _place_down(sizes, edges, folds)
    turned = [(b, a) if i in back else (a, b) for i, (a, b) in enumerate(edges) if a != b]
    placed = _place_down(sizes, turned, folds)
    routes = iter(placed.routes)
    found = []
    for index, (source, target) in enumerate(edges):
        if source == target:
            found.append(_around_corner(placed.boxes[source], sizes[source]))
        else:
            route = next(routes)
            found.append(route[::-1] if index in back else route)
    margin = LOOP if any(source == target for source, target in edges) else 0.0
    return Placement(placed.width + margin, placed.height, placed.boxes, found)


def _around_corner(corner: Point, size: Size) -> list[Point]:
    """Return the way from a box's right side back to it, further down."""
    (x, y), (width, height) = corner, size
    right, upper, lower = x + width, y + height / 4, y + 3 * height / 4
    return [(right, upper), (right + LOOP, upper), (right + LOOP, lower), (right, lower)]


def closing(count: int, edges: list[Edge]) -> set[int]:
    """Return which edges close cycles: without them, or turned around, there is none.

    Found depth-first from the boxes in order; iterative, for networks deeper than the stack.
    """
    after: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for index, (source, target) in enumerate(edges):
        after[source].append((target, index))
    back: set[int] = set()
    state = [0] * count  # 1 while a box is on the way, 2 when all behind it was seen
    for start in range(count):
        stack = [(start, iter(after[start]))] if not state[start] else []
        state[start] = state[start] or 1
        while stack:
            box, pending = stack[-1]
            for target, index in pending:
                if state[target] == 1:
                    back.add(index)
                elif not state[target]:
                    state[target] = 1
                    stack.append((target, iter(after[target])))
                    break
            else:
                state[box] = 2
                stack.pop()
    return back


def _place_down(sizes: list[Size], edges: list[Edge], folds: int | None) -> Placement:
    graph = layering(sizes, edges)
    drawing = _in_one_column(sizes, graph)
    if folds is None:
        graph, drawing = _narrowed(sizes, edges, graph, drawing)
    if folds != 1:
        cuts = choose_cuts(drawing.extents(), crossing_boxes(graph), folds)
        if cuts:
            main = main_path(graph)
            columns = [
                place_column(graph, sizes, main, start, rows) for start, rows in split(graph, cuts)
            ]
            drawing = Drawing(sizes, graph, columns)
    return Placement(drawing.width, drawing.height, drawing.boxes(), drawing.routes())


def _in_one_column(sizes: list[Size], graph: Layering) -> Drawing:
    return Drawing(sizes, graph, [place_column(graph, sizes, main_path(graph), 0, graph.rows)])


def _narrowed(
    sizes: list[Size], edges: list[Edge], graph: Layering, drawing: Drawing
) -> tuple[Layering, Drawing]:
    """Spread ranks that make the picture too wide, such as thirty inputs side by side."""
    area = sum((width + BOX_GAP) * (height + BOX_GAP) for width, height in sizes)
    for ratio in NARROWING:
        if drawing.width <= WIDEST * drawing.height or len(graph.rows) == len(sizes):
            break
        narrower = layering(sizes, edges, sqrt(area * ratio))
        candidate = _in_one_column(sizes, narrower)
        if abs(log(candidate.width / candidate.height)) < log(drawing.width / drawing.height):
            graph, drawing = narrower, candidate
    return graph, drawing
