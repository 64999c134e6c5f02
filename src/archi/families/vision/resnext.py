"""ResNeXt: residual networks whose 3×3 convolutions work in groups.

Xie, Girshick, Dollár, Tu, He: Aggregated Residual Transformations for Deep Neural Networks,
CVPR 2017, Table 1, in the form of Figure 3(c). `resnext50-32x4d` has 50 layers, cardinality
C = 32 and bottleneck width d = 4; the groups of each later stage are twice as wide. Layer
by layer the network of torchvision, which follows the authors' code: convolutions have no
biases and the 3×3 one of a block strides.
"""

from __future__ import annotations

from archi.families._blocks import RESNET_FILTERS, RESNET_TABLE_1, classifier
from archi.families.options import Int, OneOf
from archi.families.registry import Paper, Published, family
from archi.families.vision._resnet import stacked
from archi.families.vision._torchvision import bottleneck, conv_bn, weights_metadata
from archi.graph import Tensor, scope
from archi.layers import MaxPooling2D, ZeroPadding2D

TABLE_1 = "Xie et al. 2017, Table 1"


def stem(x: Tensor) -> Tensor:
    """7×7 convolution and 3×3 max pooling, each halving the resolution."""
    x = conv_bn(x, 64, 7, "conv1", strides=2)
    x = ZeroPadding2D(1, name="pool1_pad")(x)
    return MaxPooling2D(3, strides=2, name="pool1")(x)


TIMM_SHAPES = ("32x4", "32x8", "32x16", "32x32", "32x48", "64x4")  # of its ResNeXt-101s


@family(
    "resnext{depth}-{cardinality}x{width}d",
    paper=Paper(
        "Aggregated Residual Transformations for Deep Neural Networks",
        "Xie, Girshick, Dollár, Tu, He",
        2016,
        "https://arxiv.org/abs/1611.05431",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "depth": OneOf(50, 101, 152, help="weighted layers"),
        "cardinality": Int(
            1, 128, help="groups of the 3×3 convolutions, C", search=(1, 2, 4, 8, 16, 32, 64)
        ),
        "width": Int(
            1, 128, help="filters of one group in the first stage, d", search=range(1, 65)
        ),
    },
    catalogue=(
        "resnext50-32x4d",
        "resnext101-32x4d",
        "resnext101-32x8d",
        "resnext101-64x4d",
        "resnext152-32x4d",
    ),
    elsewhere={
        "torchvision": {
            f"resnext{name}": f"resnext{name.replace('_', '-')}"
            for name in ("50_32x4d", "101_32x8d", "101_64x4d")
        },
        "timm": {
            **{
                f"resnext{name}": f"resnext{name.replace('_', '-')}"
                for name in ("50_32x4d", *(f"101_{shape}d" for shape in TIMM_SHAPES))
            },
            **{
                f"resnext{name}.tv2_in1k": f"resnext{name.replace('_', '-')},input=176x176x3"
                for name in ("50_32x4d", "101_32x8d")
            },
        },
    },
    missing={
        "resnext50d*": "it has the stem of three convolutions and the shortcuts of ResNet-D",
        "resnext26*": "timm's own, of another depth",
    },
    published=(
        *weights_metadata(
            "ResNeXt",
            {
                "resnext50-32x4d": ("25,028,904", "4.23G"),
                "resnext101-32x8d": ("88,791,336", "16.414G"),
                "resnext101-64x4d": ("83,455,272", "15.46G"),
            },
        ),
        Published("resnext50-32x4d", "trainable_params", "25.0M", TABLE_1),
        Published("resnext50-32x4d", "macs", "4.2G", TABLE_1),
        Published("resnext50-1x64d", "trainable_params", "25.5M", TABLE_1, "cut off, not rounded"),
        Published("resnext50-1x64d", "macs", "4.1G", TABLE_1),
    ),
    recipe={
        "optimizer": "SGD, momentum 0.9",
        "learning rate": "0.1, divided by 10 three times",
        "batch": "256",
        "weight decay": "1e-4",
        "source": "Xie et al. 2017, Section 4",
    },
)
def resnext(x: Tensor, classes: int, top: bool, depth: int, cardinality: int, width: int) -> Tensor:
    """The network: stem, four stages of grouped bottlenecks, classifier."""
    _, repeats = RESNET_TABLE_1[depth]
    with scope("stem"):
        x = stem(x)
    for stage, strides, name in stacked(repeats, "bottleneck"):
        filters, inner = 4 * RESNET_FILTERS[stage], cardinality * width * 2**stage
        x = bottleneck(x, filters, inner, strides, name, groups=cardinality)
    return classifier(x, classes) if top else x
