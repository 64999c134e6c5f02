"""Operations of `keras/src/ops/nn.py`."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape
from archi.layers._arguments import Integer, Number, arg
from archi.layers._core import Reach
from archi.ops._arguments import Axes
from archi.ops._core import OUTPUTS, Array
from archi.ops._elementwise import Unary

HOME = "nn"


class _OverAxis(Unary):
    """An operation for each element that all along `axis` have a part in."""

    axis: Any = arg(Axes(), -1)

    def infer(self, x: Array) -> Inference:
        self.axes_of(self.axis, len(x.shape))
        return super().infer(x)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        over = self.axes_of(self.axis, len(shapes[0]))
        return None if set(over) & set(spatial) else super().reach(shapes, spatial)


class Softmax(_OverAxis):
    """exp(x) divided by its sum along `axis`."""

    keeps = OUTPUTS


class LogSoftmax(_OverAxis):
    """The logarithm of the softmax."""

    keeps = OUTPUTS


class Normalize(_OverAxis):
    """x divided by its norm along `axis`."""

    order: int = arg(Integer(), 2)
    epsilon: float | None = arg(Number(optional=True), None)

    def output_of(self, dtype: str) -> str:
        return "float32"  # Keras forgets the input's
