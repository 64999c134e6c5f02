"""Normalisation (`keras/src/layers/normalization`): a scale and a shift, two FLOPs an element."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape, Weight
from archi.twin.arguments import (
    Axes,
    Boolean,
    Integer,
    Kind,
    Number,
    arg,
)
from archi.twin.layer import ITSELF, Elementwise, Kept, Layer, Reach, scaled
from archi.twin.objects import CONSTRAINT, INITIALIZER, REGULARIZER


class BatchNormalization(Layer):
    """Normalises over the batch; at inference a scale and shift of each feature on `axis`."""

    call_kwargs = {"mask": None}

    axis: int = arg(Integer(), -1)
    momentum: float = arg(Number(), 0.99)
    epsilon: float = arg(Number(), 1e-3)
    center: bool = arg(Boolean(), True)
    scale: bool = arg(Boolean(), True)
    beta_initializer: Any = arg(INITIALIZER, "zeros")
    gamma_initializer: Any = arg(INITIALIZER, "ones")
    moving_mean_initializer: Any = arg(INITIALIZER, "zeros")
    moving_variance_initializer: Any = arg(INITIALIZER, "ones")
    beta_regularizer: Any = arg(REGULARIZER, None)
    gamma_regularizer: Any = arg(REGULARIZER, None)
    beta_constraint: Any = arg(CONSTRAINT, None)
    gamma_constraint: Any = arg(CONSTRAINT, None)
    renorm: bool = arg(Boolean(), False, omit=True)
    renorm_clipping: Any = arg(Kind(), None, omit=True)
    renorm_momentum: float = arg(Number(), 0.99, omit=True)
    synchronized: bool = arg(Boolean(), False)

    def validate(self) -> None:
        if not self.renorm:
            return
        self.renorm_clipping = self.renorm_clipping or {}
        if not _is_clipping(self.renorm_clipping):
            raise self.refuse(
                "renorm_clipping has rmax, rmin (at most rmax) and dmax (at least 0)",
                self.renorm_clipping,
            )

    def infer(self, x: Shape) -> Inference:
        if self.nodes and len(x) != len(self.nodes[0].inputs[0].shape):
            raise self.refuse("is shared and wants inputs of one rank", x)
        if not -len(x) <= self.axis < len(x):
            raise self.refuse(f"wants an input that has axis {self.axis}", x)
        features = self.known(x, self.axis)
        trained = ["gamma"] * self.scale + ["beta"] * self.center
        tracked = ["moving_mean", "moving_variance"]
        if self.renorm:
            tracked += ["moving_stddev", "renorm_mean", "renorm_stddev"]
        weights = [Weight(name, (features,)) for name in trained]
        weights += [Weight(name, (features,), trainable=False) for name in tracked]
        return Inference((x,), tuple(weights), macs=0, elementwise=scaled(2, x))

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=False)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return ITSELF  # at inference; what it learnt of the batch is in its weights


def _is_clipping(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) - {"rmax", "rmin", "dmax"}:
        return False
    if not all(type(bound) in (int, float) for bound in value.values()):
        return False
    infinity = float("inf")
    within = value.get("rmin", -infinity) <= value.get("rmax", infinity)
    return within and value.get("dmax", 0) >= 0


class _SampleNormalization(Layer):
    """Normalises every sample by itself, and so by what it finds there at inference too."""

    axis: Any

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=False)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        mixes = set(self.axes(shapes[0], self.axis)) & set(spatial)
        return None if mixes else ITSELF

    def scaled_by(self, x: Shape, names: list[str]) -> Inference:
        """Return the inference with weights of these names, one number for each place on `axis`."""
        self.axes(x, self.axis)
        sizes = tuple(self.known(x, axis) for axis in self.axis)
        weights = tuple(Weight(name, sizes) for name in names)
        return Inference((x,), weights, macs=0, elementwise=scaled(2, x))


class LayerNormalization(_SampleNormalization):
    """Normalises each sample over `axis`, then scales and shifts."""

    axis: tuple[int, ...] = arg(Axes(listed=True), -1)
    epsilon: float = arg(Number(), 1e-3)
    center: bool = arg(Boolean(), True)
    scale: bool = arg(Boolean(), True)
    beta_initializer: Any = arg(INITIALIZER, "zeros")
    gamma_initializer: Any = arg(INITIALIZER, "ones")
    beta_regularizer: Any = arg(REGULARIZER, None)
    gamma_regularizer: Any = arg(REGULARIZER, None)
    beta_constraint: Any = arg(CONSTRAINT, None)
    gamma_constraint: Any = arg(CONSTRAINT, None)
    rms_scaling: bool = arg(Boolean(), False)

    def validate(self) -> None:
        self.axis = tuple(sorted(self.axis))  # as Keras does when it builds the layer

    def infer(self, x: Shape) -> Inference:
        gamma = ["gamma"] * (self.scale or self.rms_scaling)
        beta = ["beta"] * (self.center and not self.rms_scaling)
        return self.scaled_by(x, gamma + beta)


class RMSNormalization(_SampleNormalization):
    """Divides each sample by its root mean square over `axis`, then scales."""

    axis: tuple[int, ...] = arg(Axes(listed=True), -1)
    epsilon: float = arg(Number(), 1e-6)

    def validate(self) -> None:
        self.axis = tuple(sorted(self.axis))  # as Keras does when it builds the layer

    def infer(self, x: Shape) -> Inference:
        return self.scaled_by(x, ["scale"])


class GroupNormalization(Layer):
    """Normalises each sample over all positions of each group of features on `axis`."""

    groups: int = arg(Integer(-1), 32)
    axis: int = arg(Integer(), -1)
    epsilon: float = arg(Number(), 1e-3)
    center: bool = arg(Boolean(), True)
    scale: bool = arg(Boolean(), True)
    beta_initializer: Any = arg(INITIALIZER, "zeros")
    gamma_initializer: Any = arg(INITIALIZER, "ones")
    beta_regularizer: Any = arg(REGULARIZER, None)
    gamma_regularizer: Any = arg(REGULARIZER, None)
    beta_constraint: Any = arg(CONSTRAINT, None)
    gamma_constraint: Any = arg(CONSTRAINT, None)

    def validate(self) -> None:
        if not self.groups:
            raise self.refuse("groups must be at least 1, or -1 for one a feature", 0)

    def infer(self, x: Shape) -> Inference:
        if self.nodes and len(x) != len(self.nodes[0].inputs[0].shape):
            raise self.refuse("is shared and wants inputs of one rank", x)
        self.axes(x, self.axis)
        features = self.known(x, self.axis)
        if self.nodes and features != self.known(self.nodes[0].inputs[0].shape, self.axis):
            raise self.refuse("is shared and wants inputs of as many features", x)
        if features % self.groups or features < self.groups:
            raise self.refuse(f"wants features in multiples of its {self.groups} groups", x)
        names = ["gamma"] * self.scale + ["beta"] * self.center
        weights = tuple(Weight(name, (features,)) for name in names)
        return Inference((x,), weights, macs=0, elementwise=scaled(2, x))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if self.groups == -1 and self.nodes:  # Keras writes what it found
            config["groups"] = self.nodes[0].inputs[0].shape[self.axis]
        return config

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=False)


class UnitNormalization(Elementwise):
    """Divides each sample by its length over `axis`."""

    cost = 2

    axis: Any = arg(Axes(), -1)

    def infer(self, x: Shape) -> Inference:
        self.axes(x, self.axis)
        return super().infer(x)

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=False)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        mixes = set(self.axes(shapes[0], self.axis)) & set(spatial)
        return None if mixes else ITSELF
