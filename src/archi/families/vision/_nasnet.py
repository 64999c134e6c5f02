"""What cells of NASNet and PNASNet are made of, as `keras.applications.nasnet` has it."""

from __future__ import annotations

from archi.families._blocks import channel_axis, image_size, pad_for_stride
from archi.graph import Tensor
from archi.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Cropping2D,
    SeparableConv2D,
    ZeroPadding2D,
)


def relu(x: Tensor, name: str | None = None) -> Tensor:
    """The activation in front of every convolution."""
    return Activation("relu", name=name)(x)


def normalize(x: Tensor, name: str) -> Tensor:
    """Batch normalisation with the authors' momentum."""
    bn = BatchNormalization(axis=channel_axis(), momentum=0.9997, epsilon=1e-3, name=name)
    return bn(x)


def conv_1x1(x: Tensor, filters: int, name: str) -> Tensor:
    """A 1×1 convolution without bias."""
    conv = Conv2D(
        filters, 1, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )
    return conv(x)


def separable(x: Tensor, filters: int, kernel: int, name: str, strides: int = 1) -> Tensor:
    """ReLU, separable convolution and normalisation, twice; the first may stride."""
    x = relu(x)
    padding = "same"
    if strides > 1:
        x = pad_for_stride(x, kernel, f"separable_conv_1_pad_{name}")
        padding = "valid"
    for number in (1, 2):
        if number == 2:
            x = relu(x)
        conv = SeparableConv2D(
            filters,
            kernel,
            strides=strides if number == 1 else 1,
            padding=padding if number == 1 else "same",
            use_bias=False,
            name=f"separable_conv_{number}_{name}",
        )
        x = normalize(conv(x), f"separable_conv_{number}_bn_{name}")
    return x


def average(x: Tensor, name: str) -> Tensor:
    """3×3 average pooling that keeps the size."""
    return AveragePooling2D(3, strides=1, padding="same", name=name)(x)


def halve(x: Tensor, filters: int, name: str) -> Tensor:
    """Halve the resolution by two 1×1 poolings, one pixel apart, side by side."""
    x = relu(x, f"adjust_relu_1_{name}")
    shifted = Cropping2D(((1, 0), (1, 0)))(ZeroPadding2D(((0, 1), (0, 1)))(x))
    paths = []
    for number, path in ((1, x), (2, shifted)):
        pool = AveragePooling2D(1, strides=2, name=f"adjust_avg_pool_{number}_{name}")
        half = (filters + number - 1) // 2  # the second has one more where they are odd
        paths.append(conv_1x1(pool(path), half, f"adjust_conv_{number}_{name}"))
    return normalize(Concatenate(axis=channel_axis())(paths), f"adjust_bn_{name}")


def adjust(p: Tensor | None, x: Tensor, filters: int, name: str) -> Tensor:
    """Bring the previous cell's output to the size and filters of this cell."""
    if p is None:
        p = x
    if image_size(p)[1] != image_size(x)[1]:
        return halve(p, filters, name)
    if p.shape[channel_axis()] != filters:
        p = conv_1x1(relu(p), filters, f"adjust_conv_projection_{name}")
        return normalize(p, f"adjust_bn_{name}")
    return p


def squeeze(x: Tensor, filters: int, cell: str, name: str) -> Tensor:
    """The 1×1 convolution by which a cell takes in its input."""
    x = conv_1x1(relu(x), filters, f"{cell}_conv_1_{name}")
    return normalize(x, f"{cell}_bn_1_{name}")


def stem_conv(x: Tensor, filters: int, strides: int) -> Tensor:
    """The only ordinary 3×3 convolution; at stride 1 it keeps the size."""
    conv = Conv2D(
        filters,
        3,
        strides=strides,
        padding="valid" if strides > 1 else "same",
        use_bias=False,
        kernel_initializer="he_normal",
        name="stem_conv1",
    )
    return normalize(conv(x), "stem_bn1")
