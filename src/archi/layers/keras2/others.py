"""Losses and metrics in the graph, and layers that others took the place of."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape, Weight
from archi.layers.normalization import BatchNormalization
from archi.twin.arguments import Boolean, Choice, Integer, Kind, Number, arg
from archi.twin.layer import Elementwise, Layer


class _Reading(Layer):
    """A layer that gives what it reads."""

    in_keras3 = False

    def infer(self, x: Shape) -> Inference:
        return Inference((x,), (), 0, 0)

    def is_view(self, training: bool = False) -> bool:
        return True


class AddLoss(_Reading):
    """What `model.add_loss` adds to a graph (`engine/base_layer.py`)."""

    unconditional: bool = arg(Boolean(), False)


class AddMetric(_Reading):
    """What `model.add_metric` adds to a graph (`engine/base_layer.py`)."""

    aggregation: Any = arg(Kind(), None)
    metric_name: Any = arg(Kind(), None)


class ThresholdedReLU(Elementwise):
    """x where it is above `theta`, else 0 (`layers/activation/thresholded_relu.py`)."""

    in_keras3 = False
    cost = 1

    theta: float = arg(Number(0), 1.0)


class SyncBatchNormalization(BatchNormalization):
    """Normalises over the batch of all devices: `BatchNormalization(synchronized=True)`."""

    in_keras3 = False


class RandomFourierFeatures(Layer):
    """√(2 / scale) cos(x·W + b), W and b random (`layers/kernelized.py`)."""

    in_keras3 = False

    output_dim: int = arg(Integer(1))
    kernel_initializer: Any = arg(Kind(), "gaussian")
    scale: float | None = arg(Number(0, optional=True), None)

    def infer(self, x: Shape) -> Inference:
        if len(x) != 2:
            raise self.refuse("wants an input of 2 dimensions, batch first", x)
        features = self.known(x, 1)
        weights = (
            Weight("unscaled_kernel", (features, self.output_dim), False, "float32"),
            Weight("bias", (self.output_dim,), False, "float32"),
            Weight("kernel_scale", (1,), True, "float32"),
        )
        scaling = features * self.output_dim + 3 * self.output_dim  # W / s; b, cos, the factor
        return Inference(((*x[:1], self.output_dim),), weights, features * self.output_dim, scaling)


class _RandomSize(Layer):
    """An image made taller or wider, by how much is random: that size is open."""

    in_keras3 = False
    axis = -3

    factor: Any = arg(Kind())
    interpolation: str = arg(
        Choice(
            "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian",
            "mitchellcubic",
        ),
        "bilinear",
    )  # fmt: skip
    seed: int | None = arg(Integer(optional=True), None)

    def infer(self, x: Shape) -> Inference:
        if len(x) not in (3, 4):
            raise self.refuse("wants an image, or a batch of them", x)
        sizes = list(x)
        sizes[self.axis] = None
        return Inference((tuple(sizes),), (), 0, 0)


class RandomHeight(_RandomSize):
    """An image of another height in training (`layers/preprocessing/image_preprocessing.py`)."""


class RandomWidth(_RandomSize):
    """An image of another width in training (`layers/preprocessing/image_preprocessing.py`)."""

    axis = -2
