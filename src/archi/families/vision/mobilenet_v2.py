"""MobileNetV2: inverted residuals, whose shortcuts join the thin layers.

Sandler, Howard, Zhu, Zhmoginov, Chen: MobileNetV2: Inverted Residuals and Linear
Bottlenecks, CVPR 2018, Table 2. Equal to `keras.applications.mobilenet_v2` layer by layer.
`mobilenet-v2-1.4` has 1.4 times the filters, rounded to multiples of 8;
`mobilenet-v2-0.35-96` takes images of 96×96, one of the authors' five sizes.
"""

from __future__ import annotations

from archi.families._blocks import channel_axis, keras_table, make_divisible, pad_for_stride
from archi.families.elsewhere import HUGGING_FACE
from archi.families.options import Decimal
from archi.families.registry import Paper, Published, family
from archi.graph import Tensor, scope
from archi.layers import (
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    GlobalAveragePooling2D,
    ReLU,
)

TABLE_2 = (  # t, c, n, s: expansion, filters, blocks, strides of the first block
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def normalize(x: Tensor, name: str) -> Tensor:
    """Batch normalisation with the authors' momentum."""
    return BatchNormalization(axis=channel_axis(), momentum=0.999, name=name)(x)


def conv_1x1(x: Tensor, filters: int, name: str) -> Tensor:
    """A 1×1 convolution of a block, normalised."""
    x = Conv2D(filters, 1, padding="same", use_bias=False, name=name)(x)
    return normalize(x, f"{name}_BN")


def inverted_residual(x: Tensor, expansion: int, filters: int, strides: int, name: str) -> Tensor:
    """Widen by 1×1, convolve depthwise by 3×3, thin out by 1×1; add the input (Figure 4d)."""
    channels = x.shape[channel_axis()] or 0
    y = x
    if expansion > 1:
        y = conv_1x1(y, expansion * channels, f"{name}_expand")
        y = ReLU(6.0, name=f"{name}_expand_relu")(y)
    if strides > 1:
        y = pad_for_stride(y, 3, f"{name}_pad")
    depthwise = DepthwiseConv2D(
        3,
        strides=strides,
        padding="valid" if strides > 1 else "same",
        use_bias=False,
        name=f"{name}_depthwise",
    )
    y = normalize(depthwise(y), f"{name}_depthwise_BN")
    y = ReLU(6.0, name=f"{name}_depthwise_relu")(y)
    y = conv_1x1(y, filters, f"{name}_project")
    if strides > 1 or channels != filters:
        return y
    return Add(name=f"{name}_add")([x, y])


TABLE_4 = "Sandler et al. 2018, Table 4"
AUTHORS = "tensorflow/models, research/slim/nets/mobilenet, README"
AUTHORS_MACS = {  # millions, by width and image size
    "1.4": {224: "582M"},
    "1.3": {224: "509M"},
    "1": {224: "300M", 192: "221M", 160: "154M", 128: "99M", 96: "56M"},
    "0.75": {224: "209M", 192: "153M", 160: "107M", 128: "69M", 96: "39M"},
    "0.5": {224: "97M", 192: "71M", 160: "50M", 128: "32M", 96: "18M"},
    "0.35": {224: "59M", 192: "43M", 160: "30M", 128: "20M", 96: "11M"},
}
CUT_OFF = {"1": (224,), "0.75": (192,), "0.5": (192, 128, 96), "0.35": (192, 160, 96)}
CUT = "cut off, not rounded"
AUTHORS_PARAMS = {
    "1.4": "6.06M",
    "1.3": "5.34M",
    "1": "3.47M",
    "0.75": "2.61M",
    "0.5": "1.95M",
    "0.35": "1.66M",
}
WITHOUT_BN = "without those of normalisations, as that figure is, it is equal"


@family(
    "mobilenet-v2[-{alpha}]",
    also=("mobilenet-v2-{alpha}-224",),
    paper=Paper(
        "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
        "Sandler, Howard, Zhu, Zhmoginov, Chen",
        2018,
        "https://arxiv.org/abs/1801.04381",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "alpha": Decimal(
            1 / 32,
            4,
            default=1.0,
            help="width multiplier: times the filters, in multiples of 8",
            search=[n / 20 for n in range(1, 41)],
        ),
    },
    presets={
        f"mobilenet-v2-{alpha}-{size}": {"alpha": float(alpha), "input": (size, size, 3)}
        for alpha, sizes in AUTHORS_MACS.items()
        for size in sizes
        if size != 224
    },
    catalogue=(
        "mobilenet-v2",
        *(f"mobilenet-v2-{alpha}" for alpha in AUTHORS_MACS if alpha != "1"),
    ),
    applications={
        "mobilenet-v2": "MobileNetV2()",
        "mobilenet-v2-1.4": "MobileNetV2(alpha=1.4)",
        "mobilenet-v2-0.35-96": "MobileNetV2(alpha=0.35, input_shape=(96, 96, 3))",
        "mobilenet-v2-0.6,input=33x64x1,classes=7": (
            "MobileNetV2(alpha=0.6, input_shape=(33, 64, 1), classes=7)"
        ),
        "mobilenet-v2,top=false": "MobileNetV2(include_top=False, input_shape=(224, 224, 3))",
    },
    elsewhere={
        "torchvision": {"mobilenet_v2": "mobilenet-v2"},
        "timm": {
            f"mobilenetv2_{percent:03}": f"mobilenet-v2-{percent / 100}"
            for percent in (35, 50, 75, 100, 140)
        },
        HUGGING_FACE: {  # which has a class for the background
            f"google/mobilenet_v2_{alpha}_{size}": (
                f"mobilenet-v2-{alpha},input={size}x{size}x3,classes=1001"
            )
            for alpha, size in (("0.35", 96), ("0.75", 160), ("1.0", 224), ("1.4", 224))
        },
    },
    missing={
        "mobilenet-v2-*d": "timm's own, scaled in depth too",
    },
    published=(
        Published(
            "mobilenet-v2", "trainable_params", "3.4M", TABLE_4, "3.47 M without normalisations"
        ),
        Published("mobilenet-v2", "macs", "300M", TABLE_4, CUT),
        Published(
            "mobilenet-v2-1.4", "trainable_params", "6.9M", TABLE_4, "the authors' code has 6.06 M"
        ),
        Published("mobilenet-v2-1.4", "macs", "585M", TABLE_4, "the authors' code has 582 M"),
        *(
            Published(
                f"mobilenet-v2-{alpha}-{size}",
                "macs",
                printed,
                AUTHORS,
                CUT if size in CUT_OFF.get(alpha, ()) else "",
            )
            for alpha, sizes in AUTHORS_MACS.items()
            for size, printed in sizes.items()
        ),
        *(
            Published(f"mobilenet-v2-{alpha}", "trainable_params", printed, AUTHORS, WITHOUT_BN)
            for alpha, printed in AUTHORS_PARAMS.items()
        ),
        *keras_table("mobilenet-v2", "3.5M", "105"),
        Published("mobilenet-v2", "trainable_params", "3,504,872", "torchvision.models"),
        Published("mobilenet-v2", "macs", "0.301G", "torchvision.models"),
    ),
    recipe={
        "optimizer": "RMSprop, decay and momentum 0.9",
        "learning rate": "0.045, ×0.98 every epoch",
        "batch": "96 on each of 16 workers",
        "weight decay": "4e-5",
        "source": "Sandler et al. 2018, Section 6.1",
    },
)
def mobilenet_v2(x: Tensor, classes: int, top: bool, alpha: float) -> Tensor:
    """The network: a convolution, seventeen inverted residuals, another, classifier."""
    with scope("stem"):
        stem = Conv2D(
            make_divisible(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1"
        )
        x = ReLU(6.0, name="Conv1_relu")(normalize(stem(x), "bn_Conv1"))
    number = 0
    for stage, (t, c, n, s) in enumerate(TABLE_2, start=1):
        filters = make_divisible(int(c * alpha))
        with scope(f"stage{stage}"):
            for i in range(n):
                name = f"block_{number}" if number else "expanded_conv"
                with scope(f"block{number}", "inverted residual"):
                    x = inverted_residual(x, t, filters, s if i == 0 else 1, name)
                number += 1
    with scope("head"):
        x = Conv2D(make_divisible(1280 * max(alpha, 1.0)), 1, use_bias=False, name="Conv_1")(x)
        x = ReLU(6.0, name="out_relu")(normalize(x, "Conv_1_bn"))
        if not top:
            return x
        x = GlobalAveragePooling2D()(x)
        return Dense(classes, activation="softmax", name="predictions")(x)
