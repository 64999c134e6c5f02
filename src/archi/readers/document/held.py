"""A model that a layer holds, as TimeDistributed may: to that layer one layer like another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from archi.errors import quote
from archi.graph import Graph, Inference, Node, Shape, Tensor, Weight, tensors_in
from archi.layers.core import InputLayer
from archi.settings import Settings
from archi.twin.layer import Kept, Layer, total
from archi.twin.wrapping import Model, owned

if TYPE_CHECKING:
    from archi.readers.document._model import DeclaredModel


class HeldModel(Model):
    """A model in a document as one layer, which is called on one tensor and gives one.

    Its rule runs through the model's layers on the shape it is given and sums what they
    say; a shape is run through once. The calls count as calls of the network being built.
    `read` gives the graph of a model's document.
    """

    has_build_config = False
    # A model's own, which none of its weights and outputs have.
    trainable = True
    dtype = "float32"
    activity_regularizer = None

    def __init__(self, model: DeclaredModel, read: Callable[..., Graph]) -> None:
        self.model = model
        self.read = read
        self.inferences: dict[Shape, Inference] = {}
        self.keeps = Kept(inputs=True, outputs=True)
        super().__init__(name=model.name.replace("/", "."))

    @property
    def class_name(self) -> str:
        return self.model.class_name

    @property
    def module(self) -> str:  # type: ignore[override]
        return self.model.module

    @property
    def registered_name(self) -> str | None:  # type: ignore[override]
        return self.model.registered_name

    @property
    def inner(self) -> tuple[Layer, ...]:
        return tuple(self.model.all_layers())

    def infer(self, x: Shape) -> Inference:
        if x not in self.inferences:
            self.inferences[x] = self._run(x)
        return self.inferences[x]

    def _run(self, x: Shape) -> Inference:
        before = {layer: len(layer.nodes) for layer in self.inner}
        source = InputLayer(batch_shape=x, dtype=self.model.input_dtype, name="input")
        given = source.add_call((), {}).outputs[0]
        outputs = tensors_in(self.model.run(given))
        if len(outputs) != 1:
            raise self.refuse("gives one tensor", str(len(outputs)))
        output = outputs[0]
        # Functions of TensorFlow become layers only when they are called.
        nodes = [node for layer in self.inner for node in layer.nodes[before.get(layer, 0) :]]
        inferences = [node.inference for node in nodes]
        uncounted = [n for n in nodes if None in (n.inference.macs, n.inference.elementwise)]
        return Inference(
            (output.shape,),
            self._weights(),
            total(*[each.macs for each in inferences]),
            total(*[each.elementwise for each in inferences]),
            why=self._why(uncounted[0]) if uncounted else "",
            inner=_made(nodes, output),
            dtypes=(output.dtype,),
            kept=self._kept(nodes, given, output),
        )

    def _why(self, uncounted: Node) -> str:
        return within(self.model.label(uncounted.layer), uncounted.inference.why)

    def _weights(self) -> tuple[Weight, ...]:
        return tuple([weight for layer in self.inner for weight in owned(layer, layer.weights)])

    def _kept(self, nodes: list[Node], given: Tensor, output: Tensor) -> tuple[Shape, ...]:
        """Return what training keeps on the way, and note whether it keeps the ends."""
        kept: dict[Tensor, None] = {}
        for node in nodes:
            inputs, outputs = node.layer.kept()
            tensors = (*(node.inputs if inputs else ()), *(node.outputs if outputs else ()))
            kept.update(dict.fromkeys(map(_seen, tensors)))
        self.keeps = Kept(inputs=given in kept, outputs=output in kept)
        inside = [each.inference for each in nodes]
        return (
            *(_shape(tensor) for tensor in kept if tensor not in (given, output)),
            *(s for each in inside for s in (each.inner if each.kept is None else each.kept)),
        )

    def build(self, x: Shape) -> None:
        super().build(x)
        self.model.take(x)

    def kept(self) -> Kept:
        return self.keeps

    def get_config(self) -> dict[str, Any]:
        return self.model.written()

    def network(self) -> Graph:
        document = {"class_name": self.class_name, "config": self.get_config()}
        sizes = tuple([size for size in (self.built_on or ())[1:] if size is not None])
        whole = self.built_on is not None and len(sizes) == len(self.built_on) - 1
        settings = Settings(sizes if whole else None)
        return self.read(document, title=self.name, settings=settings)

    def values(self) -> dict[str, Any]:
        return {key: value for key, value in self.get_config().items() if key != "name"}


def within(name: str, why: str) -> str:
    """Return why a model can't be known: what is so of a layer in it."""
    return f"the layer {quote(name)} of the model in it: {why}"


def _made(nodes: list[Node], output: Tensor) -> tuple[Shape, ...]:
    """Return the shapes of what is made on the way to the output."""
    made = [tensor for node in nodes for tensor in node.outputs if tensor is not output]
    return (
        *(_shape(tensor) for tensor in made if not _is_view(tensor, training=False)),
        *(shape for node in nodes for shape in node.inference.inner),
    )


def _seen(tensor: Tensor) -> Tensor:
    """Return the tensor whose memory it is, in training."""
    while _is_view(tensor, training=True):
        tensor = tensor.node.inputs[0]
    return tensor


def _is_view(tensor: Tensor, *, training: bool) -> bool:
    node = tensor.node
    if not node.inputs or not node.layer.is_view(training):
        return False
    return node.inputs[0].dtype == tensor.dtype


def _shape(tensor: Tensor) -> Shape:
    return tensor.shape if tensor.alone is None else (None, *tensor.alone)
