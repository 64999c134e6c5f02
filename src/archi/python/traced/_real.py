"""The real model behind a Python target: made once more, with weights, and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from archi.bridge.model import brief, lacks_kernel
from archi.bridge.verify import compare, counts_beside, differences, weight_counts
from archi.errors import ArchiError, MachineLacks, quote
from archi.graph import Graph, Tensor, map_tensors
from archi.layers import Layer
from archi.python.traced._code import described
from archi.python.traced._graph import Drawing
from archi.python.traced._inputs import Arguments
from archi.python.traced._maker import Maker
from archi.python.traced._state import fresh_names


class LiveModel:
    """A model that a target makes; a graph's `live`.

    `loaded` is the one that the graph is of; `maker` makes another, whose weights are there,
    where it is made by a call. `specs` are what it is called on. `draw` draws a model as the
    graph was drawn; None where that was read from a config.
    """

    def __init__(
        self, maker: Maker, loaded: Any, specs: Arguments, draw: Callable[[Any], Drawing] | None
    ) -> None:
        self.keras = maker.keras
        self.maker = maker
        self.loaded = loaded
        self.specs = specs
        self.draw = draw
        compiles = getattr(type(loaded), "compile", None) is self.keras.Model.compile
        self.trains = compiles and len(specs.args) == 1 and not specs.kwargs

    def running(self) -> AbstractContextManager[None]:
        """Return a context in which the user's code runs; the methods here run some."""
        return self.maker.running()

    def model(self, graph: Graph, *, initialize: bool) -> Any:
        """Return the real model, built; with `initialize`, one whose weights are there.

        Raises ArchiError where its code does not make it again, or it can't be called,
        MachineLacks where this machine can't.
        """
        if not initialize:
            return self.loaded
        model = self.maker.again() if self.maker.function else self.loaded
        try:
            with fresh_names(self.keras):
                self._build(model, graph)
        except Exception as error:  # of the user's `call`
            if lacks_kernel(error):
                raise MachineLacks(brief(error)) from None
            raise ArchiError(
                f"{quote(graph.title)} can't be called on zeros: {described(error)}",
                hint="where it is made for one size of batch, give that with --batch",
            ) from None
        for variable in model.variables:
            if getattr(variable, "_value", self) is None:  # of a model that was built without
                variable._deferred_initialize()
        return model

    def _build(self, model: Any, graph: Graph) -> None:
        if not isinstance(model, self.keras.Sequential):
            # Whatever it says: `build` of a model that has none builds nothing inside.
            self.call(model, map_tensors(self._zeros, graph.ends[0]))
        elif not model.built:
            model.build(graph.inputs[0].shape)

    def _zeros(self, tensor: Tensor) -> Any:
        return self.keras.ops.zeros([size or 1 for size in tensor.shape], tensor.dtype)

    def call(self, model: Any, arrays: Any) -> Any:
        """Call a model for inference on arrays in the structure of the graph's inputs."""
        args, kwargs = self.specs.split(arrays)
        return model(*args, **kwargs, training=False)

    def to_json(self) -> str:
        """Return what the model's `to_json()` gives. Raises ArchiError where Keras can't."""
        try:
            text: str = self.loaded.to_json()
        except Exception as error:  # of the user's `get_config`
            raise ArchiError(
                f"Keras can't write the config of {quote(self.loaded.name)}: {described(error)}"
            ) from None
        return text

    def compare(self, graph: Graph, model: Any) -> Iterator[str]:
        """Yield every difference between the graph and a real model, in words."""
        if self.draw is None:
            yield from compare(graph, _inner(model))
            return
        drawing = self.draw(model)
        real = {layer.name: drawing.real[layer] for layer in drawing.graph.layers}
        for layer in graph.layers:
            if layer.name not in real:
                yield f"the layer is missing on one side: {layer.label} here"
                continue
            name, shapes, weights = real.pop(layer.name)
            calls = graph.calls_of(layer)
            mine = [tensor.shape for call in calls for tensor in call.outputs]
            yield from differences(f"{layer.name}: class", layer.class_name, name)
            yield from differences(f"{layer.name}: outputs", mine, shapes)
            yield from differences(f"{layer.name}: weights", _weights(layer), weights)
            yield from sorted({c.inference.why for c in calls if c.inference.why in drawing.odds})
        for name in real:
            yield f"the layer is missing on one side: {name} in Keras"

    def counts(self, graph: Graph, model: Any) -> dict[str, int]:
        """Return the counts of a real model."""
        if self.draw is None:
            return counts_beside(graph, _inner(model))
        return {"layers": len(self.draw(model).graph.layers), **weight_counts(model)}


def _inner(model: Any) -> Any:
    """Return the functional model that a Sequential one has inside, which lists its input."""
    return getattr(model, "_functional", None) or model


def _weights(layer: Layer) -> list[tuple[str, tuple[int, ...], bool]]:
    return [(w.name, w.shape, w.trainable and layer.trainable) for w in layer.weights]
