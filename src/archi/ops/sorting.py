"""Sorting, searching and counting of `keras/src/ops/numpy.py`.

How many comparisons these take is up to the algorithm, so their FLOPs are unknown.
"""

from __future__ import annotations

from typing import Any, ClassVar

from archi.graph import Inference, Shape, is_list
from archi.ops._arguments import Axes, Known
from archi.ops._reduction import Reduction
from archi.twin.arguments import Boolean, Integer, Kind, arg
from archi.twin.layer import product
from archi.twin.operation import INPUTS, NOTHING, Array, Operation, is_array

HOME = "numpy"
SORTED = "how many comparisons it takes is up to the algorithm"


class _Sorting(Operation):
    """An order along `axis`, of the flattened tensor where it is None."""

    axis: int | None

    def infer(self, x: Array) -> Inference:
        shape: Shape = x.shape
        if self.axis is None:
            shape = (product(*x.shape),)
        else:
            self.axis_of(self.axis, len(x.shape))
        return self.counted([(shape, self.output_of(x.dtype))], None, why=SORTED)

    def output_of(self, dtype: str) -> str:
        """Return the dtype of the output."""
        return "int32"


class Sort(_Sorting):
    """The elements in their order."""

    axis: int | None = arg(Integer(optional=True), -1)

    def output_of(self, dtype: str) -> str:
        return dtype


class Argsort(_Sorting):
    """Where the elements are, in their order."""

    keeps = NOTHING
    axis: int | None = arg(Integer(optional=True), -1)


class Argpartition(_Sorting):
    """Where the elements are, those before place `kth` first."""

    keeps = NOTHING
    kth: int = arg(Integer())
    axis: int | None = arg(Integer(optional=True), -1)


class _Middle(Reduction):
    """A reduction that has to sort."""

    def infer(self, x: Array) -> Inference:
        output = (self.reduced(x.shape), self.promoted(x.dtype, "float"))
        return self.counted([output], None, why=SORTED)


class Median(_Middle):
    """The middle of the elements."""


class Nanmedian(_Middle):
    """The middle of what is not NaN."""


class _Quantile(Operation):
    """Places `q` among the elements along `axis`."""

    axis: Any = arg(Axes(), None)
    method: str = arg(Known(), "linear")
    keepdims: bool = arg(Boolean(), False)
    operands = ("x", "q")
    loose = ("q",)
    signature = ("x", "q", "axis", "method", "keepdims")
    least: ClassVar[int] = 1  # that a list of places has, to become an axis

    def infer(self, x: Array, q: Any) -> Inference:
        shape = self.without(x.shape, self.axis, self.keepdims)
        if is_array(q) and q.shape:
            shape = (q.shape[0], *shape)
        elif is_list(q) and len(q) >= self.least:
            shape = (len(q), *shape)
        return self.counted([(shape, self.output_of(x.dtype))], None, why=SORTED)

    def output_of(self, dtype: str) -> str:
        """Return the dtype of the output."""
        return self.promoted(dtype, "float")


class Quantile(_Quantile):
    """The elements at fractions of the way."""

    least = 2


class Nanquantile(_Quantile):
    """The elements at fractions of the way through what is not NaN."""

    least = 2


class Percentile(_Quantile):
    """The elements at percents of the way."""

    least = 0

    def output_of(self, dtype: str) -> str:
        return dtype if "float" in dtype else "float32"


class Nanpercentile(_Quantile):
    """The elements at percents of the way through what is not NaN."""

    least = 0

    def output_of(self, dtype: str) -> str:
        return "float32" if "int" in dtype else super().output_of(dtype)


class SearchSorted(Operation):
    """Where values belong in a vector."""

    keeps = NOTHING
    side: str = arg(Known(), "left")
    operands = ("sorted_sequence", "values")

    def infer(self, sorted_sequence: Array, values: Array) -> Inference:
        if len(sorted_sequence.shape) != 1:
            raise self.refuse("wants a vector to search in", sorted_sequence.shape)
        length = sorted_sequence.shape[0]
        fits = length is not None and length < 2**31
        dtype = "int32" if fits else "int64"
        return self.counted([(values.shape, dtype)], None, why=SORTED)


class Digitize(Operation):
    """Between which bins each element is."""

    keeps = NOTHING
    operands = ("x", "bins")

    def infer(self, x: Array, bins: Array) -> Inference:
        if len(bins.shape) > 1:
            raise self.refuse("wants a vector of bins", bins.shape)
        return self.counted([(x.shape, "int32")], None, why=SORTED)


class Histogram(Operation):
    """How many elements are in each bin, and the bins' edges."""

    keeps = NOTHING
    bins: int = arg(Integer(0), 10)
    range: Any = arg(Known(), None)

    def validate(self) -> None:
        if self.range and (
            not is_list(self.range)
            or len(self.range) < 2
            or isinstance(self.range[0], str) != isinstance(self.range[1], str)
            or self.range[1] < self.range[0]
        ):
            raise self.refuse("range is a lower and an upper bound", self.range)

    def infer(self, x: Array) -> Inference:
        outputs = [((self.bins,), x.dtype), ((self.bins + 1,), x.dtype)]
        return self.counted(outputs, None, why=SORTED)


class Bincount(Operation):
    """How often each number occurs: one FLOP for each element."""

    keeps = NOTHING
    # `weights` is an argument here, while a layer's are those it has learnt.
    arguments: ClassVar[dict[str, Any]] = {
        "weights": arg(Known(), None),
        "minlength": arg(Integer(0), 0),
        "sparse": arg(Boolean(), False),
    }

    def infer(self, x: Array) -> Inference:
        weights = self.__dict__["weights"]
        dtype = "int32"
        if weights is not None:
            dtype = self.promoted(x.dtype, _dtype_of_list(weights))
        return self.counted([((*x.shape[:-1], None), dtype)], product(*x.shape))


def _dtype_of_list(value: Any) -> str:
    """Return the dtype of the tensor that TensorFlow makes of nested lists of numbers."""
    while is_list(value):
        value = next(
            (item for item in value if isinstance(item, float)), value[0] if value else 0.0
        )
    return "bool" if isinstance(value, bool) else "int32" if isinstance(value, int) else "float32"


class Unique(Operation):
    """The different elements, and where and how often they are if it is asked for."""

    keeps = INPUTS
    sorted: bool = arg(Boolean(), True)
    return_index: bool = arg(Boolean(), False)
    return_inverse: bool = arg(Boolean(), False)
    return_counts: bool = arg(Boolean(), False)
    axis: int | None = arg(Integer(optional=True), None)
    size: int | None = arg(Integer(0, optional=True), None)
    fill_value: Any = arg(Kind(), None)

    def infer(self, x: Array) -> Inference:
        values: Shape = (self.size,)
        inverse: Shape = x.shape
        if self.axis is not None:
            axis = self.axis_of(self.axis, len(x.shape))
            values, inverse = (*x.shape[:axis], self.size, *x.shape[axis + 1 :]), (x.shape[axis],)
        outputs = [(values, x.dtype)]
        outputs += [((self.size,), "int32")] * self.return_index
        outputs += [(inverse, "int32")] * self.return_inverse
        outputs += [((self.size,), "int32")] * self.return_counts
        return self.counted(outputs, None, why=SORTED)


class Nonzero(Operation):
    """Where elements are that are not 0: one FLOP for each."""

    gives_list = True
    keeps = NOTHING

    def infer(self, x: Array) -> Inference:
        return self.counted([((None,), "int32")] * len(x.shape), product(*x.shape))
