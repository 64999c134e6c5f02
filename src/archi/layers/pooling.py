"""Pooling (`keras/src/layers/pooling`): no weights, no MACs, one FLOP for each window tap."""

from __future__ import annotations

from math import gcd

from archi.graph import Inference, Shape
from archi.twin.arguments import Boolean, Choice, DataFormat, Window, arg
from archi.twin.layer import UNEVEN, Kept, Reach, product
from archi.twin.spatial import Spatial


class _Pooling(Spatial):
    """Max and average pooling over windows; strides default to the window."""

    has_build_config = False
    finds = False  # whether the gradient goes to the element that was found, the largest

    pool_size: tuple[int, ...] = arg(Window())
    strides: tuple[int, ...] = arg(Window(optional=True), None)
    padding: str = arg(Choice("valid", "same"), "valid")
    data_format: str = arg(DataFormat(), None)

    def validate(self) -> None:
        self.strides = self.strides or self.pool_size

    def infer(self, x: Shape) -> Inference:
        batch, channels, spatial = self.split(x)
        out = self.slide(x, spatial, self.pool_size, self.strides, self.padding)
        taps = product(channels, *out, *self.pool_size)
        return Inference((self.join(batch, channels, out),), (), macs=0, elementwise=taps)

    def kept(self) -> Kept:
        return Kept(inputs=self.finds, outputs=self.finds)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        return self.window_reach(shapes[0], spatial, self.pool_size, self.strides, self.padding)


class MaxPooling1D(_Pooling):
    """Maximum over windows of a sequence."""

    rank = 1
    finds = True
    pool_size: tuple[int, ...] = arg(Window(), 2)


class MaxPooling2D(_Pooling):
    """Maximum over windows of an image."""

    rank = 2
    finds = True
    pool_size: tuple[int, ...] = arg(Window(), 2)


class MaxPooling3D(_Pooling):
    """Maximum over windows of a volume."""

    rank = 3
    finds = True
    pool_size: tuple[int, ...] = arg(Window(), 2)


class AveragePooling1D(_Pooling):
    """Mean over windows of a sequence."""

    rank = 1


class AveragePooling2D(_Pooling):
    """Mean over windows of an image."""

    rank = 2


class AveragePooling3D(_Pooling):
    """Mean over windows of a volume."""

    rank = 3


class _GlobalPooling(Spatial):
    """Pooling over all positions; `keepdims` leaves axes of length 1."""

    has_build_config = False
    finds = False

    data_format: str = arg(DataFormat(), None)
    keepdims: bool = arg(Boolean(), False)

    def infer(self, x: Shape) -> Inference:
        batch, channels, spatial = self.split(x)
        output = self.join(batch, channels, (1,) * self.rank if self.keepdims else ())
        taps = product(channels, *spatial)
        return Inference((output,), (), macs=0, elementwise=taps)

    def kept(self) -> Kept:
        return Kept(inputs=self.finds, outputs=self.finds)


class GlobalMaxPooling1D(_GlobalPooling):
    """Maximum over a sequence."""

    rank = 1
    finds = True


class GlobalMaxPooling2D(_GlobalPooling):
    """Maximum over an image."""

    rank = 2
    finds = True


class GlobalMaxPooling3D(_GlobalPooling):
    """Maximum over a volume."""

    rank = 3
    finds = True


class GlobalAveragePooling1D(_GlobalPooling):
    """Mean over a sequence."""

    call_kwargs = {"mask": None}

    rank = 1


class GlobalAveragePooling2D(_GlobalPooling):
    """Mean over an image."""

    rank = 2


class GlobalAveragePooling3D(_GlobalPooling):
    """Mean over a volume."""

    rank = 3


class _AdaptivePooling(Spatial):
    """Pooling into `output_size` windows, as even as the input's size allows.

    Window i begins at floor(i × input / output) and ends before ceil((i + 1) × input / output),
    so that windows may overlap by one position.
    """

    finds = False

    output_size: tuple[int, ...] = arg(Window())
    data_format: str = arg(DataFormat(any_case=False), None)

    def infer(self, x: Shape) -> Inference:
        batch, channels, spatial = self.split(x)
        taps = product(channels, *map(_adaptive_taps, spatial, self.output_size))
        output = self.join(batch, channels, self.output_size)
        return Inference((output,), (), macs=0, elementwise=taps)

    def kept(self) -> Kept:
        return Kept(inputs=self.finds, outputs=self.finds)

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        sizes = self.split(shapes[0])[2]
        if spatial != self.spatial_axes or None in sizes or self.output_size == (1,) * self.rank:
            return None
        windows = [
            divmod(size or 0, out) for size, out in zip(sizes, self.output_size, strict=True)
        ]
        if any(rest for _, rest in windows):
            return UNEVEN
        return tuple(Reach(size, size, 0) for size, _ in windows)


def _adaptive_taps(size: int | None, windows: int) -> int | None:
    """Return the lengths of all windows along one dimension together.

    They cover every position once, and once more where one ends inside a position.
    """
    return None if size is None else size + windows - gcd(size, windows)


class AdaptiveAveragePooling1D(_AdaptivePooling):
    """Means of a sequence's parts."""

    rank = 1


class AdaptiveAveragePooling2D(_AdaptivePooling):
    """Means of an image's parts."""

    rank = 2


class AdaptiveAveragePooling3D(_AdaptivePooling):
    """Means of a volume's parts."""

    rank = 3


class AdaptiveMaxPooling1D(_AdaptivePooling):
    """Maxima of a sequence's parts."""

    rank = 1
    finds = True


class AdaptiveMaxPooling2D(_AdaptivePooling):
    """Maxima of an image's parts."""

    rank = 2
    finds = True


class AdaptiveMaxPooling3D(_AdaptivePooling):
    """Maxima of a volume's parts."""

    rank = 3
    finds = True
