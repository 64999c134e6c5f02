"""A model in a document: what functional and sequential models have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from archi.errors import LayerError, ReadError, quote
from archi.graph import UNKNOWN, Inference, Node, Shape, scope, tensors_in, tensors_of
from archi.readers.document._calls import Call, Key, Outputs
from archi.readers.document._informed import informed
from archi.readers.document._inputs import INPUT
from archi.readers.document._legacy import is_legacy, modern
from archi.readers.document._places import Place, name_of
from archi.readers.document._tensorflow import FunctionLayer
from archi.twin.layer import Layer
from archi.twin.objects import snake_case
from archi.twin.opaque import OpaqueLayer, reason

if TYPE_CHECKING:
    from archi.readers.document.reader import Reader

Record = tuple[Shape, str]  # the shape and dtype that a document records of a tensor


class DeclaredModel:
    """A model in a document: its layers by name and its calls.

    `entries` are the layers that its inputs go to, and which call of them.
    """

    module: ClassVar[str]  # where Keras has its class
    class_name: ClassVar[str]
    registered_name: ClassVar[str | None]
    entries: list[Key]

    def __init__(self, reader: Reader, document: dict[str, Any], place: Place) -> None:
        self.reader = reader
        self.document = document
        self.config: dict[str, Any] = document["config"]
        self.place = place._replace(frozen=place.frozen or self.config.get("trainable") is False)
        self.name = name_of(document, "model")
        self.members: dict[str, Layer | DeclaredModel] = {}
        self.documents: dict[str, dict[str, Any]] = {}
        self.expected: list[Record] = []  # of the outputs, by the model around
        counts: dict[str, int] = {}
        for each in self._layer_documents():
            name = name_of(each)
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
            elif isinstance(member, FunctionLayer):
                yield from member.layers
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
        if isinstance(member, FunctionLayer):
            member = member.layers[0]
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
        given = tensors_of(args, kwargs)
        unknown = [tensor for tensor in given if tensor.shape is UNKNOWN]
        if isinstance(layer, OpaqueLayer) and not isinstance(layer, FunctionLayer):
            why = layer.why
        elif not given:
            why = "what it is called on is not in the file"
        elif unknown:
            why = f"the shape of its input {quote(unknown[0].node.layer.name)} is unknown"
        else:
            try:
                if not isinstance(layer, FunctionLayer):
                    return layer.add_call(args, kwargs)
                if (node := self._function_node(layer, args, kwargs)) is not None:
                    return node
                why = layer.why
            except LayerError as error:
                if self.reader.held:
                    raise
                why = reason(error, layer.name, layer.class_name)
        return self._unknown_call(layer, call, args, kwargs, why)

    def _function_node(
        self, layer: FunctionLayer, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Node | None:
        node = layer.call(args, kwargs)
        if node is not None:
            self.reader.places[node.layer] = self.reader.places[layer]
            if self.reader.places[layer].frozen:
                node.layer.trainable = False
        return node

    def _unknown_call(
        self, layer: Layer, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any], why: str
    ) -> Node:
        """Add a call of which just what the file records is known."""
        recorded = self.recorded(call)
        if isinstance(layer, OpaqueLayer) and [shape for shape, _ in recorded] == [UNKNOWN]:
            declared = layer.declared(_batch(args, kwargs))
            recorded = [(declared or UNKNOWN, recorded[0][1])]
        first = layer.nodes[0].inference.weights if layer.nodes else None
        weights = first if layer.nodes else self.reader.weights_of(layer)
        if weights is None and self.reader.weights.why:
            why = f"{why}; {self.reader.weights.why}"
        guessed = None if self.reader.held else informed(layer, args, kwargs, weights)
        if guessed is not None:
            return self._add_node(layer, args, kwargs, guessed._replace(why=why))
        shapes = tuple(shape for shape, _ in recorded)
        dtypes = tuple(dtype for _, dtype in recorded)
        inference = Inference(shapes, weights, None, None, why, dtypes=dtypes)
        return self._add_node(layer, args, kwargs, inference)

    def _add_node(
        self, layer: Layer, args: tuple[Any, ...], kwargs: dict[str, Any], inference: Inference
    ) -> Node:
        node = Node(layer, args, kwargs, inference)
        layer.nodes.append(node)
        layer.stands_alone = layer.stands_alone or not node.inputs
        return node

    def recorded(self, call: Call) -> list[Record]:
        """Return the shapes and dtypes that the document records of a call's outputs."""
        return [(UNKNOWN, getattr(self.members[call.name], "output_dtype", "float32"))]


def _batch(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | None:
    """Return the batch size of what a layer is called on, None where it is open."""
    return next((tensor.shape[0] for tensor in tensors_of(args, kwargs) if tensor.shape), None)
