"""MobileNet: depthwise separable convolutions, thinner by one width multiplier.

Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto, Adam: MobileNets: Efficient
Convolutional Neural Networks for Mobile Vision Applications, 2017, Table 1. Equal to
`keras.applications.mobilenet` layer by layer. `mobilenet-0.75` has 0.75 times the filters in
every layer; `mobilenet-0.75-160` takes images of 160×160, one of the paper's four sizes.

Deviates from the paper as Keras does: activations are cut off at 6, and the classifier is a
1×1 convolution.
"""

from __future__ import annotations

from archi.families._blocks import channel_axis, keras_table
from archi.families.elsewhere import HUGGING_FACE
from archi.families.options import Decimal, Int
from archi.families.registry import Paper, Published, family
from archi.graph import Tensor, scope
from archi.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    ReLU,
    Reshape,
    ZeroPadding2D,
)

TABLE_1 = (  # filters, strides of the first block, blocks
    (64, 1, 1),
    (128, 2, 2),
    (256, 2, 2),
    (512, 2, 6),
    (1024, 2, 2),
)
ALPHAS = (1.0, 0.75, 0.5, 0.25)
SIZES = (192, 160, 128)  # besides 224


def bn_relu6(x: Tensor, name: str) -> Tensor:
    """Normalisation and activation of the convolution `name`."""
    x = BatchNormalization(axis=channel_axis(), name=f"{name}_bn")(x)
    return ReLU(6.0, name=f"{name}_relu")(x)


def separable(x: Tensor, filters: int, strides: int, multiplier: int, number: int) -> Tensor:
    """A 3×3 depthwise and a 1×1 convolution, each normalised and activated (Figure 3)."""
    if strides > 1:
        x = ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
    depthwise = DepthwiseConv2D(
        3,
        strides=strides,
        padding="valid" if strides > 1 else "same",
        depth_multiplier=multiplier,
        use_bias=False,
        name=f"conv_dw_{number}",
    )
    x = bn_relu6(depthwise(x), f"conv_dw_{number}")
    pointwise = Conv2D(filters, 1, padding="same", use_bias=False, name=f"conv_pw_{number}")
    return bn_relu6(pointwise(x), f"conv_pw_{number}")


def classifier(x: Tensor, classes: int, dropout: float) -> Tensor:
    """Global average pooling, and a 1×1 convolution for a dense layer."""
    x = GlobalAveragePooling2D(keepdims=True)(x)
    x = Dropout(dropout, name="dropout")(x)
    x = Conv2D(classes, 1, padding="same", name="conv_preds")(x)
    x = Reshape((classes,), name="reshape_2")(x)
    return Activation("softmax", name="predictions")(x)


TABLE_6 = "Howard et al. 2017, Table 6"
TABLE_7 = "Howard et al. 2017, Table 7"


@family(
    "mobilenet[-{alpha}]",
    also=(
        "mobilenet-{alpha}-224",
        "mobilenet-v1[-{alpha}]",
        "mobilenet-v1-{alpha}-224",
    ),
    paper=Paper(
        "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications",
        "Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto, Adam",
        2017,
        "https://arxiv.org/abs/1704.04861",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "alpha": Decimal(
            1 / 32,
            4,
            default=1.0,
            help="width multiplier: times the filters of every layer",
            search=[n / 32 for n in range(1, 65)],
        ),
        "depth_multiplier": Int(1, 32, default=1, help="depthwise filters for each channel"),
        "dropout": Decimal(0, 1, default=0.001, help="dropout rate before the classifier"),
    },
    presets={
        f"mobilenet-{alpha:g}-{size}": {"alpha": alpha, "input": (size, size, 3)}
        for alpha in ALPHAS
        for size in SIZES
    },
    catalogue=("mobilenet", "mobilenet-0.75", "mobilenet-0.5", "mobilenet-0.25"),
    applications={
        "mobilenet": "MobileNet()",
        "mobilenet-0.25-128": "MobileNet(alpha=0.25, input_shape=(128, 128, 3))",
        "mobilenet-0.7,dropout=0.5": "MobileNet(alpha=0.7, dropout=0.5)",
        "mobilenet,depth_multiplier=2,input=33x64x1,classes=7": (
            "MobileNet(depth_multiplier=2, input_shape=(33, 64, 1), classes=7)"
        ),
        "mobilenet,top=false": "MobileNet(include_top=False, input_shape=(224, 224, 3))",
    },
    elsewhere={
        "timm": {f"mobilenetv1_{percent}": f"mobilenet-{percent / 100}" for percent in (100, 125)},
        HUGGING_FACE: {  # which has a class for the background
            f"google/mobilenet_v1_{alpha}_{size}": (
                f"mobilenet-{alpha},input={size}x{size}x3,classes=1001"
            )
            for alpha, size in (("0.75", 192), ("1.0", 224))
        },
    },
    missing={
        "mobilenet-v1-*h": "timm's own, with a hidden layer in its classifier",
    },
    published=(
        Published("mobilenet", "macs", "569M", TABLE_6),
        Published("mobilenet", "trainable_params", "4.2M", TABLE_6),
        Published("mobilenet-0.75", "macs", "325M", TABLE_6),
        Published("mobilenet-0.75", "trainable_params", "2.6M", TABLE_6),
        Published("mobilenet-0.5", "macs", "149M", TABLE_6),
        Published("mobilenet-0.5", "trainable_params", "1.3M", TABLE_6),
        Published("mobilenet-0.25", "macs", "41M", TABLE_6),
        Published("mobilenet-0.25", "trainable_params", "0.5M", TABLE_6),
        Published("mobilenet-1-192", "macs", "418M", TABLE_7),
        Published("mobilenet-1-160", "macs", "290M", TABLE_7, "cut off, not rounded"),
        Published("mobilenet-1-128", "macs", "186M", TABLE_7),
        *keras_table("mobilenet", "4.3M", "55"),
    ),
    recipe={
        "optimizer": "RMSprop, asynchronous",
        "weight decay": "little or none on depthwise filters",
        "augmentation": "less than for large networks: no side heads, no label smoothing",
        "source": "Howard et al. 2017, Section 3.2",
    },
)
def mobilenet(
    x: Tensor, classes: int, top: bool, alpha: float, depth_multiplier: int, dropout: float
) -> Tensor:
    """The network: a 3×3 convolution, thirteen separable ones, classifier."""
    with scope("stem"):
        stem = Conv2D(int(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="conv1")
        x = bn_relu6(stem(x), "conv1")
    number = 0
    for stage, (filters, strides, blocks) in enumerate(TABLE_1, start=1):
        with scope(f"stage{stage}"):
            for i in range(blocks):
                number += 1
                with scope(f"block{number}", "separable"):
                    width, first = int(filters * alpha), strides if i == 0 else 1
                    x = separable(x, width, first, depth_multiplier, number)
    if not top:
        return x
    with scope("head"):
        return classifier(x, classes, dropout)
