"""Pre-activation residual networks as the `keras-resnet` project builds them.

The network of github.com/raghakot/keras-resnet: the depths of He et al. 2015, Table 1,
with the blocks of He et al. 2016 (normalisation and activation before a convolution).
Convolutions have biases, He initialisation and an L2 penalty; a shortcut whose shape
changes is a 1×1 convolution of the raw input. Deviates from that project in ending in
global average pooling rather than average pooling and flattening, which gives the same.
"""

from __future__ import annotations

from archi.families._blocks import (
    IDENTITY_MAPPINGS_RECIPE,
    RESNET_FILTERS,
    RESNET_TABLE_1,
    bn_relu,
    classifier,
)
from archi.families.options import OneOf
from archi.families.registry import Paper, family
from archi.graph import Tensor, scope
from archi.layers import Add, Conv2D, MaxPooling2D

WEIGHT_DECAY = {"class_name": "L2", "config": {"l2": 1e-4}}
BLOCKS = {"basic": (3, 3), "bottleneck": (1, 3, 1)}  # kernels of a block's convolutions


def conv(x: Tensor, filters: int, kernel: int, strides: int, name: str) -> Tensor:
    """A convolution with bias, He initialisation and L2 penalty."""
    return Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same",
        kernel_initializer="he_normal",
        kernel_regularizer=WEIGHT_DECAY,
        name=name,
    )(x)


def block(x: Tensor, kind: str, filters: int, strides: int, first: bool, name: str) -> Tensor:
    """BN-ReLU-conv for each kernel of the block; the network's `first` conv stands bare."""
    y = x
    for number, kernel in enumerate(BLOCKS[kind], start=1):
        last = number == len(BLOCKS[kind])
        width = 4 * filters if kind == "bottleneck" and last else filters
        if not (first and number == 1):
            y = bn_relu(y, f"{name}_{number}")
        y = conv(y, width, kernel, strides if number == 1 else 1, f"{name}_{number}_conv")
    shortcut = x
    if x.shape != y.shape:
        shortcut = conv(x, width, 1, strides, f"{name}_0_conv")
    return Add(name=f"{name}_add")([shortcut, y])


@family(
    "preact-resnet{depth}",
    also=("keras-resnet{depth}",),
    paper=Paper(
        "Identity Mappings in Deep Residual Networks",
        "He, Zhang, Ren, Sun",
        2016,
        "https://arxiv.org/abs/1603.05027",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={"depth": OneOf(*RESNET_TABLE_1, help="weighted layers")},
    recipe=IDENTITY_MAPPINGS_RECIPE,
)
def preact_resnet(x: Tensor, classes: int, top: bool, depth: int) -> Tensor:
    """The network: conv-BN-ReLU-pool, four stages, BN-ReLU, classifier."""
    kind, repeats = RESNET_TABLE_1[depth]
    with scope("stem"):
        x = bn_relu(conv(x, 64, 7, 2, "conv1_conv"), "conv1")
        x = MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    for stage, (filters, number) in enumerate(zip(RESNET_FILTERS, repeats, strict=True), start=2):
        with scope(f"conv{stage}"):
            for i in range(1, number + 1):
                strides = 2 if i == 1 and stage > 2 else 1
                with scope(f"block{i}", kind):
                    first = i == 1 and stage == 2
                    x = block(x, kind, filters, strides, first, f"conv{stage}_block{i}")
    with scope("head"):
        x = bn_relu(x, "post")
    return classifier(x, classes, kernel_initializer="he_normal") if top else x
