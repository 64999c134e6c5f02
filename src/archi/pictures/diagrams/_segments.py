"""Segments: runs of layers that are thought of as one step, `Conv · BN · ReLU`.

A run follows the only connection between layers of one block. It ends where a kind
of layer would come a second time, so the first layer decides how the rest falls:
`Conv BN ReLU Conv BN` is two steps after He et al. 2016a, `BN ReLU Conv BN ReLU Conv`
two with pre-activation, `ReLU Conv BN ReLU Conv BN` two of NASNet's.
"""

from __future__ import annotations

from typing import NamedTuple

from archi.graph import Graph, Node
from archi.pictures.diagram import Box
from archi.pictures.diagrams._words import arguments, function, kind, phrase, word
from archi.units import sizes

CORES = {"conv", "dense", "pool", "merge", "other", "shape", "input"}


class Segment(NamedTuple):
    """Layer calls in a row, fused."""

    nodes: list[Node]

    @property
    def core(self) -> Node:
        """The call that does the work, the last one where none does."""
        return next((n for n in self.nodes if _role(n) in CORES), self.nodes[-1])

    @property
    def kind(self) -> str:
        """The kind of box."""
        return kind(self.core.layer)


def segments(graph: Graph) -> list[Segment]:
    """Return the network's layer calls as segments, in execution order."""
    readers: dict[Node, int] = {}
    for node in graph.nodes:
        for tensor in node.inputs:
            readers[tensor.node] = readers.get(tensor.node, 0) + 1
    ends = {tensor.node for tensor in graph.outputs}
    home: dict[Node, Segment] = {}
    found: list[Segment] = []
    for node in graph.nodes:
        before = node.inputs[0].node if len(node.inputs) == 1 else None
        alone = before is not None and readers[before] == 1 and before not in ends
        if before is not None and alone and _continues(home[before], node):
            segment = home[before]
            segment.nodes.append(node)
        else:
            segment = Segment([node])
            found.append(segment)
        home[node] = segment
    return found


def _continues(segment: Segment, node: Node) -> bool:
    if segment.nodes[-1].scope is not node.scope:
        return False
    roles = [_role(each) for each in segment.nodes]
    role = _role(node)
    if role in ("pool", "shape", "merge", "input"):
        return roles == ["pad"] and role == "pool"
    last = roles[-1]
    if last in ("pool", "shape", "input") or "merge" in roles:
        return last == "merge" and role == "activation"
    if role == "pad" or role in CORES:
        return not CORES.intersection(roles) and role not in roles
    return role not in roles


def _role(node: Node) -> str:
    """Return the kind of a call; padding and dropout are kinds of their own here."""
    name = node.layer.class_name
    if name.startswith("ZeroPadding"):
        return "pad"
    return "dropout" if name.endswith("Dropout") else kind(node.layer)


def segment_box(segment: Segment, key: str) -> Box:
    """Return the box of a segment: its words, its arguments, the shape it gives."""
    core = segment.core
    words = []
    for node in segment.nodes:
        if _role(node) != "pad" or len(segment.nodes) == 1:
            words.append(word(node.layer))
        if kind(node.layer) != "activation" and function(node.layer):
            words.append(function(node.layer))
    joins = segment.kind == "merge"
    shape = sizes(segment.nodes[-1].outputs[0].shape)
    changes = any(tensor.shape != core.outputs[0].shape for tensor in core.inputs)
    return Box(
        key=key,
        kind=segment.kind,
        title=" · ".join(words),
        lines=tuple(filter(None, [arguments(core.layer), "" if joins and not changes else shape])),
        form="pill" if joins else "box",
        layers=tuple(node.layer.name for node in segment.nodes),
    )


def segment_phrase(segment: Segment) -> str:
    """Return a segment as papers write it: `7×7 conv, 64, /2`."""
    core = segment.core
    if _role(core) not in CORES:
        return ", ".join(word(node.layer) for node in segment.nodes)
    told = segment.kind in ("merge", "dense")
    after = segment.nodes[segment.nodes.index(core) + 1 :] if told else []
    return ", ".join([phrase(core.layer), *(word(node.layer) for node in after)])
