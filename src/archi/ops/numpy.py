"""Operations of `keras/src/ops/numpy.py`."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape, Tensor
from archi.layers._arguments import Integer, arg
from archi.layers._arguments import Shape as ShapeArgument
from archi.layers._core import product
from archi.ops._core import Operation


class _Arithmetic(Operation):
    """An elementwise operation on two operands that broadcast."""

    operands = ("x1", "x2")
    required = 2

    def infer(self, x1: Any, x2: Any) -> Inference:
        shape = self.broadcast(self.shape_of(x1), self.shape_of(x2))
        return self.elementwise(shape, self.dtype_of(x1, x2))


class Add(_Arithmetic):
    """x1 + x2."""


class Subtract(_Arithmetic):
    """x1 - x2."""


class Multiply(_Arithmetic):
    """x1 × x2."""


class GetItem(Operation):
    """`x[key]`: an index, a slice, an ellipsis or a new axis for each axis."""

    operands = ("x", "key")
    required = 2

    def infer(self, x: Tensor, key: Any) -> Inference:
        keys = list(key) if isinstance(key, (list, tuple)) else [key]
        if sum(item is Ellipsis for item in keys) > 1:
            raise self.refuse("takes one ellipsis", key)
        if Ellipsis not in keys:
            keys.append(Ellipsis)
        return self.free(self._taken(list(x.shape), keys), x.dtype)

    def _taken(self, left: list[int | None], keys: list[Any]) -> Shape:
        shape: list[int | None] = []
        for place, key in enumerate(keys):
            after = keys[place + 1 :]
            if key is Ellipsis:
                count = len(left) - len(after) + after.count(None)
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


class Reshape(Operation):
    """The same elements in `newshape`, batch axis included; one size may be -1."""

    newshape: Shape = arg(ShapeArgument(-1))

    def infer(self, x: Tensor) -> Inference:
        size, fixed = product(*x.shape), product(*(n for n in self.newshape if n != -1))
        shape = self.newshape
        if -1 in shape:
            rest = None if size is None or not fixed else size // fixed
            shape = tuple(rest if n == -1 else n for n in shape)
        return self.free(shape, x.dtype)

    def is_view(self, training: bool = False) -> bool:
        return True


class Concatenate(Operation):
    """Tensors side by side along `axis`."""

    axis: int = arg(Integer(), 0)
    operands = ("xs",)

    def infer(self, xs: list[Tensor]) -> Inference:
        shapes = [self.shape_of(x) for x in xs]
        if not shapes or len({len(shape) for shape in shapes}) > 1:
            raise self.refuse("wants tensors of one rank", shapes)
        rank = len(shapes[0])
        if not -rank <= self.axis < rank:
            raise self.refuse(f"wants inputs that have axis {self.axis}", shapes)
        output = list(shapes[0])
        for axis, sizes in enumerate(zip(*shapes, strict=True)):
            if axis == self.axis % rank:
                output[axis] = None if None in sizes else sum(size or 0 for size in sizes)
            elif len(set(sizes) - {None}) > 1:
                raise self.refuse(f"wants inputs that differ on axis {self.axis} alone", shapes)
        return self.free(tuple(output), self.dtype_of(*xs))
