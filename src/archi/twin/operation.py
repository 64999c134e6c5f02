"""The machinery of the operation twins: what an operation is called with, and its rule.

An operation has constructor arguments, declared with `arg(...)` as those of a layer are,
and operands: what it is called with, tensors or not. Its one rule, `infer`, takes the
operands themselves, since dtypes matter to it as well as shapes. It counts all that an
operation does. That for one sample comes from applying it to the operands as they are
where the batch is one sample: an operation may well move the batch to another axis, or
into one with others, as `reshape(x, (-1, 32))` does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import partial, reduce
from typing import Any, ClassVar

from archi.errors import LayerError, quote
from archi.graph import Inference, Shape, Tensor, is_list, map_tensors, tensors_in
from archi.twin.arguments import Argument
from archi.twin.dtypes import result_type
from archi.twin.layer import ITSELF, Kept, Layer, Reach, product
from archi.twin.sizes import sizes_of
from archi.twin.values import ARRAYS, Constant

Array = Tensor | Constant  # what has a shape and a dtype

INPUTS = Kept(inputs=True, outputs=False)
OUTPUTS = Kept(inputs=False, outputs=True)
BOTH = Kept(inputs=True, outputs=True)
NOTHING = Kept(inputs=False, outputs=False)

MAX_OUTPUTS = 10_000  # of one operation; a config could ask for any number of them


class Operation(Layer):
    """The static twin of an operation node of `keras.ops`: no weights, no dtype policy.

    `operands` names what it is called with, in order. They are arrays, those in `lists`
    lists of arrays, and those in `loose` anything. Those in `optional` may be left out;
    the function of `keras.ops` then passes the value there, and passes those in `by_name`
    by name. `signature` names the parameters of that function where they are not the
    operands and then the arguments. Raises LayerError for arguments and operands that do
    not fit.

    Keras's module is the one of the group file's `HOME` in `keras/src/ops`.
    """

    arguments: ClassVar[dict[str, Argument]] = {}
    operands: ClassVar[tuple[str, ...]] = ("x",)
    lists: ClassVar[tuple[str, ...]] = ()
    loose: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[dict[str, Any]] = {}
    by_name: ClassVar[tuple[str, ...]] = ()
    signature: ClassVar[tuple[str, ...]] = ()
    gives_list: ClassVar[bool] = False  # of outputs, even where there is just one
    variadic: ClassVar[bool] = False  # takes any number of arrays and has no operands' names
    keeps: ClassVar[Kept] = INPUTS  # what its gradient is computed from
    has_build_config = False
    wrappable = False
    # What a layer has as arguments.
    trainable = True
    dtype: Any = "float32"
    activity_regularizer = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        home = getattr(sys.modules[cls.__module__], "HOME", "")
        cls.module = f"keras.src.ops.{home}"
        cls.registered_name = cls.__name__

    @classmethod
    def function(cls, *args: Any, **kwargs: Any) -> Any:
        """Call the operation as the function of `keras.ops` is called."""
        if cls.variadic:
            own = {key: kwargs.pop(key) for key in cls.arguments if key in kwargs}
            return cls(**own)(*args, **kwargs)
        names = cls.signature or (*cls.operands, *cls.arguments)
        given = {**cls.optional, **bound(cls.__name__, names, args, kwargs)}
        missing = [name for name in cls.operands if name not in given]
        if missing:
            raise LayerError(f"{cls.__name__} needs {missing[0]}")
        operands = {name: given.pop(name) for name in cls.operands}
        named = {name: operands.pop(name) for name in cls.by_name}
        return cls(**given)(*operands.values(), **named)

    def rule(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Inference:
        """Return the shapes of a call, and its counts by what it does for one sample."""
        tensors = tensors_in((args, kwargs))
        if not tensors:
            raise self.refuse("is called on tensors", list(args))
        whole = self.inferred(args, kwargs)
        open_batch = any(None in tensor.shape for tensor in tensors)
        try:
            alone = self.inferred(*map_tensors(partial(_alone, open_batch), (args, kwargs)))
        except LayerError:  # an argument tells of the whole batch
            return _shared_out(whole, tensors[0])
        if [len(shape) for shape in alone.outputs] != [len(shape) for shape in whole.outputs]:
            return _shared_out(whole, tensors[0])
        inner = tuple((None, *shape) for shape in alone.inner)
        return alone._replace(
            outputs=whole.outputs,
            dtypes=whole.dtypes,
            samples=alone.outputs,
            inner=inner,
            values=whole.values,
            sample_values=alone.values,
        )

    def inferred(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Inference:
        """Return what `infer` says of these operands. Raises LayerError."""
        if self.variadic:
            if kwargs or not all(map(is_array, args)):
                raise self.refuse("is called on tensors", _shown(list(args)))
            inference = self.infer(*args)
        else:
            given = bound(self.label, self.operands, args, kwargs)
            for name in self.operands:
                self.check(name, given)
            inference = self.infer(**given)
            if any(map(_holds_sizes, given.values())):
                inference = inference._replace(values=sizes_of(self, given))
        if any(size is not None and size < 0 for shape in inference.outputs for size in shape):
            raise self.refuse("would give a negative size", list(inference.outputs))
        return inference

    def check(self, name: str, given: dict[str, Any]) -> None:
        """Raise LayerError where an operand is missing or not what it must be."""
        if name not in given:
            if name not in self.optional:
                raise LayerError(f"{self.label} needs {name}")
            return
        value = given[name]
        if name in self.loose or (value is None and name in self.optional):
            return
        if name in self.lists:
            if not is_list(value) or not value or not all(map(is_array, value)):
                raise self.refuse(f"wants a list of tensors as {name}", _shown(value))
        elif not is_array(value):
            raise self.refuse(f"wants a tensor as {name}", _shown(value))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        node = self.add_call(args, kwargs)
        one = len(node.outputs) == 1 and not self.gives_list
        return node.outputs[0] if one else list(node.outputs)

    def kept(self) -> Kept:
        return self.keeps

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        if any(len(shape) <= max(spatial) for shape in shapes):
            return None
        try:
            return self.sees(shapes, spatial)
        except LayerError:  # a call from a file that does not fit the operation
            return None

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        """Return the reach, of a call that fits. Raises LayerError where it does not."""
        return None

    def called_with(self, name: str) -> Any:
        """Return an operand of the one call; where there are several calls, None."""
        if len(self.nodes) != 1:
            return None
        (node,) = self.nodes
        return bound(self.label, self.operands, node.args, node.kwargs).get(name)

    @property
    def output_dtype(self) -> str:
        """Dtype of the outputs, which is that of the first call's."""
        dtypes = [tensor.dtype for node in self.nodes for tensor in node.outputs]
        return dtypes[0] if dtypes else "float32"

    def shape_of(self, value: Any) -> Shape:
        """Return the shape of an operand; what is no array has none."""
        return value.shape if isinstance(value, ARRAYS) else ()

    def dtype_of(self, *values: Any) -> str:
        """Return the dtype that operands have together. Raises LayerError for none."""
        return self.promoted(*map(_dtype, values))

    def promoted(self, *dtypes: str) -> str:
        """Return what dtypes become together; "int" and "float" are numbers'.

        Raises LayerError where they do not go together.
        """
        try:
            return result_type(*dtypes)
        except ValueError as error:
            raise self.refuse("wants operands of dtypes that go together", str(error)) from None

    def axis_of(self, axis: Any, rank: int) -> int:
        """Return an axis counted from the front. Raises LayerError where there is none."""
        if type(axis) is not int or not -rank <= axis < rank:
            raise self.refuse(f"wants an axis of a tensor of rank {rank}", axis)
        return axis % rank

    def axes_of(self, axes: Any, rank: int) -> tuple[int, ...]:
        """Return axes counted from the front; None is all. Raises LayerError."""
        if axes is None:
            return tuple(range(rank))
        listed = axes if is_list(axes) else (axes,)
        return tuple(self.axis_of(axis, rank) for axis in listed)

    def without(self, shape: Shape, axes: Any, keepdims: bool = False) -> Shape:
        """Return a shape without some axes, or with 1 there. Raises LayerError."""
        gone = self.axes_of(axes, len(shape))
        if len(set(gone)) < len(gone) and not keepdims:
            raise self.refuse("wants axes that differ", axes)
        if keepdims:
            return tuple(1 if axis in gone else size for axis, size in enumerate(shape))
        return tuple(size for axis, size in enumerate(shape) if axis not in gone)

    def reach_without(
        self, shape: Shape, axes: Any, keepdims: bool, spatial: tuple[int, ...]
    ) -> tuple[Reach, ...] | None:
        """Return the reach of what leaves some axes out: `ITSELF` where positions stay."""
        gone = self.axes_of(axes, len(shape))
        stay = keepdims or all(axis > max(spatial) for axis in gone)
        return ITSELF if stay and not set(gone) & set(spatial) else None

    def broadcast(self, *shapes: Shape) -> Shape:
        """Return the shape that several broadcast to. Raises LayerError."""
        return reduce(self._broadcast, shapes)

    def _broadcast(self, a: Shape, b: Shape) -> Shape:
        length = max(len(a), len(b))
        a, b = (1,) * (length - len(a)) + a, (1,) * (length - len(b)) + b
        return tuple(self._common(x, y, (a, b)) for x, y in zip(a, b, strict=True))

    def _common(self, a: int | None, b: int | None, both: Any) -> int | None:
        """As `broadcast_shapes` of keras/src/ops/operation_utils.py."""
        if a == 1:
            return b
        if a is None:
            return None if b == 1 else b
        if b not in (1, None, a):
            raise self.refuse("wants operands that broadcast", both)
        return a

    def alike(self, shapes: Iterable[Shape], axis: int | None = None) -> None:
        """Raise LayerError where shapes differ from the first elsewhere than on `axis`."""
        shapes = list(shapes)
        first = shapes[0]
        for shape in shapes:
            if len(shape) != len(first) or any(
                None not in sizes and sizes[0] != sizes[1] and index != axis
                for index, sizes in enumerate(zip(first, shape, strict=False))
            ):
                but = "" if axis is None else f" but for axis {axis}"
                raise self.refuse(f"wants tensors of equal shapes{but}", shapes)

    def several(self, one: Any, count: int) -> list[Any]:
        """Return something so many times, as outputs. Raises LayerError for too many."""
        if count > MAX_OUTPUTS:
            raise self.refuse(f"has at most {MAX_OUTPUTS:,} outputs", count)
        return [one] * count

    def free(self, shape: Shape, dtype: str) -> Inference:
        """Return the inference of an operation that only moves elements."""
        return self.counted([(shape, dtype)], 0)

    def elementwise(self, shape: Shape, dtype: str, cost: int = 1) -> Inference:
        """Return the inference of `cost` FLOPs for each element of the output."""
        return self.counted([(shape, dtype)], product(cost, *shape) if cost else 0)

    def counted(
        self,
        outputs: Sequence[tuple[Shape, str]],
        elementwise: int | None,
        macs: int | None = 0,
        why: str = "the size of its output is unknown",
        inner: tuple[Shape, ...] = (),
    ) -> Inference:
        """Return the inference with these outputs and counts."""
        shapes, dtypes = zip(*outputs, strict=True) if outputs else ((), ())
        return Inference(shapes, (), macs, elementwise, why, inner, dtypes)


def is_array(value: Any) -> bool:
    """Whether a value has a shape and a dtype."""
    return isinstance(value, ARRAYS)


def _alone(open_batch: bool, tensor: Tensor) -> Tensor:
    """Return a tensor as it is where the batch is one sample.

    Beside those of an open batch, an input whose sizes are all known is no part of it.
    """
    apart = open_batch and tensor.alone is None and None not in tensor.shape
    shape = tensor.shape if apart else tensor.sample
    value = tensor.sample_value
    return Tensor(shape, tensor.dtype, tensor.node, tensor.index, shape, value, value)


def _holds_sizes(operand: Any) -> bool:
    """Whether an operand is sizes of tensors, or a list with such."""
    if isinstance(operand, Tensor):
        return operand.value is not None or operand.sample_value is not None
    return is_list(operand) and any(map(_holds_sizes, operand))


def _shared_out(whole: Inference, tensor: Tensor) -> Inference:
    """Return the inference of a whole batch as one sample's part of it.

    `tensor` is an operand, which knows how many samples there are.
    """
    rows, all_rows = (shape[0] if shape else None for shape in (tensor.sample, tensor.shape))
    batch = all_rows // rows if rows and all_rows else None
    return whole._replace(
        macs=_part(whole.macs, batch),
        elementwise=_part(whole.elementwise, batch),
        why=whole.why if batch else "the size of the batch is unknown",
        inner=tuple((None, _part(shape[0], batch), *shape[1:]) for shape in whole.inner),
        samples=tuple(
            (_part(shape[0], batch), *shape[1:]) if shape else () for shape in whole.outputs
        ),
        sample_values=whole.values,
    )


def _part(count: int | None, batch: int | None) -> int | None:
    """Return a sample's part of a count, rounded up: no part of something is nothing."""
    if not count:
        return count
    return None if batch is None else -(-count // batch)


def _dtype(value: Any) -> str:
    """Return an operand's dtype, `int` or `float` for a Python number."""
    if isinstance(value, ARRAYS):
        return value.dtype
    return "bool" if isinstance(value, bool) else type(value).__name__


def strong(value: Any) -> str:
    """Return the dtype that an operand has by itself, `int64` for a whole number."""
    dtype = _dtype(value)
    return {"int": "int64", "float": "float32"}.get(dtype, dtype)


def bound(
    who: str, names: tuple[str, ...], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Return arguments by name. Raises LayerError for too many and for names not known."""
    if len(args) > len(names):
        raise LayerError(f"{who} takes at most {len(names)} operands. Received: {len(args)}")
    given = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in names:
            raise LayerError(f"{who} has no operand {quote(str(name))}")
        if name in given:
            raise LayerError(f"{who} got {name} twice")
        given[name] = value
    return given


def _shown(value: Any) -> Any:
    """Return a value as an error shows it: shapes in place of tensors."""
    return map_tensors(lambda tensor: tensor.shape, value)
