"""Products of `keras/src/ops/numpy.py`: MACs."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from archi.graph import Inference, Shape, is_list
from archi.twin.arguments import Integer, Kind, arg
from archi.twin.layer import ITSELF, Reach, product
from archi.twin.operation import Array, Operation, strong

HOME = "numpy"


class _Product(Operation):
    """A product of two operands, which may be numbers."""

    operands = ("x1", "x2")
    loose: ClassVar[tuple[str, ...]] = ("x1", "x2")

    def macs(self, shape: Shape, dtype: str, *summed: int | None) -> Inference:
        """Return the inference of a sum over `summed` for each element of the output."""
        count = product(*shape, *summed)
        return self.counted([(shape, dtype)], None if count is None else 0, count)


class Matmul(_Product):
    """The matrix product of the last two axes, the others broadcast."""

    def infer(self, x1: Any, x2: Any) -> Inference:
        one, other = self.shape_of(x1), self.shape_of(x2)
        if not one or not other:
            raise self.refuse("wants vectors or matrices", [one, other])
        rows = one if len(one) > 1 else (1, *one)
        columns = other if len(other) > 1 else (*other, 1)
        inner = {rows[-1], columns[-2]} - {None}
        if len(inner) > 1:
            raise self.refuse("wants inner sizes that are equal", [one, other])
        outer = self.broadcast(rows[:-2], columns[:-2])
        shape = (*outer, *rows[-2:-1][: len(one) - 1], *columns[-1:][: len(other) - 1])
        dtypes = {strong(x1), strong(x2)}
        dtype = "int32" if dtypes == {"int8"} else self.promoted(strong(x1), strong(x2))
        return self.macs(shape, dtype, *inner or [None])

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        """One matrix for all positions works on the features of each alone."""
        one, other = self.called_with("x1"), self.called_with("x2")
        matrix = other is not None and len(self.shape_of(other)) == 2
        alone = matrix and [self.shape_of(one)] == shapes and len(shapes[0]) - 1 not in spatial
        return ITSELF if alone else None


class Dot(_Product):
    """The sum over the last axis of x1 and the last but one of x2."""

    def infer(self, x1: Any, x2: Any) -> Inference:
        one, other = self.shape_of(x1), self.shape_of(x2)
        dtype = self.dtype_of(x1, x2)
        if not one or not other:
            return self.macs(self.broadcast(one, other), dtype)
        axis = max(len(other) - 2, 0)
        inner = {one[-1], other[axis]} - {None}
        if len(inner) > 1:
            raise self.refuse("wants inner sizes that are equal", [one, other])
        shape = (*one[:-1], *other[:axis], *other[axis + 1 :])
        return self.macs(shape, dtype, *inner or [None])


class Inner(_Product):
    """The sum over the last axis of both."""

    def infer(self, x1: Any, x2: Any) -> Inference:
        one, other = self.shape_of(x1), self.shape_of(x2)
        dtype = self.dtype_of(x1, x2)
        if not one or not other:
            return self.macs(one or other, dtype)
        inner = {one[-1], other[-1]} - {None}
        if len(inner) > 1:
            raise self.refuse("wants last sizes that are equal", [one, other])
        return self.macs((*one[:-1], *other[:-1]), dtype, *inner or [None])


class Vdot(_Product):
    """The sum over all of both."""

    def infer(self, x1: Any, x2: Any) -> Inference:
        count = product(*(self.shape_of(x1) or self.shape_of(x2)))
        dtype = self.dtype_of(x1, x2)
        return self.counted([((), dtype)], None if count is None else 0, count)


class Outer(_Product):
    """Each of x1 times each of x2."""

    def infer(self, x1: Any, x2: Any) -> Inference:
        one, other = self.shape_of(x1), self.shape_of(x2)
        shape = (product(*one), product(*other))
        count = product(*one, *other)
        return self.counted([(shape, self.dtype_of(x1, x2))], None if count is None else 0, count)


class Kron(_Product):
    """Each of x1 times all of x2, side by side."""

    def infer(self, x1: Any, x2: Any) -> Inference:
        shape = tuple(map(product, self.shape_of(x1), self.shape_of(x2)))
        return self.macs(shape, self.promoted(strong(x1), strong(x2)))


class Tensordot(_Product):
    """The sum over several axes of both: the last of x1 and the first of x2, or those given."""

    axes: Any = arg(Kind(), 2)

    def validate(self) -> None:
        pair = is_list(self.axes) and len(self.axes) == 2 and all(map(is_list, self.axes))
        if type(self.axes) is not int and not pair:
            raise self.refuse("axes is a whole number, or a list of axes of each", self.axes)

    def infer(self, x1: Any, x2: Any) -> Inference:
        one, other = self.shape_of(x1), self.shape_of(x2)
        first, second = self._summed(len(one), len(other))
        pairs = [{one[a], other[b]} - {None} for a, b in zip(first, second, strict=True)]
        if any(len(sizes) > 1 for sizes in pairs):
            raise self.refuse("wants sizes that are equal on the axes it sums", [one, other])
        shape = (*_others(one, first), *_others(other, second))
        sizes = [size for sizes in pairs for size in (sizes or [None])]
        return self.macs(shape, self.dtype_of(x1, x2), *sizes)

    def _summed(self, one: int, other: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        if isinstance(self.axes, int):
            count = max(self.axes, 0)
            if count > min(one, other):
                raise self.refuse(f"wants tensors of at least rank {count}", [one, other])
            return tuple(range(one - count, one)), tuple(range(count))
        first, second = self.axes_of(self.axes[0], one), self.axes_of(self.axes[1], other)
        if len(first) != len(second):
            raise self.refuse("wants as many axes of one as of the other", self.axes)
        return first, second


def _others(shape: Shape, gone: tuple[int, ...]) -> Shape:
    return tuple(size for axis, size in enumerate(shape) if axis not in gone)


class Cross(_Product):
    """The product of vectors in space: six products, which are MACs, and three differences."""

    loose = ()
    axisa: int = arg(Integer(), -1)
    axisb: int = arg(Integer(), -1)
    axisc: int = arg(Integer(), -1)
    axis: int | None = arg(Integer(optional=True), None)

    def infer(self, x1: Array, x2: Array) -> Inference:
        a, b, c = self.axisa, self.axisb, self.axisc
        if self.axis is not None:
            a = b = c = self.axis
        sizes = [x.shape[self.axis_of(axis, len(x.shape))] for x, axis in ((x1, a), (x2, b))]
        if not {*sizes} <= {2, 3, None}:
            raise self.refuse("wants vectors of 2 or 3 elements", sizes)
        outer = self.broadcast(self.without(x1.shape, a), self.without(x2.shape, b))
        size = (3,) if 3 in sizes else ()
        at = self.axis_of(c, len(outer) + len(size))
        shape = (*outer[:at], *size, *outer[at:])
        products = 6 if 3 in sizes else 2
        return self.counted([(shape, self.dtype_of(x1, x2))], 0, product(products, *outer))


class Correlate(_Product):
    """A vector times each place of another."""

    mode: str = arg(Kind(), "valid")

    def infer(self, x1: Any, x2: Any) -> Inference:
        shapes = [self.shape_of(x1), self.shape_of(x2)]
        if any(len(shape) != 1 or shape[0] is None for shape in shapes):
            raise self.refuse("wants two vectors of known length", shapes)
        if self.mode not in ("valid", "same", "full"):
            raise self.refuse("mode is 'valid', 'same' or 'full'", self.mode)
        short, long = sorted(shape[0] or 0 for shape in shapes)
        length = {"valid": long - short + 1, "same": long, "full": long + short - 1}[self.mode]
        dtype = self.dtype_of(x1, x2)
        if dtype not in ("bfloat16", "float16", "float64"):
            dtype = "float64" if dtype == "int64" else "float32"
        return self.counted([((length,), dtype)], 0, length * short)


class Einsum(Operation):
    """A sum of products by letters: one MAC for each combination of the letters' sizes.

    A sum over letters of one operand is one FLOP for each of its elements. The MACs of
    more than two operands are up to the order in which they are multiplied.
    """

    subscripts: str = arg(Kind())
    operands = ()
    variadic = True

    def validate(self) -> None:
        if not isinstance(self.subscripts, str) or not _SUBSCRIPTS.fullmatch(self.subscripts):
            raise self.refuse("subscripts are letters, such as 'ij,jk->ik'", self.subscripts)

    @classmethod
    def function(cls, subscripts: str, *operands: Any, **kwargs: Any) -> Any:
        return cls(subscripts)(*operands, **kwargs)

    def infer(self, *operands: Array) -> Inference:
        inputs, arrow, output = self.subscripts.partition("->")
        specs = inputs.split(",")
        if len(specs) != len(operands):
            raise self.refuse(f"wants {len(specs)} operands", len(operands))
        shapes = list(map(self.shape_of, operands))
        sizes: dict[str, int | None] = {}
        named = [self._named(spec, shape) for spec, shape in zip(specs, shapes, strict=True)]
        for letters, shape in zip(named, shapes, strict=True):
            for letter, size in zip(letters, shape, strict=True):
                known = sizes.get(letter, 1)
                sizes[letter] = self._common(known, size, (known, size))
        kept = self._kept(output if arrow else _implied(inputs), named)
        lacking = [name for name in kept if any(name not in names for names in named)]
        if not {*kept} <= sizes.keys() or any(name.isupper() for name in lacking):
            raise self.refuse("gives letters that its operands have", self.subscripts)
        dtypes = {strong(operand) for operand in operands}
        dtype = "int32" if dtypes == {"int8"} else self.promoted(*dtypes)
        return self._counted([(tuple(sizes[letter] for letter in kept), dtype)], sizes, named, kept)

    def _named(self, spec: str, shape: Shape) -> list[str]:
        """Return a name for each axis: its letter, or "…" and its place from the end."""
        before, dots, after = spec.partition("...")
        count = len(shape) - len(before) - len(after)
        if count < 0 or (count and not dots):
            raise self.refuse(f"wants an operand of {len(before) + len(after)} axes", shape)
        return [*before, *(f"…{place}" for place in range(count, 0, -1)), *after]

    def _kept(self, output: str, named: list[list[str]]) -> list[str]:
        """Return the names of the output's axes."""
        before, dots, after = output.partition("...")
        rest = max(([name for name in names if "…" in name] for names in named), key=len)
        return [*before, *(rest if dots else ()), *after]

    def _counted(
        self,
        outputs: list[tuple[Shape, str]],
        sizes: dict[str, int | None],
        named: list[list[str]],
        kept: list[str],
    ) -> Inference:
        every = product(*sizes.values())
        if len(named) == 1:
            return self.counted(outputs, 0 if sorted(named[0]) == sorted(kept) else every)
        if len(named) == 2:
            return self.counted(outputs, None if every is None else 0, every)
        why = "its products are up to the order in which it multiplies"
        return self.counted(outputs, None, None, why)


_SUBSCRIPTS = re.compile(
    r"((?:[a-zA-Z]*(?:\.\.\.)?[a-zA-Z]*)(?:,[a-zA-Z]*(?:\.\.\.)?[a-zA-Z]*)*)(->[a-zA-Z]*(\.\.\.)?[a-zA-Z]*)?"
)


def _implied(inputs: str) -> str:
    """Return the output where none is written: what occurs once, in the alphabet's order."""
    letters = [letter for letter in inputs if letter.isalpha()]
    return "..." + "".join(sorted(letter for letter in letters if letters.count(letter) == 1))
