"""Convolutions, pooling and what else slides windows, of `keras/src/ops/nn.py`."""

from __future__ import annotations

from math import gcd
from typing import Any, ClassVar

from archi.graph import Inference, Shape, is_list
from archi.ops._arguments import Integers
from archi.twin.arguments import Choice, DataFormat, Integer, arg
from archi.twin.layer import Reach, product
from archi.twin.operation import BOTH, NOTHING, Array, Operation
from archi.twin.spatial import padded_before, positions

HOME = "nn"


class _Spatial(Operation):
    """An operation on images, channels last or first."""

    data_format: str

    def image_axes(self, shape: Shape) -> tuple[int, tuple[int, ...]]:
        """Return the axes of the channels and of the positions. Raises LayerError."""
        if len(shape) < 3:
            raise self.refuse("wants a batch of sequences or images", shape)
        if self.data_format == "channels_last":
            return len(shape) - 1, tuple(range(1, len(shape) - 1))
        return 1, tuple(range(2, len(shape)))

    def with_sizes(self, shape: Shape, channels: int | None, sizes: Shape) -> Shape:
        """Return a shape with other channels and positions."""
        if self.data_format == "channels_last":
            return (shape[0], *sizes, channels)
        return (shape[0], channels, *sizes)

    def each(self, value: Any, rank: int) -> tuple[int, ...]:
        """Return one number for each spatial dimension. Raises LayerError."""
        numbers = value if is_list(value) else (value,) * rank
        if len(numbers) != rank:
            raise self.refuse(f"wants a number, or {rank} of them", value)
        return tuple(numbers)

    def slide(
        self, shape: Shape, kernel: Shape, strides: Any, padding: str, dilation: Any = 1
    ) -> Shape:
        """Return how many positions a window takes in each dimension. Raises LayerError."""
        _, spatial = self.image_axes(shape)
        rank = len(spatial)
        windows = zip(
            [shape[axis] for axis in spatial],
            self.each(kernel, rank),
            self.each(strides, rank),
            self.each(dilation, rank),
            strict=True,
        )
        out = tuple(positions(*window, padding) for window in windows)
        if any(size is not None and size <= 0 for size in out):
            raise self.refuse("wants an input as large as its window", shape)
        return out

    def window_reach(
        self,
        shape: Shape,
        axes: tuple[int, ...],
        kernel: Shape,
        strides: Any,
        padding: str,
        dilation: Any = 1,
    ) -> tuple[Reach, ...] | None:
        """Return what a position reads; None over other axes than the positions'."""
        _, spatial = self.image_axes(shape)
        rank = len(spatial)
        if axes != spatial or None in kernel:
            return None
        spans = [
            d * ((k or 0) - 1) + 1 for k, d in zip(kernel, self.each(dilation, rank), strict=True)
        ]
        return tuple(
            Reach(span, stride, padded_before(shape[axis], span, stride, padding))
            for axis, span, stride in zip(spatial, spans, self.each(strides, rank), strict=True)
        )


class _Convolution(_Spatial):
    """A convolution with a kernel that is an operand; MACs are the kernel at every position."""

    strides: Any
    padding: str
    dilation_rate: Any
    operands: ClassVar[tuple[str, ...]] = ("inputs", "kernel")

    def convolved(self, x: Shape, kernel: Shape, filters: int | None) -> Shape:
        """Return the output's shape. Raises LayerError."""
        self.image_axes(x)
        if len(kernel) != len(x):
            raise self.refuse(f"wants a kernel of rank {len(x)}", kernel)
        self.channels_fit(x, kernel, kernel[-2])
        if None in kernel[:-2]:
            raise self.refuse("wants a kernel of known size", kernel)
        out = self.slide(x, kernel[:-2], self.strides, self.padding, self.dilation_rate)
        return self.with_sizes(x, filters, out)

    def channels_fit(self, x: Shape, kernel: Shape, channels: int | None) -> None:
        """Raise LayerError where a kernel is for another number of channels."""
        found = x[self.image_axes(x)[0]]
        if None not in (found, channels) and found != channels:
            raise self.refuse("wants a kernel for the input's channels", [x, kernel])

    def multiplied(self, x: Array, output: Shape, per_position: int | None) -> Inference:
        """Return the inference of so many MACs at every position of the output."""
        channel, _ = self.image_axes(output)
        places = [size for axis, size in enumerate(output) if axis != channel]
        macs = product(per_position, *places)
        return self.counted([(output, x.dtype)], None if macs is None else 0, macs)


class _Forward(_Convolution):
    """A convolution that is not transposed."""

    strides: Any = arg(Integers(1), 1)
    padding: str = arg(Choice("valid", "same", "causal", any_case=True), "valid")
    data_format: str = arg(DataFormat(), None)
    dilation_rate: Any = arg(Integers(1), 1)

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        kernel = self.shape_of(self.called_with(self.operands[1]))[:-2]
        return self.window_reach(
            shapes[0], spatial, kernel, self.strides, self.padding, self.dilation_rate
        )


class Conv(_Forward):
    """A convolution."""

    def infer(self, inputs: Array, kernel: Array) -> Inference:
        output = self.convolved(
            inputs.shape, kernel.shape, kernel.shape[-1] if kernel.shape else None
        )
        return self.multiplied(inputs, output, product(*kernel.shape))


class DepthwiseConv(_Forward):
    """A convolution of each channel by itself."""

    def infer(self, inputs: Array, kernel: Array) -> Inference:
        output = self.convolved(inputs.shape, kernel.shape, product(*kernel.shape[-2:]))
        return self.multiplied(inputs, output, product(*kernel.shape))


class SeparableConv(_Forward):
    """A depthwise convolution, then one of single positions."""

    operands = ("inputs", "depthwise_kernel", "pointwise_kernel")

    def infer(self, inputs: Array, depthwise_kernel: Array, pointwise_kernel: Array) -> Inference:
        depthwise, pointwise = depthwise_kernel.shape, pointwise_kernel.shape
        if not pointwise:
            raise self.refuse("wants a kernel of as many axes as the input", pointwise)
        inner = self.convolved(inputs.shape, depthwise, product(*depthwise[-2:]))
        channel, spatial = self.image_axes(inner)
        output = self.with_sizes(inner, pointwise[-1], tuple(inner[axis] for axis in spatial))
        each = product(inner[channel], pointwise[-1])
        first = product(*depthwise)
        taps = None if each is None or first is None else first + each
        return self.multiplied(inputs, output, taps)._replace(inner=(inner,))


class ConvTranspose(_Convolution):
    """A convolution the other way round; MACs are the kernel at every position of the input."""

    strides: Any = arg(Integers(1), 1)
    padding: str = arg(Choice("valid", "same", any_case=True), "valid")
    output_padding: Any = arg(Integers(0, optional=True), None)
    data_format: str = arg(DataFormat(), None)
    dilation_rate: Any = arg(Integers(1), 1)

    def infer(self, inputs: Array, kernel: Array) -> Inference:
        x, shape = inputs.shape, kernel.shape
        _, spatial = self.image_axes(x)
        if len(shape) != len(x) or None in shape[:-2]:
            raise self.refuse(f"wants a kernel of rank {len(x)}", shape)
        self.channels_fit(x, shape, shape[-1])
        sizes = tuple(
            self._length(x[axis], shape[place], place, len(spatial))
            for place, axis in enumerate(spatial)
        )
        output = self.with_sizes(x, shape[-2], sizes)
        macs = product(x[0], *(x[axis] for axis in spatial), *shape)
        return self.counted([(output, inputs.dtype)], None if macs is None else 0, macs)

    def _length(self, size: int | None, kernel: int | None, place: int, rank: int) -> int | None:
        """As `compute_conv_transpose_output_shape` of keras/src/backend/common/backend_utils.py."""
        stride = self.each(self.strides, rank)[place]
        span = self.each(self.dilation_rate, rank)[place] * ((kernel or 0) - 1) + 1
        if size is None:
            return None
        if self.output_padding is not None:
            more = self.each(self.output_padding, rank)[place]
            return (size - 1) * stride + (span if self.padding == "valid" else span % 2) + more
        return (size - 1) * stride + max(span, stride) if self.padding == "valid" else size * stride


class _Pool(_Spatial):
    """One of many positions; one FLOP for each tap of a window."""

    pool_size: Any = arg(Integers(1))
    strides: Any = arg(Integers(1, optional=True), None)
    padding: str = arg(Choice("valid", "same", any_case=True), "valid")
    data_format: str = arg(DataFormat(), None)
    operands = ("inputs",)

    def infer(self, inputs: Array) -> Inference:
        x = inputs.shape
        channel, spatial = self.image_axes(x)
        size = self.each(self.pool_size, len(spatial))
        out = self.slide(x, size, self._strides, self.padding)
        output = self.with_sizes(x, x[channel], out)
        return self.counted([(output, inputs.dtype)], product(*output, *size))

    @property
    def _strides(self) -> Any:
        return self.pool_size if self.strides is None else self.strides

    def sees(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        size = self.each(self.pool_size, len(shapes[0]) - 2)
        return self.window_reach(shapes[0], spatial, size, self._strides, self.padding)


class MaxPool(_Pool):
    """The largest of a window."""

    keeps = BOTH


class AveragePool(_Pool):
    """The mean of a window."""

    keeps = NOTHING


class _AdaptivePool(_Spatial):
    """As many windows as `output_size` has, as even as the input's size allows.

    Window i begins at floor(i × input / output) and ends before ceil((i + 1) × input / output).
    """

    output_size: Any = arg(Integers(1))
    data_format: str = arg(DataFormat(), None)
    operands = ("inputs",)

    def infer(self, inputs: Array) -> Inference:
        x = inputs.shape
        channel, spatial = self.image_axes(x)
        sizes = self.each(self.output_size, len(spatial))
        if not is_list(self.output_size):
            raise self.refuse("wants an output_size for each dimension", self.output_size)
        taps = [_taps(x[axis], size) for axis, size in zip(spatial, sizes, strict=True)]
        return self.counted([(self._output(x), inputs.dtype)], product(x[0], x[channel], *taps))

    def _output(self, shape: Shape) -> Shape:
        """Return the shape that Keras says, which has an axis too many where channels are last."""
        if self.data_format == "channels_last":
            return (*shape[: -len(self.output_size)], *self.output_size, shape[-1])
        return (*shape[:2], *self.output_size)


def _taps(size: int | None, windows: int) -> int | None:
    """Return the lengths of all windows together: some overlap by a position."""
    return None if size is None else size + windows - gcd(size, windows)


class AdaptiveMaxPool(_AdaptivePool):
    """The largest of each window."""

    keeps = BOTH


class AdaptiveAveragePool(_AdaptivePool):
    """The mean of each window."""

    keeps = NOTHING


class Unfold(Operation):
    """The windows of an image, channels first, side by side; no arithmetic."""

    keeps = NOTHING
    kernel_size: Any = arg(Integers(1))
    dilation: Any = arg(Integers(1), 1)
    padding: Any = arg(Integers(0), 0)
    stride: Any = arg(Integers(1), 1)

    def infer(self, x: Array) -> Inference:
        if len(x.shape) != 4 or None in x.shape[1:]:
            raise self.refuse("wants images of known size", x.shape)
        batch, channels, *sizes = x.shape
        kernel = pair(self, self.kernel_size)
        windows = zip(
            sizes,
            kernel,
            pair(self, self.dilation),
            pair(self, self.padding),
            pair(self, self.stride),
            strict=True,
        )
        places = [((n or 0) + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in windows]
        return self.free((batch, product(channels, *kernel), product(*places)), x.dtype)


class Fold(Operation):
    """Windows put together to an image, summed where they overlap: one FLOP an element."""

    keeps = NOTHING
    output_size: Any = arg(Integers(1))
    kernel_size: Any = arg(Integers(1))
    dilation: Any = arg(Integers(1), 1)
    padding: Any = arg(Integers(0), 0)
    stride: Any = arg(Integers(1), 1)

    def infer(self, x: Array) -> Inference:
        if len(x.shape) != 3:
            raise self.refuse("wants (batch, channels × window, windows)", x.shape)
        window = product(*pair(self, self.kernel_size)) or 1
        if x.shape[1] is not None and x.shape[1] % window:
            raise self.refuse(f"wants windows of {window} elements a channel", x.shape)
        channels = None if x.shape[1] is None else x.shape[1] // window
        output = (x.shape[0], channels, *pair(self, self.output_size))
        return self.counted([(output, x.dtype)], product(*x.shape))


def pair(operation: Operation, value: Any) -> tuple[int, int]:
    """Return a number twice, or two of them. Raises LayerError."""
    numbers = value if is_list(value) else (value, value)
    if len(numbers) != 2:
        raise operation.refuse("wants a number, or two of them", value)
    return (numbers[0], numbers[1])


class _Blocks(_Spatial):
    """Squares of positions as channels, or the other way round; no arithmetic."""

    keeps = NOTHING
    block_size: int = arg(Integer(2))
    data_format: str = arg(DataFormat(), "channels_last")

    def infer(self, x: Array) -> Inference:
        if len(x.shape) != 4:
            raise self.refuse("wants images", x.shape)
        channel, spatial = self.image_axes(x.shape)
        channels, *sizes = self.moved(x.shape[channel], *[x.shape[axis] for axis in spatial])
        return self.free(self.with_sizes(x.shape, channels, tuple(sizes)), x.dtype)

    def moved(self, channels: int | None, *sizes: int | None) -> Shape:
        """Return channels and sizes of the output. Raises LayerError."""
        raise NotImplementedError

    def divided(self, size: int | None, by: int) -> int | None:
        """Return a part of a size. Raises LayerError where something is left over."""
        if size is not None and size % by:
            raise self.refuse(f"wants a size that {by} divides", size)
        return None if size is None else size // by


class DepthToSpace(_Blocks):
    """Channels as squares of positions."""

    def moved(self, channels: int | None, *sizes: int | None) -> Shape:
        larger = [product(size, self.block_size) for size in sizes]
        return (self.divided(channels, self.block_size**2), *larger)


class SpaceToDepth(_Blocks):
    """Squares of positions as channels."""

    def moved(self, channels: int | None, *sizes: int | None) -> Shape:
        smaller = [self.divided(size, self.block_size) for size in sizes]
        return (product(channels, self.block_size**2), *smaller)
