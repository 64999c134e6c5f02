"""The machinery of the static twins: arguments, naming, calling, config.

A twin is a class that declares its constructor arguments in Keras's order with
`arg(...)` and has one rule, `infer`, which both validates the input shapes and gives
output shapes, weights and counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from archi.errors import LayerError, printable, quote
from archi.graph import (
    COUNT,
    RANK,
    Inference,
    Node,
    Shape,
    Tensor,
    Weight,
    current_build,
    is_countable,
    is_list,
    map_tensors,
    tensors_in,
    tensors_of,
)
from archi.twin.arguments import (
    REQUIRED,
    Argument,
    Boolean,
    DTypePolicy,
    Function,
    Own,
    arg,
)
from archi.twin.objects import REGULARIZER, snake_case
from archi.twin.policies import source

if TYPE_CHECKING:
    from archi.twin.nested import Sequential


def product(*factors: int | None) -> int | None:
    """Return the product, None where a factor is unknown."""
    result = 1
    for factor in factors:
        if factor is None:
            return None
        result *= factor
    return result


def total(*terms: int | None) -> int | None:
    """Return the sum, None where a term is unknown."""
    result = 0
    for term in terms:
        if term is None:
            return None
        result += term
    return result


def repeated(count: int | None, times: int | None) -> int | None:
    """Return a count for each of several times; nothing stays nothing, however often."""
    return 0 if count == 0 else product(count, times)


def scaled(per_element: int, shape: Shape) -> int | None:
    """Return `per_element` times the elements of one sample of `shape` (batch first)."""
    return product(per_element, *shape[1:]) if per_element else 0


class Reach(NamedTuple):
    """What an output position reads along one spatial axis of the input.

    Position i reads `span` input positions, from i × `stride` - `before` on, dilation
    included in the span. `before` is None where it depends on a size that is unknown.
    """

    span: int
    stride: int
    before: int | None


ITSELF: tuple[Reach, ...] = ()  # a position reads the input at the same place alone
UNEVEN: tuple[Reach, ...] = (Reach(0, 0, None),)  # positions read unlike regions
# Activations that are computed over the last axis and not for each element alone.
OVER_LAST_AXIS = frozenset(("glu", "log_softmax", "softmax", "sparsemax"))


class Kept(NamedTuple):
    """What training keeps of a layer's call, because its gradients are computed from it."""

    inputs: bool
    outputs: bool


class Layer:
    """The static twin of a `keras.layers` class.

    Every subclass has the class name, the constructor arguments and the config of its
    Keras counterpart; `name`, `trainable`, `dtype` and `activity_regularizer` are
    accepted by all.

    Raises LayerError for an argument Keras would not take, and, when called, for
    shapes the layer can't be applied to.
    """

    merges: ClassVar[bool] = False  # whether it is called on a list of tensors
    rank: ClassVar[int] = 0  # number of spatial dimensions, where there are any
    arguments: ClassVar[dict[str, Argument]] = {}
    defaults: ClassVar[dict[str, Any]] = {}
    base_name: ClassVar[str] = "layer"
    inputs_name: ClassVar[str] = "inputs"  # what Keras calls the first argument of a call
    call_arguments: ClassVar[tuple[str, ...]] = ()  # that `infer` takes after the inputs
    build_arguments: ClassVar[tuple[str, ...]] = ()  # of these, whose shapes Keras notes too
    call_kwargs: ClassVar[dict[str, Any]] = {}  # what Keras records besides the inputs
    casts_inputs: ClassVar[bool] = True  # False where Keras takes them as they are
    keeps_dtype: ClassVar[bool] = False  # whether it gives whole numbers where it gets them
    stands_alone: bool = False  # whether it is there without an input, and is none itself
    has_build_config: ClassVar[bool] = True  # False where Keras builds it when constructed
    quantizes: ClassVar[frozenset[str]] = frozenset()  # the quantisation modes it has
    composed: ClassVar[bool] = False  # whether Keras makes it of other layers
    wrappable: ClassVar[bool] = True  # whether one tensor, or a list, is all it wants
    module: ClassVar[str] = "keras.layers"  # where Keras looks the class up
    registered_name: ClassVar[str | None] = None  # as a config of the class has it
    in_keras3: ClassVar[bool] = True  # False for what Keras 2 alone had
    has_own: bool = False  # whether functions of people's own are among its arguments
    owner: Sequential | None = None  # the model inside the network that the layer is part of

    trainable: bool = arg(Boolean(), True)
    dtype: str = arg(DTypePolicy(), None)
    activity_regularizer: Any = arg(REGULARIZER, None, omit=True)

    def __init_subclass__(cls) -> None:
        cls._collect_arguments()

    @classmethod
    def _collect_arguments(cls) -> None:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Argument)}
        fixed = vars(cls).keys() - own.keys()  # given a value, and so no arguments any more
        common = Layer.arguments
        declared = {
            name: value
            for name, value in cls.arguments.items()
            if name not in fixed and (name not in own or name not in common)
        }
        cls.arguments = {**declared, **own}
        cls.defaults = {
            name: REQUIRED if a.default is REQUIRED else a.kind.parse(a.default, cls)
            for name, a in cls.arguments.items()
        }
        cls._from_build = tuple(n for n, a in cls.arguments.items() if a.kind.depends_on_build)
        cls._positional = tuple(n for n, a in cls.arguments.items() if common.get(n) is not a)
        if "base_name" not in vars(cls):
            cls.base_name = snake_case(cls.__name__)

    _from_build: ClassVar[tuple[str, ...]] = ()
    _positional: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, name: str | None = None, **kwargs: Any) -> None:
        cls = type(self)
        if name is None:
            name = current_build().unique_name(cls.base_name)
        if not isinstance(name, str) or "/" in name:
            raise LayerError(f"the name of a {self.class_name} is text without /, not {name!r}")
        self.name = name
        self.nodes: list[Node] = []
        self.built_on: Shape | None = None
        values = cls.defaults.copy()
        if args:
            kwargs = self._bind(args, kwargs)
        for key in cls._from_build:
            kwargs.setdefault(key, None)
        for key, value in kwargs.items():
            argument = cls.arguments.get(key)
            if argument is None:
                raise LayerError(f"{self.label} has no argument {quote(str(key))}")
            try:
                values[key] = argument.kind.parse(value, cls)
            except ValueError as error:
                raise self.refuse(f"{key} must be {error}", value) from None
            if type(value) is Own:
                self.has_own = True
        if REQUIRED in values.values():
            missing = next(key for key, value in values.items() if value is REQUIRED)
            raise LayerError(f"{self.label} needs {missing}")
        self.__dict__.update(values)
        self.validate()

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        names = self._positional
        if len(args) > len(names):
            raise LayerError(f"{self.label} takes {len(names)} arguments; {len(args)} were given")
        for name in names[: len(args)]:
            if name in kwargs:
                raise LayerError(f"{self.label} got {name} twice")
        return {**dict(zip(names, args, strict=False)), **kwargs}

    def validate(self) -> None:
        """Check arguments against each other. Raises LayerError."""

    def infer(self, *shapes: Any, **_: Any) -> Inference:
        """The layer's one rule: from input shapes to output shapes, weights and counts.

        A layer with one input takes its shape, a merge any number of shapes; what else the
        layer is called with follows under the names of `call_arguments`, shapes in place
        of tensors. Raises LayerError through `refuse` where they do not fit.
        """
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a call of this layer to the network and return its output tensor(s)."""
        node = self.add_call(args, self._recorded(args, kwargs))
        return node.outputs[0] if len(node.outputs) == 1 else list(node.outputs)

    def _recorded(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the keyword arguments that Keras records of a call.

        It fills in defaults, and forgets them again where it has to look through the
        arguments for what is to be cast: all but a single tensor of the right dtype.
        """
        one = len(args) == 1 and not kwargs and isinstance(args[0], Tensor)
        if not self.casts_inputs or (one and args[0].dtype == self.output_dtype):
            return {**self.call_kwargs, **kwargs}
        return kwargs

    def add_call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Node:
        """Add a call with just these arguments. Raises LayerError where they do not fit."""
        inference = self.rule(args, kwargs)
        self.check_countable(inference)
        tensors = tensors_of(args, kwargs)
        if self.keeps_dtype and not tensors[0].dtype.startswith(("float", "bfloat")):
            inference = inference._replace(dtypes=(tensors[0].dtype,))
        if any(tensor.alone is not None for tensor in tensors) and not inference.samples:
            told = map_tensors(_known_alone, (args, kwargs))
            if tensors_in(told) != tensors:  # of one sample more is known than of a batch
                known = self.rule(*told)
                inference = _for_rows(known, tensors)._replace(
                    outputs=inference.outputs, dtypes=inference.dtypes
                )
            else:
                inference = _for_rows(inference, tensors)
        own = self.own_functions() if self.has_own or self.composed else []
        if own and inference.elementwise is not None:
            inference = inference._replace(elementwise=None, why=f"its {own[0]} is unknown")
        if self.nodes and inference.weights != self.weights:
            was = self.nodes[0].inputs[0].shape
            raise self.refuse(f"is shared and was first called on shape {was}", tensors[0].shape)
        node = Node(self, args, kwargs, inference)
        self.nodes.append(node)
        if len(self.nodes) == 1 and node.inputs:
            first = tensors_in(self._called_on(args, kwargs)) or node.inputs
            self.build(first[0].shape)
        return node

    def own_functions(self) -> list[str]:
        """Return what is computed by functions of people's own: `activation 'mypkg>mish'`."""
        return [
            f"{key.replace('_', ' ')} {quote(value)}"
            for key, value in vars(self).items()
            if type(value) is Own and self._computes(key)
        ]

    def _computes(self, key: str) -> bool:
        kind = self.arguments[key].kind if key in self.arguments else None
        return isinstance(kind, Function) and kind.computes

    def check_countable(self, inference: Inference) -> None:
        """Raise LayerError for sizes that only a mistake has, or a file that means harm."""
        counts = [weight.size for weight in inference.weights or ()]
        counts += [inference.macs or 0, inference.elementwise or 0]
        if max(counts) >= COUNT or not all(map(is_countable, inference.outputs)):
            most = f"2**63 values, weights or operations, or {RANK} axes"
            raise self.refuse(f"has more than {most}", inference.outputs)

    def build(self, x: Shape) -> None:
        """Note the shape of the first call; a layer that holds others builds these too."""
        self.built_on = x

    def rule(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Inference:
        """Return what `infer` says of a call with these arguments. Raises LayerError."""
        inputs = self._called_on(args, kwargs)
        tensors: Any = inputs if is_list(inputs) else [inputs]
        if is_list(inputs) != self.merges or not all(isinstance(x, Tensor) for x in tensors):
            wanted = "a list of tensors" if self.merges else "one tensor"
            raise self.refuse(f"is called on {wanted}", map_tensors(_shape_of, inputs))
        if not tensors:
            raise self.refuse("is called on a list of tensors", inputs)
        if len(args) == 1 and not self.call_arguments:  # nearly all calls
            return self.infer(*[tensor.shape for tensor in tensors])
        others = self._call_arguments(args[1:], kwargs)
        return self.infer(*[tensor.shape for tensor in tensors], **others)

    def _called_on(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        return args[0] if args else kwargs.get(self.inputs_name)

    def _call_arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        names = self.call_arguments
        if len(args) > len(names):
            raise self.refuse(f"is called with at most {1 + len(names)} arguments", 1 + len(args))
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        return {key: map_tensors(_shape_of, given[key]) for key in names if key in given}

    def build_config(self, call: Node) -> dict[str, Any] | None:
        """Return what Keras notes of the call that built the layer, None for nothing."""
        if not self.has_build_config:
            return None
        first = map_tensors(_shape_of, self._called_on(call.args, call.kwargs))
        others = self._call_arguments(call.args[1:], call.kwargs)
        noted = {name: others[name] for name in self.build_arguments if others.get(name)}
        if not noted:
            return {"input_shape": first}
        shapes = {self.inputs_name: first, **noted}
        return {"shapes_dict": {f"{name}_shape": shape for name, shape in shapes.items()}}

    @property
    def nests_outputs(self) -> bool:
        """Whether Keras gives the outputs in lists within each other."""
        return False

    @property
    def keeps_state(self) -> bool:
        """Whether it carries a state from one batch to the next."""
        return False

    def is_view(self, training: bool = False) -> bool:
        """Whether the output is the input's memory seen otherwise, and takes none itself."""
        return False

    def kept(self) -> Kept:
        """Return what training keeps for the way back; both where nothing else is known."""
        return Kept(inputs=True, outputs=True)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        """Return what an output position reads of inputs of `shapes`.

        `spatial` are the axes that hold positions of the image; a Reach for each of them,
        `ITSELF`, or `UNEVEN` where no one window describes what positions read. None where
        each reads all positions, or what it reads is unknown.
        """
        return None

    def known(self, shape: Shape, axis: int) -> int:
        """Return the size of an axis that weights depend on.

        A shared layer knows it from its first call. Raises LayerError where it is unknown.
        """
        size = shape[axis]
        built_on = self.built_on or ()
        if size is None and -len(built_on) <= axis < len(built_on):
            size = built_on[axis]
        if size is None:
            raise self.refuse(f"wants an input whose axis {axis} is known", shape)
        return size

    def axes(self, shape: Shape, axis: int | tuple[int, ...]) -> tuple[int, ...]:
        """Return an argument's axis or axes as axes of `shape`, counted from its start.

        Raises LayerError where it has no such axis, or one is named twice.
        """
        given = axis if isinstance(axis, tuple) else (axis,)
        if any(not -len(shape) <= each < len(shape) for each in given):
            raise self.refuse(f"wants an input that has axis {', '.join(map(str, given))}", shape)
        axes = tuple(each % len(shape) for each in given)
        if len(set(axes)) < len(axes):
            raise self.refuse("wants each axis named once", given)
        return axes

    @property
    def weights(self) -> tuple[Weight, ...]:
        """The weights, as the first call built them; none before it, or if they are unknown."""
        return (self.nodes[0].inference.weights or ()) if self.nodes else ()

    @property
    def knows_weights(self) -> bool:
        """Whether its weights are known; an uncalled layer has none."""
        return not self.nodes or self.nodes[0].inference.weights is not None

    @property
    def params(self) -> int | None:
        """Number of scalars in the weights, None where these are unknown."""
        return sum([weight.size for weight in self.weights]) if self.knows_weights else None

    @property
    def trainable_params(self) -> int | None:
        """Number of scalars that training changes, None where the weights are unknown."""
        if not self.knows_weights:
            return None
        return sum([w.size for w in self.weights if w.trainable]) if self.trainable else 0

    @property
    def output_dtype(self) -> str:
        """Dtype of the outputs: the policy's compute dtype."""
        return source(self.dtype).removeprefix("mixed_")

    @property
    def weight_dtype(self) -> str:
        """Dtype of the weights that have none of their own: float32 where the policy mixes."""
        policy = source(self.dtype)
        return "float32" if policy.startswith("mixed_") else policy

    @property
    def class_name(self) -> str:
        """Keras's class name."""
        return type(self).__name__

    @property
    def label(self) -> str:
        """How messages name this layer: `conv1 (Conv2D)`."""
        return f"{printable(self.name)} ({self.class_name})"

    def refuse(self, wanted: str, received: Any) -> LayerError:
        """Return the error that says what this layer wanted and what it got."""
        shown = repr(received)
        shown = shown if len(shown) <= 200 else f"{shown[:199]}…"
        return LayerError(f"{self.label}: {wanted}. Received: {shown}")

    def values(self) -> dict[str, Any]:
        """Return the constructor arguments and their canonical values, the name left out."""
        return {key: self.__dict__[key] for key in self.arguments}

    def written(self, argument: str) -> Any:
        """Return the value of an argument as Keras's config has it."""
        return self.arguments[argument].kind.write(self.__dict__[argument])

    def coded(self, argument: str) -> str:
        """Return the value of an argument as Python code, a word without quotes."""
        value = self.__dict__[argument]
        return value if isinstance(value, str) else self.arguments[argument].kind.code(value)

    def get_config(self) -> dict[str, Any]:
        """Return the config that Keras's layer of this class returns."""
        config: dict[str, Any] = {"name": self.name}
        for key, argument in self.arguments.items():
            value = self.__dict__[key]
            if argument.written and (not argument.omit or value != self.defaults[key]):
                config[key] = argument.kind.write(value)
        return config

    def __repr__(self) -> str:
        return f"<{self.label}>"


Layer._collect_arguments()


def _for_rows(inference: Inference, tensors: tuple[Tensor, ...]) -> Inference:
    """Return what a layer's rule says of one row for all the rows that a sample has."""
    each = [tensor.sample[0] for tensor in tensors if tensor.sample]
    if not each:  # single numbers
        return inference._replace(samples=inference.outputs)
    rows = None if None in each else max(size or 0 for size in each)
    return inference._replace(
        macs=product(rows, inference.macs) if inference.macs else inference.macs,
        elementwise=product(rows, inference.elementwise)
        if inference.elementwise
        else inference.elementwise,
        why=inference.why if rows else "how many rows a sample has is unknown",
        inner=tuple((None, rows, *shape[1:]) for shape in inference.inner),
        kept=None
        if inference.kept is None
        else tuple((None, rows, *shape[1:]) for shape in inference.kept),
        samples=tuple((rows, *shape[1:]) for shape in inference.outputs),
    )


def _known_alone(tensor: Tensor) -> Tensor:
    """Return a tensor with the sizes that are known of it where the batch is one sample."""
    shape, alone = tensor.shape, tensor.alone
    if alone is None or len(alone) != len(shape) or None not in shape[1:]:
        return tensor
    sizes = [b if a is None else a for a, b in zip(shape[1:], alone[1:], strict=True)]
    if tuple(sizes) == shape[1:]:
        return tensor
    return Tensor((shape[0], *sizes), tensor.dtype, tensor.node, tensor.index, alone)


def _shape_of(tensor: Tensor) -> Shape:
    return tensor.shape


def is_shape(value: Any) -> bool:
    """Whether what stands in an argument of a call is one tensor's shape."""
    return isinstance(value, tuple) and all(n is None or type(n) is int for n in value)


class Elementwise(Layer):
    """A layer that keeps the shape and does `cost` operations for each element."""

    has_build_config = False
    cost: ClassVar[int] = 0

    def infer(self, x: Shape) -> Inference:
        """Shape in, shape out."""
        return Inference((x,), (), macs=0, elementwise=scaled(self.cost, x))

    def kept(self) -> Kept:
        """The slope of an activation follows from its value."""
        return Kept(inputs=False, outputs=True)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        """Every position by itself."""
        return ITSELF
