"""NASNet-A: cells found by search, stacked N times at each of three resolutions.

Zoph, Vasudevan, Shlens, Le: Learning Transferable Architectures for Scalable Image
Recognition, CVPR 2018, Figures 2 and 4. `NASNet-A (N @ F)` has N normal cells a stage
and F filters in the penultimate layer. `nasnet-mobile` (4 @ 1056 with a smaller stem) and
`nasnet-large` (6 @ 4032) equal `keras.applications.nasnet` layer by layer, and every other
N @ F is what that code builds, with the stem of the large network unless told otherwise.

The networks for CIFAR have a stem of three times the filters of the first cell and no
reduction before it, as the authors' code (github.com/tensorflow/models, slim/nets/nasnet).

Deviates from the paper: it has an auxiliary classifier for training, left out here as
in Keras. With `stem=cifar` the first cell's missing predecessor is the stem, projected.
Between mobile and large the paper's parameter counts are lower than what the reference
code builds; `archi info nasnet` shows both.
"""

from __future__ import annotations

from archi.families._blocks import channel_axis, keras_table, pad_for_stride
from archi.families.options import Flag, Int, OneOf
from archi.families.registry import Paper, Published, family
from archi.families.vision._nasnet import (
    adjust,
    average,
    relu,
    separable,
    squeeze,
    stem_conv,
)
from archi.graph import Tensor, scope
from archi.layers import (
    Add,
    AveragePooling2D,
    Concatenate,
    Dense,
    GlobalAveragePooling2D,
    MaxPooling2D,
)


def normal_cell(x: Tensor, p: Tensor | None, filters: int, name: str) -> Tensor:
    """Figure 4, left: keeps the resolution."""
    p = adjust(p, x, filters, name)
    h = squeeze(x, filters, "normal", name)

    def add(number: int, left: Tensor, right: Tensor) -> Tensor:
        return Add(name=f"normal_add_{number}_{name}")([left, right])

    x1 = add(
        1,
        separable(h, filters, 5, f"normal_left1_{name}"),
        separable(p, filters, 3, f"normal_right1_{name}"),
    )
    x2 = add(
        2,
        separable(p, filters, 5, f"normal_left2_{name}"),
        separable(p, filters, 3, f"normal_right2_{name}"),
    )
    x3 = add(3, average(h, f"normal_left3_{name}"), p)
    x4 = add(4, average(p, f"normal_left4_{name}"), average(p, f"normal_right4_{name}"))
    x5 = add(5, separable(h, filters, 3, f"normal_left5_{name}"), h)
    join = Concatenate(axis=channel_axis(), name=f"normal_concat_{name}")
    return join([p, x1, x2, x3, x4, x5])


def reduction_cell(x: Tensor, p: Tensor | None, filters: int, name: str) -> Tensor:
    """Figure 4, right: halves the resolution. The network's first takes its input for both."""
    p = x if p is None else adjust(p, x, filters, name)
    h = squeeze(x, filters, "reduction", name)
    padded = pad_for_stride(h, 3, f"reduction_pad_1_{name}")

    def halving(kernel: int, t: Tensor, where: str) -> Tensor:
        return separable(t, filters, kernel, f"reduction_{where}_{name}", strides=2)

    x1 = Add(name=f"reduction_add_1_{name}")([halving(5, h, "left1"), halving(7, p, "right1")])
    x2 = MaxPooling2D(3, strides=2, name=f"reduction_left2_{name}")(padded)
    x2 = Add(name=f"reduction_add_2_{name}")([x2, halving(7, p, "right2")])
    x3 = AveragePooling2D(3, strides=2, name=f"reduction_left3_{name}")(padded)
    x3 = Add(name=f"reduction_add3_{name}")([x3, halving(5, p, "right3")])
    x4 = Add()([x2, average(x1, f"reduction_left4_{name}")])
    x5 = separable(x1, filters, 3, f"reduction_left4_{name}")
    pooled = MaxPooling2D(3, strides=2, name=f"reduction_right5_{name}")(padded)
    x5 = Add(name=f"reduction_add4_{name}")([x5, pooled])
    return Concatenate(axis=channel_axis(), name=f"reduction_concat_{name}")([x2, x3, x4, x5])


FIGURES_ONLY = "the paper has its cells in a figure, its authors' code not"
UNEXPLAINED = "the authors' code builds a larger one; why is unknown"
TABLE_1 = "Zoph et al. 2017, Table 1"
TABLE_2 = "Zoph et al. 2017, Table 2"
TABLE_3 = "Zoph et al. 2017, Table 3"

CIFAR = {"stem": "cifar", "skip_reduction": False, "input": (32, 32, 3), "classes": 10}


@family(
    "nasnet-a-{N}@{F}",
    also=("nasnet-a-{N}-{F}", "nasnet-{N}@{F}"),
    paper=Paper(
        "Learning Transferable Architectures for Scalable Image Recognition",
        "Zoph, Vasudevan, Shlens, Le",
        2017,
        "https://arxiv.org/abs/1707.07012",
    ),
    input=(299, 299, 3),
    classes=1000,
    options={
        "N": Int(1, 100, help="normal cells a stage", search=range(1, 13)),
        "F": Int(
            96,
            19_200,
            step=96,
            rule="a multiple of 96 (24 × 2²)",
            help="filters of the penultimate layer",
        ),
        "stem_filters": Int(
            1,
            1024,
            default=96,
            help="filters of the first convolution",
            search=(32, 96),
        ),
        "stem": OneOf(
            "imagenet",
            "cifar",
            default="imagenet",
            help="cifar: no stride and no reduction cells before the first stage",
        ),
        "skip_reduction": Flag(
            True,
            help="the cell after a reduction sees the cell before it, not the reduction's input",
        ),
    },
    presets={
        "nasnet-mobile": {
            "N": 4,
            "F": 1056,
            "stem_filters": 32,
            "skip_reduction": False,
            "input": (224, 224, 3),
        },
        "nasnet-large": {"N": 6, "F": 4032, "input": (331, 331, 3)},
        "nasnet-a-6@768-cifar": {"N": 6, "F": 768, "stem_filters": 96, **CIFAR},
        "nasnet-a-7@2304-cifar": {"N": 7, "F": 2304, "stem_filters": 288, **CIFAR},
    },
    catalogue=(
        "nasnet-mobile",
        "nasnet-a-5@1536",
        "nasnet-a-7@1920",
        "nasnet-large",
        "nasnet-a-6@768-cifar",
        "nasnet-a-7@2304-cifar",
    ),
    applications={
        "nasnet-mobile": "NASNetMobile()",
        "nasnet-large": "NASNetLarge()",
        "nasnet-mobile,top=false": "NASNetMobile(include_top=False, input_shape=(224, 224, 3))",
        "nasnet-mobile,input=97x64x3,classes=7": "NASNetMobile(classes=7, input_shape=(97, 64, 3))",
    },
    missing={"nasnet-b": FIGURES_ONLY, "nasnet-c": FIGURES_ONLY},
    elsewhere={"timm": {"nasnetalarge": "nasnet-large"}},
    published=(
        Published("nasnet-mobile", "params", "5.3M", TABLE_3),
        Published("nasnet-mobile", "macs", "564M", TABLE_3),
        *keras_table("nasnet-mobile", "5.3M", "389"),
        Published("nasnet-a-5@1536", "params", "10.9M", TABLE_2, "printed as 5 @ 1538"),
        Published("nasnet-a-5@1536", "macs", "2.35B", TABLE_2, "printed as 5 @ 1538"),
        Published("nasnet-a-7@1920", "params", "22.6M", TABLE_2, UNEXPLAINED),
        Published("nasnet-a-7@1920", "macs", "4.93B", TABLE_2, UNEXPLAINED),
        Published("nasnet-large", "params", "88.9M", TABLE_2),
        Published("nasnet-large", "macs", "23.8B", TABLE_2),
        *keras_table("nasnet-large", "88.9M", "533"),
        Published("nasnet-a-6@768-cifar", "trainable_params", "3.3M", TABLE_1),
        Published("nasnet-a-7@2304-cifar", "trainable_params", "27.6M", TABLE_1, UNEXPLAINED),
    ),
    recipe={
        "optimizer": "RMSProp, decay 0.9, epsilon 1.0, synchronous over 50 workers",
        "learning rate": "exponential decay",
        "label smoothing": "0.1",
        "dropout": "0.5 before the classifier",
        "auxiliary loss": "weight 0.4, at two thirds of the depth",
        "source": "Zoph et al. 2017, Appendix A (ImageNet)",
    },
)
def nasnet(
    x: Tensor,
    classes: int,
    top: bool,
    N: int,
    F: int,
    stem_filters: int,
    stem: str,
    skip_reduction: bool,
) -> Tensor:
    """The network: stem, three stages of N normal cells with reductions between, classifier."""
    filters = F // 24
    p: Tensor | None = None
    with scope("stem"):
        x = stem_conv(x, stem_filters, strides=2 if stem == "imagenet" else 1)
        for number, divisor in ((1, 4), (2, 2)) if stem == "imagenet" else ():
            with scope(f"cell{number}", "reduction cell"):
                x, p = reduction_cell(x, p, filters // divisor, f"stem_{number}"), x
    for stage in range(3):
        width = filters * 2**stage
        with scope(f"stage{stage + 1}"):
            if stage:
                with scope("reduction", "reduction cell"):
                    before = x
                    x = reduction_cell(x, p, width, f"reduce_{stage * N}")
                    p = p if skip_reduction else before
            for i in range(N):
                number = stage * N + i + (stage > 0)  # Keras skips one at the first reduction
                with scope(f"cell{i + 1}", "normal cell"):
                    x, p = normal_cell(x, p, width, str(number)), x
    with scope("head"):
        x = relu(x)
        if not top:
            return x
        x = GlobalAveragePooling2D()(x)
        return Dense(classes, activation="softmax", name="predictions")(x)
