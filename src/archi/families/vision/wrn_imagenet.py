"""Wide residual networks (WRN) for ImageNet: ResNets with wider blocks behind the same stem.

Zagoruyko, Komodakis: Wide Residual Networks, BMVC 2016, Tables 7 and 8. WRN-18 and WRN-34
have k times the filters in all stages; in the bottlenecks of WRN-50-2 only the inner
convolutions are wider, as in torchvision's `wide_resnet50_2`. The stem keeps its 64 filters,
no convolution has a bias, and the 3×3 one of a bottleneck strides. `wrn-18-2` is the name of
a network for ImageNet alone, while `wrn-34-2` is one for CIFAR: 34 is 6n+4.
"""

from __future__ import annotations

from archi.families._blocks import RESNET_FILTERS, RESNET_TABLE_1, classifier
from archi.families.options import Decimal, OneOf
from archi.families.registry import Paper, Published, family
from archi.families.vision._resnet import basic, bottleneck, imagenet_stem, projected, stacked
from archi.families.vision._torchvision import weights_metadata
from archi.graph import Tensor

TABLE_7 = "Zagoruyko & Komodakis 2016, Table 7"
TABLE_8 = "Zagoruyko & Komodakis 2016, Table 8"
PARAMETERS = {
    "wrn-18-1-imagenet": ("11.7M", TABLE_7),
    "wrn-18-1.5-imagenet": ("25.9M", TABLE_7),
    "wrn-18-2-imagenet": ("45.6M", TABLE_7),
    "wrn-18-3-imagenet": ("101.8M", TABLE_7),
    "wrn-34-1-imagenet": ("21.8M", TABLE_7),
    "wrn-34-1.5-imagenet": ("48.6M", TABLE_7),
    "wrn-34-2-imagenet": ("86.0M", TABLE_7),
    "wrn-50-1-imagenet": ("25.6M", TABLE_8),
    "wrn-101-1-imagenet": ("44.5M", TABLE_8),
    "wrn-152-1-imagenet": ("60.2M", TABLE_8),
    "wrn-50-2-bottleneck": ("68.9M", TABLE_8),
}


@family(
    "wrn-{depth}-{width}-imagenet",
    also=(
        "wrn-imagenet-{depth}-{width}",
        "wrn-{depth}-{width}",
        "wide-resnet{depth}-{width}",
    ),
    paper=Paper(
        "Wide Residual Networks",
        "Zagoruyko, Komodakis",
        2016,
        "https://arxiv.org/abs/1605.07146",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "depth": OneOf(*RESNET_TABLE_1, help="weighted layers; from 50 on with bottlenecks"),
        "width": Decimal(
            1 / 64,
            32,
            step=1 / 64,
            rule="whose 64-fold is whole",
            help="widening factor k: times the filters of a ResNet",
            search=[quarters / 4 for quarters in range(1, 33)],
        ),
    },
    presets={
        "wrn-50-2-bottleneck": {"depth": 50, "width": 2.0},
    },
    catalogue=(
        "wrn-18-1.5-imagenet",
        "wrn-18-2-imagenet",
        "wrn-18-3-imagenet",
        "wrn-34-1.5-imagenet",
        "wrn-34-2-imagenet",
        "wrn-50-2-bottleneck",
    ),
    elsewhere={
        "torchvision": {f"wide_resnet{depth}_2": f"wrn-{depth}-2-imagenet" for depth in (50, 101)},
        "timm": {
            f"wide_resnet{depth}_2{tag}": f"wrn-{depth}-2-imagenet,input={side}x{side}x3"
            for depth in (50, 101)
            for tag, side in (("", 224), (".tv2_in1k", 176))
        },
    },
    published=(
        *(
            Published(spec, "trainable_params", figure, table)
            for spec, (figure, table) in PARAMETERS.items()
        ),
        *weights_metadata(
            "Wide ResNet",
            {
                "wrn-50-2-bottleneck": ("68,883,240", "11.398G"),
                "wrn-101-2-imagenet": ("126,886,696", "22.753G"),
            },
        ),
    ),
)
def wrn_imagenet(x: Tensor, classes: int, top: bool, depth: int, width: float) -> Tensor:
    """The network: ResNet's stem, four stages of wider blocks, classifier."""
    kind, repeats = RESNET_TABLE_1[depth]
    x = imagenet_stem(x, bias=False)
    for stage, strides, name in stacked(repeats, kind):
        wide = int(RESNET_FILTERS[stage] * width)
        filters = wide if kind == "basic" else 4 * RESNET_FILTERS[stage]
        shortcut = projected(x, filters, strides, bias=False, name=name)
        if kind == "basic":
            x = basic(x, shortcut, filters, wide, strides, bias=False, name=name)
        else:
            x = bottleneck(x, shortcut, filters, wide, (1, strides), bias=False, name=name)
    return classifier(x, classes) if top else x
