"""A `keras.Model` that is there → Graph, whatever kind of model it is.

One of Keras's own layers alone is read from its config, like a file. Any other is called on
symbolic tensors, and what happens inside is noted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from warnings import catch_warnings, simplefilter

from archi.errors import ArchiError, quote
from archi.graph import Graph, Settings
from archi.layers._opaque import OpaqueLayer
from archi.readers._config import build_graph, data_format_of
from archi.tracing._code import described
from archi.tracing._graph import Drawing
from archi.tracing._inputs import Arguments, arguments_of, specs_of
from archi.tracing._real import LiveModel
from archi.tracing._trace import Trace, fresh_names, is_kerass


def live_graph(
    keras: ModuleType,
    model: Any,
    settings: Settings,
    title: str,
    called: Arguments | None,
    make: Callable[[], Any] | None,
) -> Graph:
    """Return the network of a live model.

    `called` is what it was called on so far; `make` makes another like it.

    Raises ArchiError where its input is unknown, or it can't be called on it.
    """
    with keras.StatelessScope(initialize_variables=False):
        found = arguments_of(keras, model, settings, called)
        if _is_config(keras, model):
            graph = _read(keras, model, settings, title)
            if not any(isinstance(layer, OpaqueLayer) for layer in graph.layers):
                graph.live = LiveModel(keras, model, make, found, None)
                return graph
        traced = _called(keras, model, found)
        graph, _ = traced.draw(title)

    def draw_again(model: Any) -> tuple[Graph, Drawing]:
        with keras.StatelessScope(initialize_variables=False):
            return _Traced(keras, model, found, traced.batch, traced.closed).draw(title)

    graph.live = LiveModel(keras, model, make, found, draw_again)
    return graph


def _is_config(keras: ModuleType, model: Any) -> bool:
    """Whether the config of a model says all of it: it has nothing but Keras's own classes."""
    declared = isinstance(model, keras.Sequential) or hasattr(model, "_inputs_struct")
    return declared and all(map(is_kerass, model._flatten_layers()))


def _read(keras: ModuleType, model: Any, settings: Settings, title: str) -> Graph:
    """Read a functional or Sequential model from its config, layers shared as they are."""
    # What `model.save` does, and the one thing Keras has no public name for.
    with keras.src.saving.serialization_lib.ObjectSharingScope():
        document = keras.saving.serialize_keras_object(model)
    document = json.loads(json.dumps(document))  # as a file would have it: tuples are lists
    return build_graph(document, title=title, settings=settings)


def _called(keras: ModuleType, model: Any, found: Arguments) -> _Traced:
    """Call the model and note what happens: its insides, or itself where these can't be seen.

    Code that asks for the size of the batch gets one, 1, where it can't do without. Raises
    ArchiError where it can't be called.
    """
    traced = [_Traced(keras, model, found, None)]
    if not traced[0].complete:
        traced.append(_Traced(keras, model, found, 1))
    best = min(traced, key=lambda each: (bool(each.failure), len(each.trace.closed)))
    if not best.failure:
        return best
    for batch in (None, 1):
        whole = _Traced(keras, model, found, batch, best.failure)
        if not whole.failure:
            return whole
    raise ArchiError(f"{quote(model.name)} can't be called on its input: {whole.failure}")


class _Traced:
    """A model called on symbolic tensors; `failure` says why that could not be done.

    `batch` is the size of the batch where it is open. `closed` is given for a model whose
    inside is not to be looked into, and says why.
    """

    def __init__(
        self, keras: ModuleType, model: Any, found: Arguments, batch: int | None, closed: str = ""
    ) -> None:
        self.batch = batch
        self.closed = closed
        self.failure = ""
        self.outputs: Any = None
        with fresh_names(keras), catch_warnings():
            simplefilter("ignore")  # what matters of them is said here
            self.given = found.symbols(keras, batch)
            self.trace = Trace(keras, model)
            if closed:
                self.trace.closed[model] = closed
            try:
                self.outputs = self.trace.run(*self.given)
            except Exception as error:  # of the user's code, or of Keras on its way through it
                self.failure = described(error)

    @property
    def complete(self) -> bool:
        """Whether everything inside has been seen."""
        return not self.failure and not self.trace.closed

    def draw(self, title: str) -> tuple[Graph, Drawing]:
        """Return the graph of what happened."""
        drawing = Drawing(self.trace)
        graph = drawing.graph(self.given.ends, self.outputs, title)
        graph.hides_input = isinstance(self.trace.model, self.trace.keras.Sequential)
        graph.data_format = data_format_of(graph)
        return graph, drawing


@contextmanager
def noting_inputs(keras: ModuleType, called: dict[int, Arguments]) -> Iterator[None]:
    """Note, by the model's id, what each model is first called on."""
    layer_class = keras.layers.Layer
    original = layer_class.__call__

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(layer, keras.Model) and id(layer) not in called:
            called[id(layer)] = specs_of(keras, args, kwargs)
        return original(layer, *args, **kwargs)

    layer_class.__call__ = call
    try:
        yield
    finally:
        layer_class.__call__ = original
