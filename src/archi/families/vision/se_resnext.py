"""SE-ResNeXt: ResNeXt whose blocks weigh their channels before the addition.

Hu, Shen, Albanie, Sun, Wu: Squeeze-and-Excitation Networks, CVPR 2018, Table 1 (right):
squeeze and excitation through 1/r of the channels, r = 16, ends the residual branch of a
bottleneck of Xie et al. 2017. No convolution has a bias, and the grouped 3×3 one strides. The
two fully connected layers are 1×1 convolutions here, with biases as in the published models.
"""

from __future__ import annotations

from archi.families._blocks import (
    MORE_THAN_MACS,
    PYTORCHCV,
    RESNET_FILTERS,
    RESNET_TABLE_1,
    classifier,
)
from archi.families.options import Int, OneOf
from archi.families.registry import Paper, Published, family
from archi.families.vision._resnet import (
    SENET_RECIPE,
    SENET_TABLE_2,
    bottleneck,
    excited,
    imagenet_stem,
    projected,
    stacked,
)
from archi.graph import Tensor

PARAMETERS = {
    "se-resnext50-32x4d": "27,559,896",
    "se-resnext101-32x4d": "48,955,416",
    "se-resnext101-64x4d": "88,232,984",
}
MACS = {"se-resnext50-32x4d": "4.25G", "se-resnext101-32x4d": "8.00G"}


@family(
    "se-resnext{depth}-{cardinality}x{width}d",
    paper=Paper(
        "Squeeze-and-Excitation Networks",
        "Hu, Shen, Albanie, Sun, Wu",
        2017,
        "https://arxiv.org/abs/1709.01507",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "depth": OneOf(50, 101, 152, help="weighted layers of the ResNeXt"),
        "cardinality": Int(
            1, 128, help="groups of the 3×3 convolutions, C", search=(1, 2, 4, 8, 16, 32, 64)
        ),
        "width": Int(
            1, 128, help="filters of one group in the first stage, d", search=range(1, 65)
        ),
    },
    catalogue=tuple(PARAMETERS),
    elsewhere={
        "timm": {
            **{
                f"seresnext{name}": f"se-resnext{name.replace('_', '-')}"
                for name in ("50_32x4d", "101_32x4d", "101_32x8d", "101_64x4d")
            },
            **{
                f"legacy_seresnext{name}": f"se-resnext{name.replace('_', '-')}"
                for name in ("50_32x4d", "101_32x4d")
            },
        },
    },
    missing={
        "se-resnext101d*": "it has the stem of three convolutions and the shortcuts of ResNet-D",
        "se-resnext26*": "timm's own, of another depth",
        "se-resnextaa*": "it blurs where it strides",
        "legacy-se-resnext26*": "timm's own, of another depth",
    },
    published=(
        *(
            Published(spec, "trainable_params", figure, PYTORCHCV)
            for spec, figure in PARAMETERS.items()
        ),
        *(
            Published(spec, "macs", figure, SENET_TABLE_2, MORE_THAN_MACS)
            for spec, figure in MACS.items()
        ),
    ),
    recipe=SENET_RECIPE,
)
def se_resnext(
    x: Tensor, classes: int, top: bool, depth: int, cardinality: int, width: int
) -> Tensor:
    """The network: ResNet's stem, four stages of grouped bottlenecks with a gate, classifier."""
    _, repeats = RESNET_TABLE_1[depth]
    x = imagenet_stem(x, bias=False)
    for stage, strides, name in stacked(repeats, "SE bottleneck"):
        filters = 4 * RESNET_FILTERS[stage]
        x = bottleneck(
            x,
            projected(x, filters, strides, bias=False, name=name),
            filters,
            cardinality * width * 2**stage,
            (1, strides),
            groups=cardinality,
            bias=False,
            name=name,
            gate=excited(16),
        )
    return classifier(x, classes) if top else x
