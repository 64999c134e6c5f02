"""Normalisation (`keras/src/layers/normalization`): a scale and a shift, two FLOPs an element."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape, Weight
from archi.layers._arguments import (
    Boolean,
    Integer,
    Kind,
    Number,
    arg,
)
from archi.layers._core import ITSELF, Kept, Layer, Reach, scaled
from archi.layers._objects import CONSTRAINT, INITIALIZER, REGULARIZER


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
