"""The stage level: one box a stage, repeated blocks as a stack with how often they come."""

from __future__ import annotations

from archi.analysis.memory import total
from archi.analysis.stages import resolution
from archi.graph import Graph, Scope, Shape
from archi.pictures.diagram import Box, Diagram, Panel
from archi.pictures.diagrams._segments import Segment, segment_phrase, segments
from archi.pictures.diagrams._units import Edges, Unit, gather
from archi.pictures.diagrams._words import params_line, scaling
from archi.units import sizes


def diagram(graph: Graph) -> Diagram:
    """Return the diagram of the stages, from left to right."""
    units, edges = gather(segments(graph), _block)
    stacks = _stack(units, edges)
    home = {member: index for index, stack in enumerate(stacks) for member in stack}
    between = dict.fromkeys((home[a], home[b]) for a, b in edges if home[a] != home[b])
    before: dict[int, int] = {}  # the unit just before each
    for a, b in edges:
        before[b] = max(a, before.get(b, 0))
    resolutions: dict[Shape, int] = {}
    boxes = []
    for key, stack in enumerate(stacks):
        members = [units[index] for index in stack]
        entered = units[before[stack[0]]] if stack[0] in before else None
        boxes.append(_box(graph, str(key), members, entered, resolutions))
    return Diagram(graph.title, "", [Panel(boxes, list(between))], direction="right")


def _block(segment: Segment) -> Scope | None:
    """Return the block a segment lies in: the scope inside the stage."""
    scope = segment.nodes[0].scope
    chain = scope.chain if scope else ()
    return chain[1] if len(chain) > 1 else None


def _stack(units: list[Unit], edges: Edges) -> list[list[int]]:
    """Put blocks of one kind that follow each other in one stage together.

    A block joins a stack if all it reads is in the stack or came before it, so that
    stacks never form a cycle.
    """
    sources: list[list[int]] = [[] for _ in units]
    for a, b in edges:
        sources[b].append(a)
    stacks: list[list[int]] = []
    stack_of: dict[int, list[int]] = {}
    for index, unit in enumerate(units):
        before = stack_of.get(max(sources[index], default=-1), [])
        alike = bool(before) and _alike(units[before[-1]], unit)
        if alike and all(
            stack_of[source] is before or source < before[0] for source in sources[index]
        ):
            before.append(index)
            stack_of[index] = before
        else:
            stack_of[index] = [index]
            stacks.append(stack_of[index])
    return stacks


def _alike(a: Unit, b: Unit) -> bool:
    return (
        a.scope is not None
        and b.scope is not None
        and (a.scope.parent, a.scope.kind) == (b.scope.parent, b.scope.kind)
    )


def _box(
    graph: Graph, key: str, members: list[Unit], before: Unit | None, resolutions: dict[Shape, int]
) -> Box:
    first, last = members[0], members[-1]
    params = total(unit.params for unit in members)
    lines = [sizes(last.output_shape), params_line(params) if params != 0 else ""]
    layers = tuple(name for unit in members for name in unit.layers)
    if first.scope is None:
        segment = first.segments[0]
        if segment.kind == "input":
            return Box(key, "input", "input", (lines[0],), layers=layers)
        title = segment_phrase(segment)
        form = "pill" if segment.kind == "merge" else "box"
        return Box(key, segment.kind, title, tuple(filter(None, lines)), form, layers)
    change = scaling(graph, before.output_shape, last.output_shape) if before else ""
    return Box(
        key=key,
        kind="cell" if first.scope.kind.endswith("cell") else "conv",
        title=block_name(first.scope)
        + (f" ×{len(members)}" if len(members) > 1 else "")
        + (f" ({change})" if change else ""),
        lines=tuple(filter(None, lines)),
        form="stack" if len(members) > 1 else "box",
        layers=layers,
        repeats=len(members),
        depth=resolutions.setdefault(resolution(graph, last.output_shape), len(resolutions)),
    )


def block_name(scope: Scope) -> str:
    """Return what a block is called: `bottleneck block`, `normal cell`."""
    name = scope.kind.partition(" /")[0]
    return name if name.endswith(("cell", "block")) else f"{name} block".strip()
