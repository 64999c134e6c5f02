"""Deep residual networks (ResNet) with the activation after the addition.

He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, CVPR 2016, Table 1.
Depths 50, 101 and 152 equal `keras.applications.resnet` layer by layer; 18 and 34 have
the paper's basic block in the same manner. Deviates from the paper as Keras does:
convolutions have biases, and shortcuts that change shape are 1×1 convolutions at every
depth. A bottleneck strides in its first 1×1 convolution, as in the paper; torchvision
strides in the 3×3.
"""

from __future__ import annotations

from archi.families._blocks import RESNET_FILTERS, RESNET_TABLE_1, classifier, keras_table
from archi.families.elsewhere import HUGGING_FACE
from archi.families.options import Flag, Int, OneOf
from archi.families.registry import Paper, Published, family
from archi.families.vision._resnet import basic, bottleneck, imagenet_stem, projected, stacked
from archi.graph import Tensor

PAPER_TABLE_1 = "He et al. 2015, Table 1"
TORCHVISION = "torchvision.models, ResNet weights' metadata"
WIDE = "bias=false,stride=3x3,width=2"  # torchvision's wide_resnet50_2 and wide_resnet101_2


def torchvision_spec(depth: int) -> str:
    """Return the spec of torchvision's ResNet, which timm and Hugging Face have too."""
    return f"resnet{depth},bias=false,stride=3x3"


def timm_names() -> dict[str, str]:
    """The specs of timm's names, and of weights that were trained on images of another size."""
    names = {f"resnet{depth}": torchvision_spec(depth) for depth in RESNET_TABLE_1}
    smaller = ("resnet50.a1h_in1k", *(f"resnet{depth}.tv2_in1k" for depth in (50, 101, 152)))
    for name in smaller:
        names[name] = f"{names[name.partition('.')[0]]},input=176x176x3"
    return names


@family(
    "resnet{depth}",
    paper=Paper(
        "Deep Residual Learning for Image Recognition",
        "He, Zhang, Ren, Sun",
        2015,
        "https://arxiv.org/abs/1512.03385",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "depth": OneOf(*RESNET_TABLE_1, help="weighted layers"),
        "bias": Flag(True, help="biases in the convolutions; torchvision has none"),
        "stride": OneOf(
            "1x1",
            "3x3",
            default="1x1",
            help="which convolution of a bottleneck strides; torchvision's is the 3x3",
        ),
        "width": Int(
            1,
            64,
            default=1,
            search=range(1, 9),
            help="times the filters inside a block: 2 in torchvision's wide_resnet50_2",
        ),
    },
    applications={
        "resnet50": "ResNet50()",
        "resnet101": "ResNet101()",
        "resnet152": "ResNet152()",
        "resnet50,classes=10,input=64x96x1": "ResNet50(classes=10, input_shape=(64, 96, 1))",
    },
    elsewhere={
        "torchvision": {f"resnet{depth}": torchvision_spec(depth) for depth in RESNET_TABLE_1},
        "timm": timm_names(),
        HUGGING_FACE: {
            f"microsoft/resnet-{depth}": torchvision_spec(depth) for depth in RESNET_TABLE_1
        },
    },
    missing={
        "resnet26": "timm's own, of another depth",
        "resnet200": "of a later paper, of another depth",
        "resnet*clip*": "CLIP's: it has three convolutions for a stem, and attention for a head",
        "resnet*mlp": "timm's own: its classifier has a hidden layer",
        "resnet*gn": "it normalises groups, not batches",
        "resnetblur*": "it blurs where it strides",
        "resnetaa*": "it blurs where it strides",
        "resnetrs*": "ResNet-RS has another stem, other depths, and squeeze and excitation",
        "resnet[1235]*d": "ResNet-D: it has three convolutions for a stem, and its shortcuts pool",
        "resnet[1235]*[cs]": "ResNet-C or -S: it has three convolutions for a stem",
        "resnet[1235]*t": "timm's own: it has three convolutions for a stem",
        "resnet[1235]*ts": "timm's own: it has three convolutions for a stem",
        "resnet[56]1q": "timm's own: it has three convolutions for a stem",
    },
    published=(
        Published("resnet18", "macs", "1.8G", PAPER_TABLE_1),
        Published("resnet34", "macs", "3.6G", PAPER_TABLE_1, "3.64 G without projections"),
        Published("resnet50", "macs", "3.8G", PAPER_TABLE_1, "perhaps cut off, not rounded"),
        Published("resnet101", "macs", "7.6G", PAPER_TABLE_1),
        Published("resnet152", "macs", "11.3G", PAPER_TABLE_1),
        *keras_table("resnet50", "25.6M", "107"),
        *keras_table("resnet101", "44.7M", "209"),
        *keras_table("resnet152", "60.4M", "311"),
        Published("resnet18,bias=false", "trainable_params", "11,689,512", TORCHVISION),
        Published("resnet34,bias=false", "trainable_params", "21,797,672", TORCHVISION),
        Published("resnet50,bias=false", "trainable_params", "25,557,032", TORCHVISION),
        Published("resnet101,bias=false", "trainable_params", "44,549,160", TORCHVISION),
        Published("resnet152,bias=false", "trainable_params", "60,192,808", TORCHVISION),
        Published(f"resnet50,{WIDE}", "trainable_params", "68,883,240", TORCHVISION),
        Published(f"resnet101,{WIDE}", "trainable_params", "126,886,696", TORCHVISION),
        Published(f"resnet50,{WIDE}", "macs", "11.40G", TORCHVISION),
        Published(f"resnet101,{WIDE}", "macs", "22.75G", TORCHVISION),
        Published("resnet18,bias=false", "macs", "1.81G", TORCHVISION),
        Published("resnet34,bias=false", "macs", "3.66G", TORCHVISION),
        Published("resnet50,bias=false,stride=3x3", "macs", "4.09G", TORCHVISION),
        Published("resnet101,bias=false,stride=3x3", "macs", "7.80G", TORCHVISION),
        Published("resnet152,bias=false,stride=3x3", "macs", "11.51G", TORCHVISION),
    ),
    recipe={
        "optimizer": "SGD, momentum 0.9",
        "learning rate": "0.1, divided by 10 when the error plateaus",
        "batch": "256",
        "weight decay": "1e-4",
        "iterations": "up to 600,000",
        "source": "He et al. 2015, Section 3.4",
    },
)
def resnet(
    x: Tensor, classes: int, top: bool, depth: int, bias: bool, stride: str, width: int
) -> Tensor:
    """The network: stem, four stages, classifier."""
    kind, repeats = RESNET_TABLE_1[depth]
    x = imagenet_stem(x, bias)
    for stage, strides, name in stacked(repeats, kind):
        filters = RESNET_FILTERS[stage]
        inner = width * filters
        if kind == "basic":
            shortcut = projected(x, filters, strides, bias, name)
            x = basic(x, shortcut, filters, inner, strides, bias=bias, name=name)
        else:
            pair = (strides, 1) if stride == "1x1" else (1, strides)
            shortcut = projected(x, 4 * filters, strides, bias, name)
            x = bottleneck(x, shortcut, 4 * filters, inner, pair, bias=bias, name=name)
    return classifier(x, classes) if top else x
