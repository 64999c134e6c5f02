"""What EfficientNet and EfficientNetV2 share: the MBConv block, and how they begin and end."""

from __future__ import annotations

from typing import Any, NamedTuple

from archi.families._blocks import image_channel_axis, pad_for_stride
from archi.graph import Tensor, scope
from archi.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    Multiply,
    Reshape,
)

CONV_INITIALIZER = {
    "class_name": "VarianceScaling",
    "config": {
        "scale": 2.0,
        "mode": "fan_out",
        "distribution": "truncated_normal",
        "seed": None,
    },
}
DENSE_INITIALIZER = {
    "class_name": "VarianceScaling",
    "config": {"scale": 1 / 3, "mode": "fan_out", "distribution": "uniform", "seed": None},
}


class Version(NamedTuple):
    """In what the two versions differ where they have the same layers."""

    momentum: float  # of normalisations
    pads: bool  # whether an image is padded before a stride of 2, the same on both sides
    depthwise: str  # what the depthwise convolution is called


def bn(x: Tensor, version: Version, name: str) -> Tensor:
    """Normalisation; `name` ends before `bn`."""
    axis = image_channel_axis()
    return BatchNormalization(axis=axis, momentum=version.momentum, name=f"{name}bn")(x)


def bn_swish(x: Tensor, version: Version, name: str) -> Tensor:
    """Normalisation and activation; `name` ends before `bn` and `activation`."""
    return Activation("swish", name=f"{name}activation")(bn(x, version, name))


def conv(x: Tensor, filters: int, kernel: int, name: str, strides: int = 1) -> Tensor:
    """A convolution without bias; `name` ends before `conv`."""
    layer = Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer=CONV_INITIALIZER,
        name=f"{name}conv",
    )
    return layer(x)


def stem_conv(x: Tensor, filters: int, version: Version) -> Tensor:
    """A 3×3 convolution that halves the resolution."""
    if version.pads:
        x = pad_for_stride(x, 3, "stem_conv_pad")
    layer = Conv2D(
        filters,
        3,
        strides=2,
        padding="valid" if version.pads else "same",
        use_bias=False,
        kernel_initializer=CONV_INITIALIZER,
        name="stem_conv",
    )
    return bn_swish(layer(x), version, "stem_")


def depthwise(x: Tensor, kernel: int, strides: int, version: Version, name: str) -> Tensor:
    """A depthwise convolution, normalised and activated."""
    pads = version.pads and strides > 1
    if pads:
        x = pad_for_stride(x, kernel, f"{name}dwconv_pad")
    layer = DepthwiseConv2D(
        kernel,
        strides=strides,
        padding="valid" if pads else "same",
        use_bias=False,
        depthwise_initializer=CONV_INITIALIZER,
        name=f"{name}{version.depthwise}",
    )
    return bn_swish(layer(x), version, name)


def squeeze_excite(x: Tensor, reduced: int, name: str) -> Tensor:
    """Weigh the channels by what two 1×1 convolutions make of their means."""
    axis = image_channel_axis()
    channels = x.shape[axis] or 0
    y = GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    shape = (channels, 1, 1) if axis == 1 else (1, 1, channels)
    y = Reshape(shape, name=f"{name}se_reshape")(y)
    for filters, activation, end in (
        (reduced, "swish", "se_reduce"),
        (channels, "sigmoid", "se_expand"),
    ):
        y = Conv2D(
            filters,
            1,
            padding="same",
            activation=activation,
            kernel_initializer=CONV_INITIALIZER,
            name=f"{name}{end}",
        )(y)
    return Multiply(name=f"{name}se_excite")([x, y])


def add_input(x: Tensor, y: Tensor, strides: int, drop_rate: float, name: str) -> Tensor:
    """The block's input added to what it makes of it, which is left out for some samples.

    Only where both have the same shape.
    """
    axis = image_channel_axis()
    if strides > 1 or x.shape[axis] != y.shape[axis]:
        return y
    if drop_rate:
        y = Dropout(drop_rate, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(y)
    return Add(name=f"{name}add")([y, x])


def mbconv(
    x: Tensor,
    filters: int,
    kernel: int,
    strides: int,
    expansion: int,
    se_ratio: float,
    drop_rate: float,
    version: Version,
    name: str,
) -> Tensor:
    """Widen by 1×1, convolve depthwise, squeeze and excite, thin out by 1×1, add the input."""
    channels = x.shape[image_channel_axis()] or 0
    y = x
    if expansion > 1:
        y = conv(y, expansion * channels, 1, f"{name}expand_")
        y = bn_swish(y, version, f"{name}expand_")
    y = depthwise(y, kernel, strides, version, name)
    y = squeeze_excite(y, max(1, int(channels * se_ratio)), name)
    y = bn(conv(y, filters, 1, f"{name}project_"), version, f"{name}project_")
    return add_input(x, y, strides, drop_rate, name)


def head(
    x: Tensor,
    filters: int,
    classes: int,
    top: bool,
    dropout: float,
    version: Version,
    **dense: Any,
) -> Tensor:
    """A 1×1 convolution and, on top, the classifier."""
    with scope("head"):
        x = bn_swish(conv(x, filters, 1, "top_"), version, "top_")
        if not top:
            return x
        x = GlobalAveragePooling2D(name="avg_pool")(x)
        if dropout:
            x = Dropout(dropout, name="top_dropout")(x)
        layer = Dense(
            classes,
            activation="softmax",
            kernel_initializer=DENSE_INITIALIZER,
            name="predictions",
            **dense,
        )
        return layer(x)
