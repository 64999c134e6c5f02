"""Models whose layers only their own code knows, not the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from archi.graph import UNKNOWN, Graph, Inference, Node, Tensor, Weight, scope
from archi.readers._weights import Weights
from archi.readers.document._by_weights import known
from archi.readers.document._calls import build_shape, read_shape
from archi.readers.document._inputs import fresh_input
from archi.readers.document._places import check_length, name_of
from archi.settings import Settings
from archi.twin.opaque import OpaqueLayer

BRANCHES = 20  # layers in layers that tables fold on, one in the other
_CODED = "how its layers are connected is in code; give the code as a target"
_UNPLACED = "what it is called on is in code that is not in the file"
_LIST = "layers"  # the list in which Keras keeps the layers of a model


def coded_graph(
    document: dict[str, Any], title: str, settings: Settings, weights: Weights
) -> Graph:
    """Return the graph of a model whose layers only its own code knows.

    It is one layer, which reads those layers that the file has weights of, in branches as
    the attributes of the model are; how these are connected it does not say, so that each
    reads the input.
    """
    name = name_of(document, "model")
    shape = read_shape(settings.input and [None, *settings.input])
    source = fresh_input(shape or build_shape(document) or UNKNOWN, "float32", "input")
    groups = weights.groups()
    own = groups.pop("", () if groups else None)
    for path in groups:
        check_length(path)
    classes = weights.classes()
    branches = {branch for path in groups for branch in _above(path)}
    made = [
        _layer(path, groups[path], classes.get(path), path in branches, source) for path in groups
    ]
    reads = made if made else source
    why = f"{_CODED}; {weights.why}" if weights.why else _CODED
    whole = _opaque_call(name, document.get("class_name"), reads, own, why)
    return Graph(source, whole, name=name, title=title)


def _layer(
    path: str, weights: tuple[Weight, ...], class_name: str | None, branches: bool, source: Tensor
) -> Tensor:
    """Return what a layer gives that a file has at this path: `encoder/blocks/dense_1`.

    One that has layers in it, or `branches`, is of code; what it has of its own is in there.
    """
    if class_name is None and not branches:
        class_name, weights = known(path, weights)
    parts = path.split("/") if branches else path.split("/")[:-1]
    with ExitStack() as stack:
        for part in [part for part in parts if part != _LIST][:BRANCHES]:
            stack.enter_context(scope(part, part.rstrip("0123456789").rstrip("_")))
        return _opaque_call(path, class_name, source, weights, _UNPLACED)


def _above(path: str) -> Iterator[str]:
    """Yield the paths above one: of `a/b/c`, `a/b` and `a`."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _opaque_call(
    name: str, class_name: Any, inputs: Any, weights: tuple[Weight, ...] | None, why: str
) -> Tensor:
    """Return what a layer gives of which its weights alone are known."""
    layer = OpaqueLayer({"class_name": class_name}, why)
    layer.name = name
    node = Node(layer, (inputs,), {}, Inference((UNKNOWN,), weights, None, None, why))
    layer.nodes.append(node)
    return node.outputs[0]
