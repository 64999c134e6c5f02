"""SE-ResNet: residual networks that weigh the channels of every block before the addition.

Hu, Shen, Albanie, Sun, Wu: Squeeze-and-Excitation Networks, CVPR 2018, Table 1 (middle):
squeeze and excitation through 1/r of the channels, r = 16, ends the residual branch. As in
the authors' ResNet-50 of 3.86 GMACs no convolution has a bias and the first 1×1 convolution
of a bottleneck strides. The two fully connected layers are 1×1 convolutions here, with biases
as in the published models; the paper's Section 6 leaves them out.
"""

from __future__ import annotations

from archi.families._blocks import (
    MORE_THAN_MACS,
    PYTORCHCV,
    RESNET_FILTERS,
    RESNET_TABLE_1,
    classifier,
)
from archi.families.options import OneOf
from archi.families.registry import Paper, Published, family
from archi.families.vision._resnet import (
    SENET_RECIPE,
    SENET_TABLE_2,
    basic,
    bottleneck,
    excited,
    imagenet_stem,
    projected,
    stacked,
)
from archi.graph import Tensor

TABLE_10 = "Hu et al. 2017, Table 10"
ROUNDED_UP = "rounded up, as every figure of that table"
REDUCTIONS = {2: "45.7M", 4: "35.7M", 8: "30.7M", 16: "28.1M", 32: "26.9M"}
PARAMETERS = {18: "11,778,592", 50: "28,088,024", 101: "49,326,872", 152: "66,821,848"}
MACS = {50: "3.87G", 101: "7.60G", 152: "11.32G"}


@family(
    "se-resnet{depth}",
    paper=Paper(
        "Squeeze-and-Excitation Networks",
        "Hu, Shen, Albanie, Sun, Wu",
        2017,
        "https://arxiv.org/abs/1709.01507",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "depth": OneOf(*RESNET_TABLE_1, help="weighted layers of the ResNet"),
        "reduction": OneOf(
            2,
            4,
            8,
            16,
            32,
            default=16,
            search=(2, 4, 8, 16, 32),
            help="reduction ratio r: channels to filters between squeeze and excitation",
        ),
    },
    elsewhere={
        "timm": {f"legacy_seresnet{depth}": f"se-resnet{depth}" for depth in RESNET_TABLE_1}
    },
    missing={
        "se-resnet[1235]*d": "it has the stem of three convolutions and the shortcuts of ResNet-D",
        "se-resnet[1235]*t": "timm's own: it has three convolutions for a stem",
        "se-resnet[1235]*ts": "timm's own: it has three convolutions for a stem",
        "se-resnetaa*": "it blurs where it strides",
    },
    published=(
        *(
            Published(
                f"se-resnet50,reduction={r}",
                "trainable_params",
                figure,
                TABLE_10,
                ROUNDED_UP if r in (4, 8, 32) else "",
            )
            for r, figure in REDUCTIONS.items()
        ),
        *(
            Published(f"se-resnet{depth}", "trainable_params", figure, PYTORCHCV)
            for depth, figure in PARAMETERS.items()
        ),
        *(
            Published(f"se-resnet{depth}", "macs", figure, SENET_TABLE_2, MORE_THAN_MACS)
            for depth, figure in MACS.items()
        ),
    ),
    recipe=SENET_RECIPE,
)
def se_resnet(x: Tensor, classes: int, top: bool, depth: int, reduction: int) -> Tensor:
    """The network: ResNet's stem, four stages of blocks with a gate, classifier."""
    kind, repeats = RESNET_TABLE_1[depth]
    gate = excited(reduction)
    x = imagenet_stem(x, bias=False)
    for stage, strides, name in stacked(repeats, f"SE {kind}"):
        filters = RESNET_FILTERS[stage]
        wide = filters if kind == "basic" else 4 * filters
        shortcut = projected(x, wide, strides, bias=False, name=name)
        if kind == "basic":
            x = basic(x, shortcut, wide, filters, strides, bias=False, name=name, gate=gate)
        else:
            pair = (strides, 1)
            x = bottleneck(x, shortcut, wide, filters, pair, bias=False, name=name, gate=gate)
    return classifier(x, classes) if top else x
