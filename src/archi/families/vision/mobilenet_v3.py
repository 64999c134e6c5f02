"""MobileNetV3, small and large: inverted residuals found by search, squeezed and excited.

Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le, Adam: Searching for
MobileNetV3, ICCV 2019, Tables 1 and 2. Equal to `keras.applications.mobilenet_v3` layer by
layer, for images of 224×224 where Keras leaves their size open. `mobilenet-v3-large-0.75` has
0.75 times the filters, rounded to multiples of 8; the minimalistic networks have neither
squeeze-and-excitation nor hard swish nor 5×5 convolutions.
"""

from __future__ import annotations

from typing import NamedTuple

from archi.families._blocks import channel_axis, make_divisible, pad_for_stride
from archi.families.options import Decimal, Flag, OneOf
from archi.families.registry import Paper, Published, family
from archi.graph import Tensor, scope
from archi.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Multiply,
    ReLU,
    Rescaling,
)


class Row(NamedTuple):
    """A block: kernel, expansion, filters, squeeze-and-excitation, hard swish, strides."""

    kernel: int
    expansion: float  # of the input's filters to the paper's "exp size"
    filters: int
    se: bool
    hs: bool
    strides: int


RE, HS, SE, __ = False, True, True, False  # nonlinearities, and whether there is an SE

TABLES = {
    "large": (  # Table 1
        Row(3, 1, 16, __, RE, 1),
        Row(3, 4, 24, __, RE, 2),
        Row(3, 3, 24, __, RE, 1),
        Row(5, 3, 40, SE, RE, 2),
        Row(5, 3, 40, SE, RE, 1),
        Row(5, 3, 40, SE, RE, 1),
        Row(3, 6, 80, __, HS, 2),
        Row(3, 2.5, 80, __, HS, 1),
        Row(3, 2.3, 80, __, HS, 1),
        Row(3, 2.3, 80, __, HS, 1),
        Row(3, 6, 112, SE, HS, 1),
        Row(3, 6, 112, SE, HS, 1),
        Row(5, 6, 160, SE, HS, 2),
        Row(5, 6, 160, SE, HS, 1),
        Row(5, 6, 160, SE, HS, 1),
    ),
    "small": (  # Table 2
        Row(3, 1, 16, SE, RE, 2),
        Row(3, 72 / 16, 24, __, RE, 2),
        Row(3, 88 / 24, 24, __, RE, 1),
        Row(5, 4, 40, SE, HS, 2),
        Row(5, 6, 40, SE, HS, 1),
        Row(5, 6, 40, SE, HS, 1),
        Row(5, 3, 48, SE, HS, 1),
        Row(5, 3, 48, SE, HS, 1),
        Row(5, 6, 96, SE, HS, 2),
        Row(5, 6, 96, SE, HS, 1),
        Row(5, 6, 96, SE, HS, 1),
    ),
}
LAST_FILTERS = {"large": 1280, "small": 1024}  # in front of the classifier


def normalize(x: Tensor, name: str) -> Tensor:
    """Batch normalisation with the authors' momentum."""
    return BatchNormalization(axis=channel_axis(), momentum=0.999, name=f"{name}_bn")(x)


def conv_1x1(x: Tensor, filters: int, name: str) -> Tensor:
    """A 1×1 convolution, normalised."""
    x = Conv2D(filters, 1, padding="same", use_bias=False, name=name)(x)
    return normalize(x, name)


def activate(x: Tensor, hs: bool) -> Tensor:
    """Hard swish or ReLU."""
    return Activation("hard_swish")(x) if hs else ReLU()(x)


def hard_sigmoid(x: Tensor) -> Tensor:
    """ReLU6(x + 3) / 6."""
    return ReLU(6.0)(x + 3.0) * (1 / 6)


def squeeze_excite(x: Tensor, name: str) -> Tensor:
    """Weigh the channels by what two 1×1 convolutions make of their means."""
    channels = x.shape[channel_axis()] or 0
    y = GlobalAveragePooling2D(keepdims=True, name=f"{name}_avg_pool")(x)
    y = Conv2D(make_divisible(channels * 0.25), 1, padding="same", name=f"{name}_conv")(y)
    y = ReLU(name=f"{name}_relu")(y)
    y = Conv2D(channels, 1, padding="same", name=f"{name}_conv_1")(y)
    return Multiply(name=f"{name}_mul")([x, hard_sigmoid(y)])


def inverted_residual(x: Tensor, row: Row, filters: int, name: str) -> Tensor:
    """Widen by 1×1, convolve depthwise, squeeze and excite, thin out by 1×1; add (Figure 4)."""
    channels = x.shape[channel_axis()] or 0
    y = x
    if row.expansion > 1:
        y = conv_1x1(y, make_divisible(channels * row.expansion), f"{name}_expand")
        y = activate(y, row.hs)
    if row.strides > 1:
        y = pad_for_stride(y, row.kernel, f"{name}_depthwise_pad")
    depthwise = DepthwiseConv2D(
        row.kernel,
        strides=row.strides,
        padding="valid" if row.strides > 1 else "same",
        use_bias=False,
        name=f"{name}_depthwise",
    )
    y = activate(normalize(depthwise(y), f"{name}_depthwise"), row.hs)
    if row.se:
        y = squeeze_excite(y, f"{name}_squeeze_excite")
    y = conv_1x1(y, filters, f"{name}_project")
    if row.strides > 1 or channels != filters:
        return y
    return Add(name=f"{name}_add")([x, y])


def minimal(row: Row) -> Row:
    """Return a row without the advanced parts."""
    return row._replace(kernel=3, se=False, hs=False)


def classifier(x: Tensor, filters: int, classes: int, hs: bool, dropout: float) -> Tensor:
    """Global average pooling, and 1×1 convolutions for dense layers."""
    x = GlobalAveragePooling2D(keepdims=True)(x)
    x = activate(Conv2D(filters, 1, padding="same", name="conv_2")(x), hs)
    if dropout:
        x = Dropout(dropout)(x)
    x = Conv2D(classes, 1, padding="same", name="logits")(x)
    return Activation("softmax", name="predictions")(Flatten()(x))


TABLE_3 = "Howard et al. 2019, Table 3"
AUTHORS = "tensorflow/models, research/slim/nets/mobilenet, README"
TORCHVISION = "torchvision.models, MobileNetV3 weights' metadata"


@family(
    "mobilenet-v3-{size}[-{alpha}]",
    paper=Paper(
        "Searching for MobileNetV3",
        "Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le, Adam",
        2019,
        "https://arxiv.org/abs/1905.02244",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "size": OneOf("small", "large", help="which of the paper's two tables"),
        "alpha": Decimal(
            1 / 32,
            4,
            default=1.0,
            help="width multiplier: times the filters, in multiples of 8",
            search=[n / 20 for n in range(4, 41)],
        ),
        "minimalistic": Flag(
            False, help="no squeeze-and-excitation, hard swish and 5×5 convolutions"
        ),
        "preprocessing": Flag(True, help="a first layer that rescales pixels from 0…255 to -1…1"),
        "dropout": Decimal(0, 1, default=0.2, help="dropout rate before the classifier"),
    },
    presets={
        f"mobilenet-v3-{size}-minimalistic": {"size": size, "alpha": 1.0, "minimalistic": True}
        for size in TABLES
    },
    catalogue=(
        "mobilenet-v3-small",
        "mobilenet-v3-small-0.75",
        "mobilenet-v3-small-minimalistic",
        "mobilenet-v3-large",
        "mobilenet-v3-large-0.75",
        "mobilenet-v3-large-minimalistic",
    ),
    applications={
        "mobilenet-v3-small": "MobileNetV3Small(input_shape=(224, 224, 3))",
        "mobilenet-v3-large": "MobileNetV3Large(input_shape=(224, 224, 3))",
        "mobilenet-v3-small-minimalistic": (
            "MobileNetV3Small(minimalistic=True, input_shape=(224, 224, 3))"
        ),
        "mobilenet-v3-large-1.4,dropout=0,preprocessing=false,input=33x64x1,classes=7": (
            "MobileNetV3Large(alpha=1.4, dropout_rate=0, include_preprocessing=False, "
            "input_shape=(33, 64, 1), classes=7)"
        ),
        "mobilenet-v3-large-0.35,minimalistic=true,top=false": (
            "MobileNetV3Large(alpha=0.35, minimalistic=True, include_top=False, "
            "input_shape=(224, 224, 3))"
        ),
    },
    elsewhere={
        "torchvision": {f"mobilenet_v3_{size}": f"mobilenet-v3-{size}" for size in TABLES},
        "timm": {
            **{
                f"{start}mobilenetv3_{size}_{percent:03}": f"mobilenet-v3-{size}-{percent / 100}"
                for start in ("", "tf_")
                for size in TABLES
                for percent in (75, 100)
            },
            "mobilenetv3_small_050": "mobilenet-v3-small-0.5",
            **{
                f"tf_mobilenetv3_{size}_minimal_100": f"mobilenet-v3-{size}-minimalistic"
                for size in TABLES
            },
        },
    },
    missing={
        "mobilenet-v3-*d": "timm's own, scaled in depth too",
        "mobilenet-v3-rw": "timm's own, before there was the authors' code",
        "mobilenet-v4*": "MobileNetV4 is another network",
        "mobilenet-v5*": "MobileNetV5 is another network",
        "mobilenet-edgetpu*": "MobileNet-EdgeTPU has other blocks",
    },
    published=(
        Published("mobilenet-v3-large", "trainable_params", "5.4M", TABLE_3, "perhaps cut off"),
        Published("mobilenet-v3-large", "macs", "219M", TABLE_3, "the authors' code has 217 M"),
        Published("mobilenet-v3-large-0.75", "trainable_params", "4.0M", TABLE_3),
        Published("mobilenet-v3-large-0.75", "macs", "155M", TABLE_3),
        Published("mobilenet-v3-small", "trainable_params", "2.5M", TABLE_3),
        Published("mobilenet-v3-small", "macs", "56M", TABLE_3, "perhaps cut off"),
        Published("mobilenet-v3-small-0.75", "trainable_params", "2.0M", TABLE_3),
        Published("mobilenet-v3-small-0.75", "macs", "44M", TABLE_3, "43.4 M; why is unknown"),
        Published("mobilenet-v3-large-minimalistic", "macs", "209M", AUTHORS),
        Published("mobilenet-v3-large-minimalistic", "trainable_params", "3.9M", AUTHORS),
        Published("mobilenet-v3-large", "trainable_params", "5,483,032", TORCHVISION),
        Published("mobilenet-v3-large", "macs", "0.217G", TORCHVISION),
        Published("mobilenet-v3-small", "trainable_params", "2,542,856", TORCHVISION),
        Published("mobilenet-v3-small", "macs", "0.057G", TORCHVISION),
    ),
    recipe={
        "optimizer": "RMSProp, momentum 0.9",
        "learning rate": "0.1, ×0.01 every 3 epochs",
        "batch": "4096, 128 on each of 32 chips",
        "weight decay": "1e-5",
        "dropout": "0.8, as the paper prints it",
        "weights": "exponential moving average, decay 0.9999",
        "source": "Howard et al. 2019, Section 6.1.1",
    },
)
def mobilenet_v3(
    x: Tensor,
    classes: int,
    top: bool,
    size: str,
    alpha: float,
    minimalistic: bool,
    preprocessing: bool,
    dropout: float,
) -> Tensor:
    """The network: a 3×3 convolution, inverted residuals, a 1×1 convolution, classifier."""
    hs = not minimalistic
    with scope("stem"):
        if preprocessing:
            x = Rescaling(1 / 127.5, offset=-1.0)(x)
        x = Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="conv")(x)
        x = activate(normalize(x, "conv"), hs)
    stage = 0
    for number, row in enumerate(TABLES[size]):
        stage += number == 0 or row.strides > 1
        name = f"expanded_conv_{number}" if number else "expanded_conv"
        with scope(f"stage{stage}"), scope(f"block{number}", "inverted residual"):
            row = minimal(row) if minimalistic else row
            x = inverted_residual(x, row, make_divisible(row.filters * alpha), name)
    with scope("head"):
        channels = x.shape[channel_axis()] or 0
        x = activate(conv_1x1(x, make_divisible(channels * 6), "conv_1"), hs)
        if not top:
            return x
        last = LAST_FILTERS[size]
        last = make_divisible(last * alpha) if alpha > 1 else last
        return classifier(x, last, classes, hs, dropout)
