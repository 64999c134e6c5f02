"""Models whose layers only their own code knows, not the file."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from archi.graph import UNKNOWN, Graph, Inference, Node, Tensor, Weight, scope
from archi.layers import layer_names
from archi.readers._weights import Weights
from archi.readers.document._by_weights import class_by_weights
from archi.readers.document._calls import build_shape, read_shape
from archi.readers.document._inputs import fresh_input
from archi.readers.document._places import check_length, name_of
from archi.settings import Settings
from archi.twin.objects import snake_case
from archi.twin.opaque import OpaqueLayer

_CODED = (
    "how its layers are connected is in code that is not in the file; "
    "give the code as a target, such as net.py:build"
)
_UNPLACED = "what it is called on is in code that is not in the file"


def coded_graph(
    document: dict[str, Any], title: str, settings: Settings, weights: Weights
) -> Graph:
    """Return the graph of a model whose layers only its own code knows.

    It is one layer, which reads those layers that the file has weights of; how these
    are connected it does not say, so that each reads the input.
    """
    name = name_of(document, "model")
    shape = read_shape(settings.input and [None, *settings.input])
    source = fresh_input(shape or build_shape(document) or UNKNOWN, "float32", "input")
    groups = weights.groups()
    own = groups.pop("", () if groups else None)
    for path in groups:
        check_length(path)
    classes = weights.classes()
    made = [
        _opaque_call(
            path, classes.get(path) or _class_of(path, own_weights), source, own_weights, _UNPLACED
        )
        for path, own_weights in groups.items()
    ]
    reads = made if made else source
    whole = _opaque_call(name, document.get("class_name"), reads, own, _CODED)
    return Graph(source, whole, name=name, title=title)


def _opaque_call(
    name: str, class_name: Any, inputs: Any, weights: tuple[Weight, ...] | None, why: str
) -> Tensor:
    """Return what a layer gives of which its weights alone are known."""
    layer = OpaqueLayer({"class_name": class_name}, why)
    layer.name = name
    with ExitStack() as branch:  # the attributes on the way to it, for tables to fold on
        for part in name.split("/")[:-1]:
            branch.enter_context(scope(part))
        node = Node(layer, (inputs,), {}, Inference((UNKNOWN,), weights, None, None, why))
    layer.nodes.append(node)
    return node.outputs[0]


def _class_of(path: str, weights: tuple[Weight, ...]) -> str | None:
    return _class_by_place(path) or class_by_weights(weights)


def _class_by_place(path: str) -> str | None:
    """Return the class that a layer probably has, by the name of its place in a file.

    Keras names what is in lists by its class, `dense_1`; attributes have any name.
    """
    base = path.rpartition("/")[2].rstrip("0123456789").rstrip("_")
    return next((name for name in layer_names() if snake_case(name) == base), None)
