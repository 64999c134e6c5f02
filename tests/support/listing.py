"""What real Keras says of a model's layers, models inside it opened up: archi's yardstick."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from archi import Graph


class Row(NamedTuple):
    """A layer: `outer/inner`, class, the output shapes of all calls, shapes of the weights.

    Keras knows shapes within a model as it was built alone, so that there the batch is open.
    """

    name: str
    kind: str
    shapes: tuple[tuple[int | None, ...], ...]
    weights: tuple[tuple[int, ...], ...]
    trainable: int


def of_graph(graph: Graph) -> list[Row]:
    """Return archi's listing."""
    rows = []
    for layer in graph.listed_layers:
        shapes = [t.shape for node in graph.calls_of(layer) for t in node.outputs]
        trainable = layer.trainable_params
        assert trainable is not None, layer
        weights = sorted(weight.shape for weight in layer.weights)
        kind = layer.class_name
        rows.append(Row(layer.name, kind, _calls_of(layer.name, shapes), tuple(weights), trainable))
    return rows


def of_model(model: Any) -> list[Row]:
    """Return Keras's, of a functional or Sequential model."""
    found: dict[int, list[Any]] = {}
    for name, operation, shapes in _calls(model, "", 1):
        found.setdefault(id(operation), [name, operation, []])[2].extend(shapes)
    return [_row(*each) for each in found.values()]


def _row(name: str, operation: Any, shapes: list[Any]) -> Row:
    weights = getattr(operation, "weights", [])  # operations have none
    trainable = sum(_size(w.shape) for w in getattr(operation, "trainable_weights", []))
    kind = type(operation).__name__
    ordered = sorted(tuple(weight.shape) for weight in weights)
    return Row(name, kind, _calls_of(name, shapes), tuple(ordered), trainable)


def _calls_of(name: str, shapes: list[Any]) -> tuple[Any, ...]:
    if "/" in name:
        shapes = [(None, *shape[1:]) for shape in shapes]
    return tuple(sorted(shapes, key=str))


def _calls(model: Any, around: str, times: int) -> Iterator[tuple[str, Any, list[Any]]]:
    """Yield the layers of a model that is called so many times, with their output shapes."""
    import keras

    graph = model._functional if isinstance(model, keras.Sequential) else model
    members = model.layers if isinstance(model, keras.Sequential) else model.operations
    nodes = {id(node) for depth in graph._nodes_by_depth.values() for node in depth}
    for member in members:
        name = f"{around}{member.name}"
        calls = [node for node in member._inbound_nodes if id(node) in nodes]
        if isinstance(member, (keras.Sequential, keras.src.models.Functional)):
            yield from _calls(member, f"{name}/", times * len(calls))
            continue
        shapes = [tuple(tensor.shape) for node in calls for tensor in node.outputs]
        yield name, member, shapes * times


def _size(shape: Any) -> int:
    size = 1
    for length in shape:
        size *= length
    return size
