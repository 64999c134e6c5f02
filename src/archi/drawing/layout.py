"""Layout: where boxes stand and how the edges between them run.

A layered drawing (Sugiyama, Tagawa & Toda 1981) with orthogonal edges, made for neural
networks: the longest path is a straight line, skip connections run beside it in lanes,
and a tall picture is folded into columns. The steps are in `_layering`, `_coordinates`,
`_routing` and `_folding`. Everything is computed for edges that go down; a picture that
goes to the right is its transpose. The same input always gives the same placement.
"""

from __future__ import annotations

from typing import NamedTuple

from archi.drawing._coordinates import Column, main_path, place_column
from archi.drawing._folding import (
    GUTTER,
    PLAIN_GUTTER,
    TURN,
    Extent,
    choose_cuts,
    crossing_boxes,
    split,
)
from archi.drawing._layering import TRACK, Edge, Layering, Size, layering
from archi.drawing._routing import Net, route_channel, spread

Point = tuple[float, float]

RANK_GAP = 26  # between ranks; more where there are several tracks
FIRST_TRACK = 12  # from a rank to the first track below it
LAST_TRACK = 14  # from the last track to the rank below it: an arrow head and some line


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
    picture comes out about as wide as high. Raises ValueError if the graph has a cycle.
    """
    if direction not in ("down", "right"):
        raise ValueError(f"direction is down or right, not {direction!r}")
    if not sizes:
        return Placement(0.0, 0.0, [], [])
    if direction == "down":
        return _place_down(sizes, edges, folds)
    turned = _place_down([(height, width) for width, height in sizes], edges, folds)
    return Placement(
        turned.height,
        turned.width,
        [(y, x) for x, y in turned.boxes],
        [[(y, x) for x, y in route] for route in turned.routes],
    )


def _place_down(sizes: list[Size], edges: list[Edge], folds: int | None) -> Placement:
    graph = layering(sizes, edges)
    main = main_path(graph)
    drawing = _Drawing(sizes, edges, graph, [place_column(graph, sizes, main, 0, graph.rows)])
    if folds != 1:
        cuts = choose_cuts(drawing.extents(), crossing_boxes(graph), folds)
        if cuts:
            columns = [
                place_column(graph, sizes, main, start, rows)
                for start, rows in split(graph, edges, cuts)
            ]
            drawing = _Drawing(sizes, edges, graph, columns)
    return drawing.placement()


class _Drawing:
    """Columns side by side, with their ports, channels and heights, and the routes through them.

    All x are of a column until `offsets` are added; all y are of a column until `tops` are.
    """

    def __init__(
        self, sizes: list[Size], edges: list[Edge], graph: Layering, columns: list[Column]
    ) -> None:
        self.sizes = sizes
        self.edges = edges
        self.graph = graph
        self.columns = columns
        self.column_of = [0] * len(graph.rows)  # of each rank
        for number, column in enumerate(columns):
            for rank in range(column.start, column.start + len(column.rows)):
                self.column_of[rank] = number
        self.leaving: list[list[int]] = [[] for _ in sizes]  # the wires of each box
        self.arriving: list[list[tuple[int, int]]] = [[] for _ in sizes]  # wires and edges
        self.ending: list[dict[int, list[int]]] = []  # of each wire: rank → edges ending there
        for number, wire in enumerate(graph.wires):
            self.leaving[wire.source].append(number)
            ends: dict[int, list[int]] = {}
            for index in wire.edges:
                ends.setdefault(graph.ranks[edges[index][1]], []).append(index)
                self.arriving[edges[index][1]].append((number, index))
            self.ending.append(ends)
        self.port_out = [0.0] * len(graph.wires)
        self.port_in = [0.0] * len(edges)
        self._set_ports()
        # Of each rank: its top, its height, and the bends of wires and edges below it.
        self.rank_top = [0.0] * len(graph.rows)
        self.rank_height = [0.0] * len(graph.rows)
        self.lane_bends: list[dict[int, list[tuple[float, int]]]] = [{} for _ in graph.rows]
        self.edge_bends: list[dict[int, list[tuple[float, int]]]] = [{} for _ in graph.rows]
        for column in columns:
            self._stack(column)
        self.offsets: list[float] = []
        self.tops: list[float] = []

    def extents(self) -> list[Extent]:
        """Return the extents of ranks; for a drawing of one column."""
        column = self.columns[0]
        extents = []
        for rank, row in enumerate(column.rows):
            top = self.rank_top[rank]
            half = [self.sizes[node][0] / 2 if node < self.graph.boxes else 0 for node in row]
            left = min(column.x[node] - h for node, h in zip(row, half, strict=True))
            right = max(column.x[node] + h for node, h in zip(row, half, strict=True))
            extents.append(Extent(top, top + self.rank_height[rank], left, right))
        return extents

    def placement(self) -> Placement:
        """Join the columns and return where everything is."""
        exits = self._exits()
        self._place_columns(exits)
        tracks = self._gutter_lanes(exits)
        boxes: list[Point] = [(0.0, 0.0)] * len(self.sizes)
        for number, column in enumerate(self.columns):
            for row in column.rows:
                for node in row:
                    if node < self.graph.boxes:
                        x = column.x[node] - self.sizes[node][0] / 2 + self.offsets[number]
                        boxes[node] = (x, self._box_top(node))
        routes: list[list[Point]] = [[] for _ in self.edges]
        for number in range(len(self.graph.wires)):
            self._route(number, tracks, routes)
        width = self.offsets[-1] + self.columns[-1].width
        bottoms = [
            self.tops[number]
            + self._column_height(number)
            + (TURN + TRACK * (len(exits[number]) - 1) if exits[number] else 0)
            for number in range(len(self.columns))
        ]
        return Placement(width, max(bottoms), boxes, routes)

    # Ports

    def _set_ports(self) -> None:
        graph = self.graph
        order = [0] * len(graph.above)
        for row in graph.rows:
            for place, node in enumerate(row):
                order[node] = place
        for column in self.columns:
            for row in column.rows:
                for box in row:
                    if box < graph.boxes:
                        self._set_ports_in(column, box, order)
                        self._set_ports_out(column, box, order)

    def _set_ports_out(self, column: Column, box: int, order: list[int]) -> None:
        """Order the wires of a box by where they go."""
        rank = self.graph.ranks[box]
        keyed = []
        for number in self.leaving[box]:
            nodes = self._nodes_at(number, rank + 1)
            aligned = column.aligned_below.get(box, -1) in nodes
            keyed.append((sum(order[node] for node in nodes) / len(nodes), number, aligned))
        keyed.sort()
        middle = next((at for at, (*_, aligned) in enumerate(keyed) if aligned), None)
        if rank == self._last_rank(self.column_of[rank]):
            xs = [float(column.x[box])] * len(keyed)
        else:
            xs = spread(len(keyed), middle, column.x[box], self.sizes[box][0] / 2)
        for (_, number, _), x in zip(keyed, xs, strict=True):
            self.port_out[number] = x

    def _set_ports_in(self, column: Column, box: int, order: list[int]) -> None:
        """Order the edges that end at a box by where they come from."""
        rank = self.graph.ranks[box]
        keyed = []
        for number, index in self.arriving[box]:
            above = self._node_at(number, rank - 1)
            port = self.port_out[number] if above < self.graph.boxes else 0.0
            aligned = column.aligned_above.get(box, -1) == above
            keyed.append((order[above], port, number, index, aligned))
        keyed.sort()
        middle = next((at for at, (*_, aligned) in enumerate(keyed) if aligned), None)
        xs = spread(len(keyed), middle, column.x[box], self.sizes[box][0] / 2)
        for (_, _, _, index, _), x in zip(keyed, xs, strict=True):
            self.port_in[index] = x

    def _node_at(self, wire: int, rank: int) -> int:
        """Return the source of a wire, or the lane in which it passes a rank."""
        source = self.graph.wires[wire].source
        return source if self.graph.ranks[source] == rank else self.graph.lane(wire, rank)

    def _nodes_at(self, wire: int, rank: int) -> list[int]:
        """Return what a wire has in a rank: boxes where it ends, the lane in which it goes on."""
        nodes = [self.edges[index][1] for index in self.ending[wire].get(rank, [])]
        if self.graph.wires[wire].last > rank:
            nodes.append(self.graph.lane(wire, rank))
        return nodes

    # Heights

    def _stack(self, column: Column) -> None:
        """Put the ranks of a column below each other, with room for the tracks between."""
        y = 0.0
        for rank, row in enumerate(column.rows, column.start):
            boxes = [node for node in row if node < self.graph.boxes]
            self.rank_top[rank] = y
            self.rank_height[rank] = max((self.sizes[box][1] for box in boxes), default=0)
            y += self.rank_height[rank]
            if rank < column.start + len(column.rows) - 1:
                tracks = self._route_below(column, rank)
                y += max(RANK_GAP, FIRST_TRACK + (tracks - 1) * TRACK + LAST_TRACK)

    def _route_below(self, column: Column, rank: int) -> int:
        """Route the channel below a rank and return how many tracks it has."""
        wires = []
        for node in column.rows[rank - column.start]:
            wires += self.leaving[node] if node < self.graph.boxes else [self.graph.owner[node]]
        nets = []
        for wire in wires:
            top = self._x_at(column, wire, rank)
            bottoms = [self.port_in[index] for index in self.ending[wire].get(rank + 1, [])]
            bottoms += self._lane_x(column, wire, rank + 1)
            if bottoms:
                nets.append((wire, Net(top, bottoms)))
        channel = route_channel([net for _, net in nets])
        for (wire, _net), bends in zip(nets, channel.bends, strict=True):
            ends = self.ending[wire].get(rank + 1, [])
            for index, path in zip(ends, bends, strict=False):
                self.edge_bends[rank][index] = path
            if len(bends) > len(ends):
                self.lane_bends[rank][wire] = bends[-1]
        return channel.tracks

    def _x_at(self, column: Column, wire: int, rank: int) -> float:
        """Return where a wire leaves a rank."""
        node = self._node_at(wire, rank)
        return self.port_out[wire] if node < self.graph.boxes else column.x[node]

    def _lane_x(self, column: Column, wire: int, rank: int) -> list[float]:
        """Return the x of the lane of a wire in a rank, if it has one in the column."""
        if self.graph.wires[wire].last <= rank:
            return []
        lane = self.graph.lane(wire, rank)
        return [column.x[lane]] if lane in column.x else []

    # Columns

    def _last_rank(self, number: int) -> int:
        return self.columns[number].start + len(self.columns[number].rows) - 1

    def _column_height(self, number: int) -> float:
        last = self._last_rank(number)
        return self.rank_top[last] + self.rank_height[last]

    def _exits(self) -> list[list[list[int]]]:
        """Return the wires that leave each column at its bottom, grouped if they run as one."""
        exits: list[dict[tuple[int, int], list[int]]] = [{} for _ in self.columns]
        for number, wire in enumerate(self.graph.wires):
            rank = self.graph.ranks[wire.source]
            column = self.column_of[rank]
            if wire.last > self._last_rank(column):
                key = (wire.source, 0 if rank == self._last_rank(column) else number)
                exits[column].setdefault(key, []).append(number)
        return [list(groups.values()) for groups in exits]

    def _place_columns(self, exits: list[list[list[int]]]) -> None:
        x = 0.0
        for column, wires in zip(self.columns, exits, strict=True):
            self.offsets.append(x)
            x += column.width
            x += 2 * GUTTER + TRACK * (len(wires) - 1) if wires else PLAIN_GUTTER

    def _entries(self, wire: int, source: int) -> list[float]:
        """Return where a wire comes into columns from above; `source` is the one it starts in."""
        pins = []
        for number in sorted({self.column_of[rank] for rank in self.ending[wire]} - {source}):
            start = self.columns[number].start
            entries = [self.port_in[index] for index in self.ending[wire].get(start, [])]
            entries += self._lane_x(self.columns[number], wire, start)
            pins += [self.offsets[number] + x for x in entries]
        return pins

    def _gutter_lanes(self, exits: list[list[list[int]]]) -> dict[int, tuple[float, float, float]]:
        """Return the x of each cut wire's lane, and the y of its tracks below and above.

        What goes farthest to the right has the leftmost lane, so that wires nest.
        """
        lanes: dict[int, tuple[float, float, float]] = {}
        over: list[tuple[float, int]] = []  # of each track above the columns: its end, its number
        for number, groups in enumerate(exits):
            left = self.offsets[number] + self.columns[number].width
            base = max((track + 1 for end, track in over if end > left), default=0)
            reaching = [
                (max(x for wire in group for x in self._entries(wire, number)), group)
                for group in groups
            ]
            reaching.sort(key=lambda item: (-item[0], item[1]))
            for place, (reach, group) in enumerate(reaching):
                below = self._column_height(number) + TURN + place * TRACK
                lane = left + GUTTER + place * TRACK
                lanes.update(dict.fromkeys(group, (lane, below, (base + place) * TRACK)))
                over.append((reach, base + place))
        top = TURN + TRACK * max(track for _, track in over) if over else 0.0
        self.tops = [0.0] + [top] * (len(self.columns) - 1)
        return lanes

    # Routes

    def _box_top(self, box: int) -> float:
        """Return the y of a box, which is in the middle of its rank."""
        rank = self.graph.ranks[box]
        slack = self.rank_height[rank] - self.sizes[box][1]
        return self.tops[self.column_of[rank]] + self.rank_top[rank] + slack / 2

    def _route(
        self,
        number: int,
        tracks: dict[int, tuple[float, float, float]],
        routes: list[list[Point]],
    ) -> None:
        """Follow a wire down and give each of its edges its route."""
        wire = self.graph.wires[number]
        rank = self.graph.ranks[wire.source]
        column = self.column_of[rank]
        bottom = self._box_top(wire.source) + self.sizes[wire.source][1]
        trunk = [(self.offsets[column] + self.port_out[number], bottom)]
        trunk = self._descend(number, column, rank, trunk, routes)
        if number not in tracks:
            return
        lane, below, above = tracks[number]
        below += self.tops[column]
        trunk += [(trunk[-1][0], below), (lane, below), (lane, above)]
        for later in sorted({self.column_of[rank] for rank in self.ending[number]} - {column}):
            start = self.columns[later].start
            for index in self.ending[number].get(start, []):
                pin = self.offsets[later] + self.port_in[index]
                routes[index] = self._finish([*trunk, (pin, above)], index)
            for x in self._lane_x(self.columns[later], number, start):
                entered = [*trunk, (self.offsets[later] + x, above)]
                self._descend(number, later, start, entered, routes)

    def _descend(
        self, number: int, column: int, rank: int, trunk: list[Point], routes: list[list[Point]]
    ) -> list[Point]:
        """Follow a wire to the end of a column, and return how it got there."""
        last = min(self._last_rank(column), self.graph.wires[number].last)
        while rank < last:
            below = self.tops[column] + self.rank_top[rank] + self.rank_height[rank] + FIRST_TRACK
            for index in self.ending[number].get(rank + 1, []):
                bends = self._points(self.edge_bends[rank][index], column, below)
                routes[index] = self._finish(trunk + bends, index)
            trunk = trunk + self._points(self.lane_bends[rank].get(number, []), column, below)
            rank += 1
        return trunk

    def _points(self, bends: list[tuple[float, int]], column: int, top: float) -> list[Point]:
        return [(self.offsets[column] + x, top + TRACK * track) for x, track in bends]

    def _finish(self, points: list[Point], index: int) -> list[Point]:
        """Bring a route to its target; points that are no bends are left out."""
        target = self.edges[index][1]
        route: list[Point] = []
        for point in [*points, (points[-1][0], self._box_top(target))]:
            if len(route) > 1 and (
                route[-1][0] == route[-2][0] == point[0] or route[-1][1] == route[-2][1] == point[1]
            ):
                route[-1] = point
            elif not route or route[-1] != point:
                route.append(point)
        return route
