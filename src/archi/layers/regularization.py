"""Regularisation (`keras/src/layers/regularization`): nothing happens at inference."""

from __future__ import annotations

from archi.graph import Inference
from archi.graph import Shape as Sizes
from archi.twin.arguments import DataFormat, DTypeName, Integer, Number, Shape, arg
from archi.twin.layer import ITSELF, Elementwise, Kept, Reach
from archi.twin.spatial import Spatial


class ActivityRegularization(Elementwise):
    """Adds to the loss what its input weighs."""

    activity_regularizer = None  # it is one, from `l1` and `l2`

    l1: float | None = arg(Number(0, optional=True), 0.0)
    l2: float | None = arg(Number(0, optional=True), 0.0)

    def is_view(self, training: bool = False) -> bool:
        return True

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=False)


class _Noise(Elementwise):
    """What multiplies or adds noise in training, and else gives its input."""

    call_kwargs = {"training": False}

    rate: float

    def is_view(self, training: bool = False) -> bool:
        return not training or not self.rate

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=self.rate > 0)  # for what it was multiplied with


class Dropout(_Noise):
    """Zeroes a share `rate` of the elements during training."""

    rate: float = arg(Number(0, 1))
    noise_shape: tuple[int | None, ...] | None = arg(Shape(1, optional=True), None)
    seed: int | None = arg(Integer(optional=True), None)


class AlphaDropout(Dropout):
    """Dropout that keeps the mean and variance of what SELU gives."""


class GaussianDropout(_Noise):
    """Multiplies with noise around 1 during training."""

    rate: float = arg(Number(0, 1))
    seed: int | None = arg(Integer(optional=True), None)


class GaussianNoise(_Noise):
    """Adds noise around 0 during training."""

    stddev: float = arg(Number(0, 1))
    seed: int | None = arg(Integer(optional=True), None)

    def is_view(self, training: bool = False) -> bool:
        return not training or not self.stddev

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)


class _SpatialDropout(Spatial):
    """Zeroes whole channels during training. Takes neither `trainable` nor a regularizer."""

    call_kwargs = {"training": False}
    has_build_config = False
    trainable = True
    activity_regularizer = None

    rate: float = arg(Number(0, 1))

    def infer(self, x: Sizes) -> Inference:
        self.split(x)
        return Inference((x,), (), macs=0, elementwise=0)

    def is_view(self, training: bool = False) -> bool:
        return not training or not self.rate

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)  # one flag for each channel says what was dropped

    def reach(self, shapes: list[Sizes], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return ITSELF


class SpatialDropout1D(_SpatialDropout):
    """Zeroes channels of a sequence."""

    rank = 1
    data_format = "channels_last"
    seed: int | None = arg(Integer(optional=True), None)
    dtype: str = arg(DTypeName(), None)


class SpatialDropout2D(_SpatialDropout):
    """Zeroes channels of an image."""

    rank = 2
    data_format: str = arg(DataFormat(), None)
    seed: int | None = arg(Integer(optional=True), None)
    dtype: str = arg(DTypeName(), None)


class SpatialDropout3D(SpatialDropout2D):
    """Zeroes channels of a volume."""

    rank = 3
