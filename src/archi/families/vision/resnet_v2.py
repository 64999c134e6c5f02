"""Residual networks V2 of `keras.applications`: normalisation and activation come first.

He, Zhang, Ren, Sun: Identity Mappings in Deep Residual Networks, ECCV 2016. Equal to
`keras.applications.resnet_v2` layer by layer. Deviates from the paper as Keras does: a
stage halves the resolution in its last block, not its first, and the identity shortcut
of that block is a 1×1 max pooling.
"""

from __future__ import annotations

from archi.families._blocks import (
    IDENTITY_MAPPINGS_RECIPE,
    RESNET_FILTERS,
    RESNET_TABLE_1,
    classifier,
    keras_table,
    normalize,
)
from archi.families.options import OneOf
from archi.families.registry import Paper, family
from archi.graph import Tensor, scope
from archi.layers import Activation, Add, Conv2D, MaxPooling2D, ZeroPadding2D


def bn_relu(x: Tensor, name: str) -> Tensor:
    """Normalisation and activation; `name` ends before `_bn`."""
    return Activation("relu", name=f"{name}_relu")(normalize(x, f"{name}_bn"))


def bottleneck(x: Tensor, filters: int, strides: int, project: bool, name: str) -> Tensor:
    """1×1, 3×3 and 1×1 convolutions behind a shared pre-activation (Figure 4e)."""
    before = bn_relu(x, f"{name}_preact")
    shortcut = x
    if project:
        shortcut = Conv2D(4 * filters, 1, strides=strides, name=f"{name}_0_conv")(before)
    elif strides > 1:
        shortcut = MaxPooling2D(1, strides=strides)(x)
    y = Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(before)
    y = bn_relu(y, f"{name}_1")
    y = ZeroPadding2D(1, name=f"{name}_2_pad")(y)
    y = Conv2D(filters, 3, strides=strides, use_bias=False, name=f"{name}_2_conv")(y)
    y = bn_relu(y, f"{name}_2")
    y = Conv2D(4 * filters, 1, name=f"{name}_3_conv")(y)
    return Add(name=f"{name}_out")([shortcut, y])


def stem(x: Tensor) -> Tensor:
    """7×7 convolution and 3×3 max pooling, each halving the resolution."""
    x = ZeroPadding2D(3, name="conv1_pad")(x)
    x = Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    x = ZeroPadding2D(1, name="pool1_pad")(x)
    return MaxPooling2D(3, strides=2, name="pool1_pool")(x)


@family(
    "resnet{depth}v2",
    also=("resnetv2-{depth}",),
    paper=Paper(
        "Identity Mappings in Deep Residual Networks",
        "He, Zhang, Ren, Sun",
        2016,
        "https://arxiv.org/abs/1603.05027",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "depth": OneOf(
            *(depth for depth, (kind, _) in RESNET_TABLE_1.items() if kind == "bottleneck"),
            help="weighted layers",
        ),
    },
    applications={
        "resnet50v2": "ResNet50V2()",
        "resnet101v2": "ResNet101V2()",
        "resnet152v2": "ResNet152V2()",
        "resnet50v2,top=false": "ResNet50V2(include_top=False, input_shape=(224, 224, 3))",
    },
    missing={
        "resnet-v2*bit*": "BiT normalises groups, and standardises weights",
        "resnet-v2*gn": "it normalises groups, not batches",
        "resnet-v2*evos": "it normalises and activates at once",
        "resnet-v2*frn": "it normalises each filter, not batches",
        "resnet-v2-*[dt]": "timm's own: it has three convolutions for a stem",
        "resnet-v2-18": "the authors and Keras have 50, 101 and 152",
        "resnet-v2-34": "the authors and Keras have 50, 101 and 152",
    },
    published=(
        *keras_table("resnet50v2", "25.6M", "103"),
        *keras_table("resnet101v2", "44.7M", "205"),
        *keras_table("resnet152v2", "60.4M", "307"),
    ),
    recipe=IDENTITY_MAPPINGS_RECIPE,
)
def resnet_v2(x: Tensor, classes: int, top: bool, depth: int) -> Tensor:
    """The network: stem, four stages of bottlenecks, a last activation, classifier."""
    _, blocks = RESNET_TABLE_1[depth]
    with scope("stem"):
        x = stem(x)
    for stage, (filters, repeats) in enumerate(zip(RESNET_FILTERS, blocks, strict=True), start=2):
        with scope(f"conv{stage}"):
            for block in range(1, repeats + 1):
                strides = 2 if block == repeats and stage < 5 else 1
                with scope(f"block{block}", "bottleneck"):
                    name = f"conv{stage}_block{block}"
                    x = bottleneck(x, filters, strides, block == 1, name)
    with scope("head"):
        x = bn_relu(x, "post")
    return classifier(x, classes) if top else x
