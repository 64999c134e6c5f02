"""Convolutions whose kernels differ from place to place (`layers/locally_connected` of 2.x)."""

from __future__ import annotations

from math import prod
from typing import Any

from archi.graph import Inference, Shape, Weight
from archi.twin.arguments import Activation, Boolean, Choice, DataFormat, Integer, Window, arg
from archi.twin.layer import Kept, scaled
from archi.twin.objects import CONSTRAINT, INITIALIZER, REGULARIZER
from archi.twin.spatial import Spatial


class _LocallyConnected(Spatial):
    """LocallyConnected1D and 2D.

    MACs are what is multiplied: with `implementation` 1 and 3 each position's own kernel (3
    leaves out what is padded), with 2 a matrix from the whole image to the whole output.
    """

    in_keras3 = False
    # Keras 2's positional order; one dimension's `padding` has no "same" with implementation 1.
    filters: int = arg(Integer(1))
    kernel_size: tuple[int, ...] = arg(Window())
    strides: tuple[int, ...] = arg(Window(), 1)
    padding: str = arg(Choice("valid", "same", any_case=True), "valid")
    data_format: str = arg(DataFormat(), None)
    activation: str = arg(Activation(), None)
    use_bias: bool = arg(Boolean(), True)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    kernel_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    activity_regularizer: Any = arg(REGULARIZER, None)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)
    implementation: int = arg(Integer(1), 1)

    def validate(self) -> None:
        if self.implementation not in (1, 2, 3):
            raise self.refuse("implementation must be 1, 2 or 3", self.implementation)
        if self.implementation == 1 and self.padding != "valid":
            raise self.refuse("wants padding 'valid' with implementation 1", self.padding)

    def infer(self, x: Shape) -> Inference:
        batch, channels, spatial = self.split(x)
        if channels is None or None in spatial:
            raise self.refuse("wants an input whose size is known", x)
        sizes = tuple([size for size in spatial if size is not None])
        places = self.slide(x, spatial, self.kernel_size, self.strides, self.padding)
        count = prod([size for size in places if size is not None])
        output = self.join(batch, self.filters, places)
        kernel = self._kernel(sizes, channels, tuple(map(int, filter(None, places))), count)
        bias = self.join(None, self.filters, places)[1:]
        weights = [Weight("kernel", kernel)]
        if self.use_bias:
            weights.append(Weight("bias", tuple([size for size in bias if size is not None])))
        after = self.use_bias + (self.activation != "linear")
        return Inference((output,), tuple(weights), prod(kernel), scaled(after, output))

    def _kernel(
        self, sizes: tuple[int, ...], channels: int, places: tuple[int, ...], count: int
    ) -> tuple[int, ...]:
        if self.implementation == 1:
            return (count, prod(self.kernel_size) * channels, self.filters)
        if self.implementation == 3:
            return (self._pairs(sizes) * channels * self.filters,)
        if self.data_format == "channels_first":
            return (channels, *sizes, self.filters, *places)
        return (*sizes, channels, *places, self.filters)

    def _pairs(self, sizes: tuple[int, ...]) -> int:
        """Return how many pairs there are of a position and a pixel inside its window."""
        return prod(
            sum(
                min(begin + kernel, size) - max(begin, 0)
                for begin in _begins(size, kernel, stride, self.padding)
            )
            for size, kernel, stride in zip(sizes, self.kernel_size, self.strides, strict=True)
        )

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=self.activation != "linear")


def _begins(size: int, kernel: int, stride: int, padding: str) -> list[int]:
    """Return where windows begin; Keras 2 pads kernel // 2 before the first, not as TensorFlow."""
    if padding == "valid":
        return list(range(0, size - kernel + 1, stride))
    return [place * stride - kernel // 2 for place in range(-(-size // stride))]


class LocallyConnected1D(_LocallyConnected):
    """A convolution over a sequence with a kernel of its own at every step."""

    rank = 1


class LocallyConnected2D(_LocallyConnected):
    """A convolution over an image with a kernel of its own at every position."""

    rank = 2
