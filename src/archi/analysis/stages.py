"""Stages and blocks: how the rows of a network group, and what each group sums to.

A stage is what the builder declared as an outermost scope; layers outside any scope
form runs at one spatial resolution. An input belongs to the stage that reads it.
"""

from __future__ import annotations

from typing import NamedTuple

from archi.analysis.counts import LayerCount, total
from archi.graph import Graph, Scope, Shape
from archi.layers import Layer


class Group(NamedTuple):
    """Layers that are shown as one row: their scope (None for a run) and their name."""

    name: str
    scope: Scope | None
    rows: list[LayerCount]

    @property
    def params(self) -> int | None:
        """Parameters of the group's layers, None where those of one are unknown."""
        return total(row.params for row in self.rows)

    @property
    def trainable_params(self) -> int | None:
        """Trainable parameters of the group's layers, None where those of one are unknown."""
        return total(row.trainable_params for row in self.rows)

    @property
    def macs(self) -> int | None:
        """MACs of the group's layers, None where one is unknown."""
        return total(row.macs for row in self.rows)

    @property
    def flops(self) -> int | None:
        """FLOPs of the group's layers, None where one is unknown."""
        return total(row.flops for row in self.rows)

    @property
    def output_shape(self) -> Shape:
        """Shape of what the group's last layer gives."""
        return self.rows[-1].output_shapes[-1]

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """The kinds of blocks inside and how many of each, in order of appearance."""
        blocks: dict[str, str] = {}
        for row in self.rows:
            block = _block(row)
            if block and block.kind:
                blocks[block.path] = block.kind
        kinds = list(blocks.values())
        return [(kind, kinds.count(kind)) for kind in dict.fromkeys(kinds)]


def stages(graph: Graph, rows: list[LayerCount]) -> list[Group]:
    """Return the stages in the order in which the network enters them."""
    run = _Runs(graph)
    places = {
        row.layer: row.scope.chain[0] if row.scope else run.name_of(row)
        for row in rows
        if row.inputs
    }
    readers = {name: row.layer for row in reversed(rows) for name in row.inputs}
    for row in rows:
        if not row.inputs:
            places[row.layer] = places.get(readers.get(row.layer.name, row.layer), row.layer.name)
    return _group(rows, places)


def blocks(rows: list[LayerCount]) -> list[Group]:
    """Return blocks, and every layer outside a block as a group of its own."""
    return _group(rows, {row.layer: _block(row) or row.layer.name for row in rows})


def _block(row: LayerCount) -> Scope | None:
    chain = row.scope.chain if row.scope else ()
    return chain[1] if len(chain) > 1 else None


def _group(rows: list[LayerCount], places: dict[Layer, Scope | str]) -> list[Group]:
    """Group rows that have one place; a group need not be contiguous."""
    groups: dict[Scope | str, Group] = {}
    for row in rows:
        place = places[row.layer]
        scope = place if isinstance(place, Scope) else None
        name = place.path if isinstance(place, Scope) else place
        groups.setdefault(place, Group(name, scope, [])).rows.append(row)
    return list(groups.values())


class _Runs:
    """Names of runs of one resolution: `56×56`, and `56×56 (2)` when it comes back."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.seen: dict[str, int] = {}
        self.last = ""

    def name_of(self, row: LayerCount) -> str:
        size = resolution(self.graph, row.output_shapes[-1])
        label = "×".join("?" if n is None else str(n) for n in size) or "vector"
        if label != self.last:
            self.seen[label] = self.seen.get(label, 0) + 1
            self.last = label
        return label if self.seen[label] == 1 else f"{label} ({self.seen[label]})"


def resolution(graph: Graph, shape: Shape) -> tuple[int | None, ...]:
    """Return the spatial sizes in a shape; none for vectors."""
    return shape[1:-1] if graph.data_format == "channels_last" else shape[2:]


def stage_resolution(graph: Graph, group: Group) -> tuple[int | None, ...] | None:
    """Return the resolution a stage ends at, None where it ends in a vector."""
    return resolution(graph, group.output_shape) or None


def fold_repeats(groups: list[Group]) -> list[list[Group]]:
    """Put neighbouring blocks that are alike into one list: same kind, output and counts."""
    folded: list[list[Group]] = []
    for group in groups:
        if folded and group.scope and _alike(folded[-1][-1], group):
            folded[-1].append(group)
        else:
            folded.append([group])
    return folded


def _alike(a: Group, b: Group) -> bool:
    def signature(group: Group) -> tuple[object, ...]:
        classes = sorted(row.layer.class_name for row in group.rows)
        kind = group.scope.kind if group.scope else ""
        return kind, group.output_shape, group.params, group.macs, classes

    same_stage = a.scope is not None and b.scope is not None and a.scope.parent is b.scope.parent
    return same_stage and signature(a) == signature(b)
