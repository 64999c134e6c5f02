"""Reshaping (`keras/src/layers/reshaping`): free."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape
from archi.layers._arguments import DataFormat, Margins, arg
from archi.layers._arguments import Shape as ShapeArgument
from archi.layers._core import Kept, Layer, Reach, product
from archi.layers._spatial import Spatial


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

    def _target(self, x: Shape) -> Shape:
        size, fixed = product(*x[1:]), product(*(n for n in self.target_shape if n != -1))
        if size is None or fixed is None:
            return tuple(None if n == -1 else n for n in self.target_shape)
        if -1 in self.target_shape and fixed and size % fixed == 0:
            return tuple(size // fixed if n == -1 else n for n in self.target_shape)
        if -1 in self.target_shape or size != fixed:
            raise self.refuse(f"wants an input of as many elements as {self.target_shape}", x)
        return self.target_shape
