"""Tensor, Node and Graph: a network without a single number in it.

A layer called on tensors adds a node and gives new tensors whose shapes are known
at once. `Graph` gathers what lies between inputs and outputs and orders it the way
Keras orders `model.layers`, so that a graph and its `keras.Model` list alike.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from archi.errors import GraphError, quote

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import keras

    from archi.twin.layer import Layer

Shape = tuple[int | None, ...]
Value = int | Shape | None  # of a tensor that is a size, or a list of sizes


class _Unknown(tuple[None, ...]):
    """A shape of which not even the number of axes is known; its one axis is the batch."""


UNKNOWN: Shape = _Unknown((None,))


class Unbatched(tuple[int, ...]):
    """A shape without a batch axis: a weight's."""


MAX_LAYERS = 200_000  # a network larger than this is refused while it is built
COUNT = 1 << 63  # of the values of a tensor, which is no larger in any framework
RANK = 254  # of axes; TensorFlow has no more


class Weight(NamedTuple):
    """A weight of a layer, named as Keras names it (`kernel`, `moving_mean`).

    Its dtype is the layer's `weight_dtype` where it has none of its own.
    """

    name: str
    shape: tuple[int, ...]
    trainable: bool = True
    dtype: str | None = None

    @property
    def size(self) -> int:
        """Number of scalars."""
        size = 1
        for length in self.shape:
            size *= length
        return size


class Inference(NamedTuple):
    """What a layer's rule says of one call, for one sample (the batch axis left out).

    `outputs` are the output shapes, batch axis included. `macs` and `elementwise`
    are counts per sample, None where they can't be known; `why` is the reason then.
    FLOPs are 2 × `macs` + `elementwise`. `inner` are the shapes of what the layer makes
    on the way to its outputs and needs memory for, such as the depthwise half of a
    separable convolution. `dtypes` are those of the outputs where they are not the layer's.
    Weights are None where they are unknown, as those of layers without a twin can be.
    `samples` are the output shapes where the batch is one sample, if axis 0 holds more for
    it than one row, or another axis holds the batch. `kept` is what training keeps of what
    is made on the way, `inner` where it is None.
    """

    outputs: tuple[Shape, ...]
    weights: tuple[Weight, ...] | None
    macs: int | None
    elementwise: int | None
    why: str = "the size of its output is unknown"
    inner: tuple[Shape, ...] = ()
    dtypes: tuple[str, ...] = ()
    samples: tuple[Shape, ...] = ()
    kept: tuple[Shape, ...] | None = None
    values: tuple[Value, ...] = ()
    sample_values: tuple[Value, ...] = ()


def is_countable(shape: Shape) -> bool:
    """Whether a shape is no larger than tensors can be; what is unknown counts as one."""
    count = 1
    for size in shape:
        if size is not None:
            count *= size
    return count < COUNT and len(shape) <= RANK


class Tensor:
    """A symbolic tensor: its shape (batch first, None where unknown), dtype and origin.

    `alone` is its shape where the batch is one sample, None where that is one row of it.
    `value` is what is known of its numbers where they are sizes, `sample_value` the same
    where the batch is one sample. Arithmetic and slicing make the operations of `keras.ops`
    that Keras makes of them.
    """

    __slots__ = ("alone", "dtype", "index", "node", "sample_value", "shape", "value")

    def __init__(
        self,
        shape: Shape,
        dtype: str,
        node: Node,
        index: int,
        alone: Shape | None = None,
        value: Value = None,
        sample_value: Value = None,
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.node = node
        self.index = index
        self.alone = alone
        self.value = value
        self.sample_value = sample_value

    @property
    def sample(self) -> Shape:
        """Its shape where the batch is one sample."""
        if self.alone is None:
            return (1, *self.shape[1:]) if self.shape else ()
        return self.alone

    def __repr__(self) -> str:
        return f"<Tensor {self.shape} of {self.node.layer.name}>"

    def __add__(self, other: Any) -> Tensor:
        return _operation("Add", self, other)

    def __radd__(self, other: Any) -> Tensor:
        return _operation("Add", other, self)

    def __sub__(self, other: Any) -> Tensor:
        return _operation("Subtract", self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return _operation("Subtract", other, self)

    def __mul__(self, other: Any) -> Tensor:
        return _operation("Multiply", self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return _operation("Multiply", other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return _operation("Matmul", self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return _operation("Matmul", other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return _operation("TrueDivide", self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return _operation("TrueDivide", other, self)

    def __floordiv__(self, other: Any) -> Tensor:
        return _operation("FloorDivide", self, other)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return _operation("FloorDivide", other, self)

    def __mod__(self, other: Any) -> Tensor:
        return _operation("Mod", self, other)

    def __rmod__(self, other: Any) -> Tensor:
        return _operation("Mod", other, self)

    def __pow__(self, other: Any) -> Tensor:
        return _operation("Power", self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return _operation("Power", other, self)

    def __and__(self, other: Any) -> Tensor:
        return _operation("LogicalAnd", self, other)

    def __rand__(self, other: Any) -> Tensor:
        return _operation("LogicalAnd", other, self)

    def __or__(self, other: Any) -> Tensor:
        return _operation("LogicalOr", self, other)

    def __ror__(self, other: Any) -> Tensor:
        return _operation("LogicalOr", other, self)

    def __xor__(self, other: Any) -> Tensor:
        return _operation("LogicalXor", self, other)

    def __rxor__(self, other: Any) -> Tensor:
        return _operation("LogicalXor", other, self)

    def __lt__(self, other: Any) -> Tensor:
        return _operation("Less", self, other)

    def __le__(self, other: Any) -> Tensor:
        return _operation("LessEqual", self, other)

    def __gt__(self, other: Any) -> Tensor:
        return _operation("Greater", self, other)

    def __ge__(self, other: Any) -> Tensor:
        return _operation("GreaterEqual", self, other)

    def __neg__(self) -> Tensor:
        return _operation("Negative", self)

    def __abs__(self) -> Tensor:
        return _operation("Absolute", self)

    def __invert__(self) -> Tensor:
        return _operation("LogicalNot", self)

    def __getitem__(self, key: Any) -> Tensor:
        return _operation("GetItem", self, key)

    # With __getitem__ alone Python would take a tensor for a sequence without end.
    __iter__: ClassVar[None] = None


def _operation(name: str, *args: Any) -> Tensor:
    from archi.ops import operation

    result: Tensor = operation(name)()(*args)
    return result


class Scope:
    """A stage or block that a builder declared; `kind` says what it is ("bottleneck")."""

    __slots__ = ("kind", "name", "parent")

    def __init__(self, name: str, kind: str, parent: Scope | None) -> None:
        self.name = name
        self.kind = kind
        self.parent = parent

    @property
    def chain(self) -> tuple[Scope, ...]:
        """The scopes from the outermost to this one."""
        return (*self.parent.chain, self) if self.parent else (self,)

    @property
    def path(self) -> str:
        """Names from the outermost scope to this one, as in `stage1/block2`."""
        return f"{self.parent.path}/{self.name}" if self.parent else self.name


class Node:
    """One call of a layer. A shared layer has several.

    `args` and `kwargs` are what it was called with, tensors among them in any depth of
    lists, tuples and dicts; `inputs` are these tensors in order; `serial` counts the calls
    of a network in the order they were made.
    """

    __slots__ = ("args", "inference", "inputs", "kwargs", "layer", "outputs", "scope", "serial")

    def __init__(
        self,
        layer: Layer,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        inference: Inference,
    ) -> None:
        self.layer = layer
        self.args = args
        self.kwargs = kwargs
        self.inputs = tensors_of(args, kwargs)
        self.inference = inference
        build = _build.get()
        self.serial = build.count_call()
        self.scope = build.scope
        count = len(inference.outputs)
        dtypes = inference.dtypes or (layer.output_dtype,) * count
        alone = inference.samples or (None,) * count
        self.outputs = tuple(
            [
                Tensor(shape, dtypes[index], self, index, alone[index])
                for index, shape in enumerate(inference.outputs)
            ]
        )
        if inference.values or inference.sample_values:
            self._note_values(inference)

    def _note_values(self, inference: Inference) -> None:
        for tensor, value in zip(self.outputs, inference.values, strict=False):
            tensor.value = value
        for tensor, value in zip(self.outputs, inference.sample_values, strict=False):
            tensor.sample_value = value

    @property
    def listed(self) -> bool:
        """Whether the layer was called on a list of tensors, as merges are."""
        return bool(self.args) and is_list(self.args[0])


class Build:
    """State shared by the layers of one network while it is being built."""

    __slots__ = ("calls", "data_format", "limit", "names", "scope", "scopes")

    def __init__(self, data_format: str = "channels_last", limit: int | None = None) -> None:
        self.data_format = data_format
        self.names: dict[str, int] = {}
        self.scope: Scope | None = None
        self.scopes: dict[tuple[Scope | None, str], Scope] = {}
        self.calls = 0
        self.limit = limit

    def unique_name(self, base: str) -> str:
        """Return `base`, then `base_1`, `base_2`, … as Keras names unnamed layers."""
        count = self.names.get(base, 0)
        self.names[base] = count + 1
        return f"{base}_{count}" if count else base

    def count_call(self) -> int:
        """Note one more layer call and return its number; refuse to go beyond the limit."""
        self.calls += 1
        if self.limit is not None and self.calls > self.limit:
            raise GraphError(f"this network has more than {self.limit:,} layers, archi's limit")
        return self.calls


# Outside `building()` all layers share one state, as they do in Keras.
_build: ContextVar[Build] = ContextVar("archi_build", default=Build())  # noqa: B039


def current_build() -> Build:
    """Return the state of the network being built here."""
    return _build.get()


@contextmanager
def building(data_format: str = "channels_last") -> Iterator[Build]:
    """Build a network with names counted from the start and this default data format."""
    token = _build.set(Build(data_format, MAX_LAYERS))
    try:
        with collector_at_rest():
            yield _build.get()
    finally:
        _build.reset(token)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Let the garbage collector rest while much is made that lives on.

    Looking through it again and again would make the time grow faster than the network.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@contextmanager
def scope(name: str, kind: str = "") -> Iterator[None]:
    """Declare that the layers called inside form one stage or, nested, one block.

    Tables and diagrams fold on scopes. `kind` is what blocks of this sort are
    called, "bottleneck" for one. Entering a name again continues the same scope.
    """
    build = _build.get()
    outer = build.scope
    build.scope = build.scopes.setdefault((outer, name), Scope(name, kind, outer))
    try:
        yield
    finally:
        build.scope = outer


class Live(Protocol):
    """A real model of the user's own, as `archi.python.traced` finds them.

    `trains` says whether it can be trained on a batch: Keras does that with models of one
    argument, and as archi would where they have no `compile` of their own.
    """

    trains: bool

    def running(self) -> AbstractContextManager[None]:
        """Return a context for all that follows: what is printed is no result of archi's."""

    def model(self, graph: Graph, *, initialize: bool) -> keras.Model:
        """Return the model, built."""

    def call(self, model: keras.Model, arrays: Any) -> Any:
        """Call a model on arrays in the structure of the graph's inputs."""

    def compare(self, graph: Graph, model: keras.Model) -> Iterator[str]:
        """Yield every difference between a graph and a model, in words."""

    def counts(self, graph: Graph, model: keras.Model) -> dict[str, int]:
        """Return the counts of a model, as they are to be those of the graph."""

    def to_json(self) -> str:
        """Return the model's `to_json()`."""


class Graph:
    """A network: everything between its inputs and outputs.

    `nodes` are the layer calls in execution order, `layers` the layers in the order
    of Keras's `model.layers`.

    `inputs` and `outputs` are a tensor, or lists, tuples and dicts of tensors; `unread` are
    what layers of the network make beside them that nothing reads, as models inside others
    may, and heads for training alone. Raises GraphError where there is no input or output, an
    input is missing, or two layers have one name.
    """

    def __init__(
        self,
        inputs: Any,
        outputs: Any,
        name: str = "model",
        title: str = "",
        unread: tuple[Tensor, ...] = (),
    ) -> None:
        self.inputs = tensors_in(inputs)
        self.outputs = tensors_in(outputs)
        self.ends = inputs, outputs  # one tensor, or lists and dicts of them
        self.name = name
        self.title = title or name
        self.data_format = _build.get().data_format
        self.hides_input = False  # whether Keras lists the layers without the input's
        self.source = {"kind": "python", "target": self.title}
        self.unread = unread
        self.opened: tuple[Shape, ...] = ()  # its inputs' shapes before sizes were set
        self.live: Live | None = None  # the model that is there, of which this is the graph
        if not self.inputs or not self.outputs:
            raise GraphError("a network has at least one input and one output tensor")
        self.nodes, self.layers = keras_order(self.inputs, (*self.outputs, *unread))
        self._members = set(self.nodes)
        self._check_names()

    def _check_names(self) -> None:
        seen: set[str] = set()
        for layer in self.layers:
            if layer.name in seen:
                raise GraphError(f"two layers are named {quote(layer.name)}")
            seen.add(layer.name)

    @property
    def batch(self) -> int:
        """Samples per batch: the inputs' batch size, 1 where it is left open."""
        return next(iter(self.inputs[0].shape), None) or 1

    @property
    def listed_layers(self) -> list[Layer]:
        """The layers as `model.layers` lists them: a Sequential model leaves its input out."""
        if not self.hides_input:
            return self.layers
        inputs = {tensor.node.layer for tensor in self.inputs}
        return [layer for layer in self.layers if layer not in inputs]

    def calls_of(self, layer: Layer) -> list[Node]:
        """Return the calls of a layer that belong to this network, in the order made."""
        return [node for node in layer.nodes if node in self._members]

    def __repr__(self) -> str:
        return f"<archi.Graph {self.title}: {len(self.layers)} layers>"


def tensors_in(value: Any) -> tuple[Tensor, ...]:
    """Return the tensors in lists, tuples and dicts, in the order of Keras's `tree.flatten`."""
    if type(value) is Tensor:
        return (value,)
    if isinstance(value, (list, tuple)):
        if len(value) == 1:  # nearly all calls
            return tensors_in(value[0])
        return tuple([tensor for item in value for tensor in tensors_in(item)])
    if isinstance(value, Mapping):
        return tuple([tensor for key in sorted(value) for tensor in tensors_in(value[key])])
    return ()


def tensors_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Tensor, ...]:
    """Return the tensors that a call is given."""
    return tensors_in((args, kwargs) if kwargs else args)


def map_tensors(function: Callable[[Tensor], Any], value: Any) -> Any:
    """Return lists, tuples and dicts with every tensor in them replaced by `function` of it."""
    if isinstance(value, Tensor):
        return function(value)
    if is_list(value):
        return type(value)([map_tensors(function, item) for item in value])
    if isinstance(value, Mapping):
        return {key: map_tensors(function, item) for key, item in value.items()}
    return value


def is_list(value: Any) -> bool:
    """Whether a value is a list or tuple, and not of a kind of its own, as a `Constant` is."""
    return isinstance(value, (list, tuple)) and not hasattr(value, "_fields")


def keras_order(
    inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]
) -> tuple[list[Node], list[Layer]]:
    """Return the nodes in execution order and the layers as `model.layers` lists them.

    Keras (`keras/src/ops/function.py`, `map_graph`) sorts by depth, the longest way
    to an output, deepest first; layers of one depth come in the order in which a
    depth-first walk from the outputs meets them. Time is linear in the nodes.
    """
    finished, met = _walk_back(outputs)
    node_depth: dict[Node, int] = {}
    layer_depth: dict[Layer, int] = {}
    for node in reversed(finished):
        depth = max(node_depth.get(node, 0), layer_depth.get(node.layer, 0))
        node_depth[node] = layer_depth[node.layer] = depth
        for tensor in node.inputs:
            parent = tensor.node
            node_depth[parent] = max(depth + 1, node_depth.get(parent, 0))
    for tensor in inputs:  # an input that feeds nothing is still a layer of the model
        if tensor.node.layer not in layer_depth:
            node_depth[tensor.node] = layer_depth[tensor.node.layer] = 0
            met[tensor.node.layer] = -1
    _check_inputs(finished, inputs)
    nodes = sorted(node_depth, key=lambda node: -node_depth[node])
    layers = sorted(layer_depth, key=lambda layer: (-layer_depth[layer], met[layer]))
    return nodes, layers


def _walk_back(outputs: tuple[Tensor, ...]) -> tuple[list[Node], dict[Layer, int]]:
    """Depth-first from the outputs: nodes, inputs first, and when each layer was first met.

    Iterative, for networks deeper than Python's stack.
    """
    finished: list[Node] = []
    done: set[Node] = set()
    met: dict[Layer, int] = {}
    stack: list[tuple[Node | None, Iterator[Tensor]]] = [(None, iter(outputs))]
    while stack:
        node, pending = stack[-1]
        for tensor in pending:
            parent = tensor.node
            if parent not in done:
                done.add(parent)
                met.setdefault(parent.layer, len(met))
                stack.append((parent, iter(parent.inputs)))
                break
        else:
            stack.pop()
            if node is not None:
                finished.append(node)
    return finished, met


def _check_inputs(nodes: list[Node], inputs: tuple[Tensor, ...]) -> None:
    declared = {tensor.node for tensor in inputs}
    for node in nodes:
        if not (node.inputs or node in declared or node.layer.stands_alone):
            raise GraphError(f"input {quote(node.layer.name)} is used but is not among the inputs")
