"""EfficientNet: one small network found by search, scaled in width, depth and resolution.

Tan, Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019,
Table 1. B0 to B7 equal `keras.applications.efficientnet` layer by layer, with the
normalisation of pixels that is part of them there; `efficientnet-w1.3-d1.6` has 1.3 times the
filters and 1.6 times the blocks of B0, and is what Keras's code builds from these numbers.

Keras adds a second rescaling where it loads its own weights for ImageNet: `imagenet=true`.
"""

from __future__ import annotations

from math import ceil, sqrt
from typing import NamedTuple

from archi.families._blocks import image_channel_axis, keras_table, make_divisible
from archi.families.elsewhere import HUGGING_FACE
from archi.families.options import Decimal, Flag
from archi.families.registry import Paper, Published, family
from archi.families.vision._efficientnet import Version, head, mbconv, stem_conv
from archi.graph import Tensor, scope
from archi.layers import Normalization, Rescaling


class Stage(NamedTuple):
    """A row of Table 1: MBConv blocks of one kind."""

    expansion: int
    kernel: int
    filters: int
    blocks: int
    strides: int  # of the first block


TABLE_1 = (  # stages 2 to 8
    Stage(1, 3, 16, 1, 1),
    Stage(6, 3, 24, 2, 2),
    Stage(6, 5, 40, 2, 2),
    Stage(6, 3, 80, 3, 2),
    Stage(6, 5, 112, 3, 1),
    Stage(6, 5, 192, 4, 2),
    Stage(6, 3, 320, 1, 1),
)
VARIANTS = {  # width, depth, resolution, dropout
    "b0": (1.0, 1.0, 224, 0.2),
    "b1": (1.0, 1.1, 240, 0.2),
    "b2": (1.1, 1.2, 260, 0.3),
    "b3": (1.2, 1.4, 300, 0.3),
    "b4": (1.4, 1.8, 380, 0.4),
    "b5": (1.6, 2.2, 456, 0.4),
    "b6": (1.8, 2.6, 528, 0.5),
    "b7": (2.0, 3.1, 600, 0.5),
}
VERSION = Version(momentum=0.99, pads=True, depthwise="dwconv")
IMAGENET_STDDEV = (0.229, 0.224, 0.225)  # of red, green and blue


def preprocess(x: Tensor, imagenet: bool) -> Tensor:
    """Pixels from 0…255 to what the network takes."""
    x = Rescaling(1 / 255)(x)
    x = Normalization(axis=image_channel_axis())(x)
    return Rescaling([1 / sqrt(stddev) for stddev in IMAGENET_STDDEV])(x) if imagenet else x


PAPER_TABLE_2 = "Tan & Le 2019, Table 2"
PAPER_FIGURES = {  # trainable params and operations
    "b0": ("5.3M", "0.39G"),
    "b1": ("7.8M", "0.70G"),
    "b2": ("9.2M", "1.0G"),
    "b3": ("12M", "1.8G"),
    "b4": ("19M", "4.2G"),
    "b5": ("30M", "9.9G"),
    "b6": ("43M", "19G"),
    "b7": ("66M", "37G"),
}
UNEXPLAINED = "torchvision counts what archi does; why the paper has another is unknown"
NOTES = {
    ("b1", "macs"): UNEXPLAINED,
    ("b2", "trainable_params"): "9.18 M with those that are not trained",
    ("b4", "macs"): UNEXPLAINED,
    ("b5", "macs"): UNEXPLAINED,
    ("b7", "macs"): UNEXPLAINED,
}
KERAS_FIGURES = {  # params, layers that have weights
    "b0": ("5.3M", "132"),
    "b1": ("7.9M", "186"),
    "b2": ("9.2M", "186"),
    "b3": ("12.3M", "210"),
    "b4": ("19.5M", "258"),
    "b5": ("30.6M", "312"),
    "b6": ("43.3M", "360"),
    "b7": ("66.7M", "438"),
}
TORCHVISION = "torchvision.models, EfficientNet weights' metadata"
TORCHVISION_FIGURES = {  # trainable params, and operations where images are of the same size
    "b0": ("5,288,548", "0.386G"),
    "b1": ("7,794,184", "0.687G"),
    "b2": ("9,109,994",),
    "b3": ("12,233,232", "1.827G"),
    "b4": ("19,341,616", "4.394G"),
    "b5": ("30,389,784", "10.266G"),
    "b6": ("43,040,704", "19.068G"),
    "b7": ("66,347,960", "37.746G"),
}


def published() -> tuple[Published, ...]:
    """Every figure of these tables."""
    found = []
    metrics = ("trainable_params", "macs")
    for variant in VARIANTS:
        spec = f"efficientnet-{variant}"
        for metric, figure in zip(metrics, PAPER_FIGURES[variant], strict=True):
            note = NOTES.get((variant, metric), "")
            found.append(Published(spec, metric, figure, PAPER_TABLE_2, note))
        found += keras_table(spec, *KERAS_FIGURES[variant])
        for metric, figure in zip(metrics, TORCHVISION_FIGURES[variant], strict=False):
            found.append(Published(spec, metric, figure, TORCHVISION))
    return tuple(found)


TIMM_SIZES = {  # images of timm's own efficientnet_b0 to b7; its tf_ ones have the paper's
    "b0": 224,
    "b1": 240,
    "b2": 256,
    "b3": 288,
    "b4": 320,
    "b5": 448,
    "b6": 528,
    "b7": 600,
}
B8 = "efficientnet-w2.2-d3.6,dropout=0.5,input=672x672x3"  # of AdvProp, Xie et al. 2019
L2 = "efficientnet-w4.3-d5.3,dropout=0.5,input=800x800x3"  # of Noisy Student, Xie et al. 2019


@family(
    "efficientnet-w{width}-d{depth}",
    paper=Paper(
        "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
        "Tan, Le",
        2019,
        "https://arxiv.org/abs/1905.11946",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "width": Decimal(
            1 / 32,
            8,
            help="times the filters of B0, in multiples of 8",
            search=[n / 5 for n in range(2, 11)],
        ),
        "depth": Decimal(
            1 / 32,
            8,
            help="times the blocks of B0, rounded up",
            search=[0.5, 1.0, 1.25, 1.5, 2.0, 3.0],
        ),
        "dropout": Decimal(0, 0.99, default=0.2, help="dropout rate before the classifier"),
        "drop_connect": Decimal(
            0, 0.99, default=0.2, help="share of samples for which the last block is left out"
        ),
        "imagenet": Flag(False, help="the rescaling that Keras adds for its own weights"),
    },
    presets={
        f"efficientnet-{variant}": {
            "width": width,
            "depth": depth,
            "dropout": dropout,
            "input": (size, size, 3),
        }
        for variant, (width, depth, size, dropout) in VARIANTS.items()
    },
    catalogue=tuple(f"efficientnet-{variant}" for variant in VARIANTS),
    applications={
        **{f"efficientnet-{variant}": f"EfficientNet{variant.upper()}()" for variant in VARIANTS},
        "efficientnet-b0,top=false,input=33x64x1": (
            "EfficientNetB0(include_top=False, input_shape=(33, 64, 1))"
        ),
    },
    elsewhere={
        "torchvision": {
            **{f"efficientnet_{variant}": f"efficientnet-{variant}" for variant in VARIANTS},
            "efficientnet_b2": "efficientnet-b2,input=288x288x3",
        },
        "timm": {
            **{f"tf_efficientnet_{variant}": f"efficientnet-{variant}" for variant in VARIANTS},
            **{
                f"efficientnet_{variant}": f"efficientnet-{variant},input={side}x{side}x3"
                for variant, side in TIMM_SIZES.items()
            },
            "efficientnet_b1.ft_in1k": "efficientnet-b1,input=224x224x3",
            "efficientnet_b5.sw_in12k": "efficientnet-b5,input=416x416x3,classes=11821",
            **{f"{start}efficientnet_b8": B8 for start in ("", "tf_")},
            **{f"{start}efficientnet_l2": L2 for start in ("", "tf_")},
            "tf_efficientnet_l2.ns_jft_in1k_475": L2.replace("800", "475"),
        },
        HUGGING_FACE: {
            f"google/efficientnet-{variant}": f"efficientnet-{variant}" for variant in VARIANTS
        },
    },
    missing={
        "*efficientnet-lite*": "EfficientNet-Lite has no squeeze and excitation, and a fixed stem",
        "*efficientnet-e[sml]*": "EfficientNet-EdgeTPU has other blocks",
        "*efficientnet-cc-*": "its convolutions are mixtures of experts",
        "efficientnet-*gn": "it normalises groups, not batches",
        "efficientnet-*evos": "it normalises and activates at once",
        "efficientnet-*pruned": "its channels were pruned one by one",
        "efficientnet-blur*": "it blurs where it strides",
        "efficientnet-[xh]-*": "another network, found for accelerators",
    },
    published=published(),
    recipe={
        "optimizer": "RMSProp, decay and momentum 0.9",
        "learning rate": "0.256, ×0.97 every 2.4 epochs",
        "weight decay": "1e-5",
        "stochastic depth": "survival probability 0.8",
        "augmentation": "AutoAugment",
        "source": "Tan & Le 2019, Section 5.2",
    },
)
def efficientnet(
    x: Tensor,
    classes: int,
    top: bool,
    width: float,
    depth: float,
    dropout: float,
    drop_connect: float,
    imagenet: bool,
) -> Tensor:
    """The network: preprocessing, a 3×3 convolution, seven stages of MBConv, classifier."""
    with scope("stem"):
        x = preprocess(x, imagenet)
        x = stem_conv(x, make_divisible(32 * width), VERSION)
    repeats = [ceil(depth * stage.blocks) for stage in TABLE_1]
    number = 0
    for i, (stage, blocks) in enumerate(zip(TABLE_1, repeats, strict=True), start=1):
        kind = f"MBConv{stage.expansion} {stage.kernel}×{stage.kernel}"
        with scope(f"block{i}"):
            for j in range(blocks):
                letter = chr(ord("a") + j)
                with scope(letter, kind):
                    x = mbconv(
                        x,
                        make_divisible(stage.filters * width),
                        stage.kernel,
                        stage.strides if j == 0 else 1,
                        stage.expansion,
                        0.25,
                        drop_connect * number / sum(repeats),
                        VERSION,
                        f"block{i}{letter}_",
                    )
                number += 1
    return head(x, make_divisible(1280 * width), classes, top, dropout, VERSION)
