"""What Inception-v3 and Inception-ResNet-v2 share: the stem, one module, one reduction."""

from __future__ import annotations

from archi.families._blocks import image_channel_axis
from archi.graph import Tensor
from archi.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    MaxPooling2D,
)

Kernel = int | tuple[int, int]  # rows × columns


def conv_bn(
    x: Tensor,
    filters: int,
    kernel: Kernel,
    strides: int = 1,
    padding: str = "same",
    name: str | None = None,
) -> Tensor:
    """A convolution without bias, normalised without scale, and activated."""
    x = Conv2D(filters, kernel, strides=strides, padding=padding, use_bias=False, name=name)(x)
    bn = name and f"{name}_bn"
    x = BatchNormalization(axis=image_channel_axis(), scale=False, name=bn)(x)
    return Activation("relu", name=name and f"{name}_ac")(x)


def branch(x: Tensor, *convs: tuple[int, Kernel]) -> Tensor:
    """Convolutions one after another, each given by its filters and kernel."""
    for filters, kernel in convs:
        x = conv_bn(x, filters, kernel)
    return x


def halve(x: Tensor, filters: int) -> Tensor:
    """A 3×3 convolution that halves the resolution."""
    return conv_bn(x, filters, 3, strides=2, padding="valid")


def pooled(x: Tensor, filters: int) -> Tensor:
    """3×3 average pooling that keeps the size, and a 1×1 convolution."""
    return conv_bn(AveragePooling2D(3, strides=1, padding="same")(x), filters, 1)


def join(branches: list[Tensor], name: str | None = None) -> Tensor:
    """Branches side by side."""
    return Concatenate(axis=image_channel_axis(), name=name)(branches)


def stem(x: Tensor) -> Tensor:
    """Five convolutions and two poolings, by which 299×299 pixels become 35×35."""
    x = halve(x, 32)
    x = conv_bn(x, 32, 3, padding="valid")
    x = conv_bn(x, 64, 3)
    x = MaxPooling2D(3, strides=2)(x)
    x = conv_bn(x, 80, 1, padding="valid")
    x = conv_bn(x, 192, 3, padding="valid")
    return MaxPooling2D(3, strides=2)(x)


def module_35(x: Tensor, filters: int, pool_filters: int, name: str) -> Tensor:
    """1×1, 5×5, two 3×3 and a pooling, side by side at 35×35."""
    branches = [
        branch(x, (filters, 1)),
        branch(x, (48, 1), (64, 5)),
        branch(x, (64, 1), (96, 3), (96, 3)),
        pooled(x, pool_filters),
    ]
    return join(branches, name)


def reduction_a(x: Tensor, klm: tuple[int, int, int], n: int, name: str) -> Tensor:
    """From 35×35 to 17×17; filters k, l, m and n as in Szegedy et al. 2016, Figure 7."""
    k, second, m = klm
    branches = [
        halve(x, n),
        halve(branch(x, (k, 1), (second, 3)), m),
        MaxPooling2D(3, strides=2)(x),
    ]
    return join(branches, name)
