"""A `keras.Model` that is there → Graph, whatever kind of model it is.

One of Keras's own layers alone is read from its config, like a file. Any other is called on
symbolic tensors, and what happens inside is noted.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from warnings import catch_warnings, simplefilter

from archi.errors import ArchiError, quote
from archi.graph import Graph, Settings
from archi.layers._opaque import OpaqueLayer
from archi.readers._config import build_graph
from archi.tracing._code import described
from archi.tracing._graph import Drawing
from archi.tracing._inputs import Arguments, arguments_of, specs_of
from archi.tracing._trace import Trace, is_kerass


def model_graph(
    keras: ModuleType, model: Any, settings: Settings, title: str, called: Arguments | None
) -> Graph:
    """Return the network of a live model; `called` is what it was called on so far.

    Raises ArchiError where its input is unknown, or it can't be called on it.
    """
    with keras.StatelessScope(initialize_variables=False):
        found = arguments_of(keras, model, settings, called)
        if _is_config(keras, model):
            graph = _read(keras, model, settings, title)
            if not any(isinstance(layer, OpaqueLayer) for layer in graph.layers):
                return graph
        return _traced(keras, model, found, title)


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


def _traced(keras: ModuleType, model: Any, found: Arguments, title: str) -> Graph:
    """Call the model and draw what happens: its insides, or itself where these can't be seen.

    Code that asks for the size of the batch gets one, 1, where it can't do without.
    """
    traces = [_Traced(keras, model, found, None)]
    if not traces[0].complete:
        traces.append(_Traced(keras, model, found, 1))
    best = min(traces, key=lambda traced: (bool(traced.failure), len(traced.trace.closed)))
    if best.failure:
        best = _Traced(keras, model, found, None, best.failure)
    if best.failure:
        raise ArchiError(f"{quote(model.name)} can't be called on its input: {best.failure}")
    graph = Drawing(best.trace).graph(best.given.ends, best.outputs, title)
    graph.hides_input = isinstance(model, keras.Sequential)
    return graph


class _Traced:
    """A model called on symbolic tensors; `failure` says why that could not be done.

    `closed` is given for a model whose inside is not to be looked into, and says why.
    """

    def __init__(
        self, keras: ModuleType, model: Any, found: Arguments, batch: int | None, closed: str = ""
    ) -> None:
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


@contextmanager
def fresh_names(keras: ModuleType) -> Iterator[None]:
    """Let Keras count the names it gives from the start, whatever was built before."""
    state = keras.src.backend.common.global_state
    kept = state.get_global_attribute("object_name_uids")
    state.set_global_attribute("object_name_uids", defaultdict(int))
    try:
        yield
    finally:
        state.set_global_attribute("object_name_uids", kept)
