"""Operations on each element: bases that say the dtype, the cost and the reach of many."""

from __future__ import annotations

from typing import Any, ClassVar

from archi.graph import Inference, Shape
from archi.twin.layer import ITSELF, Reach
from archi.twin.operation import NOTHING, Array, Operation


class Elementwise(Operation):
    """An operation whose output has at each position what the operands have there."""

    cost: ClassVar[int] = 1  # FLOPs for each element of the output

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        sizes = {tuple(shape[axis] for axis in spatial) for shape in shapes}
        return ITSELF if len(sizes) == 1 else None  # what is broadcast is read everywhere


class Unary(Elementwise):
    """An operation on each element of one tensor that keeps its dtype."""

    def infer(self, x: Array) -> Inference:
        return self.elementwise(x.shape, self.output_of(x.dtype), self.cost)

    def output_of(self, dtype: str) -> str:
        """Return the dtype of the output."""
        return dtype


class Floating(Unary):
    """An operation on each element that makes floating-point numbers of others."""

    def output_of(self, dtype: str) -> str:
        return self.promoted(dtype, "float")


class Truth(Unary):
    """A question to each element."""

    keeps = NOTHING

    def output_of(self, dtype: str) -> str:
        return "bool"


class Binary(Elementwise):
    """An operation on two operands that broadcast; either may be a number."""

    operands = ("x1", "x2")
    loose: ClassVar[tuple[str, ...]] = ("x1", "x2")

    def infer(self, x1: Any, x2: Any) -> Inference:
        shape = self.broadcast(self.shape_of(x1), self.shape_of(x2))
        return self.elementwise(shape, self.output_of(x1, x2), self.cost)

    def output_of(self, x1: Any, x2: Any) -> str:
        """Return the dtype of the output. Raises LayerError."""
        return self.dtype_of(x1, x2)


class FloatingBinary(Binary):
    """An operation on two operands that makes floating-point numbers of others."""

    def output_of(self, x1: Any, x2: Any) -> str:
        return self.promoted(self.dtype_of(x1, x2), "float")


class Comparison(Binary):
    """A question to two operands."""

    keeps = NOTHING

    def output_of(self, x1: Any, x2: Any) -> str:
        return "bool"
