"""Convolutions (`keras/src/layers/convolutional`).

MACs are those of the kernel at every output position, of a transposed convolution at every
input position; a bias adds one FLOP for each output element and an activation another.
"""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, Shape, Weight
from archi.layers._quantized import Adaptable, lora_alpha, lora_rank
from archi.twin.arguments import (
    Activation,
    Boolean,
    Choice,
    DataFormat,
    Integer,
    Window,
    arg,
)
from archi.twin.layer import OVER_LAST_AXIS, UNEVEN, Kept, Reach, product, scaled
from archi.twin.objects import CONSTRAINT, INITIALIZER, REGULARIZER
from archi.twin.spatial import Spatial


class _Convolution(Spatial):
    """What all convolutions share: a bias and an activation after the kernels."""

    kernel_size: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    dilation_rate: tuple[int, ...]
    activation: str
    use_bias: bool

    def windows(self, shape: Shape, spatial: Shape) -> Shape:
        """Return the output's spatial sizes."""
        return self.slide(
            shape, spatial, self.kernel_size, self.strides, self.padding, self.dilation_rate
        )

    def finish(self, output: Shape, filters: int, kernels: list[Weight], macs: Any) -> Inference:
        """Add the bias and activation to what the kernels give."""
        bias = [Weight("bias", (filters,))] if self.use_bias else []
        after = self.use_bias + (self.activation != "linear")
        return Inference((output,), (*kernels, *bias), macs, scaled(after, output))

    def kept(self) -> Kept:
        return Kept(inputs=True, outputs=self.activation != "linear")

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        if self.activation in OVER_LAST_AXIS and len(shapes[0]) - 1 in spatial:
            return None
        return self.window_reach(
            shapes[0], spatial, self.kernel_size, self.strides, self.padding, self.dilation_rate
        )


class _Conv(_Convolution, Adaptable):
    """Conv1D, Conv2D and Conv3D."""

    filters: int = arg(Integer(1))
    kernel_size: tuple[int, ...] = arg(Window())
    strides: tuple[int, ...] = arg(Window(), 1)
    padding: str = arg(Choice("valid", "same", any_case=True), "valid")
    data_format: str = arg(DataFormat(), None)
    dilation_rate: tuple[int, ...] = arg(Window(), 1)
    groups: int = arg(Integer(1), 1)
    activation: str = arg(Activation(), None)
    use_bias: bool = arg(Boolean(), True)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    kernel_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    activity_regularizer: Any = arg(REGULARIZER, None)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)
    lora_rank: int | None = lora_rank()
    lora_alpha: float | None = lora_alpha()

    def validate(self) -> None:
        super().validate()
        if self.filters % self.groups:
            raise self.refuse(
                f"filters must be a multiple of its {self.groups} groups", self.filters
            )
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise self.refuse("strides and dilation_rate can't both be over 1", self.strides)

    def infer(self, x: Shape) -> Inference:
        batch, _, spatial = self.split(x)
        channels = self.known(x, self.channel_axis)
        if channels % self.groups:
            raise self.refuse(f"wants channels in multiples of its {self.groups} groups", x)
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        kernel = Weight("kernel", shape, trainable=not self.lora_rank)
        out = self.windows(x, spatial)
        macs = product(kernel.size, *out)
        found = self.finish(self.join(batch, self.filters, out), self.filters, [kernel], macs)
        adapter = self.adapter("kernel", shape)
        return found._replace(weights=(*(found.weights or ()), *adapter)) if adapter else found


class Conv1D(_Conv):
    """Convolution over a sequence."""

    rank = 1
    padding: str = arg(Choice("valid", "same", "causal", any_case=True), "valid")


class Conv2D(_Conv):
    """Convolution over an image."""

    rank = 2


class Conv3D(_Conv):
    """Convolution over a volume."""

    rank = 3


class _DepthwiseConv(_Convolution):
    """DepthwiseConv1D and DepthwiseConv2D: `depth_multiplier` filters for each channel."""

    kernel_size: tuple[int, ...] = arg(Window())
    strides: tuple[int, ...] = arg(Window(), 1)
    padding: str = arg(Choice("valid", "same", any_case=True), "valid")
    depth_multiplier: int = arg(Integer(1), 1)
    data_format: str = arg(DataFormat(), None)
    dilation_rate: tuple[int, ...] = arg(Window(), 1)
    activation: str = arg(Activation(), None)
    use_bias: bool = arg(Boolean(), True)
    depthwise_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    depthwise_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    activity_regularizer: Any = arg(REGULARIZER, None)
    depthwise_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)

    def infer(self, x: Shape) -> Inference:
        batch, _, spatial = self.split(x)
        channels = self.known(x, self.channel_axis)
        kernel = Weight("kernel", (*self.kernel_size, channels, self.depth_multiplier))
        out = self.windows(x, spatial)
        filters = channels * self.depth_multiplier
        macs = product(kernel.size, *out)
        return self.finish(self.join(batch, filters, out), filters, [kernel], macs)


class DepthwiseConv1D(_DepthwiseConv):
    """Depthwise convolution over a sequence."""

    rank = 1


class DepthwiseConv2D(_DepthwiseConv):
    """Depthwise convolution over an image."""

    rank = 2


class _SeparableConv(_Convolution):
    """SeparableConv1D and SeparableConv2D: a depthwise convolution, then a 1×1 one."""

    filters: int = arg(Integer(1))
    kernel_size: tuple[int, ...] = arg(Window())
    strides: tuple[int, ...] = arg(Window(), 1)
    padding: str = arg(Choice("valid", "same", any_case=True), "valid")
    data_format: str = arg(DataFormat(), None)
    dilation_rate: tuple[int, ...] = arg(Window(), 1)
    depth_multiplier: int = arg(Integer(1), 1)
    activation: str = arg(Activation(), None)
    use_bias: bool = arg(Boolean(), True)
    depthwise_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    pointwise_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    depthwise_regularizer: Any = arg(REGULARIZER, None)
    pointwise_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    activity_regularizer: Any = arg(REGULARIZER, None)
    depthwise_constraint: Any = arg(CONSTRAINT, None)
    pointwise_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)

    def infer(self, x: Shape) -> Inference:
        batch, _, spatial = self.split(x)
        channels = self.known(x, self.channel_axis)
        depthwise = Weight("depthwise_kernel", (*self.kernel_size, channels, self.depth_multiplier))
        pointwise = Weight(
            "pointwise_kernel",
            (*(1,) * self.rank, channels * self.depth_multiplier, self.filters),
        )
        out = self.windows(x, spatial)
        macs = product(depthwise.size + pointwise.size, *out)
        inner = self.join(batch, channels * self.depth_multiplier, out)
        output = self.join(batch, self.filters, out)
        inference = self.finish(output, self.filters, [depthwise, pointwise], macs)
        return inference._replace(inner=(inner,))


class SeparableConv1D(_SeparableConv):
    """Separable convolution over a sequence."""

    rank = 1


class SeparableConv2D(_SeparableConv):
    """Separable convolution over an image."""

    rank = 2


class _ConvTranspose(_Convolution):
    """Conv1DTranspose, Conv2DTranspose and Conv3DTranspose: a convolution the other way round.

    Every input position spreads the kernel over the output, `strides` from where the one
    before did; "same" cuts off what lies beyond strides × size. MACs are the kernel at every
    input position, also where part of it is cut off.
    """

    filters: int = arg(Integer(1))
    kernel_size: tuple[int, ...] = arg(Window())
    strides: tuple[int, ...] = arg(Window(), 1)
    padding: str = arg(Choice("valid", "same", any_case=True), "valid")
    output_padding: tuple[int, ...] | None = arg(Window(0, optional=True), None)
    data_format: str = arg(DataFormat(), None)
    dilation_rate: tuple[int, ...] = arg(Window(), 1)
    activation: str = arg(Activation(), None)
    use_bias: bool = arg(Boolean(), True)
    kernel_initializer: Any = arg(INITIALIZER, "glorot_uniform")
    bias_initializer: Any = arg(INITIALIZER, "zeros")
    kernel_regularizer: Any = arg(REGULARIZER, None)
    bias_regularizer: Any = arg(REGULARIZER, None)
    activity_regularizer: Any = arg(REGULARIZER, None)
    kernel_constraint: Any = arg(CONSTRAINT, None)
    bias_constraint: Any = arg(CONSTRAINT, None)

    def validate(self) -> None:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise self.refuse("strides and dilation_rate can't both be over 1", self.strides)
        for padding, stride in zip(self.output_padding or (), self.strides, strict=False):
            if padding >= stride:
                raise self.refuse("output_padding must be less than the strides", padding)

    def infer(self, x: Shape) -> Inference:
        batch, _, spatial = self.split(x)
        channels = self.known(x, self.channel_axis)
        if self.nodes and x[self.channel_axis] not in (None, channels):
            raise self.refuse("is shared and wants inputs of as many channels", x)
        kernel = Weight("kernel", (*self.kernel_size, self.filters, channels))
        out = tuple(map(self._length, spatial, range(self.rank)))
        if any(size is not None and size <= 0 for size in out):
            raise self.refuse("wants an input of which something is left", x)
        macs = product(kernel.size, *spatial)
        return self.finish(self.join(batch, self.filters, out), self.filters, [kernel], macs)

    def _length(self, size: int | None, axis: int) -> int | None:
        """Return the output's length along one dimension.

        `compute_conv_transpose_output_shape` of `keras/src/backend/common/backend_utils.py`.
        """
        if size is None:
            return None
        stride = self.strides[axis]
        span = self.dilation_rate[axis] * (self.kernel_size[axis] - 1) + 1
        if self.output_padding is not None:
            first = span if self.padding == "valid" else span % 2
            return (size - 1) * stride + first + self.output_padding[axis]
        if self.padding == "valid":
            return (size - 1) * stride + max(span, stride)
        return size * stride

    def reach(self, shapes: list[Shape], spatial: tuple[int, ...]) -> tuple[Reach, ...] | None:
        if self.activation in OVER_LAST_AXIS and len(shapes[0]) - 1 in spatial:
            return None
        if spatial != self.spatial_axes:
            return None
        if max(self.strides) > 1:
            return UNEVEN
        spans = [d * (k - 1) + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True)]
        cut = [0 if self.padding == "valid" else (span - 1) // 2 for span in spans]
        return tuple(Reach(span, 1, span - 1 - c) for span, c in zip(spans, cut, strict=True))


class Conv1DTranspose(_ConvTranspose):
    """Transposed convolution over a sequence."""

    rank = 1


class Conv2DTranspose(_ConvTranspose):
    """Transposed convolution over an image."""

    rank = 2


class Conv3DTranspose(_ConvTranspose):
    """Transposed convolution over a volume."""

    rank = 3

    @classmethod
    def _collect_arguments(cls) -> None:
        """By position, Keras takes `data_format` before `output_padding` in this one alone."""
        super()._collect_arguments()
        order = list(cls._positional)
        order.remove("output_padding")
        order.insert(order.index("data_format") + 1, "output_padding")
        cls._positional = tuple(order)
