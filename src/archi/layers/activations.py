"""Activation layers (`keras/src/layers/activations`): one FLOP an element."""

from __future__ import annotations

from archi.graph import Inference, Shape
from archi.layers._arguments import Activation as ActivationName
from archi.layers._arguments import Number, arg
from archi.layers._core import Elementwise


class Activation(Elementwise):
    """Applies a named activation; "linear" costs nothing."""

    activation: str = arg(ActivationName())

    def infer(self, x: Shape) -> Inference:
        free = self.activation == "linear"
        return Inference((x,), (), macs=0, elementwise=0) if free else super().infer(x)

    cost = 1


class ReLU(Elementwise):
    """max(x, 0), optionally with a slope below `threshold` and a ceiling."""

    cost = 1

    max_value: float | None = arg(Number(0, optional=True), None)
    negative_slope: float = arg(Number(0), 0.0)
    threshold: float = arg(Number(0), 0.0)
