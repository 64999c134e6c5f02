"""The layer level: a box for every layer call, as the network runs them."""

from __future__ import annotations

from archi.errors import printable
from archi.graph import Graph, Node
from archi.layers import Layer
from archi.pictures.diagram import Box, Diagram, Panel
from archi.pictures.diagrams._words import arguments, function, kind
from archi.units import sizes

NAME_LIMIT = 48  # characters of a name that a box shows


def diagram(graph: Graph) -> Diagram:
    """Return the diagram of every layer."""
    place = {node: index for index, node in enumerate(graph.nodes)}
    boxes = [_box(node, str(index)) for node, index in place.items()]
    edges = [(place[tensor.node], index) for node, index in place.items() for tensor in node.inputs]
    return Diagram(graph.title, "", [Panel(boxes, edges)])


def _box(node: Node, key: str) -> Box:
    layer = node.layer
    return Box(
        key=key,
        kind=kind(layer),
        title=shorten(layer.name),
        lines=(
            ", ".join(filter(None, [layer.class_name, arguments(layer), _activation(layer)])),
            sizes(node.outputs[0].shape),
        ),
        form="pill" if kind(layer) == "merge" else "box",
        layers=(layer.name,),
    )


def _activation(layer: Layer) -> str:
    """Return the activation, where the class does not say it."""
    return "" if function(layer) == layer.class_name else function(layer)


def shorten(name: str) -> str:
    """Return a layer's name as a box shows it: printable, and cut in the middle."""
    shown = printable(name)
    half = NAME_LIMIT // 2
    return shown if len(shown) <= NAME_LIMIT else f"{shown[: half - 1]}…{shown[-half:]}"
