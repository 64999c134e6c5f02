"""Assembly: ranks below each other, columns side by side, and edges through all of them."""

from __future__ import annotations

from typing import NamedTuple

from archi.pictures.drawing._coordinates import Column
from archi.pictures.drawing._folding import GUTTER, PLAIN_GUTTER, TURN, Extent
from archi.pictures.drawing._layering import TRACK, Layering, Size
from archi.pictures.drawing._ports import set_ports
from archi.pictures.drawing._routing import Net, route_channel

Point = tuple[float, float]
Bends = list[tuple[float, int]]  # x and track in a channel

RANK_GAP = 26  # between ranks; more where there are several tracks
FIRST_TRACK = 12  # from a rank to the first track below it
LAST_TRACK = 14  # from the last track to the rank below it: an arrow head and some line


class Detour(NamedTuple):
    """How a cut wire gets to the next columns."""

    below: float  # the y of its track below the column it leaves
    lane: float  # the x of its lane in the gutter
    above: float  # the y of its track above the columns


class Drawing:
    """A graph whose nodes have their places in columns; finds the heights and the routes.

    Ports, bends and the tops of ranks are in coordinates of their column; its place in
    the picture is in `offsets` and `tops`.
    """

    def __init__(self, sizes: list[Size], graph: Layering, columns: list[Column]) -> None:
        self.sizes = sizes
        self.graph = graph
        self.columns = columns
        self.column_of = [  # of each rank
            number for number, column in enumerate(columns) for _ in column.rows
        ]
        self.ports = set_ports(graph, sizes, columns)
        self.rank_top = [0.0] * len(graph.rows)
        self.rank_height = [0.0] * len(graph.rows)
        self.lane_bends: list[dict[int, Bends]] = [{} for _ in graph.rows]  # below each rank
        self.edge_bends: list[Bends] = [[] for _ in graph.edges]  # above their targets
        for column in columns:
            self._stack(column)
        exits = self._exits()
        self.bottoms = [self._bottom(column) for column in columns]
        self.offsets = self._offsets(exits)
        self.detours = self._detours(exits)
        highest = max((detour.above for detour in self.detours.values()), default=-TURN)
        self.top = highest + TURN  # where all columns start
        for column, groups in zip(columns, exits, strict=True):
            if groups:
                self.bottoms[self.column_of[column.start]] += TURN + TRACK * (len(groups) - 1)
        self.width = self.offsets[-1] + columns[-1].width
        self.height = self.top + max(self.bottoms)

    def extents(self) -> list[Extent]:
        """Return the extents of the ranks of a drawing of one column."""
        column = self.columns[0]
        extents = []
        for row, top, height in zip(column.rows, self.rank_top, self.rank_height, strict=True):
            half = [self.sizes[node][0] / 2 if node < self.graph.boxes else 0 for node in row]
            left = min(column.x[node] - h for node, h in zip(row, half, strict=True))
            right = max(column.x[node] + h for node, h in zip(row, half, strict=True))
            extents.append(Extent(top, top + height, left, right))
        return extents

    def boxes(self) -> list[Point]:
        """Return the upper left corner of every box."""
        corners = []
        for box, (width, _) in enumerate(self.sizes):
            number = self.column_of[self.graph.ranks[box]]
            x = self.offsets[number] + self.columns[number].x[box] - width / 2
            corners.append((x, self._box_top(box)))
        return corners

    def routes(self) -> list[list[Point]]:
        """Return the points that every edge runs through."""
        routes: list[list[Point]] = [[] for _ in self.graph.edges]
        for wire in range(len(self.graph.wires)):
            self._follow(wire, routes)
        return routes

    # Heights

    def _stack(self, column: Column) -> None:
        """Put the ranks of a column below each other, with room for the tracks between."""
        y = 0.0
        for rank, row in enumerate(column.rows, column.start):
            heights = [self.sizes[node][1] for node in row if node < self.graph.boxes]
            self.rank_top[rank] = y
            self.rank_height[rank] = max(heights)
            y += self.rank_height[rank]
            if rank < column.last:
                tracks = self._route_below(column, rank)
                y += max(RANK_GAP, FIRST_TRACK + (tracks - 1) * TRACK + LAST_TRACK)

    def _route_below(self, column: Column, rank: int) -> int:
        """Route the channel below a rank and return how many tracks it has."""
        graph = self.graph
        wires: list[int] = []
        for node in column.rows[rank - column.start]:
            wires += graph.leaving[node] if node < graph.boxes else [graph.owner[node]]
        nets = []
        for wire in wires:
            node = graph.node_at(wire, rank)
            top = self.ports.leaving[wire] if node < graph.boxes else column.x[node]
            nets.append(Net(top, self._pins(column, wire, rank + 1)))
        channel = route_channel(nets)
        for wire, bends in zip(wires, channel.bends, strict=True):
            edges = graph.edges_into(wire, rank + 1)
            for edge, bends_of_edge in zip(edges, bends, strict=False):
                self.edge_bends[edge] = bends_of_edge
            if len(bends) > len(edges):
                self.lane_bends[rank][wire] = bends[-1]
        return channel.tracks

    def _pins(self, column: Column, wire: int, rank: int) -> list[float]:
        """Return where a wire comes into a rank: at boxes, and last the lane it goes on in."""
        pins = [self.ports.entering[edge] for edge in self.graph.edges_into(wire, rank)]
        if self.graph.wires[wire].last > rank:
            lane = self.graph.node_at(wire, rank)
            pins += [column.x[lane]] if lane in column.x else []
        return pins

    # Columns

    def _bottom(self, column: Column) -> float:
        return self.rank_top[column.last] + self.rank_height[column.last]

    def _exits(self) -> list[list[list[int]]]:
        """Return the wires that leave each column at its bottom, grouped if they run as one."""
        exits: list[dict[tuple[int, int], list[int]]] = [{} for _ in self.columns]
        for number, wire in enumerate(self.graph.wires):
            rank = self.graph.ranks[wire.source]
            column = self.column_of[rank]
            last = self.columns[column].last
            if wire.last > last:
                key = (wire.source, -1 if rank == last else number)
                exits[column].setdefault(key, []).append(number)
        return [list(groups.values()) for groups in exits]

    def _offsets(self, exits: list[list[list[int]]]) -> list[float]:
        """Return the left borders of the columns."""
        offsets = []
        x = 0.0
        for column, groups in zip(self.columns, exits, strict=True):
            offsets.append(x)
            x += column.width
            x += 2 * GUTTER + TRACK * (len(groups) - 1) if groups else PLAIN_GUTTER
        return offsets

    def _detours(self, exits: list[list[list[int]]]) -> dict[int, Detour]:
        """Return the way each cut wire takes to its next columns.

        What goes farthest to the right has the leftmost lane, so that wires nest.
        """
        detours: dict[int, Detour] = {}
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
                below = self.bottoms[number] + TURN + place * TRACK
                lane = left + GUTTER + place * TRACK
                above = float((base + place) * TRACK)
                detours.update(dict.fromkeys(group, Detour(below, lane, above)))
                over.append((reach, base + place))
        return detours

    def _later_columns(self, wire: int, source: int) -> list[int]:
        """Return the columns where a wire has targets, without the one it starts in."""
        return sorted({self.column_of[rank] for rank in self.graph.ending[wire]} - {source})

    def _entries(self, wire: int, source: int) -> list[float]:
        """Return all x where a wire comes into columns from above."""
        entries = []
        for number in self._later_columns(wire, source):
            column = self.columns[number]
            pins = self._pins(column, wire, column.start)
            entries += [self.offsets[number] + pin for pin in pins]
        return entries

    # Routes

    def _box_top(self, box: int) -> float:
        """Return the y of a box, which is in the middle of its rank."""
        rank = self.graph.ranks[box]
        slack = self.rank_height[rank] - self.sizes[box][1]
        return self.top + self.rank_top[rank] + slack / 2

    def _follow(self, number: int, routes: list[list[Point]]) -> None:
        """Follow a wire and give each of its edges its route."""
        wire = self.graph.wires[number]
        rank = self.graph.ranks[wire.source]
        column = self.column_of[rank]
        bottom = self._box_top(wire.source) + self.sizes[wire.source][1]
        trunk = [(self.offsets[column] + self.ports.leaving[number], bottom)]
        trunk = self._descend(number, column, rank, trunk, routes)
        if number not in self.detours:
            return
        detour = self.detours[number]
        below = self.top + detour.below
        trunk += [(trunk[-1][0], below), (detour.lane, below), (detour.lane, detour.above)]
        for later in self._later_columns(number, column):
            start = self.columns[later].start
            edges = self.graph.edges_into(number, start)
            pins = self._pins(self.columns[later], number, start)
            turns = [(self.offsets[later] + pin, detour.above) for pin in pins]
            for edge, turn in zip(edges, turns, strict=False):
                routes[edge] = self._finish([*trunk, turn], edge)
            if len(turns) > len(edges):
                self._descend(number, later, start, [*trunk, turns[-1]], routes)

    def _descend(
        self, wire: int, column: int, rank: int, trunk: list[Point], routes: list[list[Point]]
    ) -> list[Point]:
        """Follow a wire to the end of a column, and return how it got there."""
        while rank < min(self.columns[column].last, self.graph.wires[wire].last):
            first = self.top + self.rank_top[rank] + self.rank_height[rank] + FIRST_TRACK
            for edge in self.graph.edges_into(wire, rank + 1):
                bends = self._points(self.edge_bends[edge], column, first)
                routes[edge] = self._finish(trunk + bends, edge)
            trunk = trunk + self._points(self.lane_bends[rank].get(wire, []), column, first)
            rank += 1
        return trunk

    def _points(self, bends: Bends, column: int, first: float) -> list[Point]:
        return [(self.offsets[column] + x, first + TRACK * track) for x, track in bends]

    def _finish(self, points: list[Point], edge: int) -> list[Point]:
        """Bring a route to its target, without the points that are no bends."""
        target = self.graph.edges[edge][1]
        route: list[Point] = []
        for point in [*points, (points[-1][0], self._box_top(target))]:
            if len(route) > 1 and (
                route[-1][0] == route[-2][0] == point[0] or route[-1][1] == route[-2][1] == point[1]
            ):
                route[-1] = point
            elif not route or route[-1] != point:
                route.append(point)
        return route
