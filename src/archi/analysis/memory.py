"""Bytes of weights and activations: in all, at once, moved, and in training.

The conventions stand in docs/words.md. A tensor takes the bytes of its elements for the
whole batch from the layer that makes it to the last that reads it. Nothing is computed in
place, and layers run in Keras's order, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from archi.errors import ArchiError, one_of, quote
from archi.graph import UNKNOWN, Graph, Node, Shape, Tensor, Weight
from archi.layers import Layer
from archi.twin.layer import product

DTYPE_BYTES = {
    "bool": 1, "int8": 1, "uint8": 1, "float8_e4m3fn": 1, "float8_e5m2": 1,
    "float16": 2, "bfloat16": 2, "int16": 2, "uint16": 2,
    "float32": 4, "int32": 4, "uint32": 4, "float64": 8, "int64": 8, "uint64": 8,
    "complex64": 8, "complex128": 16,
}  # fmt: skip
FLOATS = frozenset(name for name in DTYPE_BYTES if "float" in name)
OPTIMIZERS = {"sgd": 0, "momentum": 1, "adam": 2}  # values kept for each trained parameter


class Precision(NamedTuple):
    """Dtypes that stand in for every floating-point weight and activation of a network."""

    weights: str
    activations: str


PRECISIONS = {
    "float32": Precision("float32", "float32"),
    "float16": Precision("float16", "float16"),
    "bfloat16": Precision("bfloat16", "bfloat16"),
    "mixed_float16": Precision("float32", "float16"),
    "int8": Precision("int8", "int8"),
}


class Memory(NamedTuple):
    """Bytes by call, for the whole batch; None where a size is unknown.

    `made` is what a call adds to the activations, `live` all activations there are while
    it runs, `moved` what it reads and writes, weights included.
    """

    made: dict[Node, int | None]
    live: dict[Node, int | None]
    moved: dict[Node, int | None]


class Training(NamedTuple):
    """Bytes that training one batch keeps. `total_bytes` is None with the activations."""

    optimizer: str
    batch: int
    weight_bytes: int | None
    gradient_bytes: int | None
    optimizer_bytes: int | None
    activation_bytes: int | None
    total_bytes: int | None


class Sizes:
    """How many bytes tensors and weights take in a network, computed in `dtype` if given.

    Raises ArchiError for a `dtype` that is none of `PRECISIONS`.
    """

    def __init__(self, graph: Graph, dtype: str | None = None) -> None:
        self.batch = graph.batch
        if dtype:
            _check("dtype", dtype, PRECISIONS)
        self.precision = PRECISIONS[dtype] if dtype else None
        self._known: dict[tuple[Shape, str], int | None] = {}
        self._weights: dict[Layer, int | None] = {}

    def activation(self, shape: Shape, dtype: str) -> int | None:
        """Return the bytes of a tensor for the whole batch, None where unknown."""
        if shape is UNKNOWN:
            return None
        key = shape, dtype
        if key not in self._known:
            self._known[key] = _bytes(self.batch, shape, DTYPE_BYTES.get(self._computed(dtype)))
        return self._known[key]

    def tensor(self, tensor: Tensor) -> int | None:
        """Return the bytes of a tensor of the network, None where unknown."""
        if tensor.node.layer.stands_alone:  # a weight, which is counted as such
            return 0
        shape = tensor.shape if tensor.alone is None else (None, *tensor.alone)
        return self.activation(shape, tensor.dtype)

    def _computed(self, dtype: str) -> str:
        return self.precision.activations if self.precision and dtype in FLOATS else dtype

    def is_view(self, node: Node, training: bool = False) -> bool:
        """Whether a call gives its input's memory; where the dtype changes, it can't."""
        if not node.inputs or not node.layer.is_view(training):
            return False
        return self._computed(node.inputs[0].dtype) == self._computed(node.outputs[0].dtype)

    def outputs(self, node: Node) -> int | None:
        """Return the bytes of what a call gives."""
        if len(node.outputs) == 1:
            return self.tensor(node.outputs[0])
        return total(map(self.tensor, node.outputs))

    def inner(self, node: Node) -> int | None:
        """Return the bytes of what a call makes on the way to its outputs."""
        return self._inside(node, node.inference.inner)

    def kept(self, node: Node) -> int | None:
        """Return the bytes of what training keeps of that."""
        kept = node.inference.kept
        return self._inside(node, node.inference.inner if kept is None else kept)

    def _inside(self, node: Node, shapes: tuple[Shape, ...]) -> int | None:
        if not shapes:
            return 0
        return total([self.activation(shape, node.layer.output_dtype) for shape in shapes])

    def made(self, node: Node) -> int | None:
        """Return the bytes of new activations that a call makes at inference."""
        if self.is_view(node):
            return 0
        outputs = self.outputs(node)
        return total([outputs, self.inner(node)]) if node.inference.inner else outputs

    def weights(self, layer: Layer) -> int | None:
        """Return the bytes of a layer's weights, None where these are unknown."""
        if layer not in self._weights:
            self._weights[layer] = self._bytes_of(layer, layer.weights)
        return self._weights[layer]

    def gradients(self, layer: Layer) -> int | None:
        """Return the bytes of the gradients of a layer's weights: of those that are trained."""
        trained = [weight for weight in layer.weights if weight.trainable and layer.trainable]
        return self._bytes_of(layer, trained)

    def _bytes_of(self, layer: Layer, weights: Iterable[Weight]) -> int | None:
        if not layer.knows_weights:
            return None
        return total([self._weight(each.dtype or layer.weight_dtype, each) for each in weights])

    def _weight(self, dtype: str, weight: Weight) -> int | None:
        if self.precision and dtype in FLOATS:
            dtype = self.precision.weights
        return product(weight.size, DTYPE_BYTES.get(dtype))


def _bytes(batch: int, shape: Shape, each: int | None) -> int | None:
    if each is None:
        return None
    result = batch * each
    for size in shape[1:]:
        if size is None:
            return None
        result *= size
    return result


def total(values: Iterable[int | None]) -> int | None:
    """Return the sum, None where a value is unknown."""
    result = 0
    for value in values:
        if value is None:
            return None
        result += value
    return result


def most(values: Iterable[int | None]) -> int | None:
    """Return the largest, None where a value is unknown."""
    known = list(values)
    return None if None in known else max(value or 0 for value in known)


def _check(what: str, name: str, choices: Iterable[str]) -> None:
    if name not in choices:
        raise ArchiError(f"there is no {what} {quote(name)}", hint=f"try {one_of(list(choices))}")


def measure(graph: Graph, sizes: Sizes) -> Memory:
    """Return what every call makes, holds and moves. Time is linear in the calls."""
    made = {node: sizes.made(node) for node in graph.nodes}
    moved = {node: _moved(node, sizes) for node in graph.nodes}
    return Memory(made, _live(graph, sizes, made), moved)


def _moved(node: Node, sizes: Sizes) -> int | None:
    """Inputs and weights read, outputs written; what is made on the way both."""
    if not node.inputs or sizes.is_view(node):
        return 0
    inner = sizes.inner(node)
    inputs = map(sizes.tensor, node.inputs)
    weights = sizes.weights(node.layer)
    return total([*inputs, sizes.outputs(node), inner, inner, weights])


def _live(graph: Graph, sizes: Sizes, made: dict[Node, int | None]) -> dict[Node, int | None]:
    """Return the bytes of activations that exist while each call runs.

    All inputs are there from the start, outputs of the network until the end; every
    other tensor from the call that makes it to the last that reads it or a view of it.
    """
    if None in made.values():
        return dict.fromkeys(made)
    last = _last_reads(graph, sizes)
    released = [0] * (len(graph.nodes) + 1)
    held = 0
    for tensor, step in last.items():
        size = sizes.tensor(tensor) or 0
        released[step] += size
        held += 0 if tensor.node.inputs else size
    live: dict[Node, int | None] = {}
    for step, node in enumerate(graph.nodes):
        held += (made[node] or 0) if node.inputs else 0
        live[node] = held
        held -= released[step] + (sizes.inner(node) or 0)
    return live


def _last_reads(graph: Graph, sizes: Sizes) -> dict[Tensor, int]:
    """Return, for each tensor that takes memory, the step after which it may go."""
    views = _views(graph, sizes)
    last: dict[Tensor, int] = {}
    for step, node in enumerate(graph.nodes):
        for tensor in node.inputs:
            last[views.get(tensor, tensor)] = step
        for tensor in node.outputs:
            if tensor not in views:
                last[tensor] = step
    for tensor in graph.outputs:
        last[views.get(tensor, tensor)] = len(graph.nodes)
    return last


def _views(graph: Graph, sizes: Sizes, training: bool = False) -> dict[Tensor, Tensor]:
    """Return, for each tensor that takes no memory, the one whose memory it is."""
    views: dict[Tensor, Tensor] = {}
    for node in graph.nodes:
        if sizes.is_view(node, training):
            source = node.inputs[0]
            views.update(dict.fromkeys(node.outputs, views.get(source, source)))
    return views


def _kept(graph: Graph, sizes: Sizes) -> int | None:
    """Return the bytes of what the gradients are computed from, each tensor once."""
    views = _views(graph, sizes, training=True)
    kept: dict[Tensor, None] = {}
    for node in graph.nodes:
        inputs, outputs = node.layer.kept()
        tensors = (*(node.inputs if inputs else ()), *(node.outputs if outputs else ()))
        kept.update(dict.fromkeys(views.get(tensor, tensor) for tensor in tensors))
    return total(
        [
            *map(sizes.tensor, kept),
            *(sizes.kept(node) for node in graph.nodes),
        ]
    )


def training(graph: Graph, optimizer: str, dtype: str | None = None) -> Training:
    """Return the bytes kept while the network is trained with `optimizer`.

    Gradients and the optimizer's slots are in the dtype of the weights they belong to,
    and only for those that are trained. The activations are those that gradients are
    computed from (`Layer.kept`), all kept until the last layer is done.

    Raises ArchiError for an unknown optimizer or dtype, and for int8, which is for
    inference only.
    """
    _check("optimizer", optimizer, OPTIMIZERS)
    if dtype == "int8":
        raise ArchiError("networks are not trained in int8", hint="try mixed_float16")
    sizes = Sizes(graph, dtype)
    weights = total([sizes.weights(layer) for layer in graph.layers])
    gradients = total(map(sizes.gradients, graph.layers))
    slots = None if gradients is None else OPTIMIZERS[optimizer] * gradients
    activations = _kept(graph, sizes)
    everything = total([weights, gradients, slots, activations])
    return Training(optimizer, graph.batch, weights, gradients, slots, activations, everything)
