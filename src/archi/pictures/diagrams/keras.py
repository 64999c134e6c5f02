"""Keras's own diagram, as `keras.utils.plot_model` draws it: a table for each layer.

Follows `keras/src/utils/model_visualization.py` of Keras 3.15 node for node, edge for
edge and word for word. A shared layer is one box, and of its calls only the first tells
its shapes, as in Keras's `layer.input` and `layer.output`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from archi.graph import Graph, Node, Tensor
from archi.layers import Layer
from archi.pictures.diagram import Box, Cell, Diagram, Panel
from archi.twin.nested import Sequential, members

TITLE_FILL, TRAINABLE_FILL, FROZEN_FILL = "black", "forestgreen", "firebrick"


class Switches(NamedTuple):
    """What `plot_model` can be told to show, with its defaults."""

    show_shapes: bool = False
    show_dtype: bool = False
    show_layer_names: bool = False
    show_layer_activations: bool = False
    show_trainable: bool = False


DEFAULTS = Switches()


def keras_diagram(graph: Graph, switches: Switches = DEFAULTS) -> Diagram:
    """Return what `keras.utils.plot_model` shows of the network with these switches."""
    boxes = [_box(graph, member, switches) for member in members(graph.layers)]
    return Diagram(graph.title, "", [Panel(boxes, _edges(graph))])


def _edges(graph: Graph) -> list[tuple[int, int]]:
    """One edge from layer to layer, however many tensors go that way, in Keras's order."""
    index = {member: position for position, member in enumerate(members(graph.layers))}
    pairs = (
        (index[_member(tensor.node.layer)], index[_member(layer)])
        for layer in graph.layers
        for node in graph.calls_of(layer)
        for tensor in node.inputs
        if layer.owner is None or tensor.node.layer.owner is not layer.owner
    )
    return list(dict.fromkeys(pairs))


def _member(layer: Layer) -> Layer | Sequential:
    """Return what Keras shows of a layer: itself, or the model inside that it is part of."""
    return layer.owner or layer


def _box(graph: Graph, layer: Layer | Sequential, switches: Switches) -> Box:
    title = _title(layer, switches)
    return Box(
        key=layer.name,
        kind="other",
        title=f"{title.strong}{title.after}",
        form="table",
        layers=(layer.name,),
        rows=tuple(row for row in _rows(graph, layer, title, switches) if row),
    )


def _rows(
    graph: Graph, layer: Layer | Sequential, title: Cell, switches: Switches
) -> tuple[tuple[Cell, ...], ...]:
    calls = layer.calls if isinstance(layer, Sequential) else graph.calls_of(layer)[:1]
    first, last = calls[0], calls[-1]
    return (
        (title,),
        _activation(layer, switches),
        (*_shapes(first, last, switches), *_dtype(last, switches), *_trainable(layer, switches)),
    )


def _title(layer: Layer | Sequential, switches: Switches) -> Cell:
    named = switches.show_layer_names
    return Cell(
        strong=layer.name if named else layer.class_name,
        after=f" ({layer.class_name})" if named else "",
        fill=TITLE_FILL,
        color="white",
        span=_columns(switches),
    )


def _columns(switches: Switches) -> int:
    """Keras's number of columns, the same for all layers, also those that fill fewer."""
    return max(1, 2 * switches.show_shapes + switches.show_dtype + switches.show_trainable)


def _activation(layer: Layer | Sequential, switches: Switches) -> tuple[Cell, ...]:
    if not switches.show_layer_activations or "activation" not in layer.arguments:
        return ()
    name = str(vars(layer)["activation"])
    return (Cell("Activation: ", name, span=_columns(switches)),)


def _shapes(first: Node, last: Node, switches: Switches) -> tuple[Cell, ...]:
    if not switches.show_shapes:
        return ()
    output = Cell("Output shape: ", _listing(last.outputs, "shape"))
    if first.layer.class_name == "InputLayer":
        return (output,)
    return (Cell("Input shape: ", _listing(first.inputs, "shape")), output)


def _dtype(call: Node, switches: Switches) -> tuple[Cell, ...]:
    if not switches.show_dtype:
        return ()
    return (Cell("Output dtype: ", _listing(call.outputs, "dtype")),)


def _listing(tensors: tuple[Tensor, ...], attribute: str) -> str:
    """Write what one tensor has, or the list of what several have, as Keras writes it."""
    values: list[Any] = [getattr(tensor, attribute) for tensor in tensors]
    return str(values[0] if len(values) == 1 else values)


def _trainable(layer: Layer | Sequential, switches: Switches) -> tuple[Cell, ...]:
    if not switches.show_trainable or not layer.weights:
        return ()
    if layer.trainable:
        return (Cell(strong="Trainable", fill=TRAINABLE_FILL, color="white"),)
    return (Cell(strong="Non-trainable", fill=FROZEN_FILL, color="white"),)
