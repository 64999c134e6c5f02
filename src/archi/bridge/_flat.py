"""A network with models inside it as one that Keras has in one functional model.

Layers inside are named `outer/inner`, which Keras takes for no name: they are called
`outer.inner` there. The inputs of the models inside are what these are called on.
"""

from __future__ import annotations

import copy
from typing import Any

from archi.errors import ArchiError, printable
from archi.graph import Graph, Node, Tensor, building, map_tensors
from archi.layers import Layer
from archi.layers.core import InputLayer
from archi.tensorflow import Function
from archi.twin.opaque import OpaqueLayer


def flat(graph: Graph) -> Graph:
    """Return the network without models in it; itself where it has none.

    Raises ArchiError where a layer is of a class that archi does not know.
    """
    _check_known(graph)
    if not any(_is_inner(layer) for layer in graph.layers):
        return graph
    names = _names(graph.layers)
    made: dict[Tensor, Tensor] = {}
    copies: dict[Layer, Layer] = {}

    def now(value: Any) -> Any:
        return map_tensors(made.__getitem__, value)

    with building(graph.data_format):
        for node in graph.nodes:
            if _is_inner_input(node):
                made[node.outputs[0]] = made[node.inputs[0]]
                continue
            if node.layer not in copies:
                copies[node.layer] = _renamed(node.layer, names[node.layer])
            call = _called(copies[node.layer], node, now(node.args), now(node.kwargs))
            call.scope = node.scope
            made.update(zip(node.outputs, call.outputs, strict=True))
        inputs, outputs = map(now, graph.ends)
        unread = now(graph.unread)
        result = Graph(inputs, outputs, name=graph.name, title=graph.title, unread=unread)
    result.data_format, result.source = graph.data_format, graph.source
    return result


def _called(layer: Layer, node: Node, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Node:
    """Return a call of a layer's copy; of what nothing calls there is but what it says."""
    if node.inputs or isinstance(layer, InputLayer):
        return layer.add_call(args, kwargs)
    call = Node(layer, args, kwargs, node.inference)
    layer.nodes.append(call)
    return call


def _check_known(graph: Graph) -> None:
    foreign = [layer for layer in graph.layers if isinstance(layer, Function)]
    if foreign:
        raise ArchiError(
            f"{printable(graph.title)} can't be built: Keras 3 has no operation that does what "
            f"{foreign[0].label} does, tf.{foreign[0].function_name}"
        )
    unknown = [layer for layer in graph.layers if _is_unknown(layer)]
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise ArchiError(
            f"{printable(graph.title)} can't be built: archi does not know enough of "
            f"{unknown[0].label}{more}"
        )


def _is_unknown(layer: Layer) -> bool:
    opaque = isinstance(layer, OpaqueLayer)
    return opaque or any(node.inference.weights is None for node in layer.nodes)


def _is_inner(layer: Layer) -> bool:
    if layer.owner is not None:  # Keras has its model
        return False
    return "/" in layer.name or any(map(_is_inner_input, layer.nodes))


def _is_inner_input(node: Node) -> bool:
    return isinstance(node.layer, InputLayer) and bool(node.inputs)


def _names(layers: list[Layer]) -> dict[Layer, str]:
    """Return a name for each layer that Keras takes, and no two the same."""
    names: dict[Layer, str] = {}
    taken: set[str] = {layer.name for layer in layers}
    for layer in layers:
        name = layer.name.replace("/", ".")
        while name != layer.name and name in taken:
            name += "_"
        taken.add(name)
        names[layer] = name
    return names


def _renamed(layer: Layer, name: str) -> Layer:
    """Return a layer like it that was not called yet."""
    result = copy.copy(layer)
    result.name = name
    result.nodes = []
    return result
