"""Residual networks for CIFAR: 6n+2 layers in three stages of 16, 32 and 64 filters.

He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, CVPR 2016, Section 4.2
and Table 6. Where a stage begins the shortcut has no parameters (option A): it takes every
other pixel, as the 1×1 average pooling of the authors' later code (fb.resnet.torch) does,
and has zeros for the channels that are missing. Options B and C of Section 4.1 are there
too, projections with normalisation. `preact=true` has the blocks of He, Zhang, Ren, Sun:
Identity Mappings in Deep Residual Networks, ECCV 2016: BN-ReLU before each convolution, right
behind the first one of the network, and at its end; a projection, without normalisation,
shares a block's first BN-ReLU. `preact-resnet110` has such projections where channels change,
as the authors' code has for deeper networks. Deviates in padding: Keras's "same" pads a
strided convolution on one side.
"""

from __future__ import annotations

from archi.families._blocks import PYTORCHCV, bn_relu, channel_axis, classifier
from archi.families.options import Flag, Int, OneOf
from archi.families.registry import Paper, Published, family
from archi.families.vision._resnet import (
    activated_convs,
    basic,
    conv_bn,
    he_conv,
    projected,
    relu,
    stacked,
)
from archi.graph import Tensor, current_build, scope
from archi.layers import Add, AveragePooling2D, ZeroPadding2D

FILTERS = (16, 32, 64)


def zero_padded(x: Tensor, filters: int, strides: int, name: str) -> Tensor:
    """Option A: identity where it fits, else every other pixel and channels of zeros.

    ZeroPadding2D pads the two axes that its data format says are an image's; told the
    other format, one of them is the channels.
    """
    missing = filters - (x.shape[channel_axis()] or 0)
    if not missing:
        return x
    x = AveragePooling2D(1, strides=strides, name=f"{name}_0_pool")(x)
    if current_build().data_format == "channels_last":
        margins, taken_for = ((0, 0), (0, missing)), "channels_first"
    else:
        margins, taken_for = ((0, missing), (0, 0)), "channels_last"
    return ZeroPadding2D(margins, data_format=taken_for, name=f"{name}_0_pad")(x)


def bypass(x: Tensor, filters: int, strides: int, option: str, name: str) -> Tensor:
    """Options A, B and C: zeros, projections where channels change, projections only."""
    if option == "a":
        return zero_padded(x, filters, strides, name)
    if option == "b":
        return projected(x, filters, strides, bias=False, name=name)
    return conv_bn(x, filters, 1, strides=strides, bias=False, name=name, number=0)


def preact_block(
    x: Tensor, filters: int, strides: int, option: str, first: bool, name: str
) -> Tensor:
    """Two times BN-ReLU and a 3×3 convolution (He et al. 2016, Figure 4e).

    The network's first block has its first BN-ReLU before the ways part (appendix).
    """
    y = bn_relu(x, f"{name}_1")
    around = y if first else x
    if option == "a":
        around = zero_padded(around, filters, strides, name)
    elif option == "c" or x.shape[channel_axis()] != filters:
        around = he_conv(y, filters, 1, strides=strides, name=f"{name}_0_conv")
    y = activated_convs(y, [(filters, 3), (filters, 3)], strides, name=name)
    return Add(name=f"{name}_add")([around, y])


TABLE_6 = "He et al. 2015, Table 6"
WRN_TABLE_5 = "Zagoruyko & Komodakis 2016, Table 5"
PARAMETERS = {20: "0.27M", 32: "0.46M", 44: "0.66M", 56: "0.85M", 110: "1.7M", 1202: "19.4M"}
# PYTORCHCV has option B, with and without preact
OPTION_B = {20: "272,474", 56: "855,770", 110: "1,730,714", 1202: "19,424,026"}
PREACT_B = {20: "272,282", 56: "855,578", 110: "1,730,522", 1202: "19,423,834"}


@family(
    "resnet-cifar-{depth}",
    also=("cifar-resnet{depth}", "resnet{depth}-cifar"),
    paper=Paper(
        "Deep Residual Learning for Image Recognition",
        "He, Zhang, Ren, Sun",
        2015,
        "https://arxiv.org/abs/1512.03385",
    ),
    input=(32, 32, 3),
    classes=10,
    options={
        "depth": Int(
            8, 20_000, step=6, rule="6n+2", help="weighted layers, 6n+2", search=range(8, 1203, 6)
        ),
        "shortcut": OneOf(
            "a",
            "b",
            "c",
            default="a",
            help="a: no parameters; b: projections where channels change; c: all projections",
        ),
        "preact": Flag(False, help="normalisation and activation before each convolution"),
    },
    presets={
        **{f"resnet{depth}": {"depth": depth} for depth in PARAMETERS},
        "preact-resnet110": {"depth": 110, "shortcut": "b", "preact": True},
    },
    catalogue=(*(f"resnet{depth}" for depth in PARAMETERS), "preact-resnet110"),
    published=(
        *(
            Published(f"resnet{depth}", "trainable_params", figure, TABLE_6)
            for depth, figure in PARAMETERS.items()
        ),
        *(
            Published(f"resnet{depth},shortcut=b", "trainable_params", figure, PYTORCHCV)
            for depth, figure in OPTION_B.items()
        ),
        Published("preact-resnet110", "trainable_params", "1.7M", WRN_TABLE_5),
        *(
            Published(
                f"resnet{depth},shortcut=b,preact=true", "trainable_params", figure, PYTORCHCV
            )
            for depth, figure in PREACT_B.items()
        ),
    ),
    recipe={
        "optimizer": "SGD, momentum 0.9",
        "learning rate": "0.1, divided by 10 at iterations 32,000 and 48,000",
        "batch": "128",
        "weight decay": "1e-4",
        "iterations": "64,000",
        "augmentation": "4 pixels padded on each side, random 32×32 crop, random flip",
        "source": "He et al. 2015, Section 4.2",
    },
)
def resnet_cifar(
    x: Tensor, classes: int, top: bool, depth: int, shortcut: str, preact: bool
) -> Tensor:
    """The network: a 3×3 convolution, three stages of n blocks, classifier."""
    n = (depth - 2) // 6
    with scope("conv1"):
        if preact:
            x = he_conv(x, 16, 3, name="conv1")
        else:
            x = conv_bn(x, 16, 3, bias=False, name="conv1", number=1)
            x = relu(x, "conv1_1_relu")
    for stage, strides, name in stacked((n, n, n), "basic"):
        filters = FILTERS[stage]
        if preact:
            first = name == "conv2_block1"
            x = preact_block(x, filters, strides, shortcut, first, name)
        else:
            around = bypass(x, filters, strides, shortcut, name)
            x = basic(x, around, filters, filters, strides, bias=False, name=name)
    if preact:
        with scope("head"):
            x = bn_relu(x, "post")
    return classifier(x, classes) if top else x
