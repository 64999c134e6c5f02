"""A model's config, as Keras writes it, → Graph.

A functional or Sequential document is read into a `DeclaredModel`: its layers as twins, its
calls in an order in which each finds its inputs. Running through the calls makes the
graph; a model called inside another is run through at that place, its layers named
`outer/inner`, once for every call of it.

Nothing is looked up by the names in a document but twins. A layer without a twin, or one
whose twin does not take what the document says, becomes an `OpaqueLayer`, with the shapes
that the document records where others read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise, zip_longest
from typing import Any, ClassVar, NamedTuple

from archi.errors import ArchiError, LayerError, ReadError, quote
from archi.graph import (
    UNKNOWN,
    Graph,
    Inference,
    Node,
    Settings,
    Shape,
    Tensor,
    Weight,
    building,
    scope,
    tensors_in,
    tensors_of,
)
from archi.layers._arguments import DType
from archi.layers._core import Layer
from archi.layers._objects import snake_case
from archi.layers._opaque import OpaqueLayer, reason
from archi.layers._values import read_values
from archi.ops._serial import read_node
from archi.readers._calls import (
    Call,
    Key,
    Outputs,
    build_shape,
    first_shape,
    history,
    leaves,
    map_ends,
    match,
    output,
    read_call,
    read_ends,
    read_keys,
    read_shape,
    tensor_configs,
)
from archi.readers._held import HeldModel, within
from archi.readers._legacy import is_legacy, modern
from archi.readers._policies import with_one_policy
from archi.readers._weights import Names, Weights

NESTING = 40  # models in models
OUTPUTS = 1000  # of one layer without a twin
NAME = 500  # characters of a layer's class or path; a table has them in every row
CALLS = 51_000  # of layers; models that are called twice in models called twice have many
INPUT = "InputLayer"
HELD = ("layer", "layers")  # arguments of layers that others may be among

Record = tuple[Shape, str]  # the shape and dtype that a document records of a tensor

_CODED = "its layers are made by code that is not in the file"
_UNPLACED = "what it is called on is in code that is not in the file"


class Place(NamedTuple):
    """Where a layer is: its path, its name and those of the models around it.

    `store` is where a `.keras` file has its weights; `frozen` says that a model around it
    does not train.
    """

    path: str = ""
    names: Names = ()
    store: str = ""
    frozen: bool = False

    def inside(self, name: str, store: str) -> Place:
        """Return the place of a layer of the model at this one."""
        path = f"{self.path}/{name}" if self.path else name
        _check_length(path)
        return Place(path, (*self.names, name), store, self.frozen)


def build_graph(
    document: Any,
    *,
    title: str,
    settings: Settings | None = None,
    weights: Weights | None = None,
) -> Graph:
    """Return the network that a model's document describes.

    `weights` finds the weights that the file holds for layers archi does not know. Raises
    ReadError where the document describes no network, GraphError for one beyond archi's
    limits.
    """
    reader = _Reader(settings or Settings(), weights or Weights())
    with building() as build:
        build.limit = CALLS
        model = reader.model(document, Place())
        if model is None:
            return reader.opaque_graph(document, title)
        return reader.graph(model, title)


def layer_of(document: dict[str, Any]) -> Layer:
    """Return the twin of the layer or operation that a document describes.

    Raises LayerError for what archi does not know, ReadError for what is no document.
    """
    reader = _Reader(Settings(), Weights())
    return read_node(reader.with_models(document, Place()))


class _Reader:
    """What the models of one document share: objects by their id, settings, weights."""

    def __init__(self, settings: Settings, weights: Weights, *, held: bool = False) -> None:
        self.settings = settings
        self.weights = weights
        self.held = held  # whether a layer holds the model; nothing in it may be unknown then
        self.legacy = False  # whether the document is of Keras 2 or a legacy format
        self.shared: dict[Any, Any] = {}  # layers and models by their shared_object_id
        self.places: dict[Layer, Place] = {}  # of a layer in several models, the first

    def model(self, document: Any, place: Place) -> DeclaredModel | None:
        """Return a model's document as a model, None where it describes no layers."""
        if not isinstance(document, dict) or not isinstance(document.get("config"), dict):
            raise ReadError("the file describes no Keras model: it has no class_name and config")
        if len(place.names) > NESTING:
            raise ReadError(f"models are nested more than {NESTING} deep")
        kind = _kind(document)
        return kind(self, document, place) if kind else None

    def member(self, document: dict[str, Any], place: Place) -> Layer | DeclaredModel:
        """Return a layer's document as a twin, a model, or an opaque layer."""
        _check_length(str(document.get("class_name")))
        identity = document.get("shared_object_id")
        if isinstance(identity, int) and self.shared.get(identity) is not None:
            found: Layer | DeclaredModel = self.shared[identity]
            return found
        member = self.model(document, place) or self._layer(document, place)
        if isinstance(identity, int):
            self.shared[identity] = member
        return member

    def _layer(self, document: dict[str, Any], place: Place) -> Layer:
        layer: Layer
        named = _named(document)
        try:
            layer = read_node(self.with_models(with_one_policy(named), place))
        except LayerError as error:
            why = reason(error, _config_name(named), str(document.get("class_name")))
            if document.get("class_name") == INPUT:
                layer = _plain_input(document)
            elif self.held:
                raise LayerError(within(_name_of(document), why)) from None
            else:
                layer = OpaqueLayer(document, why)
        layer.name = place.path
        self.places[layer] = place
        if place.frozen:
            layer.trainable = False
        return layer

    def with_models(self, document: dict[str, Any], place: Place) -> dict[str, Any]:
        """Return a layer's document with the models that it holds, if any, as layers.

        Raises LayerError where such a model can't be one.
        """
        config = document.get("config")
        if not isinstance(config, dict) or not _is_holder(document.get("class_name")):
            return document
        held = {key: self._held(config[key], place, key) for key in HELD if key in config}
        return {**document, "config": {**config, **held}}

    def _held(self, value: Any, place: Place, key: str) -> Any:
        if isinstance(value, list):
            return [self._held(item, place, key) for item in value]
        if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
            return value
        inside = place.inside(_name_of(value), f"{place.store}/{key}")
        if _kind(value) is None:
            return self.with_models(value, inside)
        return self._model_layer(value, inside)

    def _model_layer(self, document: dict[str, Any], place: Place) -> HeldModel:
        identity = document.get("shared_object_id")
        if isinstance(identity, int):
            if identity in self.shared:
                raise LayerError("the model in it is elsewhere in the network as well")
            self.shared[identity] = None
        model = _Reader(Settings(), self.weights, held=True).model(document, place)
        assert model is not None
        if len(model.entries) != 1:
            raise LayerError(f"the model in it has {len(model.entries)} inputs")
        return HeldModel(model)

    def weights_of(self, layer: Layer) -> tuple[Weight, ...] | None:
        """Return the weights that the file has for a layer, None where it does not say."""
        place = self.places[layer]
        if not place.store:  # an operation
            return ()
        return self.weights.of(place.store, place.names, layer.trainable)

    def graph(self, model: DeclaredModel, title: str) -> Graph:
        """Return the graph of the outermost model."""
        inputs = model.source()
        outputs = model.run(inputs)
        unread = _unread(model.all_layers()) if model.nests else ()
        graph = Graph(inputs, outputs, name=model.name, title=title, unread=unread)
        if model.nests:  # layers in the order of the file, each model's where the model is
            reached = set(graph.layers)
            graph.layers = [layer for layer in model.all_layers() if layer in reached]
        graph.hides_input = isinstance(model, _Sequential)
        graph.data_format = data_format_of(graph)
        return graph

    def opaque_graph(self, document: dict[str, Any], title: str) -> Graph:
        """Return the graph of a model whose layers only its own code knows.

        It is one layer, which reads those layers that the file has weights of; how these
        are connected it does not say, so that each reads the input.
        """
        name = _name_of(document, "model")
        shape = read_shape(self.settings.input and [None, *self.settings.input])
        source = _input(shape or build_shape(document) or UNKNOWN, "float32", "input")
        groups = self.weights.groups()
        own = groups.pop("", () if groups else None)
        for path in groups:
            _check_length(path)
        made = [
            _opaque_call(path, _class_by_place(path), source, weights, _UNPLACED)
            for path, weights in groups.items()
        ]
        reads = made if made else source
        whole = _opaque_call(name, document.get("class_name"), reads, own, _CODED)
        return Graph(source, whole, name=name, title=title)


class DeclaredModel:
    """A model in a document: its layers by name and its calls.

    `entries` are the layers that its inputs go to, and which call of them.
    """

    module: ClassVar[str]  # where Keras has its class
    class_name: ClassVar[str]
    registered_name: ClassVar[str | None]
    entries: list[Key]

    def __init__(self, reader: _Reader, document: dict[str, Any], place: Place) -> None:
        self.reader = reader
        self.document = document
        self.config: dict[str, Any] = document["config"]
        self.place = place._replace(frozen=place.frozen or self.config.get("trainable") is False)
        self.name = _name_of(document, "model")
        self.members: dict[str, Layer | DeclaredModel] = {}
        self.documents: dict[str, dict[str, Any]] = {}
        self.expected: list[Record] = []  # of the outputs, by the model around
        counts: dict[str, int] = {}
        for each in self._layer_documents():
            name = _name_of(each)
            if name in self.members:
                raise ReadError(f"two layers are named {quote(name)}")
            self.documents[name] = each
            inside = self.place.inside(name, self._store(each, counts))
            self.members[name] = reader.member(each, inside)
        if not self.members:
            raise ReadError(f"the model {quote(self.name)} has no layers")

    def _layer_documents(self) -> list[dict[str, Any]]:
        layers = self.config.get("layers")
        if not isinstance(layers, list) or not all(isinstance(each, dict) for each in layers):
            raise ReadError(f"the layers of the model {quote(self.name)} are not a list of layers")
        if self.reader.legacy or is_legacy(layers):
            self.reader.legacy = True
            self.config = modern(self.config, layers)
        return self.config["layers"]

    def _store(self, document: dict[str, Any], counts: dict[str, int]) -> str:
        """Return where a `.keras` file keeps the weights of a layer.

        Keras numbers the layers of one class, operations left out: `layers/dense`,
        `layers/dense_1` (`_save_container_state` of keras/src/saving/saving_lib.py).
        """
        if str(document.get("module")).startswith("keras.src.ops."):
            return ""
        base = snake_case(str(document.get("class_name")))
        number = counts.get(base, 0)
        counts[base] = number + 1
        store = f"layers/{base}" + (f"_{number}" if number else "")
        return f"{self.place.store}/{store}" if self.place.store else store

    @property
    def nests(self) -> bool:
        """Whether a model is among its layers."""
        return any(isinstance(member, DeclaredModel) for member in self.members.values())

    def all_layers(self) -> Iterator[Layer]:
        """Yield the layers in the order of the document, those of inner models in place."""
        met: set[Layer | DeclaredModel] = set()
        pending: list[Layer | DeclaredModel] = [*reversed(self.members.values())]
        while pending:
            member = pending.pop()
            if member in met:
                continue
            met.add(member)
            if isinstance(member, DeclaredModel):
                pending += reversed(member.members.values())
            else:
                yield member

    @property
    def input_dtype(self) -> str:
        """The dtype of its first input."""
        first = self.members[self.entries[0][0]]
        known = isinstance(first, Layer) and first.class_name == INPUT
        return first.dtype if known else "float32"  # type: ignore[union-attr]

    def label(self, layer: Layer) -> str:
        """Return a layer's name in this model."""
        path = self.place.path
        return layer.name.removeprefix(f"{path}/") if path else layer.name

    def written(self) -> dict[str, Any]:
        """Return its config as Keras 3 writes it, by what the twins say of themselves."""
        layers = [self._written(name, member) for name, member in self.members.items()]
        return {**self.config, "layers": layers}

    def _written(self, name: str, member: Layer | DeclaredModel) -> dict[str, Any]:
        config = member.written() if isinstance(member, DeclaredModel) else member.get_config()
        document = {
            **self.documents[name],
            "module": member.module,
            "class_name": member.class_name,
            "config": {**config, "name": name},
            "registered_name": member.registered_name,
        }
        document.pop("build_config", None)
        calls = [node for node in member.nodes if node.inputs] if isinstance(member, Layer) else []
        noted = calls[0].layer.build_config(calls[0]) if calls else None
        return document if noted is None else {**document, "build_config": noted}

    def take(self, shape: Shape) -> None:
        """Have its input say the shape that the model is called on, where that is another."""
        source = self.members[self.entries[0][0]]
        said = getattr(source, "batch_shape", None)
        if said is None or isinstance(source, DeclaredModel):
            return
        if any(None not in (n, own) and n != own for n, own in zip(shape, said, strict=False)):
            source.batch_shape = (said[0], *shape[1:])  # type: ignore[attr-defined]

    def source(self) -> Any:
        """Return fresh input tensors, structured as the model wants them."""
        raise NotImplementedError

    def run(self, inputs: Any) -> Any:
        """Call the layers on tensors from outside and return the outputs."""
        raise NotImplementedError

    def call(self, call: Call, args: list[Any], kwargs: dict[str, Any]) -> Outputs:
        """Call one of the layers and return its outputs."""
        member = self.members[call.name]
        if isinstance(member, Layer):
            return self._node(member, call, tuple(args), kwargs).outputs
        member.expected = self.recorded(call)
        with scope(call.name, str(member.document.get("class_name"))):
            return tensors_in(member.run(args[0] if args else None))

    def _node(
        self, layer: Layer, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Node:
        unknown = [t for t in tensors_of(args, kwargs) if t.shape is UNKNOWN]
        if isinstance(layer, OpaqueLayer):
            why = layer.why
        elif unknown:
            why = f"the shape of its input {quote(unknown[0].node.layer.name)} is unknown"
        else:
            try:
                return layer.add_call(args, kwargs)
            except LayerError as error:
                if self.reader.held:
                    raise
                why = reason(error, layer.name, layer.class_name)
        return self._unknown_call(layer, call, args, kwargs, why)

    def _unknown_call(
        self, layer: Layer, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any], why: str
    ) -> Node:
        """Add a call of which just what the file records is known."""
        recorded = self.recorded(call)
        first = layer.nodes[0].inference.weights if layer.nodes else None
        weights = first if layer.nodes else self.reader.weights_of(layer)
        if weights is None and self.reader.weights.why:
            why = f"{why}; {self.reader.weights.why}"
        shapes = tuple(shape for shape, _ in recorded)
        dtypes = tuple(dtype for _, dtype in recorded)
        inference = Inference(shapes, weights, None, None, why, dtypes=dtypes)
        node = Node(layer, args, kwargs, inference)
        layer.nodes.append(node)
        return node

    def recorded(self, call: Call) -> list[Record]:
        """Return the shapes and dtypes that the document records of a call's outputs."""
        return [(UNKNOWN, getattr(self.members[call.name], "output_dtype", "float32"))]


class _Functional(DeclaredModel):
    """A model that is a graph: calls, inputs and outputs by the names of layers."""

    module = "keras.src.models.functional"
    class_name = registered_name = "Functional"

    def __init__(self, reader: _Reader, document: dict[str, Any], place: Place) -> None:
        super().__init__(reader, document, place)
        self.calls = self._in_order(self._read_calls())
        self.input_ends = read_ends(self.config.get("input_layers"), self._input_key)
        self.output_ends = read_ends(self.config.get("output_layers"), self._output_key)
        self.entries = [key for key, _ in leaves(self.input_ends)]
        self._records: dict[Key, dict[int, Record | None]] | None = None

    def _read_calls(self) -> dict[Key, Call]:
        calls: dict[Key, Call] = {}
        for name, document in self.documents.items():
            inbound = document.get("inbound_nodes") or []
            if not isinstance(inbound, list):
                raise ReadError(f"the calls of {quote(name)} are not a list")
            for index, node in enumerate(inbound):
                calls[name, index] = read_call(name, index, node)
        return calls

    def _in_order(self, calls: dict[Key, Call]) -> list[Call]:
        """Return the calls so that each comes after those it reads; iterative.

        Raises ReadError where that can't be: a circle, or a call of what is not there.
        """
        ordered: list[Call] = []
        met: set[Key] = set()
        for key, call in calls.items():  # in nearly all documents they are in order
            for name, index, _ in call.reads:
                if (name, index) not in met:
                    if (name, index) in calls:
                        return self._sorted(calls)
                    self._check_entry((name, index), call.name)
            met.add(key)
            ordered.append(call)
        return ordered

    def _sorted(self, calls: dict[Key, Call]) -> list[Call]:
        ordered: list[Call] = []
        state: dict[Key, bool] = {}  # False while what a call reads is being placed
        for key in calls:
            stack = [(key, read_keys(calls[key]))] if key not in state else []
            state.setdefault(key, False)
            while stack:
                current, pending = stack[-1]
                for read in pending:
                    if read not in calls:
                        self._check_entry(read, current[0])
                    elif read not in state:
                        state[read] = False
                        stack.append((read, read_keys(calls[read])))
                        break
                    elif not state[read]:
                        raise ReadError(f"the calls of {quote(read[0])} are in a circle")
                else:
                    stack.pop()
                    state[current] = True
                    ordered.append(calls[current])
        return ordered

    def _check_entry(self, key: Key, reader: str) -> None:
        name, index = key
        member = self.members.get(name)
        if member is None:
            raise ReadError(f"{quote(reader)} reads {quote(name)}, which is no layer of the model")
        if index or not isinstance(member, Layer) or member.class_name != INPUT:
            raise ReadError(f"{quote(reader)} reads call {index} of {quote(name)}, which has none")

    def _input_key(self, name: str, index: int, tensor: int) -> tuple[Key, int]:
        member = self.members.get(name)
        if not isinstance(member, Layer) or member.class_name != INPUT:
            raise ReadError(f"{quote(name)} is among the inputs and is no input of the model")
        return (name, 0), 0

    def _output_key(self, name: str, index: int, tensor: int) -> tuple[Key, int]:
        if name not in self.members:
            raise ReadError(f"the output {quote(name)} is no layer of the model")
        if isinstance(self.members[name], _Functional):
            index -= 1  # its own inputs and outputs count as the first call
        return (name, max(index, 0)), tensor

    def source(self) -> Any:
        made: dict[Key, Tensor] = {}
        for key in self.entries:
            layer = self.members[key[0]]
            assert isinstance(layer, Layer)
            made[key] = self._fresh(layer)
        return map_ends(self.input_ends, lambda key, _: made[key])

    def _fresh(self, layer: Layer) -> Tensor:
        shape = getattr(layer, "batch_shape", None)
        if shape is None:
            raise ReadError(f"the input {quote(layer.name)} has no shape")
        input_, batch = self.reader.settings
        if input_ is not None:
            if len(self.entries) > 1:
                raise ArchiError(
                    f"the model has {len(self.entries)} inputs; --input is for models with one"
                )
            shape = (shape[0] if shape else None, *input_)
        if batch is not None and shape:
            shape = (batch, *shape[1:])
        layer.batch_shape = shape  # type: ignore[attr-defined]
        return layer.add_call((), {}).outputs[0]

    def run(self, inputs: Any) -> Any:
        made: dict[Key, Outputs] = {}
        given = match(inputs, self.input_ends, self.name)
        for key, tensor in zip(self.entries, given, strict=True):
            layer = self.members[key[0]]
            assert isinstance(layer, Layer)
            # The outermost model's inputs are their layers' own tensors.
            own = tensor.node.layer is layer and not tensor.node.inputs
            made[key] = (tensor,) if own else layer.add_call((tensor,), {}).outputs

        def find(config: dict[str, Any]) -> Tensor:
            name, index, place = history(config, self.name)
            return output(made, (name, index), place)

        for call in self.calls:
            if not call.reads:
                raise ReadError(f"{quote(call.name)} is called on no tensors")
            kwargs = read_values(call.kwargs, find) if call.kwargs else {}
            made[call.key] = self.call(call, read_values(call.args, find), kwargs)
        return map_ends(self.output_ends, lambda key, place: output(made, key, place))

    def recorded(self, call: Call) -> list[Record]:
        if self._records is None:
            self._records = self._collect()
        found = self._records.get(call.key, {})
        nothing = super().recorded(call)[0]
        count = min(1 + max(found, default=0), OUTPUTS)
        return [self._adapt(found.get(place) or nothing) for place in range(count)]

    def _adapt(self, record: Record) -> Record:
        """Return a record as it is under the settings: it was made for the file's own input."""
        shape, dtype = record
        if self.reader.settings.input is not None:
            return UNKNOWN, dtype
        batch = self.reader.settings.batch
        if batch is not None and shape and shape is not UNKNOWN and shape[0] is None:
            shape = (batch, *shape[1:])
        return shape, dtype

    def _collect(self) -> dict[Key, dict[int, Record | None]]:
        """Return what is noted of every tensor that is read: by calls, or by a model around."""
        records: dict[Key, dict[int, Record | None]] = {}
        for call in self.calls:
            configs = list(tensor_configs((call.args, call.kwargs)))
            for config, (name, index, place) in zip(configs, call.reads, strict=True):
                shape, dtype = read_shape(config.get("shape")), config.get("dtype")
                if shape is None and len(configs) == 1:  # noted by what was built on it
                    shape = build_shape(self.documents[call.name])
                if shape is not None:
                    noted = dtype if isinstance(dtype, str) and dtype in DType.names else "float32"
                    records.setdefault((name, index), {})[place] = shape, noted
        ends = leaves(self.output_ends)
        for (key, place), record in zip_longest(ends, self.expected[: len(ends)]):
            records.setdefault(key, {}).setdefault(place, record)
        return records


class _Sequential(DeclaredModel):
    """A model that is a list of layers, each called on what the one before gives."""

    module = "keras"
    class_name = "Sequential"
    registered_name = None
    _after: dict[str, str] | None = None  # the layer that follows each

    def __init__(self, reader: _Reader, document: dict[str, Any], place: Place) -> None:
        super().__init__(reader, document, place)
        self.entries = [(next(iter(self.members)), 0)]

    def source(self) -> Tensor:
        name, first = next(iter(self.members.items()))
        shape: Shape | None = None
        dtype = "float32"
        if isinstance(first, Layer) and first.class_name == INPUT:
            shape, dtype = first.batch_shape, first.dtype  # type: ignore[attr-defined]
        shape = shape or first_shape(self.document, self.documents[name])
        input_, batch = self.reader.settings
        if input_ is not None:
            shape = (None, *input_)
        if shape is None:
            raise ReadError(
                "the model was never built: the file does not say what its input is",
                hint="give it with --input, such as --input 32x32x3",
            )
        if batch is not None:
            shape = (batch, *shape[1:])
        has_layer = isinstance(first, Layer) and first.class_name == INPUT
        return _input(shape, dtype, name if has_layer else "input_layer")

    def run(self, inputs: Any) -> Any:
        tensors = tensors_in(inputs)
        for name, member in self.members.items():
            if isinstance(member, Layer) and member.class_name == INPUT:
                continue
            given = (
                tensors if isinstance(member, DeclaredModel) or len(tensors) > 1 else tensors[:1]
            )
            args: list[Any] = [given[0] if len(given) == 1 else list(given)]
            tensors = self.call(Call(name, 0, [], {}, []), args, {})
        return tensors[0] if len(tensors) == 1 else list(tensors)

    def recorded(self, call: Call) -> list[Record]:
        """What follows notes the shape it was built on."""
        if self._after is None:
            self._after = dict(pairwise(self.members))
        own = super().recorded(call)
        if call.name not in self._after:
            return self.expected or own
        shape = build_shape(self.documents[self._after[call.name]])
        if shape is None or self.reader.settings.input is not None:
            return own
        return [(shape, own[0][1])]


def _kind(document: dict[str, Any]) -> type[DeclaredModel] | None:
    """Return how a document is to be read: a graph, a list of layers, or a layer."""
    config = document["config"]
    if not isinstance(config.get("layers"), list):
        return None
    if "input_layers" in config and "output_layers" in config:
        return _Functional
    return _Sequential if document.get("class_name") == "Sequential" else None


def _is_holder(class_name: Any) -> bool:
    """Whether a class of layer holds another."""
    from archi.layers import layer_class
    from archi.layers._wrapping import Holder

    try:
        return issubclass(layer_class(str(class_name)), Holder)
    except KeyError:
        return False


def _name_of(document: Mapping[str, Any], default: str = "") -> str:
    """Return a layer's or model's name."""
    for name in (document.get("name"), _config_name(document), default, document.get("class_name")):
        if isinstance(name, str) and name:
            _check_length(name)
            return name
    raise ReadError("the file has a layer without a name")


def _config_name(document: Mapping[str, Any]) -> str:
    """Return the name in a layer's config, "" where there is none."""
    config = document.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return name if isinstance(name, str) else ""


def _plain_input(document: Mapping[str, Any]) -> Layer:
    """Return the shape and dtype of an input that says more than its twin understands."""
    from archi.layers.core import InputLayer

    config = document.get("config")
    known = {key: config.get(key) for key in ("batch_shape", "dtype")} if config else {}
    try:
        return InputLayer(**known, name="input")
    except LayerError as error:
        name = quote(_name_of(document))
        raise ReadError(f"the input {name} can't be read: {error.message}") from None


def _named(document: dict[str, Any]) -> dict[str, Any]:
    """Return a layer's document with a name that Keras 3 takes: Keras 2 had others, too."""
    config = document.get("config")
    if not isinstance(config, dict) or "/" not in str(config.get("name")):
        return document
    return {**document, "config": {**config, "name": str(config["name"]).replace("/", ".")}}


def _unread(layers: Iterator[Layer]) -> Outputs:
    """Return what these layers make and none of them reads."""
    nodes = [node for layer in layers for node in layer.nodes]
    read = {tensor for node in nodes for tensor in node.inputs}
    return tuple(tensor for node in nodes for tensor in node.outputs if tensor not in read)


def _check_length(name: str) -> None:
    if len(name) > NAME:
        raise ReadError(f"{quote(name)} is longer than the names archi reads, {NAME} characters")


def _input(shape: Shape, dtype: str, name: str) -> Tensor:
    from archi.layers.core import InputLayer

    layer = InputLayer(batch_shape=tuple(shape), dtype=dtype)
    layer.name = name
    return layer.add_call((), {}).outputs[0]


def _opaque_call(
    name: str, class_name: Any, inputs: Any, weights: tuple[Weight, ...] | None, why: str
) -> Tensor:
    """Return what a layer gives of which its weights alone are known."""
    layer = OpaqueLayer({"class_name": class_name}, why)
    layer.name = name
    node = Node(layer, (inputs,), {}, Inference((UNKNOWN,), weights, None, None, why))
    layer.nodes.append(node)
    return node.outputs[0]


def _class_by_place(path: str) -> str | None:
    """Return the class that a layer probably has, by the name of its place in a file.

    Keras names what is in lists by its class, `dense_1`; attributes have any name.
    """
    from archi.layers import layer_names

    base = path.rpartition("/")[2].rstrip("0123456789").rstrip("_")
    return next((name for name in layer_names() if snake_case(name) == base), None)


def data_format_of(graph: Graph) -> str:
    """Return the data format of most layers that have one."""
    formats = [getattr(layer, "data_format", None) for layer in graph.layers]
    first = formats.count("channels_first")
    return "channels_first" if first > formats.count("channels_last") else "channels_last"
