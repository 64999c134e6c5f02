"""Units: segments gathered by the block or cell they belong to, and how units connect."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from archi.analysis.memory import total
from archi.graph import Node, Scope, Shape
from archi.pictures.diagrams._segments import Segment

Edges = list[tuple[int, int]]


class Unit(NamedTuple):
    """Segments that become one box; `scope` is None for a segment outside any."""

    scope: Scope | None
    segments: list[Segment]

    @property
    def nodes(self) -> list[Node]:
        """The layer calls inside."""
        return [node for segment in self.segments for node in segment.nodes]

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers inside, each once."""
        return tuple(dict.fromkeys(node.layer.name for node in self.nodes))

    @property
    def params(self) -> int | None:
        """Parameters inside; a layer called twice counts once. None where some are unknown."""
        return total(layer.params for layer in {node.layer for node in self.nodes})

    @property
    def output_shape(self) -> Shape:
        """The shape of what it gives."""
        return self.nodes[-1].outputs[0].shape


def connect(found: list[Segment]) -> Edges:
    """Return the edges between segments, one for each tensor that one reads of another."""
    home = {segment.nodes[-1]: index for index, segment in enumerate(found)}
    return [
        (home[tensor.node], index)
        for index, segment in enumerate(found)
        for tensor in segment.nodes[0].inputs
    ]


def gather(
    found: list[Segment], scope_of: Callable[[Segment], Scope | None]
) -> tuple[list[Unit], Edges]:
    """Return segments gathered by scope, and the edges between units, each once.

    A scope that is left and entered again can lie on a cycle; it stays in segments.
    """
    scopes = [scope_of(segment) for segment in found]
    edges = connect(found)
    while True:
        units: dict[object, Unit] = {}
        for index, (segment, scope) in enumerate(zip(found, scopes, strict=True)):
            units.setdefault(scope or index, Unit(scope, [])).segments.append(segment)
        numbers = {key: number for number, key in enumerate(units)}
        home = [numbers[scope or index] for index, scope in enumerate(scopes)]
        between = list(dict.fromkeys((home[a], home[b]) for a, b in edges if home[a] != home[b]))
        cyclic = _on_cycles(len(units), between)
        if not cyclic:
            return list(units.values()), between
        scopes = [
            None if number in cyclic else scope for number, scope in zip(home, scopes, strict=True)
        ]


def _on_cycles(count: int, edges: Edges) -> set[int]:
    """Return what can't be ordered: the vertices on cycles and those behind them."""
    waiting = [0] * count
    targets: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        waiting[target] += 1
        targets[source].append(target)
    ready = [vertex for vertex in range(count) if not waiting[vertex]]
    for vertex in ready:  # grows while it is walked through
        for target in targets[vertex]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return set(range(count)) - set(ready)
