"""Activation layers (`keras/src/layers/activations`): one FLOP an element."""

from __future__ import annotations

from archi.graph import Inference, Shape
from archi.layers._arguments import Activation as ActivationName
from archi.layers._arguments import Number, arg
from archi.layers._core import ITSELF, OVER_LAST_AXIS, Elementwise, Kept, Reach


class Activation(Elementwise):
    """Applies a named activation; "linear" costs nothing."""

    activation: str = arg(ActivationName())

    def infer(self, x: Shape) -> Inference:
        free = self.activation == "linear"
        return Inference((x,), (), macs=0, elementwise=0) if free else super().infer(x)

    def is_view(self, training: bool = False) -> bool:
        return self.activation == "linear"

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=self.activation != "linear")

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        mixes = self.activation in OVER_LAST_AXIS and len(shapes[0]) - 1 in spatial
        return None if mixes else ITSELF

    cost = 1


class ReLU(Elementwise):
    """max(x, 0), optionally with a slope below `threshold` and a ceiling."""

    cost = 1

    max_value: float | None = arg(Number(0, optional=True), None)
    negative_slope: float = arg(Number(0), 0.0)
    threshold: float = arg(Number(0), 0.0)
