"""Activation layers (`keras/src/layers/activations`): one FLOP an element."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape, Weight
from archi.twin.arguments import Activation as ActivationName
from archi.twin.arguments import Axes, Number, arg
from archi.twin.layer import ITSELF, OVER_LAST_AXIS, Elementwise, Kept, Reach
from archi.twin.objects import CONSTRAINT, INITIALIZER, REGULARIZER


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


class LeakyReLU(Elementwise):
    """x, or `negative_slope` times x below 0."""

    cost = 1

    negative_slope: float = arg(Number(0), 0.3)


class ELU(Elementwise):
    """x, or `alpha` times exp(x) - 1 below 0."""

    cost = 1

    alpha: float = arg(Number(), 1.0)


class PReLU(Elementwise):
    """x, or a trained slope times x below 0; one slope for all positions on `shared_axes`."""

    cost = 1
    has_build_config = True

    alpha_initializer: Any = arg(INITIALIZER, "zeros")
    alpha_regularizer: Any = arg(REGULARIZER, None)
    alpha_constraint: Any = arg(CONSTRAINT, None)
    shared_axes: Any = arg(Axes(optional=True, listed=True), None)

    def infer(self, x: Shape) -> Inference:
        if self.nodes and len(x) != len(self.nodes[0].inputs[0].shape):
            raise self.refuse("is shared and wants inputs of one rank", x)
        axes = range(1, len(x))
        try:  # counted from axis 1 on, so that -1 is the axis before the last, as in Keras
            shared = {axes[axis - 1] for axis in self.shared_axes or ()}
        except IndexError:
            raise self.refuse(f"wants an input that has axes {self.shared_axes}", x) from None
        slopes = tuple(1 if axis in shared else self.known(x, axis) for axis in axes)
        return super().infer(x)._replace(weights=(Weight("alpha", slopes),))

    def kept(self) -> Kept:
        """The slope's own gradient is what it was multiplied with."""
        return Kept(inputs=True, outputs=False)


class Softmax(Elementwise):
    """exp(x) by its sum over `axis`."""

    call_kwargs = {"mask": None}
    cost = 1

    axis: Any = arg(Axes(), -1)

    def infer(self, x: Shape) -> Inference:
        self.axes(x, self.axis)
        return super().infer(x)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        mixes = set(self.axes(shapes[0], self.axis)) & set(spatial)
        return None if mixes else ITSELF
