"""Blocks as torchvision has them, and what it publishes of its networks.

Strided convolutions pad alike on all sides and poolings may round sizes up, both of which
Keras's "same" does not; batch normalisation has PyTorch's constants. With them, torchvision's
weights would give torchvision's outputs, up to the softmax that it leaves to the loss.
"""

from __future__ import annotations

from archi.families._blocks import channel_axis, image_size, squeeze_excite
from archi.families.registry import Published
from archi.graph import Tensor
from archi.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    MaxPooling2D,
    ZeroPadding2D,
)


def pad_for_stride(x: Tensor, kernel: int, strides: int, name: str) -> tuple[Tensor, str]:
    """Pad an image as torchvision does, and return it with the padding to convolve it with.

    Half a kernel on every side: Keras's "same" where nothing strides, while "same" would pad
    a strided convolution on one side more than on the other.
    """
    if kernel == 1 or strides == 1:
        return x, "same"
    return ZeroPadding2D(kernel // 2, name=f"{name}_pad")(x), "valid"


def normalize(x: Tensor, name: str, momentum: float = 0.9, epsilon: float = 1e-5) -> Tensor:
    """Batch normalisation with PyTorch's constants."""
    bn = BatchNormalization(axis=channel_axis(), momentum=momentum, epsilon=epsilon, name=name)
    return bn(x)


def conv_bn(
    x: Tensor,
    filters: int,
    kernel: int,
    name: str,
    *,
    strides: int = 1,
    groups: int = 1,
    activation: str = "relu",
    **bn: float,
) -> Tensor:
    """A convolution without bias, its normalisation and activation, if any, as in torchvision."""
    x, padding = pad_for_stride(x, kernel, strides, name)
    conv = Conv2D(
        filters,
        kernel,
        strides=strides,
        padding=padding,
        groups=groups,
        use_bias=False,
        name=f"{name}_conv",
    )
    x = normalize(conv(x), f"{name}_bn", **bn)
    return Activation(activation, name=f"{name}_{activation}")(x) if activation else x


def depthwise_bn(
    x: Tensor, kernel: int, name: str, *, strides: int = 1, activation: str = "relu", **bn: float
) -> Tensor:
    """A depthwise convolution without bias, its normalisation and activation, if any."""
    x, padding = pad_for_stride(x, kernel, strides, name)
    conv = DepthwiseConv2D(
        kernel, strides=strides, padding=padding, use_bias=False, name=f"{name}_dwconv"
    )
    x = normalize(conv(x), f"{name}_bn", **bn)
    return Activation(activation, name=f"{name}_{activation}")(x) if activation else x


def bottleneck(
    x: Tensor,
    filters: int,
    inner: int,
    strides: int,
    name: str,
    *,
    groups: int = 1,
    squeeze: int = 0,
) -> Tensor:
    """1×1, grouped and strided 3×3, and 1×1 convolutions around which the input is added.

    It is projected where it changes its shape. `squeeze` > 0 weighs the channels behind the
    3×3 convolution by squeeze and excitation through as many filters.
    """
    shortcut = x
    if strides > 1 or x.shape[channel_axis()] != filters:
        shortcut = conv_bn(x, filters, 1, f"{name}_0", strides=strides, activation="")
    x = conv_bn(x, inner, 1, f"{name}_1")
    x = conv_bn(x, inner, 3, f"{name}_2", strides=strides, groups=groups)
    if squeeze:
        x = squeeze_excite(x, squeeze, f"{name}_se")
    x = conv_bn(x, filters, 1, f"{name}_3", activation="")
    x = Add(name=f"{name}_add")([shortcut, x])
    return Activation("relu", name=f"{name}_out")(x)


def max_pool_ceil(x: Tensor, size: int, strides: int, name: str) -> Tensor:
    """Max pooling whose last windows may hang over the edge (`ceil_mode` of PyTorch, Caffe's).

    The overhang is padded with zeros, which no activation before it is below.
    """
    over = [_overhang(length, size, strides) for length in image_size(x)]
    if any(over):
        x = ZeroPadding2D(((0, over[0]), (0, over[1])), name=f"{name}_pad")(x)
    return MaxPooling2D(size, strides=strides, name=name)(x)


def _overhang(length: int | None, size: int, strides: int) -> int:
    """By how much the windows that cover `length` pixels are longer; it is part of a window."""
    return 0 if length is None else (size - length) % strides


def weights_metadata(model: str, figures: dict[str, tuple[str, str]]) -> tuple[Published, ...]:
    """What torchvision publishes with weights: `num_params`, and `_ops` in 10⁹ MACs, by spec."""
    source = f"torchvision.models, {model} weights' metadata"
    return tuple(
        Published(spec, metric, figure, source)
        for spec, pair in figures.items()
        for metric, figure in zip(("trainable_params", "macs"), pair, strict=True)
    )
