"""Xception: Inception taken to its limit, with separable convolutions throughout.

Chollet: Xception: Deep Learning with Depthwise Separable Convolutions, CVPR 2017,
Figure 5. Equal to `keras.applications.xception` layer by layer.
"""

from __future__ import annotations

from archi.families._blocks import channel_axis, classifier, keras_table
from archi.families.registry import Paper, Published, family
from archi.graph import Tensor, scope
from archi.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    MaxPooling2D,
    SeparableConv2D,
)


def normalize(x: Tensor, name: str | None = None) -> Tensor:
    """Batch normalisation over the channels."""
    return BatchNormalization(axis=channel_axis(), name=name)(x)


def relu(x: Tensor, name: str) -> Tensor:
    """The activation `name_act`."""
    return Activation("relu", name=f"{name}_act")(x)


def conv_bn_relu(x: Tensor, filters: int, strides: int, name: str) -> Tensor:
    """An ordinary 3×3 convolution, normalised and activated."""
    x = Conv2D(filters, 3, strides=strides, use_bias=False, name=name)(x)
    return relu(normalize(x, f"{name}_bn"), name)


def sepconv_bn(x: Tensor, filters: int, name: str) -> Tensor:
    """A 3×3 separable convolution and its normalisation."""
    x = SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return normalize(x, f"{name}_bn")


def halving(x: Tensor, first: int, second: int, name: str, activate: bool = True) -> Tensor:
    """Two separable convolutions and a pooling beside a strided 1×1 convolution."""
    shortcut = Conv2D(second, 1, strides=2, padding="same", use_bias=False)(x)
    shortcut = normalize(shortcut)
    if activate:
        x = relu(x, f"{name}_sepconv1")
    x = sepconv_bn(x, first, f"{name}_sepconv1")
    x = relu(x, f"{name}_sepconv2")
    x = sepconv_bn(x, second, f"{name}_sepconv2")
    x = MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x)
    return Add()([x, shortcut])


def middle(x: Tensor, name: str) -> Tensor:
    """Three separable convolutions around which the input is added."""
    y = x
    for i in (1, 2, 3):
        y = relu(y, f"{name}_sepconv{i}")
        y = sepconv_bn(y, 728, f"{name}_sepconv{i}")
    return Add()([y, x])


@family(
    "xception",
    paper=Paper(
        "Xception: Deep Learning with Depthwise Separable Convolutions",
        "Chollet",
        2016,
        "https://arxiv.org/abs/1610.02357",
    ),
    input=(299, 299, 3),
    classes=1000,
    applications={
        "xception": "Xception()",
        "xception,top=false": "Xception(include_top=False, input_shape=(299, 299, 3))",
    },
    elsewhere={"timm": {"legacy_xception": "xception"}},
    missing={
        "xception[467]*": "an aligned Xception of DeepLab, of other depths",
    },
    published=(
        Published("xception", "trainable_params", "22,855,952", "Chollet 2016, Table 3"),
        *keras_table("xception", "22.9M", "81"),
    ),
    recipe={
        "optimizer": "SGD, momentum 0.9",
        "learning rate": "0.045, ×0.94 every 2 epochs",
        "weight decay": "1e-5",
        "dropout": "0.5 before the classifier",
        "source": "Chollet 2016, Section 4.3 and 4.4 (ImageNet)",
    },
)
def xception(x: Tensor, classes: int, top: bool) -> Tensor:
    """Entry flow, eight middle blocks, exit flow, classifier."""
    with scope("entry"):
        with scope("block1", "conv"):
            x = conv_bn_relu(x, 32, 2, "block1_conv1")
            x = conv_bn_relu(x, 64, 1, "block1_conv2")
        for number, filters in ((2, 128), (3, 256), (4, 728)):
            with scope(f"block{number}", "sepconv /2"):
                x = halving(x, filters, filters, f"block{number}", activate=number > 2)
    with scope("middle"):
        for number in range(5, 13):
            with scope(f"block{number}", "sepconv"):
                x = middle(x, f"block{number}")
    with scope("exit"):
        with scope("block13", "sepconv /2"):
            x = halving(x, 728, 1024, "block13")
        with scope("block14", "sepconv"):
            for i, filters in ((1, 1536), (2, 2048)):
                name = f"block14_sepconv{i}"
                x = relu(sepconv_bn(x, filters, name), name)
    return classifier(x, classes) if top else x
