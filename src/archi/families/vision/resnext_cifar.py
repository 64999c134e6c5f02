"""ResNeXt-29 for CIFAR: three stages of three grouped bottlenecks.

Xie, Girshick, Dollár, Tu, He: Aggregated Residual Transformations for Deep Neural Networks,
CVPR 2017, Section 5.3 and Table 7. `resnext29-8x64d` has cardinality C = 8 and bottleneck
width d = 64; each stage halves the resolution and has twice the width of the one before.
"""

from __future__ import annotations

from archi.families._blocks import classifier
from archi.families.options import Int
from archi.families.registry import Paper, Published, family
from archi.families.vision._resnet import stacked
from archi.families.vision._torchvision import bottleneck, conv_bn
from archi.graph import Tensor, scope

BLOCKS = (3, 3, 3)  # in each stage
FILTERS = (256, 512, 1024)  # that a stage's blocks give
TABLE_7 = "Xie et al. 2017, Table 7"


@family(
    "resnext29-{cardinality}x{width}d",
    paper=Paper(
        "Aggregated Residual Transformations for Deep Neural Networks",
        "Xie, Girshick, Dollár, Tu, He",
        2016,
        "https://arxiv.org/abs/1611.05431",
    ),
    input=(32, 32, 3),
    classes=10,
    options={
        "cardinality": Int(
            1, 128, help="groups of the 3×3 convolutions, C", search=(1, 2, 4, 8, 16, 32, 64)
        ),
        "width": Int(
            1, 128, help="filters of one group in the first stage, d", search=range(1, 129)
        ),
    },
    catalogue=("resnext29-8x64d", "resnext29-16x64d"),
    published=(
        Published("resnext29-8x64d", "trainable_params", "34.4M", TABLE_7),
        Published("resnext29-16x64d", "trainable_params", "68.1M", TABLE_7, "cut off, not rounded"),
    ),
    recipe={
        "optimizer": "SGD, momentum 0.9",
        "learning rate": "0.1, divided by 10 at epochs 150 and 225",
        "batch": "128",
        "weight decay": "5e-4",
        "epochs": "300",
        "source": "Xie et al. 2017, Section 5.3",
    },
)
def resnext_cifar(x: Tensor, classes: int, top: bool, cardinality: int, width: int) -> Tensor:
    """The network: a 3×3 convolution, three stages of grouped bottlenecks, classifier."""
    with scope("conv1"):
        x = conv_bn(x, 64, 3, "conv1")
    for stage, strides, name in stacked(BLOCKS, "bottleneck"):
        inner = cardinality * width * 2**stage
        x = bottleneck(x, FILTERS[stage], inner, strides, name, groups=cardinality)
    return classifier(x, classes) if top else x
