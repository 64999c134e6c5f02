"""A function of `archi.ops` beside the one of `keras.ops`, compared in everything they say.

`check` calls both with the same arguments and compares the outputs, the operation's config
and the whole model around it as JSON; and what the reader makes
of Keras's JSON of it. Real
Keras runs in a scope that allocates no weight, so a check takes milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from types import ModuleType
from typing import Any, NamedTuple

from archi import Graph, ops
from archi.bridge.config import functional_json
from archi.errors import LayerError
from archi.graph import Node, Tensor, building
from archi.layers import layer_class
from archi.readers.document.reader import build_graph
from archi.twin.values import Constant
from support import parity
from support.parity import ACCEPTED, REFUSED

Shape = tuple[int | None, ...]
NAMESPACES = ("", "image", "linalg", "nn", "numpy")  # of keras.ops, where functions are


class X(NamedTuple):
    """A symbolic tensor to call a function with."""

    shape: Shape
    dtype: str = "float32"

    def __repr__(self) -> str:
        return f"{self.dtype}{list(self.shape)}"


class Case(NamedTuple):
    """A function of `keras.ops` and what it is called with."""

    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __str__(self) -> str:
        given = [*map(repr, self.args), *(f"{key}={value!r}" for key, value in self.kwargs.items())]
        return f"{self.function}({', '.join(given)})"


class Called(NamedTuple):
    """One side of a comparison: what was put in and what came out."""

    inputs: list[Any]
    outputs: list[Any]


class Refused(NamedTuple):
    """One side of a comparison that would not have the call."""

    error: Exception


def check(case: Case) -> str:
    """Return ACCEPTED or REFUSED, as both sides say. Raises AssertionError where they differ."""
    keras = parity.keras()
    with building(), parity._session(keras, "channels_last"):
        twin, real = call_twin(case), call_real(keras, case)
        if isinstance(twin, Refused) and isinstance(real, Refused):
            return REFUSED
        assert not isinstance(twin, Refused), f"{case}: Keras takes it; twin: {twin.error}"
        assert not isinstance(real, Refused), f"{case}: the twin takes it; Keras: {real.error}"
        graph = Graph(twin.inputs, twin.outputs, name=parity.NAME)
        model = keras.Model(real.inputs, real.outputs, name=parity.NAME)
        found = [
            f"  {what}: {ours!r} here, {theirs!r} in Keras"
            for what, ours, theirs in _claims(graph, model)
            if ours != theirs
        ]
    assert not found, "\n".join([f"{case} differs:", *found])
    return ACCEPTED


def call_twin(case: Case) -> Called | Refused:
    """Call archi's function. Only a LayerError is a refusal; anything else is a bug."""
    try:
        return _call(getattr(ops, case.function), case, _twin_input, lambda constant: constant)
    except LayerError as error:
        return Refused(error)


def call_real(keras: ModuleType, case: Case) -> Called | Refused:
    """Call Keras's function, which may refuse in any way."""
    try:
        return _call(real_function(keras, case.function), case, _real_input, _array)
    except Exception as error:
        return Refused(error)


def real_function(keras: ModuleType, name: str) -> Callable[..., Any]:
    """Return a function of `keras.ops` or one of its namespaces."""
    homes = [getattr(keras.ops, space) if space else keras.ops for space in NAMESPACES]
    return next(getattr(home, name) for home in homes if hasattr(home, name))


def _call(function: Any, case: Case, source: Any, constant: Any) -> Called:
    inputs: list[Any] = []

    def made(value: Any) -> Any:
        if isinstance(value, X):
            inputs.append(source(value))
            return inputs[-1]
        if isinstance(value, Constant):
            return constant(value)
        if isinstance(value, (list, tuple)):
            return type(value)(map(made, value))
        return deepcopy(value)

    args = [made(value) for value in case.args]
    kwargs = {key: made(value) for key, value in case.kwargs.items()}
    outputs = function(*args, **kwargs)
    return Called(inputs, list(outputs) if isinstance(outputs, (list, tuple)) else [outputs])


def _twin_input(x: X) -> Tensor:
    layer = layer_class("InputLayer")(batch_shape=x.shape, dtype=x.dtype)
    node = Node(layer, (), {}, layer.infer())
    layer.nodes.append(node)
    return node.outputs[0]


def _real_input(x: X) -> Any:
    return parity.keras().Input(batch_shape=x.shape, dtype=x.dtype)


def _array(constant: Constant) -> Any:
    import numpy as np

    return np.array(constant.value, dtype=constant.dtype)


def _claims(graph: Graph, model: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield each thing that must be equal: what it is, archi's and Keras's."""
    yield "outputs", _seen(graph.outputs), _seen(model.outputs)
    yield "dtypes", *([x.dtype for x in side.outputs] for side in (graph, model))
    try:
        theirs = model.to_json()
    except (NotImplementedError, TypeError):  # an argument that Keras can't write
        return
    ours = json.loads(functional_json(graph))
    yield "model", _without_inputs(ours), _without_inputs(json.loads(theirs))
    again = build_graph(json.loads(theirs), title=parity.NAME)
    yield "outputs once read", _seen(again.outputs), _seen(graph.outputs)
    yield "dtypes once read", *([x.dtype for x in side.outputs] for side in (again, graph))


def _seen(outputs: Any) -> list[Any]:
    return [tuple(x.shape) for x in outputs]


def _without_inputs(document: dict[str, Any]) -> dict[str, Any]:
    """Return a model's document without its input layers, whose configs grow with Keras."""
    config = document["config"]
    layers = [layer for layer in config["layers"] if layer["class_name"] != "InputLayer"]
    return {**document, "config": {**config, "layers": layers}}
