"""Ports: where edges leave boxes and come into them.

Every wire has a port of its own at the bottom of its source, every edge one at the top of
its target. They are in the order of where the edges go and come from, and the edge that is
in line with both its boxes has the one in the middle.
"""

from __future__ import annotations

from typing import NamedTuple

from archi.pictures.drawing._coordinates import Column
from archi.pictures.drawing._layering import PORT_INSET, Layering, Size

PORT_PITCH = 26  # between ports, where the box is wide enough
NARROW_PITCH = 4  # between ports, below which they are spread evenly, straight edge or not


class Ports(NamedTuple):
    """The x of the port where each wire leaves its source, and each edge enters its target."""

    leaving: list[float]
    entering: list[float]


def set_ports(graph: Layering, sizes: list[Size], columns: list[Column]) -> Ports:
    """Give all wires and edges their ports; x is that of the column."""
    place = [0] * len(graph.above)
    for row in graph.rows:
        for index, node in enumerate(row):
            place[node] = index
    arriving: list[list[tuple[int, int]]] = [[] for _ in sizes]  # wires and edges
    for number, wire in enumerate(graph.wires):
        for edge in wire.edges:
            arriving[graph.edges[edge][1]].append((number, edge))
    ports = Ports([0.0] * len(graph.wires), [0.0] * len(graph.edges))
    for column in columns:
        for rank, row in enumerate(column.rows, column.start):
            for box in row:
                if box < graph.boxes:
                    half = sizes[box][0] / 2
                    centre = float(column.x[box])
                    _set_entering(graph, column, place, ports, box, arriving[box], half)
                    if rank == column.last:
                        # Wires that go to the next column run as one.
                        for number in graph.leaving[box]:
                            ports.leaving[number] = centre
                    else:
                        _set_leaving(graph, column, place, ports, box, half)
    return ports


def _set_leaving(
    graph: Layering, column: Column, place: list[int], ports: Ports, box: int, half: float
) -> None:
    """Order the wires of a box by where they go."""
    rank = graph.ranks[box] + 1
    straight = column.aligned_below.get(box)
    keyed = []
    for wire in graph.leaving[box]:
        nodes = [graph.edges[edge][1] for edge in graph.edges_into(wire, rank)]
        if graph.wires[wire].last > rank:
            nodes.append(graph.node_at(wire, rank))
        middle = sum(place[node] for node in nodes) / len(nodes)
        keyed.append((middle, wire, straight in nodes))
    keyed.sort()
    xs = _spread([straight for *_, straight in keyed], column.x[box], half)
    for (_, wire, _), x in zip(keyed, xs, strict=True):
        ports.leaving[wire] = x


def _set_entering(
    graph: Layering,
    column: Column,
    place: list[int],
    ports: Ports,
    box: int,
    arriving: list[tuple[int, int]],
    half: float,
) -> None:
    """Order the edges that end at a box by where they come from."""
    rank = graph.ranks[box] - 1
    straight = column.aligned_above.get(box)
    keyed = []
    for wire, edge in arriving:
        node = graph.node_at(wire, rank)
        port = ports.leaving[wire] if node < graph.boxes else 0.0
        keyed.append((place[node], port, wire, edge, node == straight))
    keyed.sort()
    xs = _spread([straight for *_, straight in keyed], column.x[box], half)
    for (*_, edge, _), x in zip(keyed, xs, strict=True):
        ports.entering[edge] = x


def _spread(straight: list[bool], centre: float, half: float) -> list[float]:
    """Return the x of ports in a row; the first straight one is at the centre if possible."""
    count = len(straight)
    room = max(half - PORT_INSET, half * 0.6)
    even = min(PORT_PITCH, 2 * room / max(count - 1, 1))
    if True in straight:
        middle = straight.index(True)
        left = min(PORT_PITCH, room / max(middle, 1))
        right = min(PORT_PITCH, room / max(count - 1 - middle, 1))
        if min(left, right) >= min(NARROW_PITCH, even):
            steps = [left if port < middle else right for port in range(count)]
            return [
                centre + _whole((port - middle) * step, step) for port, step in enumerate(steps)
            ]
    return [centre + _whole((port - (count - 1) / 2) * even, even) for port in range(count)]


def _whole(offset: float, step: float) -> float:
    """Round an offset to a whole pixel where that keeps ports apart."""
    return round(offset) if step >= 4 else offset
