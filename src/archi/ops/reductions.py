"""Reductions and cumulative operations of `keras/src/ops/numpy.py`."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape
from archi.ops._arguments import Axes, OptionalDType
from archi.ops._reduction import FloatingReduction, Reduction, SummingReduction, summed
from archi.twin.arguments import Integer, Kind, Number, arg
from archi.twin.layer import ITSELF, Reach, product
from archi.twin.operation import BOTH, INPUTS, NOTHING, Array, Operation

HOME = "numpy"


class Sum(SummingReduction):
    """The sum."""

    keeps = NOTHING


class Mean(Reduction):
    """The mean."""

    keeps = NOTHING

    def output_of(self, dtype: str) -> str:
        whole = "int" in dtype or dtype == "bool"
        return self.promoted(dtype, "float32") if whole else dtype


class Prod(SummingReduction):
    """The product."""

    keeps = BOTH
    dtype: Any = arg(OptionalDType(), None)

    def output_of(self, dtype: str) -> str:
        return self.dtype or summed(dtype)


class _Extremum(Reduction):
    keeps = BOTH
    initial: Any = arg(Kind(), None)


class Max(_Extremum):
    """The largest element."""


class Min(_Extremum):
    """The smallest element."""


class Amax(Reduction):
    """The largest element."""

    keeps = BOTH


class Amin(Reduction):
    """The smallest element."""

    keeps = BOTH


class Ptp(Reduction):
    """The largest element minus the smallest."""

    keeps = BOTH


class _Place(Reduction):
    keeps = NOTHING
    axis: int | None = arg(Axes(), None)

    def output_of(self, dtype: str) -> str:
        return "int32"


class Argmax(_Place):
    """Where the largest element is."""


class Argmin(_Place):
    """Where the smallest element is."""


class Nanargmax(_Place):
    """Where the largest element is that is not NaN."""


class Nanargmin(_Place):
    """Where the smallest element is that is not NaN."""


class CountNonzero(Operation):
    """How many elements are not 0: one FLOP for each."""

    keeps = NOTHING
    axis: Any = arg(Axes(), None)

    def infer(self, x: Array) -> Inference:
        return self.counted([(self.without(x.shape, self.axis), "int32")], product(*x.shape))


class Var(FloatingReduction):
    """The variance."""


class Std(Reduction):
    """The standard deviation."""

    keeps = BOTH

    def output_of(self, dtype: str) -> str:
        return "float32" if "int" in dtype or dtype == "bool" else dtype


class Nansum(SummingReduction):
    """The sum of what is not NaN."""


class Nanprod(SummingReduction):
    """The product of what is not NaN."""

    keeps = BOTH


class Nanmean(FloatingReduction):
    """The mean of what is not NaN."""


class Nanvar(FloatingReduction):
    """The variance of what is not NaN."""


class Nanstd(FloatingReduction):
    """The standard deviation of what is not NaN."""

    keeps = BOTH


class _NanExtremum(Reduction):
    keeps = BOTH

    def output_of(self, dtype: str) -> str:
        return self.promoted(dtype)


class Nanmax(_NanExtremum):
    """The largest element that is not NaN."""


class Nanmin(_NanExtremum):
    """The smallest element that is not NaN."""


class Average(Operation):
    """The mean, with weights if there are any: then also one FLOP for each weight."""

    axis: int | None = arg(Integer(optional=True), None)
    operands = ("x", "weights")
    optional = {"weights": None}
    by_name = ("weights",)
    signature = ("x", "axis", "weights")

    def infer(self, x: Array, weights: Array | None = None) -> Inference:
        output = self.without(x.shape, self.axis)
        if weights is None:
            return self.counted([(output, self.promoted(x.dtype, "float"))], product(*x.shape))
        whole = _matches(weights.shape, x.shape)
        along = self.axis is not None and _matches(weights.shape, (x.shape[self.axis],))
        if not whole and not along:
            raise self.refuse("wants weights for what it averages", [x.shape, weights.shape])
        dtype = self.promoted(self.dtype_of(x, weights), "float")
        return self.counted([(output, dtype)], product(2, *x.shape))


def _matches(one: Shape, other: Shape) -> bool:
    return len(one) == len(other) and all(
        None in sizes or sizes[0] == sizes[1] for sizes in zip(one, other, strict=True)
    )


class _Cumulative(Operation):
    """What there is up to each element along `axis`; without one, of the flattened tensor."""

    axis: int | None = arg(Integer(optional=True), None)
    dtype: Any = arg(OptionalDType(), None)

    def infer(self, x: Array) -> Inference:
        dtype = self.dtype or x.dtype
        flat = (product(*x.shape),)
        if self.axis is not None:
            self.axis_of(self.axis, len(x.shape))
        output = flat if self.axis is None else x.shape
        count = product(*x.shape)
        return self.counted([(output, "int32" if dtype == "bool" else dtype)], count)

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        over = None if self.axis is None else self.axis % len(shapes[0])
        return None if over is None or over in spatial else ITSELF


class Cumsum(_Cumulative):
    """The sum up to each element."""

    keeps = NOTHING


class Cumprod(_Cumulative):
    """The product up to each element."""

    keeps = BOTH


class Nancumsum(_Cumulative):
    """The sum up to each element, without NaN."""


class Nancumprod(_Cumulative):
    """The product up to each element, without NaN."""

    keeps = BOTH


class Diff(Operation):
    """The differences of neighbours along `axis`, `n` times over: one FLOP an element a time."""

    keeps = NOTHING
    n: int = arg(Integer(0), 1)
    axis: int = arg(Integer(), -1)
    operands = ("a",)

    def infer(self, a: Array) -> Inference:
        axis = self.axis_of(self.axis, len(a.shape))
        shape = list(a.shape)
        size = shape[axis]
        shape[axis] = None if size is None else max(size - self.n, 0)
        return self.counted([(tuple(shape), a.dtype)], product(self.n, *a.shape))


class Trapezoid(Operation):
    """The integral along `axis` by the trapezoidal rule: three FLOPs an element."""

    x: Any = arg(Kind(), None)
    dx: float = arg(Number(), 1.0)
    axis: int = arg(Integer(), -1)
    operands = ("y",)
    keeps = INPUTS

    def infer(self, y: Array) -> Inference:
        shape = list(y.shape)
        if shape:
            del shape[self.axis % len(shape)]
        dtype = self.promoted(y.dtype, "float")
        return self.counted([(tuple(shape), dtype)], product(3, *y.shape))
