"""EfficientNetV2: MBConv with its first two convolutions fused into one where images are large.

Tan, Le: EfficientNetV2: Smaller Models and Faster Training, ICML 2021, Table 4, which is S;
M and L and the small B are those of the authors' code. S, M, L and B0 to B3 equal
`keras.applications.efficientnet_v2` layer by layer, with the rescaling of pixels that is part
of them there. `efficientnet-v2-b-w1.2-d1.4` has 1.2 times the filters and 1.4 times the blocks
of B0.
"""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from archi.families._blocks import channel_axis, image_channel_axis, keras_table
from archi.families.options import Decimal, Flag, OneOf
from archi.families.registry import Paper, Published, family
from archi.families.vision._efficientnet import (
    Version,
    add_input,
    bn,
    bn_swish,
    conv,
    head,
    mbconv,
    stem_conv,
)
from archi.graph import Tensor, scope
from archi.layers import Normalization, Rescaling


class Stage(NamedTuple):
    """A row of Table 4: blocks of one kind, Fused-MBConv or MBConv with SE."""

    fused: bool
    blocks: int
    filters: int
    expansion: int
    strides: int  # of the first block


FUSED, MB = True, False
TABLES = {
    "s": (  # Table 4
        Stage(FUSED, 2, 24, 1, 1),
        Stage(FUSED, 4, 48, 4, 2),
        Stage(FUSED, 4, 64, 4, 2),
        Stage(MB, 6, 128, 4, 2),
        Stage(MB, 9, 160, 6, 1),
        Stage(MB, 15, 256, 6, 2),
    ),
    "m": (
        Stage(FUSED, 3, 24, 1, 1),
        Stage(FUSED, 5, 48, 4, 2),
        Stage(FUSED, 5, 80, 4, 2),
        Stage(MB, 7, 160, 4, 2),
        Stage(MB, 14, 176, 6, 1),
        Stage(MB, 18, 304, 6, 2),
        Stage(MB, 5, 512, 6, 1),
    ),
    "l": (
        Stage(FUSED, 4, 32, 1, 1),
        Stage(FUSED, 7, 64, 4, 2),
        Stage(FUSED, 7, 96, 4, 2),
        Stage(MB, 10, 192, 4, 2),
        Stage(MB, 19, 224, 6, 1),
        Stage(MB, 25, 384, 6, 2),
        Stage(MB, 7, 640, 6, 1),
    ),
    "b": (
        Stage(FUSED, 1, 16, 1, 1),
        Stage(FUSED, 2, 32, 4, 2),
        Stage(FUSED, 2, 48, 4, 2),
        Stage(MB, 3, 96, 4, 2),
        Stage(MB, 5, 112, 6, 1),
        Stage(MB, 8, 192, 6, 2),
    ),
}
STEM_FILTERS = {"s": 24, "m": 24, "l": 32, "b": 32}
VARIANTS = {  # table, width, depth, resolution
    "b0": ("b", 1.0, 1.0, 224),
    "b1": ("b", 1.0, 1.1, 240),
    "b2": ("b", 1.1, 1.2, 260),
    "b3": ("b", 1.2, 1.4, 300),
    "s": ("s", 1.0, 1.0, 384),
    "m": ("m", 1.0, 1.0, 480),
    "l": ("l", 1.0, 1.0, 480),
}
VERSION = Version(momentum=0.9, pads=False, depthwise="dwconv2")
IMAGENET_MEAN = [0.485, 0.456, 0.406]  # of red, green and blue
IMAGENET_VARIANCE = [0.229**2, 0.224**2, 0.225**2]


def scaled(filters: int, width: float) -> int:
    """Times the width, to the nearest multiple of 8."""
    return max(8, int(filters * width + 4) // 8 * 8)


def preprocess(x: Tensor, table: str) -> Tensor:
    """Pixels from 0…255 to what the network takes, which for B of colours is normalised."""
    if table == "b" and x.shape[channel_axis()] == 3:
        x = Rescaling(1 / 255)(x)
        axis = image_channel_axis()
        return Normalization(mean=IMAGENET_MEAN, variance=IMAGENET_VARIANCE, axis=axis)(x)
    return Rescaling(1 / 128, offset=-1)(x)


def fused_mbconv(
    x: Tensor, filters: int, strides: int, expansion: int, drop_rate: float, name: str
) -> Tensor:
    """MBConv with a 3×3 convolution for its first two (Figure 2); without expansion, that alone."""
    channels = x.shape[image_channel_axis()] or 0
    if expansion > 1:
        y = conv(x, expansion * channels, 3, f"{name}expand_", strides)
        y = bn_swish(y, VERSION, f"{name}expand_")
        y = bn(conv(y, filters, 1, f"{name}project_"), VERSION, f"{name}project_")
    else:
        y = conv(x, filters, 3, f"{name}project_", strides)
        y = bn_swish(y, VERSION, f"{name}project_")
    return add_input(x, y, strides, drop_rate, name)


PAPER_TABLE_7 = "Tan & Le 2021, Table 7"
UNEXPLAINED = "torchvision counts what archi does; why the paper has another is unknown"
TORCHVISION = "torchvision.models, EfficientNetV2 weights' metadata"


TIMM_SIZES = {  # what the networks are called in timm, and the images they are trained on there
    "s": {"tf_efficientnetv2_s": 300, "efficientnetv2_s": 288},
    "m": {"tf_efficientnetv2_m": 384, "efficientnetv2_m": 320},
    "l": {"tf_efficientnetv2_l": 384, "efficientnetv2_l": 384},
    "b0": {"tf_efficientnetv2_b0": 192},
    "b1": {"tf_efficientnetv2_b1": 192},
    "b2": {"tf_efficientnetv2_b2": 208},
    "b3": {"tf_efficientnetv2_b3": 240},
}


@family(
    "efficientnet-v2-{table}-w{width}-d{depth}",
    paper=Paper(
        "EfficientNetV2: Smaller Models and Faster Training",
        "Tan, Le",
        2021,
        "https://arxiv.org/abs/2104.00298",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "table": OneOf(*TABLES, help="which network is scaled: S, M, L or B0"),
        "width": Decimal(
            1 / 32, 8, help="times the filters, in multiples of 8", search=[0.6, 0.8, 1.0, 1.2]
        ),
        "depth": Decimal(
            1 / 32, 8, help="times the blocks, rounded up", search=[0.6, 0.8, 1.0, 1.2, 1.4]
        ),
        "dropout": Decimal(0, 0.99, default=0.2, help="dropout rate before the classifier"),
        "drop_connect": Decimal(
            0, 0.99, default=0.2, help="share of samples for which the last block is left out"
        ),
        "preprocessing": Flag(True, help="first layers that rescale pixels from 0…255"),
    },
    presets={
        f"efficientnet-v2-{variant}": {
            "table": table,
            "width": width,
            "depth": depth,
            "input": (size, size, 3),
        }
        for variant, (table, width, depth, size) in VARIANTS.items()
    },
    catalogue=tuple(f"efficientnet-v2-{variant}" for variant in VARIANTS),
    applications={
        **{
            f"efficientnet-v2-{variant}": f"EfficientNetV2{variant.upper()}()"
            for variant in VARIANTS
        },
        "efficientnet-v2-b0,top=false,input=33x64x1": (
            "EfficientNetV2B0(include_top=False, input_shape=(33, 64, 1))"
        ),
        "efficientnet-v2-b2,preprocessing=false,classes=7": (
            "EfficientNetV2B2(include_preprocessing=False, classes=7)"
        ),
    },
    elsewhere={
        "torchvision": {f"efficientnet_v2_{size}": f"efficientnet-v2-{size}" for size in "sml"},
        "timm": {
            name: f"efficientnet-v2-{variant},input={side}x{side}x3"
            for variant, names in TIMM_SIZES.items()
            for name, side in names.items()
        },
    },
    missing={
        "*efficientnet-v2-xl": "the paper has S, M and L, and archi no table of XL",
        "*efficientnet-v2-rw-*": "timm's own, of other depths and widths",
    },
    published=(
        Published("efficientnet-v2-s", "params", "22M", PAPER_TABLE_7),
        Published("efficientnet-v2-m", "params", "54M", PAPER_TABLE_7),
        Published("efficientnet-v2-l", "params", "120M", PAPER_TABLE_7, UNEXPLAINED),
        Published("efficientnet-v2-s", "macs", "8.8G", PAPER_TABLE_7, UNEXPLAINED),
        Published("efficientnet-v2-m", "macs", "24G", PAPER_TABLE_7, UNEXPLAINED),
        Published("efficientnet-v2-l", "macs", "53G", PAPER_TABLE_7, UNEXPLAINED),
        *keras_table("efficientnet-v2-b0", "7.2M"),
        *keras_table("efficientnet-v2-b1", "8.2M"),
        *keras_table("efficientnet-v2-b2", "10.2M"),
        *keras_table("efficientnet-v2-b3", "14.5M"),
        *keras_table("efficientnet-v2-s", "21.6M"),
        *keras_table("efficientnet-v2-m", "54.4M"),
        *keras_table("efficientnet-v2-l", "119.0M"),
        Published("efficientnet-v2-s", "trainable_params", "21,458,488", TORCHVISION),
        Published("efficientnet-v2-m", "trainable_params", "54,139,356", TORCHVISION),
        Published("efficientnet-v2-l", "trainable_params", "118,515,272", TORCHVISION),
        Published("efficientnet-v2-s", "macs", "8.366G", TORCHVISION),
        Published("efficientnet-v2-m", "macs", "24.582G", TORCHVISION),
        Published("efficientnet-v2-l", "macs", "56.080G", TORCHVISION),
    ),
    recipe={
        "optimizer": "RMSProp, decay and momentum 0.9",
        "learning rate": "warmed up to 0.256, ×0.97 every 2.4 epochs",
        "batch": "4096",
        "weight decay": "1e-5",
        "epochs": "350",
        "stochastic depth": "survival probability 0.8",
        "weights": "exponential moving average, decay 0.9999",
        "images": "progressively larger, from 128 up to 300 (S) or 380 (M, L)",
        "source": "Tan & Le 2021, Section 5.1",
    },
)
def efficientnet_v2(
    x: Tensor,
    classes: int,
    top: bool,
    table: str,
    width: float,
    depth: float,
    dropout: float,
    drop_connect: float,
    preprocessing: bool,
) -> Tensor:
    """The network: preprocessing, a 3×3 convolution, stages of (Fused-)MBConv, classifier."""
    stages = TABLES[table]
    with scope("stem"):
        x = preprocess(x, table) if preprocessing else x
        x = stem_conv(x, scaled(STEM_FILTERS[table], width), VERSION)
    unscaled = sum(stage.blocks for stage in stages)  # over which the drop rate rises
    number = 0
    for i, stage in enumerate(stages, start=1):
        filters = scaled(stage.filters, width)
        kind = f"{'Fused-' * stage.fused}MBConv{stage.expansion}"
        with scope(f"block{i}"):
            for j in range(ceil(depth * stage.blocks)):
                letter = chr(ord("a") + j)
                name, strides = f"block{i}{letter}_", stage.strides if j == 0 else 1
                rate = drop_connect * number / unscaled
                with scope(letter, kind):
                    if stage.fused:
                        x = fused_mbconv(x, filters, strides, stage.expansion, rate, name)
                    else:
                        x = mbconv(
                            x, filters, 3, strides, stage.expansion, 0.25, rate, VERSION, name
                        )
                number += 1
    bias = {"class_name": "Constant", "config": {"value": 0.0}}
    last = scaled(1280, width)
    return head(x, last, classes, top, dropout, VERSION, bias_initializer=bias)
