"""What only moves elements, of `keras/src/ops/numpy.py`: free."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archi.graph import Inference, Shape, is_list
from archi.ops._arguments import (
    Axes,
    Integers,
    Lengths,
    NewShape,
    OptionalDType,
    PadWidth,
    pad_pairs,
)
from archi.twin.arguments import Integer, Kind, arg
from archi.twin.arguments import Shape as ShapeArgument
from archi.twin.layer import ITSELF, Reach, product
from archi.twin.operation import NOTHING, Array, Operation

HOME = "numpy"


class _Moving(Operation):
    """An operation that moves elements and changes none."""

    keeps = NOTHING

    def infer(self, x: Array) -> Inference:
        return self.free(self.moved(x.shape), x.dtype)

    def moved(self, shape: Shape) -> Shape:
        """Return the shape of the output. Raises LayerError."""
        return shape


class _View(_Moving):
    """An operation whose output is the input's memory."""

    def is_view(self, training: bool = False) -> bool:
        return True


class GetItem(Operation):
    """`x[key]`: an index, a slice, an ellipsis or a new axis for each axis."""

    keeps = NOTHING
    operands = ("x", "key")
    loose = ("key",)

    def infer(self, x: Array, key: Any) -> Inference:
        return self.free(self._taken(list(x.shape), self._keys(key)), x.dtype)

    def _keys(self, key: Any) -> list[Any]:
        if type(key) is not int and not is_list(key):
            raise self.refuse("wants whole numbers, slices, None or an ellipsis", key)
        keys = list(key) if is_list(key) else [key]
        if sum(item is Ellipsis for item in keys) > 1:
            raise self.refuse("takes one ellipsis", key)
        return keys if any(item is Ellipsis for item in keys) else [*keys, Ellipsis]

    def _taken(self, left: list[int | None], keys: list[Any]) -> Shape:
        shape: list[int | None] = []
        for place, key in enumerate(keys):
            after = keys[place + 1 :]
            if key is Ellipsis:
                count = len(left) - sum(item is not None for item in after)
                shape, left = shape + left[:count], left[count:]
            elif key is None:
                shape.append(1)
            elif not left:
                raise self.refuse("has more indices than the input has axes", keys)
            else:
                shape += self._axis(left.pop(0), key)
        return tuple(shape)

    def _axis(self, size: int | None, key: Any) -> list[int | None]:
        if isinstance(key, slice):
            try:
                return [None if size is None else len(range(*key.indices(size)))]
            except (TypeError, ValueError):
                raise self.refuse("wants slices of whole numbers", key) from None
        if type(key) is not int:
            raise self.refuse("wants whole numbers, slices, None or an ellipsis", key)
        if size is not None and not -size <= key < size:
            raise self.refuse(f"wants an index within {size}", key)
        return []

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        """A slice of positions is a window of one position."""
        keys = self._keys(self.called_with("key"))
        if any(key is None for key in keys):
            return None
        place = next(index for index, key in enumerate(keys) if key is Ellipsis)
        whole = [slice(None)] * (len(shapes[0]) - len(keys) + 1)
        keys = [*keys[:place], *whole, *keys[place + 1 :]]
        if any(not isinstance(key, slice) for key in keys[: max(spatial) + 1]):
            return None
        windows: list[Any] = [keys[axis] for axis in spatial]
        if any((key.step or 1) < 1 for key in windows):
            return None
        return tuple(
            _window(key, shapes[0][axis]) for key, axis in zip(windows, spatial, strict=True)
        )


def _window(key: slice[Any, Any, Any], size: int | None) -> Reach:
    """Return the reach of a slice of positions that goes forwards."""
    step = 1 if key.step is None else key.step
    start = 0 if key.start is None else key.start
    if start < 0:
        return Reach(1, step, None if size is None else -max(start + size, 0))
    return Reach(1, step, -start)


class Reshape(_View):
    """The same elements in `newshape`, batch axis included; one size may be -1."""

    newshape: Shape = arg(NewShape())

    def validate(self) -> None:
        if self.newshape.count(-1) > 1:
            raise self.refuse("newshape has at most one -1", self.newshape)

    def moved(self, shape: Shape) -> Shape:
        if None in shape or None in self.newshape:
            return tuple(None if size == -1 else size for size in self.newshape)
        count = product(*shape) or 0
        fixed = product(*(size for size in self.newshape if size != -1)) or 0
        if -1 in self.newshape and fixed and count % fixed == 0:
            return tuple(count // fixed if size == -1 else size for size in self.newshape)
        if -1 in self.newshape or count != fixed:
            raise self.refuse(f"wants as many elements as {self.newshape} has", shape)
        return self.newshape


class Ravel(_View):
    """All elements along one axis."""

    def moved(self, shape: Shape) -> Shape:
        return (product(*shape),)


class Squeeze(_View):
    """Leaves out axes of length 1: those in `axis`, or all."""

    axis: Any = arg(Axes(), None)

    def moved(self, shape: Shape) -> Shape:
        if self.axis is None:
            return tuple(size for size in shape if size != 1)
        gone = self.axes_of(self.axis, len(shape))
        if any(shape[axis] != 1 for axis in gone):
            raise self.refuse("leaves out axes of length 1", shape)
        return self.without(shape, self.axis)

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        ones = [axis for axis, size in enumerate(shapes[0]) if size == 1]
        return self.reach_without(
            shapes[0], ones if self.axis is None else self.axis, False, spatial
        )


class ExpandDims(_View):
    """Puts in axes of length 1."""

    axis: Any = arg(Axes(optional=False))

    def moved(self, shape: Shape) -> Shape:
        listed = self.axis if is_list(self.axis) else (self.axis,)
        rank = len(shape) + len(listed)
        new = self.axes_of(self.axis, rank)
        if len(set(new)) < len(new):
            raise self.refuse("wants axes that differ", self.axis)
        sizes = iter(shape)
        return tuple(1 if axis in new else next(sizes) for axis in range(rank))

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        listed = self.axis if is_list(self.axis) else (self.axis,)
        new = self.axes_of(self.axis, len(shapes[0]) + len(listed))
        return ITSELF if all(axis > max(spatial) for axis in new) else None


class _Permuting(_Moving):
    """An operation that puts the axes into another order."""

    def order(self, rank: int) -> Sequence[int]:
        """Return which axis of the input each of the output is. Raises LayerError."""
        raise NotImplementedError

    def moved(self, shape: Shape) -> Shape:
        return tuple(shape[axis] for axis in self.order(len(shape)))

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        order = self.order(len(shapes[0]))
        return ITSELF if all(order[axis] == axis for axis in spatial) else None


class Transpose(_Permuting):
    """The axes in the order of `axes`, or backwards."""

    axes: Any = arg(Axes(), None)

    def order(self, rank: int) -> Sequence[int]:
        if self.axes is None:
            return range(rank)[::-1]
        order = self.axes_of(self.axes, rank)
        if not is_list(self.axes) or sorted(order) != list(range(rank)):
            raise self.refuse(f"wants each of {rank} axes once", self.axes)
        return order


class Swapaxes(_Permuting):
    """Two axes in each other's place."""

    axis1: int = arg(Integer())
    axis2: int = arg(Integer())

    def order(self, rank: int) -> Sequence[int]:
        one, other = self.axis_of(self.axis1, rank), self.axis_of(self.axis2, rank)
        order = list(range(rank))
        order[one], order[other] = other, one
        return order


class Moveaxis(_Permuting):
    """Some axes at other places, the rest in their order."""

    source: Any = arg(Axes(optional=False))
    destination: Any = arg(Axes(optional=False))

    def validate(self) -> None:
        if _count(self.source) != _count(self.destination):
            raise self.refuse(
                "wants as many sources as destinations", [self.source, self.destination]
            )

    def order(self, rank: int) -> Sequence[int]:
        sources = self.axes_of(self.source, rank)
        destinations = self.axes_of(self.destination, rank)
        if len({*sources}) < len(sources) or len({*destinations}) < len(destinations):
            raise self.refuse("wants axes that differ", [self.source, self.destination])
        at = dict(zip(destinations, sources, strict=True))
        others = iter([axis for axis in range(rank) if axis not in sources])
        return [at[axis] if axis in at else next(others) for axis in range(rank)]


def _count(axes: Any) -> int:
    return len(axes) if is_list(axes) else 1


class Rot90(_Moving):
    """A quarter turn in the plane of two axes, `k` times."""

    k: int = arg(Integer(), 1)
    axes: Any = arg(Axes(optional=False), (0, 1))
    operands = ("array",)

    def infer(self, array: Array) -> Inference:
        rank = len(array.shape)
        axes = self.axes_of(self.axes, rank)
        if rank < 2 or len(axes) != 2 or self.axes[0] == self.axes[1]:
            raise self.refuse("wants two axes that differ", self.axes)
        shape = list(array.shape)
        one, other = axes
        shape[one], shape[other] = shape[other], shape[one]  # whatever k is, as Keras says
        return self.free(tuple(shape), array.dtype)


class _Rearranging(_Moving):
    """An operation that moves elements along `axis`, along all axes where it is None."""

    axis: Any

    def moved(self, shape: Shape) -> Shape:
        if self.axis is not None:
            self.axes_of(self.axis, len(shape))
        return shape

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        over = self.axes_of(self.axis, len(shapes[0]))
        return None if set(over) & set(spatial) else ITSELF


class Flip(_Rearranging):
    """The elements in the opposite order."""

    axis: Any = arg(Axes(), None)


class Roll(_Rearranging):
    """The elements shifted, those that fall off put in at the other end."""

    shift: Any = arg(Integers())
    axis: Any = arg(Axes(), None)


class Fliplr(_Moving):
    """The elements in the opposite order along axis 1."""

    least = 2

    def moved(self, shape: Shape) -> Shape:
        if len(shape) < self.least:
            raise self.refuse(f"wants a tensor of at least rank {self.least}", shape)
        return shape


class Flipud(Fliplr):
    """The elements in the opposite order along axis 0."""

    least = 1


class Pad(_Moving):
    """Elements before and after each axis."""

    pad_width: Any = arg(PadWidth())
    mode: str = arg(Kind(), "constant")  # Keras looks at it when it pads
    operands = ("x", "constant_values")
    loose = ("constant_values",)
    optional = {"constant_values": None}
    by_name = ("constant_values",)
    signature = ("x", "pad_width", "mode", "constant_values")

    def infer(self, x: Array, constant_values: Any = None) -> Inference:
        shape = tuple(
            None if size is None else size + sum(pair)
            for size, pair in zip(x.shape, self._pairs(x.shape), strict=True)
        )
        return self.free(shape, x.dtype)

    def _pairs(self, shape: Shape) -> list[tuple[int, int]]:
        """Return what is put before and after each axis. Raises LayerError."""
        pairs = pad_pairs(self.pad_width)
        if len(pairs) == 1:
            return pairs * len(shape)
        if len(pairs) != len(shape):
            raise self.refuse(f"wants a tensor of rank {len(pairs)}, as pad_width has", shape)
        return pairs

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        if self.mode not in ("constant", "empty"):
            return None
        pairs = self._pairs(shapes[0])
        return tuple(Reach(1, 1, pairs[axis][0]) for axis in spatial)


class Tile(_Moving):
    """The tensor several times over along each axis."""

    repeats: Any = arg(Integers())

    def moved(self, shape: Shape) -> Shape:
        times = list(self.repeats) if is_list(self.repeats) else [self.repeats]
        rank = max(len(shape), len(times))
        times = [1] * (rank - len(times)) + times
        shape = (1,) * (rank - len(shape)) + shape
        return tuple(map(product, shape, times))


class Repeat(_Moving):
    """Each element several times over along `axis`; without one, of the flattened tensor."""

    repeats: Any = arg(Integers())
    axis: int | None = arg(Integer(optional=True), None)

    def moved(self, shape: Shape) -> Shape:
        if self.axis is None:
            return (self._length(product(*shape)),)
        axis = self.axis_of(self.axis, len(shape))
        return (*shape[:axis], self._length(shape[axis]), *shape[axis + 1 :])

    def _length(self, size: int | None) -> int | None:
        times = self.repeats if is_list(self.repeats) else (self.repeats,)
        if size is None or len(times) == 1:
            return product(size, *times)
        if len(times) != size:
            raise self.refuse(f"wants a number of repeats for each of {size} elements", times)
        return sum(times)


class BroadcastTo(_Moving):
    """The tensor along axes it does not have."""

    shape: Shape = arg(ShapeArgument())

    def moved(self, shape: Shape) -> Shape:
        self.broadcast(shape, self.shape)
        return self.shape


class Take(Operation):
    """The elements at `indices` along `axis`; without one, of the flattened tensor."""

    axis: int | None = arg(Integer(optional=True), None)
    keeps = NOTHING
    operands = ("x", "indices")
    loose = ("indices",)

    def infer(self, x: Array, indices: Any) -> Inference:
        places = lengths(indices) if is_list(indices) else self.shape_of(indices)
        if self.axis is None:
            return self.free(places, x.dtype)
        axis = self.axis_of(self.axis, len(x.shape))
        return self.free((*x.shape[:axis], *places, *x.shape[axis + 1 :]), x.dtype)

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        over = None if self.axis is None else self.axis % len(shapes[0])
        return None if over is None or over <= max(spatial) else ITSELF


def lengths(value: Any) -> Shape:
    """Return the lengths of nested lists, outermost first."""
    shape: list[int] = []
    while is_list(value):
        shape.append(len(value))
        value = value[0] if value else None
    return tuple(shape)


class TakeAlongAxis(Operation):
    """The elements at `indices`, which has an index for each place along `axis`."""

    axis: int | None = arg(Integer(optional=True), None)
    keeps = NOTHING
    operands = ("x", "indices")

    def infer(self, x: Array, indices: Array) -> Inference:
        shape = x.shape if self.axis is not None else (product(*x.shape),)
        if len(shape) != len(indices.shape):
            raise self.refuse("wants indices of the input's rank", [shape, indices.shape])
        axis = 0 if self.axis is None else self.axis_of(self.axis, len(shape))
        shape = (*shape[:axis], indices.shape[axis], *shape[axis + 1 :])
        return self.free(self.broadcast(shape, indices.shape), x.dtype)


class View(_View):
    """The same memory read as another dtype."""

    dtype: Any = arg(OptionalDType(), None)

    def infer(self, x: Array) -> Inference:
        dtype = self.dtype or x.dtype
        old, new = (_BYTES.get(name) for name in (x.dtype, dtype))
        if old == new:
            return self.free(x.shape, dtype)
        if not x.shape or old is None or new is None:
            raise self.refuse(f"can't be seen as {dtype}", x.shape)
        size = x.shape[-1]
        if size is not None and size * old % new:
            raise self.refuse(f"wants a last axis of whole elements of {dtype}", x.shape)
        last = None if size is None else size * old // new
        return self.free((*x.shape[:-1], last), dtype)


_BYTES = {
    **dict.fromkeys(("bool", "int8", "uint8"), 1),
    **dict.fromkeys(("int16", "uint16", "float16", "bfloat16"), 2),
    **dict.fromkeys(("int32", "uint32", "float32"), 4),
    **dict.fromkeys(("int64", "uint64", "float64", "complex64"), 8),
    "complex128": 16,
}


class Ndim(Operation):
    """The number of axes; Keras says a vector as long as that, of float32."""

    keeps = NOTHING

    def infer(self, x: Array) -> Inference:
        return self.free((len(x.shape),), "float32")


class Size(Operation):
    """The number of elements."""

    keeps = NOTHING

    def infer(self, x: Array) -> Inference:
        return self.free((), "int32")


class UnravelIndex(Operation):
    """Places in a tensor of `shape` from those in the flattened: two FLOPs for each axis."""

    gives_list = True
    keeps = NOTHING
    shape: Shape = arg(Lengths())
    operands = ("indices",)

    def infer(self, indices: Array) -> Inference:
        each = (None,) if None in self.shape else indices.shape
        outputs = self.several((each, indices.dtype), len(self.shape))
        return self.counted(outputs, product(2 * len(self.shape), *indices.shape))


class Copy(_Moving):
    """The tensor again."""

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return ITSELF
