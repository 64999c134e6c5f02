"""Reshaping (`keras/src/layers/reshaping`): free, but for interpolation."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape
from archi.twin.arguments import (
    DataFormat,
    Integer,
    Interpolation,
    Kind,
    Margins,
    Window,
    arg,
)
from archi.twin.arguments import Shape as ShapeArgument
from archi.twin.layer import ITSELF, UNEVEN, Kept, Layer, Reach, product, scaled
from archi.twin.spatial import Spatial


class _Resize(Spatial):
    """Padding and cropping: margins added to or taken from each spatial dimension."""

    sign = 1

    def margins(self) -> tuple[Any, ...]:
        """Return the (before, after) pair of each spatial dimension."""
        raise NotImplementedError

    def infer(self, x: Shape) -> Inference:
        batch, channels, spatial = self.split(x)
        out = tuple(
            None if size is None else size + self.sign * sum(margin)
            for size, margin in zip(spatial, self.margins(), strict=True)
        )
        if any(size is not None and size <= 0 for size in out):
            raise self.refuse("wants an input larger than what it crops", x)
        return Inference((self.join(batch, channels, out),), (), macs=0, elementwise=0)

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        margins = dict(zip(self.spatial_axes, self.margins(), strict=True))
        before = [margins[axis][0] if axis in margins else 0 for axis in spatial]
        return tuple(Reach(1, 1, self.sign * margin) for margin in before)


class ZeroPadding1D(_Resize):
    """Zeros before and after a sequence."""

    rank = 1
    padding: tuple[int, int] = arg(Margins(), 1)
    data_format: str = arg(DataFormat(), None)

    def margins(self) -> tuple[Any, ...]:
        return (self.padding,)


class ZeroPadding2D(_Resize):
    """Zeros around an image."""

    rank = 2
    padding: tuple[Any, ...] = arg(Margins(), 1)
    data_format: str = arg(DataFormat(), None)

    def margins(self) -> tuple[Any, ...]:
        return self.padding


class ZeroPadding3D(ZeroPadding2D):
    """Zeros around a volume."""

    rank = 3


class Cropping1D(_Resize):
    """Cuts off the ends of a sequence."""

    rank = 1
    sign = -1
    cropping: tuple[int, int] = arg(Margins(), 1)
    data_format = "channels_last"

    def margins(self) -> tuple[Any, ...]:
        return (self.cropping,)


class Cropping2D(_Resize):
    """Cuts off the edges of an image."""

    rank = 2
    sign = -1
    cropping: tuple[Any, ...] = arg(Margins(), 0)
    data_format: str = arg(DataFormat(), None)

    def margins(self) -> tuple[Any, ...]:
        return self.cropping


class Cropping3D(Cropping2D):
    """Cuts off the faces of a volume."""

    rank = 3
    cropping: tuple[Any, ...] = arg(Margins(), 1)


class Flatten(Layer):
    """All axes but the batch as one."""

    keeps_dtype = True
    data_format: str = arg(DataFormat(), None)

    def infer(self, x: Shape) -> Inference:
        if not x:
            raise self.refuse("wants an input with a batch axis", x)
        return Inference(((x[0], product(*x[1:])),), (), macs=0, elementwise=0)

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)

    def is_view(self, training: bool = False) -> bool:
        return True


class Reshape(Layer):
    """The same elements in `target_shape`, in which one size may be -1."""

    keeps_dtype = True
    has_build_config = False
    target_shape: Shape = arg(ShapeArgument(-1))

    def validate(self) -> None:
        if self.target_shape.count(-1) > 1:
            raise self.refuse("target_shape has at most one -1", self.target_shape)

    def infer(self, x: Shape) -> Inference:
        if not x:
            raise self.refuse("wants an input with a batch axis", x)
        return Inference(((x[0], *self._target(x)),), (), macs=0, elementwise=0)

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)

    def is_view(self, training: bool = False) -> bool:
        return True

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        """Positions stay where the axes up to the last spatial one do."""
        end = max(spatial) + 1
        output = (None, *self._target(shapes[0]))
        return ITSELF if output[1:end] == shapes[0][1:end] else None

    def _target(self, x: Shape) -> Shape:
        size, fixed = product(*x[1:]), product(*(n for n in self.target_shape if n != -1))
        if size is None or fixed is None:
            return tuple(None if n == -1 else n for n in self.target_shape)
        if -1 in self.target_shape and fixed and size % fixed == 0:
            return tuple(size // fixed if n == -1 else n for n in self.target_shape)
        if -1 in self.target_shape or size != fixed:
            raise self.refuse(f"wants an input of as many elements as {self.target_shape}", x)
        return self.target_shape


class _Order(Kind):
    """The numbers from 1 on, each once, in some order."""

    def parse(self, value: Any, layer: type[Layer]) -> tuple[int, ...]:
        known = isinstance(value, (list, tuple)) and all(type(item) is int for item in value)
        if not known or sorted(value) != list(range(1, len(value) + 1)):
            raise ValueError("the axes from 1 on in some order, such as (2, 1)")
        return tuple(value)


class Permute(Layer):
    """The axes of each sample in another order: `dims` counts them from 1."""

    keeps_dtype = True
    dims: tuple[int, ...] = arg(_Order())

    def infer(self, x: Shape) -> Inference:
        if len(x) != len(self.dims) + 1:
            raise self.refuse(f"wants an input of {len(self.dims) + 1} dimensions, batch first", x)
        output = (x[0], *(x[axis] for axis in self.dims))
        return Inference((output,), (), macs=0, elementwise=0)

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        stays = all(self.dims[axis - 1] == axis for axis in spatial)
        return ITSELF if stays else UNEVEN


class RepeatVector(Layer):
    """A vector `n` times, as a sequence."""

    n: int = arg(Integer(1))

    def infer(self, x: Shape) -> Inference:
        if len(x) != 2:
            raise self.refuse("wants an input of 2 dimensions, batch first", x)
        return Inference(((x[0], self.n, x[1]),), (), macs=0, elementwise=0)

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)


# Positions along each dimension that an interpolated one is made of. What is not
# interpolated is copied, and free; the area of a position between two lies within one.
TAPS = {"nearest": 0, "area": 0, "bilinear": 2, "bicubic": 4, "lanczos3": 6, "lanczos5": 10}


class _UpSampling(Spatial):
    """Every position several times, or several positions between two."""

    interpolation = "nearest"

    def factors(self) -> tuple[int, ...]:
        """Return how many positions become of one, in each dimension."""
        raise NotImplementedError

    def infer(self, x: Shape) -> Inference:
        batch, channels, spatial = self.split(x)
        output = self.join(batch, channels, tuple(map(product, self.factors(), spatial)))
        taps = TAPS.get(self.interpolation, 0) ** self.rank
        return Inference((output,), (), macs=0, elementwise=scaled(taps, output))

    def kept(self) -> Kept:
        return Kept(inputs=False, outputs=False)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return ITSELF if set(self.factors()) == {1} else UNEVEN


class UpSampling1D(_UpSampling):
    """Every step of a sequence `size` times."""

    rank = 1
    data_format = "channels_last"
    size: int = arg(Integer(1), 2)

    def factors(self) -> tuple[int, ...]:
        return (self.size,)


class UpSampling2D(_UpSampling):
    """An image enlarged by repeating its pixels, or by interpolation between them."""

    rank = 2
    size: tuple[int, ...] = arg(Window(), 2)
    data_format: str = arg(DataFormat(), None)
    interpolation: str = arg(Interpolation(*TAPS, any_case=True), "nearest")

    def factors(self) -> tuple[int, ...]:
        return self.size


class UpSampling3D(_UpSampling):
    """A volume enlarged by repeating its voxels."""

    rank = 3
    size: tuple[int, ...] = arg(Window(), 2)
    data_format: str = arg(DataFormat(), None)

    def factors(self) -> tuple[int, ...]:
        return self.size
