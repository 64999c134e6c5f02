"""GoogLeNet: Inception modules, which convolve at several scales side by side.

Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke, Rabinovich: Going Deeper with
Convolutions, CVPR 2015, Table 1. Layer by layer the network of torchvision without its
auxiliary classifiers, which its figures leave out. It deviates from the paper: convolutions
are normalised instead of having biases, there is no local response normalisation, the last
pooling is 2×2 and not 3×3, dropout 0.2 and not 0.4, and the 5×5 convolutions are 3×3, a mistake
that the weights were trained with. `bn=false,kernel=5` has the paper's convolutions.

Poolings round sizes up, as they do in Caffe.
"""

from __future__ import annotations

from typing import NamedTuple

from archi.families._blocks import channel_axis, classifier
from archi.families.options import Flag, OneOf
from archi.families.registry import Paper, Published, family
from archi.families.vision._torchvision import (
    conv_bn,
    max_pool_ceil,
    pad_for_stride,
    weights_metadata,
)
from archi.graph import Tensor, scope
from archi.layers import Concatenate, Conv2D, MaxPooling2D


class Module(NamedTuple):
    """Filters of the convolutions of an Inception module, in the columns of Table 1."""

    conv_1x1: int
    reduce_3x3: int
    conv_3x3: int
    reduce_5x5: int
    conv_5x5: int
    pool_proj: int


TABLE_1 = {  # stage: its pooling, which strides by 2, and its modules
    "inception3": (
        3,
        {
            "a": Module(64, 96, 128, 16, 32, 32),
            "b": Module(128, 128, 192, 32, 96, 64),
        },
    ),
    "inception4": (
        3,
        {
            "a": Module(192, 96, 208, 16, 48, 64),
            "b": Module(160, 112, 224, 24, 64, 64),
            "c": Module(128, 128, 256, 24, 64, 64),
            "d": Module(112, 144, 288, 32, 64, 64),
            "e": Module(256, 160, 320, 32, 128, 128),
        },
    ),
    "inception5": (
        2,
        {
            "a": Module(256, 160, 320, 32, 128, 128),
            "b": Module(384, 192, 384, 48, 128, 128),
        },
    ),
}


def conv(x: Tensor, filters: int, kernel: int, bn: bool, name: str, strides: int = 1) -> Tensor:
    """A convolution, normalised or with a bias, and its activation."""
    if bn:
        return conv_bn(x, filters, kernel, name, strides=strides, epsilon=1e-3)
    x, padding = pad_for_stride(x, kernel, strides, name)
    return Conv2D(
        filters, kernel, strides=strides, padding=padding, activation="relu", name=f"{name}_conv"
    )(x)


def inception(x: Tensor, module: Module, kernel: int, bn: bool, name: str) -> Tensor:
    """Four ways side by side (Figure 2b); `kernel` is that of the third."""
    one = conv(x, module.conv_1x1, 1, bn, f"{name}_1x1")
    three = conv(x, module.reduce_3x3, 1, bn, f"{name}_3x3_reduce")
    three = conv(three, module.conv_3x3, 3, bn, f"{name}_3x3")
    five = conv(x, module.reduce_5x5, 1, bn, f"{name}_5x5_reduce")
    five = conv(five, module.conv_5x5, kernel, bn, f"{name}_5x5")
    pool = MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    pool = conv(pool, module.pool_proj, 1, bn, f"{name}_pool_proj")
    return Concatenate(axis=channel_axis(), name=f"{name}_concat")([one, three, five, pool])


@family(
    "googlenet",
    paper=Paper(
        "Going Deeper with Convolutions",
        "Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke, Rabinovich",
        2014,
        "https://arxiv.org/abs/1409.4842",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "bn": Flag(True, help="normalisation behind convolutions; false gives them biases"),
        "kernel": OneOf(3, 5, default=3, help="of a module's third way; the paper's is 5"),
    },
    also=("inception-v1",),
    elsewhere={"torchvision": {"googlenet": "googlenet"}},
    published=(
        *weights_metadata("GoogLeNet", {"googlenet": ("6,624,904", "1.498G")}),
        Published(
            "googlenet,bn=false,kernel=5",
            "macs",
            "1.5G",
            "Szegedy et al. 2014, Section 1",
            "Table 1 gives the first convolution 34 M where 7×7 ones have 118 M",
        ),
    ),
    recipe={
        "optimizer": "SGD, momentum 0.9",
        "learning rate": "×0.96 every 8 epochs",
        "dropout": "0.4 before the classifier",
        "source": "Szegedy et al. 2014, Sections 5 and 6",
    },
)
def googlenet(x: Tensor, classes: int, top: bool, bn: bool, kernel: int) -> Tensor:
    """The network: three convolutions, nine Inception modules in three stages, classifier."""
    with scope("stem"):
        x = conv(x, 64, 7, bn, "conv1", strides=2)
        x = max_pool_ceil(x, 3, 2, "pool1")
        x = conv(x, 64, 1, bn, "conv2_reduce")
        x = conv(x, 192, 3, bn, "conv2")
    for number, (stage, (pool, modules)) in enumerate(TABLE_1.items(), start=2):
        with scope(stage):
            x = max_pool_ceil(x, pool, 2, f"pool{number}")
            for letter, module in modules.items():
                name = f"{stage}{letter}"
                with scope(name, "inception"):
                    x = inception(x, module, kernel, bn, name)
    return classifier(x, classes, dropout=0.2) if top else x
