"""PNASNet-5: one cell found by progressive search, for both strides.

Liu, Zoph, Neumann, Shlens, Hua, Li, Fei-Fei, Yuille, Huang, Murphy: Progressive Neural
Architecture Search, ECCV 2018, Figure 1 and Figure 2, as the authors' code
(github.com/tensorflow/models, slim/nets/nasnet/pnasnet.py) builds it. `pnasnet-5-4@216` has
N = 4 cells at each of three resolutions and F = 216 filters in the first; the first cell of
the second and third strides. Networks for ImageNet start with two more cells that stride.
That code has none for CIFAR: `pnasnet-5-cifar` has the stem of its NASNet-A, of 3F filters.

Deviates from the paper: the auxiliary classifier for training is left out. Strided
convolutions pad as those of `keras.applications.nasnet`, which is what "same" pads.
"""

from __future__ import annotations

from archi.families._blocks import MORE_THAN_MACS, PYTORCHCV, channel_axis
from archi.families.options import Int, OneOf
from archi.families.registry import Paper, Published, family
from archi.families.vision._nasnet import (
    adjust,
    conv_1x1,
    normalize,
    relu,
    separable,
    squeeze,
    stem_conv,
)
from archi.graph import Tensor, scope
from archi.layers import Add, Concatenate, Conv2D, Dense, GlobalAveragePooling2D, MaxPooling2D


class Filters(Int):
    """An even number. `archi fit` tries the multiples of 8, whose quarters can be halved."""

    def parse(self, text: str) -> int:
        return Int(self.minimum, self.maximum, step=2, rule=self.rule).parse(text)


def max_pool(x: Tensor, filters: int, strides: int, name: str) -> Tensor:
    """3×3 max pooling, and a 1×1 convolution where channels differ."""
    x = MaxPooling2D(3, strides=strides, padding="same", name=f"max_pool_{name}")(x)
    if x.shape[channel_axis()] == filters:
        return x
    return normalize(conv_1x1(x, filters, f"max_pool_conv_{name}"), f"max_pool_bn_{name}")


def identity(x: Tensor, filters: int, strides: int, name: str) -> Tensor:
    """The input itself, or a strided 1×1 convolution of it."""
    if strides == 1:
        return x
    conv = Conv2D(
        filters,
        1,
        strides=strides,
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"identity_conv_{name}",
    )
    return normalize(conv(relu(x)), f"identity_bn_{name}")


def cell(x: Tensor, p: Tensor | None, filters: int, strides: int, name: str) -> Tensor:
    """Figure 1: five sums of two; x is the output of the last cell, p of the one before."""
    p = x if p is None else adjust(p, x, filters, name)
    h = squeeze(x, filters, "cell", name)

    def sep(t: Tensor, kernel: int, where: str, strides: int = strides) -> Tensor:
        return separable(t, filters, kernel, f"{where}_{name}", strides=strides)

    def pool(t: Tensor, where: str) -> Tensor:
        return max_pool(t, filters, strides, f"{where}_{name}")

    def add(number: int, left: Tensor, right: Tensor) -> Tensor:
        return Add(name=f"add_{number}_{name}")([left, right])

    x1 = add(1, sep(p, 5, "left1"), pool(p, "right1"))
    x2 = add(2, sep(h, 7, "left2"), pool(h, "right2"))
    x3 = add(3, sep(h, 5, "left3"), sep(h, 3, "right3"))
    x4 = add(4, sep(x3, 3, "left4", strides=1), pool(h, "right4"))
    x5 = add(5, sep(p, 3, "left5"), identity(h, filters, strides, f"right5_{name}"))
    return Concatenate(axis=channel_axis(), name=f"concat_{name}")([x1, x2, x3, x4, x5])


TABLE_3 = "Liu et al. 2017, Table 3"
TABLE_4 = "Liu et al. 2017, Table 4"
TABLE_5 = "Liu et al. 2017, Table 5"


@family(
    "pnasnet-5-{N}@{F}",
    also=("pnasnet-5-{N}-{F}", "pnasnet-{N}@{F}"),
    paper=Paper(
        "Progressive Neural Architecture Search",
        "Liu, Zoph, Neumann, Shlens, Hua, Li, Fei-Fei, Yuille, Huang, Murphy",
        2017,
        "https://arxiv.org/abs/1712.00559",
    ),
    input=(331, 331, 3),
    classes=1000,
    options={
        "N": Int(1, 100, help="cells at each resolution", search=range(1, 13)),
        "F": Filters(
            8,
            1920,
            step=8,
            rule="even",
            help="filters of a cell at the first resolution",
        ),
        "stem_filters": Int(
            1, 1024, default=96, help="filters of the first convolution", search=(32, 96)
        ),
        "stem": OneOf(
            "imagenet",
            "cifar",
            default="imagenet",
            help="cifar: no stride and no strided cells before the first stage",
        ),
    },
    presets={
        "pnasnet-5-mobile": {"N": 3, "F": 54, "stem_filters": 32, "input": (224, 224, 3)},
        "pnasnet-5-large": {"N": 4, "F": 216},
        "pnasnet-5-cifar": {
            "N": 3,
            "F": 48,
            "stem_filters": 144,
            "stem": "cifar",
            "input": (32, 32, 3),
            "classes": 10,
        },
    },
    catalogue=("pnasnet-5-cifar", "pnasnet-5-mobile", "pnasnet-5-large"),
    elsewhere={"timm": {"pnasnet5large": "pnasnet-5-large"}},
    published=(
        Published("pnasnet-5-cifar", "trainable_params", "3.2M", TABLE_3),
        Published("pnasnet-5-mobile", "trainable_params", "5.1M", TABLE_4),
        Published("pnasnet-5-mobile", "macs", "588M", TABLE_4, MORE_THAN_MACS),
        Published("pnasnet-5-large", "trainable_params", "86.1M", TABLE_5),
        Published("pnasnet-5-large", "macs", "25.0B", TABLE_5, MORE_THAN_MACS),
        Published("pnasnet-5-large", "trainable_params", "86,057,668", PYTORCHCV),
    ),
)
def pnasnet(
    x: Tensor, classes: int, top: bool, N: int, F: int, stem_filters: int, stem: str
) -> Tensor:
    """The network: stem, three stages of N cells, classifier."""
    p: Tensor | None = None
    with scope("stem"):
        x = stem_conv(x, stem_filters, strides=2 if stem == "imagenet" else 1)
        for number, divisor in ((0, 4), (1, 2)) if stem == "imagenet" else ():
            with scope(f"cell{number + 1}", "cell /2"):
                x, p = cell(x, p, F // divisor, 2, f"stem_{number}"), x
    for stage in range(3):
        with scope(f"stage{stage + 1}"):
            for i in range(N):
                strides = 2 if stage and not i else 1
                with scope(f"cell{i + 1}", "cell /2" if strides > 1 else "cell"):
                    number = stage * N + i
                    x, p = cell(x, p, F * 2**stage, strides, str(number)), x
    with scope("head"):
        x = relu(x)
        if not top:
            return x
        x = GlobalAveragePooling2D()(x)
        return Dense(classes, activation="softmax", name="predictions")(x)
