"""Operations that make one element of many: one FLOP for each element of the input."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape
from archi.ops._arguments import Axes
from archi.twin.arguments import Boolean, arg
from archi.twin.layer import Reach, product
from archi.twin.operation import Array, Operation


class Reduction(Operation):
    """Many elements become one along `axis`, everywhere where it is None."""

    axis: Any = arg(Axes(), None)
    keepdims: bool = arg(Boolean(), False)

    def infer(self, x: Array) -> Inference:
        return self.counted([(self.reduced(x.shape), self.output_of(x.dtype))], product(*x.shape))

    def output_of(self, dtype: str) -> str:
        """Return the dtype of the output."""
        return dtype

    def reduced(self, shape: Shape) -> Shape:
        """Return a shape without the axes reduced, or with 1 there. Raises LayerError."""
        return self.without(shape, self.axis, self.keepdims)

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return self.reach_without(shapes[0], self.axis, self.keepdims, spatial)


class FloatingReduction(Reduction):
    """A reduction that makes floating-point numbers of others."""

    def output_of(self, dtype: str) -> str:
        return self.promoted(dtype, "float")


class SummingReduction(Reduction):
    """A reduction whose result may not fit into few bits."""

    def output_of(self, dtype: str) -> str:
        return summed(dtype)


def summed(dtype: str) -> str:
    """Return the dtype of a sum: 32 bits for whole numbers of fewer."""
    if dtype in ("bool", "int8", "int16"):
        return "int32"
    return "uint32" if dtype in ("uint8", "uint16") else dtype
