"""A trace → Graph: every call in it as a twin's, or with what Keras itself says of it.

Keras says the shapes of what a call gives, and the weights of what is called. Where archi's
rule for a layer says otherwise, its counts are not to be trusted: they are unknown then,
and the shapes and weights are Keras's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from archi.errors import ArchiError
from archi.graph import (
    UNKNOWN,
    Graph,
    Inference,
    Node,
    Shape,
    Tensor,
    Weight,
    building,
    is_list,
    keras_order,
    scope,
    tensors_in,
)
from archi.layers import Layer
from archi.layers.core import InputLayer
from archi.python.traced._trace import Call, Inside, Path, Trace, is_kerass, scope_of
from archi.readers.document.reader import data_format_of, layer_of
from archi.twin.objects import snake_case
from archi.twin.opaque import OpaqueLayer, Source, reason
from archi.twin.values import Constant

PLAIN = (type(None), bool, int, float, str, slice, type(Ellipsis))

UNREAD = "its call reads them in a way that archi can't follow"
UNCALLED = "no call at inference reads them"


class Real(NamedTuple):
    """What Keras says of a layer: its class, the shapes of all it gives, and its weights."""

    class_name: str
    shapes: list[Shape]
    weights: list[tuple[str, Shape, bool]]


class Drawing:
    """The graph of a trace as it is drawn, call by call.

    `real` is what Keras says of the layers; `odds` says where archi's rules are at odds with it.
    """

    def __init__(self, trace: Trace, inputs: Any, outputs: Any) -> None:
        self.trace = trace
        self.keras = trace.keras
        self.tensors: dict[int, Tensor] = {}  # by the symbolic tensor
        self.twins: dict[Any, Layer] = {}
        self.sources: list[tuple[Layer, Any]] = []
        self.own: dict[Layer, list[Any]] = {}  # weights of closed layers that no layer inside has
        self.names: set[str] = set()
        self.real: dict[Layer, Real] = {}
        self.odds: set[str] = set()
        self.graph = self._drawn(inputs, outputs)

    def _drawn(self, inputs: Any, outputs: Any) -> Graph:
        """Return the graph between symbolic inputs and outputs of the traced model."""
        tree = self.keras.tree
        with building():
            for symbol in tree.flatten(inputs):
                self._input(symbol)
            for call in self.trace.calls:
                self._call(call)
            before, after = (tree.map_structure(self._tensor, each) for each in (inputs, outputs))
            ends = tensors_in(before), tensors_in(after)
            unread = self._for_losses(*ends)
            _, layers = keras_order(ends[0], (*ends[1], *unread))
            spare = self._spare(self._claimed(layers))
            unread += tuple(node.outputs[0] for node in spare)
            graph = Graph(before, after, self.trace.model.name, unread=unread)
        graph.hides_input = isinstance(self.trace.model, self.keras.Sequential)
        graph.data_format = data_format_of(graph)
        return graph

    def _for_losses(
        self, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]
    ) -> tuple[Tensor, ...]:
        """Return what layers with weights give that no output reads, but a loss may."""
        reached = set(keras_order(inputs, outputs)[1])
        spare = [twin for twin in self.twins.values() if twin not in reached and twin.weights]
        return tuple(node.outputs[0] for twin in spare for node in twin.nodes)

    def _input(self, symbol: Any) -> None:
        layer = InputLayer(batch_shape=tuple(symbol.shape), dtype=symbol.dtype)
        layer.name = self._unique((), symbol._keras_history.operation.name)
        tensor = self.tensors[id(symbol)] = layer.add_call((), {}).outputs[0]
        self.real[layer] = Real("InputLayer", [tensor.shape], [])

    def _tensor(self, symbol: Any) -> Tensor:
        """Return the tensor of a symbolic one, which a call or a source gives."""
        if id(symbol) not in self.tensors:
            if id(symbol) not in self.trace.sources:
                raise ArchiError("a tensor in it comes from outside of its call")
            source = self.trace.sources[id(symbol)]
            value = source.value
            layer = Source("Variable" if source.is_weight else "Constant")
            layer.name = self._unique(source.path, value.name if source.is_weight else "constant")
            weights = (_weight(value),) if source.is_weight else ()
            with _inside(source.path):
                tensor = layer.give(tuple(symbol.shape), symbol.dtype, weights)
            self.tensors[id(symbol)] = tensor
            self.real[layer] = Real(layer.class_name, [tensor.shape], list(map(_brief, weights)))
            if source.is_weight:
                self.sources.append((layer, value))
        return self.tensors[id(symbol)]

    def _call(self, call: Call) -> None:
        twin = self._twin(call)
        if call.inside is not None and call.inside.calls and isinstance(twin, OpaqueLayer):
            self._closed_call(twin, call, call.inside)
            return
        args, kwargs = self._argument(call.args), self._argument(call.kwargs)
        kwargs.pop("training", None)
        values = self.keras.tree.flatten(call.outputs)
        with _inside(call.path):
            node = self._node(twin, call, args, kwargs, list(map(self._kind, values)))
        self.tensors.update(zip(map(id, values), node.outputs, strict=True))

    def _closed_call(self, twin: OpaqueLayer, call: Call, inside: Inside) -> None:
        """Draw a layer of which just the layers that it calls are known.

        What lies between them is the layer itself: it reads what nothing else has read so
        far, and gives what is read next.
        """
        tree = self.keras.tree
        symbols = filter(self.trace.is_symbol, tree.flatten((call.args, call.kwargs)))
        given = [self._tensor(symbol) for symbol in symbols]
        self.tensors.update(zip(map(id, inside.inputs), given, strict=False))
        inner = {id(w) for each in inside.calls for w in each.called.weights}
        self.own[twin] = [w for w in call.called.weights if id(w) not in inner]
        unread = list(given)

        def give(value: Any) -> Tensor:
            """Return a tensor of the closed layer's, which its own code made if nothing else."""
            nonlocal unread
            if id(value) not in self.tensors:
                with _inside(call.path):
                    node = self._between(twin, unread or given, value)
                unread = [self.tensors.setdefault(id(value), node.outputs[0])]
            return self.tensors[id(value)]

        for each in inside.calls:
            tensors = filter(self.keras.ops.is_tensor, tree.flatten((each.args, each.kwargs)))
            read = list(map(give, tensors))
            self._call(each)
            unread = [tensor for tensor in unread if tensor not in read]
            unread += [self.tensors[id(value)] for value in tree.flatten(each.outputs)]
        for symbol, value in zip(tree.flatten(call.outputs), inside.outputs, strict=True):
            self.tensors[id(symbol)] = give(value)

    def _between(self, twin: OpaqueLayer, read: list[Tensor], value: Any) -> Node:
        """Return a call of a closed layer that stands for its own code between its layers."""
        weights = tuple(map(_weight, self.own[twin]))
        shape, dtype = self._kind(value)
        inference = Inference((shape,), weights, None, None, twin.why, dtypes=(dtype,))
        node = Node(twin, (read,), {}, inference)
        twin.nodes.append(node)
        real = Real(twin.class_name, [], list(map(_brief, weights)))
        self.real.setdefault(twin, real).shapes.append(shape)
        return node

    def _kind(self, value: Any) -> tuple[Shape, str]:
        """Return the shape and dtype of a tensor, symbolic or of the backend."""
        shape = tuple(size if isinstance(size, int) else None for size in value.shape)
        return shape, self.keras.backend.standardize_dtype(value.dtype)

    def _twin(self, call: Call) -> Layer:
        called = call.called
        if called not in self.twins:
            is_layer = isinstance(called, self.keras.layers.Layer)
            twin = _twin(self.keras, called, self.trace.closed.get(called))
            label = called.name if is_layer else snake_case(type(called).__name__)
            twin.name = self._unique(call.path, label)
            self.twins[called] = twin
        return self.twins[called]

    def _unique(self, path: Path, label: str) -> str:
        name = unique = "/".join([*(each for each, _ in path), label])
        number = 0
        while unique in self.names:
            number += 1
            unique = f"{name}_{number}"
        self.names.add(unique)
        return unique

    def _argument(self, value: Any) -> Any:
        """Return what a call is given, as a twin's call has it."""
        if self.trace.is_symbol(value):
            return self._tensor(value)
        if id(value) in self.tensors and self.keras.ops.is_tensor(value):
            return self.tensors[id(value)]
        if is_list(value):
            items = [self._argument(item) for item in value]
            return items if isinstance(value, list) else tuple(items)
        if isinstance(value, dict):
            return {key: self._argument(item) for key, item in value.items()}
        if isinstance(value, PLAIN):
            return value
        if hasattr(value, "shape") and hasattr(value, "dtype"):
            numbers = self.keras.ops.convert_to_numpy(value).tolist()
            return Constant(numbers, self.keras.backend.standardize_dtype(value.dtype))
        return getattr(value, "name", type(value).__name__)

    def _node(
        self, twin: Layer, call: Call, args: Any, kwargs: Any, kinds: list[tuple[Shape, str]]
    ) -> Node:
        shapes = tuple(shape for shape, _ in kinds)
        weights = tuple(map(_weight, getattr(call.called, "weights", ())))
        real = Real(type(call.called).__name__, [], list(map(_brief, weights)))
        self.real.setdefault(twin, real).shapes.extend(shapes)
        if isinstance(twin, OpaqueLayer):
            why = twin.why
        else:
            try:
                node = twin.add_call(args, kwargs)
            except ArchiError as error:
                why = reason(error, twin.name, twin.class_name)
            else:
                why = _disagreement(node, shapes, weights)
                if not why:
                    return node
                self.odds.add(why)
                twin.nodes.pop()
        dtypes = tuple(dtype for _, dtype in kinds)
        node = Node(twin, args, kwargs, Inference(shapes, weights, None, None, why, dtypes=dtypes))
        twin.nodes.append(node)
        return node

    def _claimed(self, layers: list[Layer]) -> set[int]:
        """Return the weights, by their ids, that layers of the graph have; each has one layer."""
        claimed: set[int] = set()
        variables = {twin: getattr(called, "weights", ()) for called, twin in self.twins.items()}
        variables.update(self.own)
        variables.update({layer: [value] for layer, value in self.sources})
        for layer in layers:
            own = [each for each in variables.get(layer, ()) if id(each) not in claimed]
            if len(own) < len(variables.get(layer, ())):
                weights = tuple(map(_weight, own))
                node = layer.nodes[0]
                node.inference = node.inference._replace(weights=weights)
                self.real[layer] = self.real[layer]._replace(weights=list(map(_brief, weights)))
            claimed |= set(map(id, own))
        return claimed

    def _spare(self, claimed: set[int]) -> list[Node]:
        """Return nodes for the weights of the model that none of its calls reads visibly."""
        nodes = []
        for path, layer, weights in self._owners():
            spare = [weight for weight in weights if id(weight) not in claimed]
            if spare:
                claimed |= set(map(id, spare))
                nodes.append(self._spare_node(path, layer, spare))
        return nodes

    def _owners(self) -> Iterator[tuple[Path, Any, list[Any]]]:
        """Yield the layers that have weights, and those that are theirs alone, in order."""
        pending: list[tuple[Path, Any]] = [((), self.trace.model)]
        while pending:
            path, layer = pending.pop()
            if not self.trace.looks_into(layer):
                yield path, layer, layer.weights
                continue
            yield path, layer, layer._trainable_variables + layer._non_trainable_variables
            here = path if layer is self.trace.model else (*path, scope_of(layer))
            pending += [(here, inner) for inner in reversed(layer._layers)]

    def _spare_node(self, path: Path, layer: Any, weights: list[Any]) -> Node:
        hidden = layer in self.trace.met and not self.trace.looks_into(layer)
        count = None if hidden else 0
        twin = OpaqueLayer({"class_name": type(layer).__name__}, UNREAD if hidden else UNCALLED)
        twin.name = self._unique(path, layer.name)
        twin.stands_alone = True
        with _inside(path):
            found = tuple(map(_weight, weights))
            node = Node(twin, (), {}, Inference((UNKNOWN,), found, count, count, twin.why))
        self.real[twin] = Real(twin.class_name, [UNKNOWN], list(map(_brief, found)))
        twin.nodes.append(node)
        return node


def _twin(keras: Any, called: Any, closed: str | None) -> Layer:
    """Return the twin of a layer or operation; an opaque one where there is none."""
    document: dict[str, Any] = {"class_name": type(called).__name__, "config": {}}
    if not is_kerass(called):
        because = f": {closed}" if closed else ""
        return OpaqueLayer(document, f"its call can't be followed{because}")
    try:
        document = json.loads(json.dumps(_serialized(keras, called)))
        return layer_of(document)
    except ArchiError as error:
        class_name = str(document["class_name"])
        return OpaqueLayer(document, reason(error, getattr(called, "name", ""), class_name))
    except Exception:  # of code in a config, such as a custom activation's
        return OpaqueLayer(document, "Keras can't write its config")


def _serialized(keras: Any, called: Any) -> dict[str, Any]:
    """Return a layer's or operation's document, with the one dtype policy that it has."""
    document: dict[str, Any] = keras.saving.serialize_keras_object(called)
    policies = getattr(called, "dtype_policy", None)
    if isinstance(policies, keras.dtype_policies.DTypePolicyMap) and not _parts(called):
        own = policies[called.path] if called.path else policies.default_policy
        document["config"]["dtype"] = keras.saving.serialize_keras_object(own)
    return document


def _parts(layer: Any) -> list[Any]:
    """Return the layers that a layer is made of."""
    return list(layer._flatten_layers(include_self=False))


@contextmanager
def _inside(path: Path) -> Iterator[None]:
    with ExitStack() as scopes:
        for name, kind in path:
            scopes.enter_context(scope(name, kind))
        yield


def _weight(variable: Any) -> Weight:
    shape = tuple(size or 0 for size in variable.shape)
    return Weight(variable.name, shape, bool(variable.trainable), str(variable.dtype))


def _brief(weight: Weight) -> tuple[str, Shape, bool]:
    return weight.name, weight.shape, weight.trainable


def _disagreement(node: Node, shapes: tuple[Shape, ...], weights: tuple[Weight, ...]) -> str:
    """Say where a rule of archi's and Keras are at odds, "" where nowhere."""
    here = tuple(tensor.shape for tensor in node.outputs)
    if len(here) != len(shapes) or not all(map(_compatible, here, shapes)):
        return f"{node.layer.name}: the outputs are {here} here, {shapes} in Keras"
    layer = node.layer
    mine = [(w.name, w.shape, w.trainable and layer.trainable) for w in layer.weights]
    theirs = list(map(_brief, weights))
    return "" if mine == theirs else f"{layer.name}: {mine} are the weights here, {theirs} in Keras"


def _compatible(here: Shape, there: Shape) -> bool:
    return len(here) == len(there) and all(
        a == b or None in (a, b) for a, b in zip(here, there, strict=True)
    )
