"""The block level: layers fused into steps; cells drawn once beside their order.

A scope whose kind ends in "cell" is a cell. Where there are any, the first panel shows
the order in which they are stacked, and one panel for each kind its inside, as in
Figures 2 and 4 of Zoph et al. 2017.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from archi.analysis.stages import resolution
from archi.graph import Graph, Scope, Shape
from archi.pictures.diagram import Box, Diagram, Panel
from archi.pictures.diagrams._segments import Segment, segment_box, segments
from archi.pictures.diagrams._units import Edges, Unit, connect, gather
from archi.pictures.diagrams._words import params_line
from archi.units import sizes


def diagram(graph: Graph) -> Diagram:
    """Return the diagram of the blocks."""
    found = segments(graph)
    if not any(_cell(segment) for segment in found):
        boxes = [segment_box(segment, str(index)) for index, segment in enumerate(found)]
        return Diagram(graph.title, "", [Panel(boxes, connect(found))])
    units, edges = gather(found, _cell)
    return Diagram(graph.title, "", [_order(graph, units, edges), *_insides(units, edges)])


def _cell(segment: Segment) -> Scope | None:
    scope = segment.nodes[0].scope
    for each in scope.chain if scope else ():
        if each.kind.endswith("cell"):
            return each
    return None


def _order(graph: Graph, units: list[Unit], edges: Edges) -> Panel:
    """Return the panel in which a cell is one box."""
    resolutions: dict[Shape, int] = {}
    boxes = []
    for index, unit in enumerate(units):
        if unit.scope is None:
            boxes.append(segment_box(unit.segments[0], str(index)))
            continue
        size = resolution(graph, unit.output_shape)
        depth = resolutions.setdefault(size, len(resolutions))
        boxes.append(_cell_box(unit, unit.scope, str(index), depth))
    return Panel(boxes, edges)


def _cell_box(unit: Unit, scope: Scope, key: str, depth: int) -> Box:
    return Box(
        key=key,
        kind="cell",
        title=scope.kind,
        lines=(sizes(unit.output_shape), params_line(unit.params)),
        layers=unit.layers,
        depth=depth,
    )


def _insides(units: list[Unit], edges: Edges) -> list[Panel]:
    """Return a panel for each kind of cell: the inside that most cells of it have."""
    sources: list[list[int]] = [[] for _ in units]
    for a, b in edges:
        sources[b].append(a)
    kinds: dict[str, list[_Inside]] = {}
    for index, unit in enumerate(units):
        if unit.scope:
            inside = _inside(unit, [units[a] for a in sorted(sources[index], reverse=True)])
            kinds.setdefault(unit.scope.kind, []).append(inside)
    return [_panel(kind, insides) for kind, insides in kinds.items()]


class _Inside(NamedTuple):
    """A cell's segments and the edges between them; sources below 0 are its inputs."""

    unit: Unit
    edges: Edges

    @property
    def plan(self) -> tuple[object, ...]:
        """What two cells have in common if they differ in sizes alone."""
        words = tuple(segment_box(segment, "").title for segment in self.unit.segments)
        return (words, tuple(self.edges))


def _inside(unit: Unit, inputs: list[Unit]) -> _Inside:
    home = {segment.nodes[-1]: index for index, segment in enumerate(unit.segments)}
    ports = {node: -1 - index for index, each in enumerate(inputs) for node in each.nodes}
    edges = [
        (home[tensor.node] if tensor.node in home else ports[tensor.node], index)
        for index, segment in enumerate(unit.segments)
        for tensor in segment.nodes[0].inputs
    ]
    return _Inside(unit, edges)


PORTS = (
    ("h(i)", "output of the cell before"),
    ("h(i−1)", "output of the one before that"),
)


def _panel(kind: str, insides: list[_Inside]) -> Panel:
    plans = Counter(inside.plan for inside in insides)
    common, alike = plans.most_common(1)[0]
    shown = next(inside for inside in insides if inside.plan == common)
    count = max((-a for a, _ in shown.edges if a < 0), default=0)
    boxes = [
        Box(f"in{n}", "input", PORTS[n][0], (PORTS[n][1],), form="port")
        if n < len(PORTS)
        else Box(f"in{n}", "input", f"input {n + 1}", form="port")
        for n in range(count)
    ]
    boxes += [segment_box(each, str(index)) for index, each in enumerate(shown.unit.segments)]
    edges = [(-1 - a if a < 0 else a + count, b + count) for a, b in shown.edges]
    times = f" ×{len(insides)}" if len(insides) > 1 else ""
    return Panel(boxes, edges, kind.capitalize() + times, _note(alike, len(insides)))


def _note(alike: int, all: int) -> str:
    """Say how many cells are as drawn, where some bring their inputs to size otherwise."""
    return "" if alike == all else f"{alike} as drawn; {all - alike} differ in part"
