"""NASNet-A: cells found by search, stacked N times at each of three resolutions.

Zoph, Vasudevan, Shlens, Le: Learning Transferable Architectures for Scalable Image
Recognition, CVPR 2018, Figures 2 and 4. `NASNet-A (N @ F)` has N normal cells a stage
and F filters in the penultimate layer. `nasnet-mobile` (4 @ 1056 with a smaller stem) and
`nasnet-large` (6 @ 4032) equal `keras.applications.nasnet` layer by layer, and every other
N @ F is what that code builds, with the stem of the large network unless told otherwise.

Deviates from the paper: it has an auxiliary classifier for training, left out here as
in Keras. With `stem=cifar` the first cell's missing predecessor is the stem, projected.
Between mobile and large the paper's parameter counts are lower than what the reference
code builds; `archi info nasnet` shows both.
"""

from __future__ import annotations

from archi.families._blocks import KERAS_TABLE, channel_axis, image_size, pad_for_stride
from archi.families._options import Flag, Int, OneOf
from archi.families._registry import Paper, Published, family
from archi.graph import Tensor, scope
from archi.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Cropping2D,
    Dense,
    GlobalAveragePooling2D,
    MaxPooling2D,
    SeparableConv2D,
    ZeroPadding2D,
)


def relu(x: Tensor, name: str | None = None) -> Tensor:
    """The activation in front of every convolution."""
    return Activation("relu", name=name)(x)


def normalize(x: Tensor, name: str) -> Tensor:
    """Batch normalisation with the authors' momentum."""
    bn = BatchNormalization(axis=channel_axis(), momentum=0.9997, epsilon=1e-3, name=name)
    return bn(x)


def conv_1x1(x: Tensor, filters: int, name: str) -> Tensor:
    """A 1×1 convolution without bias."""
    conv = Conv2D(
        filters, 1, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )
    return conv(x)


def separable(x: Tensor, filters: int, kernel: int, name: str, strides: int = 1) -> Tensor:
    """ReLU, separable convolution and normalisation, twice; the first may stride."""
    x = relu(x)
    padding = "same"
    if strides > 1:
        x = pad_for_stride(x, kernel, f"separable_conv_1_pad_{name}")
        padding = "valid"
    for number in (1, 2):
        if number == 2:
            x = relu(x)
        conv = SeparableConv2D(
            filters,
            kernel,
            strides=strides if number == 1 else 1,
            padding=padding if number == 1 else "same",
            use_bias=False,
            name=f"separable_conv_{number}_{name}",
        )
        x = normalize(conv(x), f"separable_conv_{number}_bn_{name}")
    return x


def average(x: Tensor, name: str) -> Tensor:
    """3×3 average pooling that keeps the size."""
    return AveragePooling2D(3, strides=1, padding="same", name=name)(x)


def halve(x: Tensor, filters: int, name: str) -> Tensor:
    """Halve the resolution by two 1×1 poolings, one pixel apart, side by side."""
    x = relu(x, f"adjust_relu_1_{name}")
    shifted = Cropping2D(((1, 0), (1, 0)))(ZeroPadding2D(((0, 1), (0, 1)))(x))
    paths = []
    for number, path in ((1, x), (2, shifted)):
        pool = AveragePooling2D(1, strides=2, name=f"adjust_avg_pool_{number}_{name}")
        paths.append(conv_1x1(pool(path), filters // 2, f"adjust_conv_{number}_{name}"))
    return normalize(Concatenate(axis=channel_axis())(paths), f"adjust_bn_{name}")


def adjust(p: Tensor | None, x: Tensor, filters: int, name: str) -> Tensor:
    """Bring the previous cell's output to the size and filters of this cell."""
    if p is None:
        p = x
    if image_size(p)[1] != image_size(x)[1]:
        return halve(p, filters, name)
    if p.shape[channel_axis()] != filters:
        p = conv_1x1(relu(p), filters, f"adjust_conv_projection_{name}")
        return normalize(p, f"adjust_bn_{name}")
    return p


def squeeze(x: Tensor, filters: int, cell: str, name: str) -> Tensor:
    """The 1×1 convolution by which a cell takes in its input."""
    x = conv_1x1(relu(x), filters, f"{cell}_conv_1_{name}")
    return normalize(x, f"{cell}_bn_1_{name}")


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


def stem_conv(x: Tensor, filters: int, strides: int) -> Tensor:
    """The only ordinary 3×3 convolution; at stride 1 it keeps the size."""
    conv = Conv2D(
        filters,
        3,
        strides=strides,
        padding="valid" if strides > 1 else "same",
        use_bias=False,
        kernel_initializer="he_normal",
        name="stem_conv1",
    )
    return normalize(conv(x), "stem_bn1")


UNEXPLAINED = "the authors' code builds a larger one; why is unknown"
TABLE_2 = "Zoph et al. 2017, Table 2"
TABLE_3 = "Zoph et al. 2017, Table 3"


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
        "N": Int(1, 500, help="normal cells a stage", search=range(1, 13)),
        "F": Int(
            96,
            96_000,
            step=96,
            rule="a multiple of 96 (24 × 2²)",
            help="filters of the penultimate layer",
        ),
        "stem_filters": Int(
            1,
            10_000,
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
    },
    catalogue=("nasnet-mobile", "nasnet-a-5@1536", "nasnet-a-7@1920", "nasnet-large"),
    applications={
        "nasnet-mobile": "NASNetMobile()",
        "nasnet-large": "NASNetLarge()",
        "nasnet-mobile,top=false": "NASNetMobile(include_top=False, input_shape=(224, 224, 3))",
        "nasnet-mobile,input=97x64x3,classes=7": "NASNetMobile(classes=7, input_shape=(97, 64, 3))",
    },
    published=(
        Published("nasnet-mobile", "params", "5.3M", TABLE_3),
        Published("nasnet-mobile", "macs", "564M", TABLE_3),
        Published("nasnet-mobile", "params", "5.3M", KERAS_TABLE),
        Published("nasnet-a-5@1536", "params", "10.9M", TABLE_2, "printed as 5 @ 1538"),
        Published("nasnet-a-5@1536", "macs", "2.35B", TABLE_2, "printed as 5 @ 1538"),
        Published("nasnet-a-7@1920", "params", "22.6M", TABLE_2, UNEXPLAINED),
        Published("nasnet-a-7@1920", "macs", "4.93B", TABLE_2, UNEXPLAINED),
        Published("nasnet-large", "params", "88.9M", TABLE_2),
        Published("nasnet-large", "macs", "23.8B", TABLE_2),
        Published("nasnet-large", "params", "88.9M", KERAS_TABLE),
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
