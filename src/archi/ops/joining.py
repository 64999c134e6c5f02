"""Joining and splitting tensors, of `keras/src/ops/numpy.py`: free."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from archi.graph import Inference, Shape
from archi.ops._arguments import Integers
from archi.twin.arguments import Integer, arg
from archi.twin.layer import ITSELF, Reach, product
from archi.twin.operation import NOTHING, Array, Operation

HOME = "numpy"


class _Joining(Operation):
    """Tensors side by side along an axis."""

    keeps = NOTHING
    operands = ("xs",)
    lists = ("xs",)

    def infer(self, xs: Sequence[Array]) -> Inference:
        shapes = [self.seen_as(x.shape) for x in xs]
        axis = self.axis_of(self.along(shapes[0]), len(shapes[0]))
        self.alike(shapes, axis)
        sizes = [shape[axis] for shape in shapes]
        size = None if None in sizes else sum(size or 0 for size in sizes)
        shape = (*shapes[0][:axis], size, *shapes[0][axis + 1 :])
        return self.free(shape, self.dtype_of(*xs))

    def seen_as(self, shape: Shape) -> Shape:
        """Return the shape that a tensor is given before it is joined."""
        return shape

    def along(self, shape: Shape) -> int:
        """Return the axis along which tensors of `shape` are joined."""
        raise NotImplementedError

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        shape = shapes[0]
        moves = self.seen_as(shape) != shape or self.along(shape) % len(shape) in spatial
        return None if moves else ITSELF


class Concatenate(_Joining):
    """Tensors side by side along `axis`."""

    axis: int = arg(Integer(), 0)

    def along(self, shape: Shape) -> int:
        return self.axis


class Hstack(_Joining):
    """Tensors side by side along axis 1."""

    def along(self, shape: Shape) -> int:
        return 1


class Vstack(_Joining):
    """Tensors side by side along axis 0."""

    def along(self, shape: Shape) -> int:
        return 0


class Dstack(_Joining):
    """Tensors side by side along axis 2, which those of fewer axes are given."""

    def seen_as(self, shape: Shape) -> Shape:
        if len(shape) > 2:
            return shape
        return ((1, *shape, 1) if len(shape) < 2 else (*shape, 1)) if shape else (1, 1, 1)

    def along(self, shape: Shape) -> int:
        return 2


class Append(Operation):
    """x2 after x1 along `axis`; without one, both flattened."""

    keeps = NOTHING
    axis: int | None = arg(Integer(optional=True), None)
    operands = ("x1", "x2")

    def infer(self, x1: Array, x2: Array) -> Inference:
        shapes = [x1.shape, x2.shape]
        if self.axis is None:
            shapes = [(product(*shape),) for shape in shapes]
        axis = self.axis_of(self.axis or 0, len(shapes[0]))
        self.alike(shapes, axis)
        sizes = [shape[axis] for shape in shapes]
        size = None if None in sizes else sum(size or 0 for size in sizes)
        shape = (*shapes[0][:axis], size, *shapes[0][axis + 1 :])
        return self.free(shape, self.dtype_of(x1, x2))


class Stack(Operation):
    """Tensors of one shape along a new axis."""

    keeps = NOTHING
    axis: int = arg(Integer(), 0)
    lists = ("x",)

    def infer(self, x: Sequence[Array]) -> Inference:
        shapes = [item.shape for item in x]
        axis = self.axis_of(self.axis, len(shapes[0]) + 1)
        self.alike(shapes)
        shape = (*shapes[0][:axis], len(x), *shapes[0][axis:])
        return self.free(shape, self.dtype_of(*x))

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return ITSELF if self.axis % (len(shapes[0]) + 1) > max(spatial) else None


class _Splitting(Operation):
    """A tensor in several parts along an axis: so many equal ones, or cut at indices."""

    gives_list = True
    keeps = NOTHING
    indices_or_sections: Any = arg(Integers())

    def infer(self, x: Array) -> Inference:
        axis = self.axis_of(self.along(x.shape), len(x.shape))
        parts = self._parts(x.shape[axis])
        outputs = [((*x.shape[:axis], part, *x.shape[axis + 1 :]), x.dtype) for part in parts]
        return self.counted(outputs, 0)

    def along(self, shape: Shape) -> int:
        """Return the axis along which a tensor of `shape` is split. Raises LayerError."""
        raise NotImplementedError

    def _parts(self, size: int | None) -> list[int | None]:
        sections = self.indices_or_sections
        if isinstance(sections, int):
            if sections < 1:
                raise self.refuse("wants at least one section", sections)
            if size is not None and size % sections:
                raise self.refuse(f"wants a size that {sections} divides", size)
            return self.several(None if size is None else size // sections, sections)
        cuts = [0, *sections, size]
        return [
            None if end is None or start is None else end - start for start, end in pairwise(cuts)
        ]

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return None if self.along(shapes[0]) % len(shapes[0]) in spatial else ITSELF


class Split(_Splitting):
    """A tensor in several parts along `axis`."""

    axis: int = arg(Integer(), 0)

    def along(self, shape: Shape) -> int:
        return self.axis


class Hsplit(_Splitting):
    """A tensor in several parts along axis 1, a vector along its one."""

    def along(self, shape: Shape) -> int:
        return 0 if len(shape) == 1 else 1


class Vsplit(_Splitting):
    """A tensor of at least rank 2 in several parts along axis 0."""

    def along(self, shape: Shape) -> int:
        if len(shape) < 2:
            raise self.refuse("wants a tensor of at least rank 2", shape)
        return 0


class Dsplit(_Splitting):
    """A tensor in several parts along axis 2."""

    def along(self, shape: Shape) -> int:
        return 2


class ArraySplit(Operation):
    """A tensor in several parts along `axis`, the first longer by one where it must be."""

    gives_list = True
    keeps = NOTHING
    indices_or_sections: int = arg(Integer(1))
    axis: int = arg(Integer(), 0)

    def infer(self, x: Array) -> Inference:
        axis = self.axis_of(self.axis, len(x.shape))
        size, sections = x.shape[axis], self.indices_or_sections
        parts = self.several(size, sections)
        if size is not None:
            parts = [size // sections + (place < size % sections) for place in range(sections)]
        outputs = [((*x.shape[:axis], part, *x.shape[axis + 1 :]), x.dtype) for part in parts]
        return self.counted(outputs, 0)

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return None if self.axis % len(shapes[0]) in spatial else ITSELF
