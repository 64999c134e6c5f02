"""A `keras.Model` that is there → Graph, whatever kind of model it is.

One of Keras's own layers alone is read from its config, like a file. Any other is called on
symbolic tensors, and what happens inside is noted.
"""

from __future__ import annotations

import json
from functools import cached_property
from types import ModuleType
from typing import Any
from warnings import catch_warnings, simplefilter

from archi.errors import ArchiError, quote
from archi.graph import Graph
from archi.python.traced._code import described
from archi.python.traced._graph import Drawing
from archi.python.traced._inputs import Arguments, arguments_of
from archi.python.traced._maker import Maker
from archi.python.traced._real import LiveModel
from archi.python.traced._state import fresh_names, without_values
from archi.python.traced._trace import Trace, is_kerass
from archi.readers.document.reader import build_graph
from archi.settings import Settings
from archi.twin.opaque import OpaqueLayer


def live_graph(maker: Maker, model: Any, settings: Settings, called: Arguments | None) -> Graph:
    """Return the network of a live model that a maker made.

    `called` is what it was called on so far. Raises ArchiError where its input is unknown, or
    it can't be called on it.
    """
    keras, title = maker.keras, maker.place.title
    with without_values(keras):
        found = arguments_of(keras, model, settings, called)
        if _is_config(keras, model):
            graph = _read(keras, model, settings, title)
            if _is_all(graph, model):
                graph.live = LiveModel(maker, model, found, None)
                return graph
        traced = _called(keras, model, found)
        graph = traced.graph
        if settings.batch is not None and settings.batch > 1:
            alone = _Traced(keras, model, found.of_batch(1), None, traced.closed)
            if not alone.failure:
                _count_samples(graph, alone.graph)
        graph.title = title

    def draw_again(model: Any) -> Drawing:
        with without_values(keras):
            return _Traced(keras, model, found, traced.batch, traced.closed).drawing

    graph.live = LiveModel(maker, model, found, draw_again)
    return graph


def _is_config(keras: ModuleType, model: Any) -> bool:
    """Whether the config of a model says all of it.

    It has nothing but Keras's own classes then, and no dtype policies by the paths that its
    layers happen to have: a config does not keep these.
    """
    declared = isinstance(model, keras.Sequential) or hasattr(model, "_inputs_struct")
    policies = keras.dtype_policies.DTypePolicyMap
    return declared and all(
        is_kerass(layer) and not isinstance(layer.dtype_policy, policies)
        for layer in model._flatten_layers()
    )


def _is_all(graph: Graph, model: Any) -> bool:
    """Whether a graph read from a model's config is that model.

    A config does not say that a layer which another holds is elsewhere in the network as
    well: there it is two.
    """
    if any(isinstance(layer, OpaqueLayer) for layer in graph.layers):
        return False
    return not model.built or sum(len(each.weights) for each in graph.layers) == len(model.weights)


def _read(keras: ModuleType, model: Any, settings: Settings, title: str) -> Graph:
    """Read a functional or Sequential model from its config, layers shared as they are."""
    # What `model.save` does, and the one thing Keras has no public name for.
    with keras.src.saving.serialization_lib.ObjectSharingScope():
        document = keras.saving.serialize_keras_object(model)
    document = json.loads(json.dumps(document))  # as a file would have it: tuples are lists
    return build_graph(document, title=title, settings=settings)


def _called(keras: ModuleType, model: Any, found: Arguments) -> _Traced:
    """Call the model and note what happens: its insides, or itself where these can't be seen.

    Code that asks for the size of the batch gets one, 1, where more is known then. Raises
    ArchiError where it can't be called.
    """
    traced = [_Traced(keras, model, found, None)]
    if any(traced[0].unknown):
        traced.append(_Traced(keras, model, found, 1))
    best = min(traced, key=lambda each: each.unknown)
    if not best.failure:
        return best
    for batch in (None, 1):
        whole = _Traced(keras, model, found, batch, best.brief)
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
        self.failure = self.brief = ""
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
                self.brief = described(error, sentences=1)

    @cached_property
    def drawing(self) -> Drawing:
        """What happened, drawn."""
        return Drawing(self.trace, self.given.ends, self.outputs)

    @property
    def graph(self) -> Graph:
        """The graph of what happened."""
        return self.drawing.graph

    @property
    def unknown(self) -> tuple[bool, int, int]:
        """How much is unknown: whether it failed, layers not looked into, and not counted."""
        if self.failure:
            return True, 0, 0
        nodes = self.graph.nodes
        uncounted = sum(None in (n.inference.macs, n.inference.elementwise) for n in nodes)
        return False, len(self.trace.closed), uncounted


def _count_samples(graph: Graph, alone: Graph) -> None:
    """Count for one sample as in `alone`, the graph of a batch of one.

    Code that knows the batch makes tensors of its size from weights, which look like any other.
    """
    ones = {layer.name: alone.calls_of(layer) for layer in alone.layers}
    for layer in graph.layers:
        for node, one in zip(graph.calls_of(layer), ones.get(layer.name, ()), strict=False):
            counted = one.inference
            node.inference = node.inference._replace(
                macs=counted.macs, elementwise=counted.elementwise, inner=counted.inner
            )
            for tensor, single in zip(node.outputs, one.outputs, strict=True):
                tensor.alone = single.shape
