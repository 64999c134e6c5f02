"""Making tensors, of `keras/src/ops/numpy.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archi.graph import Inference, Shape
from archi.ops._arguments import Lengths, OptionalDType
from archi.ops._elementwise import Elementwise
from archi.twin.arguments import Boolean, Choice, Integer, Kind, arg
from archi.twin.layer import product
from archi.twin.operation import NOTHING, Operation, strong
from archi.twin.operation import Array as AnyArray

HOME = "numpy"


class _Like(Elementwise):
    """A tensor of the input's shape, and its dtype if none is named; no arithmetic."""

    keeps = NOTHING
    dtype: Any = arg(OptionalDType(), None)

    def infer(self, x: AnyArray) -> Inference:
        return self.free(x.shape, self.dtype or x.dtype)


class ZerosLike(_Like):
    """Zeros."""


class OnesLike(_Like):
    """Ones."""


class EmptyLike(_Like):
    """Whatever the memory holds."""


class Array(_Like):
    """The tensor itself."""


class FullLike(Elementwise):
    """`fill_value` everywhere; no arithmetic."""

    keeps = NOTHING
    dtype: Any = arg(OptionalDType(), None)
    operands = ("x", "fill_value")
    loose = ("fill_value",)
    signature = ("x", "fill_value", "dtype")

    def infer(self, x: AnyArray, fill_value: Any) -> Inference:
        return self.free(x.shape, self.dtype or x.dtype)


class Full(Operation):
    """A tensor of `shape` with `fill_value` everywhere; no arithmetic."""

    keeps = NOTHING
    shape: Shape = arg(Lengths())
    dtype: Any = arg(OptionalDType(), None)
    operands = ("fill_value",)
    signature = ("shape", "fill_value", "dtype")

    def infer(self, fill_value: AnyArray) -> Inference:
        return self.free(self.shape, self.dtype or "float32")


class _Space(Operation):
    """`num` numbers from `start` to `stop` along a new axis."""

    keeps = NOTHING
    cost = 2  # a step times its number, from the start
    operands = ("start", "stop")
    loose = ("start", "stop")
    num: int
    axis: int

    def infer(self, start: Any, stop: Any) -> Inference:
        shape = self.broadcast(self.shape_of(start), self.shape_of(stop))
        axis = self.axis_of(self.axis, len(shape) + 1)
        dtype = self.promoted(self.dtype or strong(start), "float")
        return self.elementwise((*shape[:axis], self.num, *shape[axis:]), dtype, self.cost)


class Linspace(_Space):
    """Numbers at equal distances."""

    num: int = arg(Integer(0), 50)
    endpoint: bool = arg(Boolean(), True)
    retstep: bool = arg(Boolean(), False)
    dtype: Any = arg(OptionalDType(), None)
    axis: int = arg(Integer(), 0)

    def validate(self) -> None:
        if self.retstep:  # Keras knows no shape of the step
            raise self.refuse("gives tensors only", self.retstep)


class Geomspace(_Space):
    """Numbers at equal ratios."""

    cost = 3
    num: int = arg(Integer(0), 50)
    endpoint: bool = arg(Boolean(), True)
    dtype: Any = arg(OptionalDType(), None)
    axis: int = arg(Integer(), 0)


class Logspace(_Space):
    """The powers of `base` at equal distances of the exponent."""

    cost = 3
    num: int = arg(Integer(0), 50)
    endpoint: bool = arg(Boolean(), True)
    base: Any = arg(Kind(), 10)
    dtype: Any = arg(OptionalDType(), None)
    axis: int = arg(Integer(), 0)


class Meshgrid(Operation):
    """Each vector along an axis of its own, and repeated along the others; no arithmetic."""

    gives_list = True
    keeps = NOTHING
    variadic = True
    indexing: str = arg(Choice("xy", "ij"), "xy")

    def infer(self, *x: AnyArray) -> Inference:
        sizes = [product(*vector.shape) for vector in x]
        if self.indexing == "ij":
            return self.counted([(tuple(sizes), "float32")] * len(x), 0)  # as Keras says
        if len(x) < 2:
            raise self.refuse("wants at least two vectors", [vector.shape for vector in x])
        sizes[:2] = sizes[1::-1]
        return self.counted([(tuple(sizes), x[-1].dtype)] * len(x), 0)


class Select(Operation):
    """The first choice whose condition holds: one FLOP for each condition and element."""

    operands = ("condlist", "choicelist", "default")
    lists = ("condlist", "choicelist")
    loose = ("default",)
    optional = {"default": 0}

    def infer(
        self, condlist: Sequence[AnyArray], choicelist: Sequence[AnyArray], default: Any = 0
    ) -> Inference:
        first = choicelist[0]
        return self.elementwise(first.shape, first.dtype, len(condlist))
