"""VGG: nothing but 3×3 convolutions between poolings, and three large dense layers.

Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition,
ICLR 2015, Table 1, configurations A, B, D and E. Depths 16 and 19 equal
`keras.applications.vgg16` and `.vgg19` layer by layer; 11 and 13 have the paper's columns in
the same manner. As in Keras there is no dropout between the dense layers; the paper trains
with 0.5. With `bn=true` a normalisation follows every convolution, as in torchvision's
`vgg16_bn`.

The dense layers hold most of the params and fix the size of the image: `input=` changes the
number of params.
"""

from __future__ import annotations

from archi.families._blocks import channel_axis, keras_table
from archi.families.options import Flag, OneOf
from archi.families.registry import Paper, Published, family
from archi.graph import Tensor, scope
from archi.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten, MaxPooling2D

TABLE_1 = {  # weight layers: 3×3 convolutions in each of the five blocks
    11: (1, 1, 2, 2, 2),  # A
    13: (2, 2, 2, 2, 2),  # B
    16: (2, 2, 3, 3, 3),  # D
    19: (2, 2, 4, 4, 4),  # E
}
FILTERS = (64, 128, 256, 512, 512)  # of a block's convolutions


def conv(x: Tensor, filters: int, bn: bool, name: str) -> Tensor:
    """A 3×3 convolution and its activation, which with `bn` is a layer after normalisation."""
    if not bn:
        return Conv2D(filters, 3, activation="relu", padding="same", name=name)(x)
    x = Conv2D(filters, 3, padding="same", name=name)(x)
    x = BatchNormalization(axis=channel_axis(), name=f"{name}_bn")(x)
    return Activation("relu", name=f"{name}_relu")(x)


def classifier(x: Tensor, classes: int) -> Tensor:
    """Three dense layers over all positions of the last feature map."""
    x = Flatten(name="flatten")(x)
    for name in ("fc1", "fc2"):
        x = Dense(4096, activation="relu", name=name)(x)
    return Dense(classes, activation="softmax", name="predictions")(x)


PAPER_TABLE_1 = "Simonyan & Zisserman 2014, Table 1"
PAPER_TABLE_2 = "Simonyan & Zisserman 2014, Table 2"
TORCHVISION = "torchvision.models, VGG weights' metadata"
TORCHVISION_FIGURES = {  # params and operations
    "vgg11": ("132,863,336", "7.609G"),
    "vgg13": ("133,047,848", "11.308G"),
    "vgg16": ("138,357,544", "15.470G"),
    "vgg19": ("143,667,240", "19.632G"),
    "vgg11-bn": ("132,868,840", "7.609G"),
    "vgg13-bn": ("133,053,736", "11.308G"),
    "vgg16-bn": ("138,365,992", "15.470G"),
    "vgg19-bn": ("143,678,248", "19.632G"),
}


@family(
    "vgg{depth}",
    paper=Paper(
        "Very Deep Convolutional Networks for Large-Scale Image Recognition",
        "Simonyan, Zisserman",
        2014,
        "https://arxiv.org/abs/1409.1556",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "depth": OneOf(*TABLE_1, help="weighted layers"),
        "bn": Flag(False, help="normalisation after every convolution"),
    },
    presets={f"vgg{depth}-bn": {"depth": depth, "bn": True} for depth in TABLE_1},
    applications={
        "vgg16": "VGG16()",
        "vgg19": "VGG19()",
        "vgg16,top=false": "VGG16(include_top=False, input_shape=(224, 224, 3))",
        "vgg19,input=64x96x1,classes=10": "VGG19(classes=10, input_shape=(64, 96, 1))",
    },
    elsewhere={
        library: {
            **{f"vgg{depth}": f"vgg{depth}" for depth in TABLE_1},
            **{f"vgg{depth}_bn": f"vgg{depth}-bn" for depth in TABLE_1},
        }
        for library in ("torchvision", "timm")
    },
    published=(
        Published("vgg11", "params", "133M", PAPER_TABLE_2),
        Published("vgg13", "params", "133M", PAPER_TABLE_2),
        Published("vgg16", "params", "138M", PAPER_TABLE_2),
        Published("vgg19", "params", "144M", PAPER_TABLE_2),
        *(Published(f"vgg{depth}", "depth", str(depth), PAPER_TABLE_1) for depth in TABLE_1),
        *keras_table("vgg16", "138.4M", "16"),
        *keras_table("vgg19", "143.7M", "19"),
        *(
            Published(spec, metric, printed, TORCHVISION)
            for spec, figures in TORCHVISION_FIGURES.items()
            for metric, printed in zip(("trainable_params", "macs"), figures, strict=True)
        ),
    ),
    recipe={
        "optimizer": "SGD, momentum 0.9",
        "learning rate": "0.01, divided by 10 three times, when the error plateaus",
        "batch": "256",
        "weight decay": "5e-4",
        "dropout": "0.5 after each of the first two dense layers",
        "epochs": "74",
        "source": "Simonyan & Zisserman 2014, Section 3.1",
    },
)
def vgg(x: Tensor, classes: int, top: bool, depth: int, bn: bool) -> Tensor:
    """The network: five blocks of convolutions, each with a pooling, and the classifier."""
    for block, (convs, filters) in enumerate(zip(TABLE_1[depth], FILTERS, strict=True), start=1):
        name = f"block{block}"
        with scope(name):
            for i in range(1, convs + 1):
                x = conv(x, filters, bn, f"{name}_conv{i}")
            x = MaxPooling2D(2, strides=2, name=f"{name}_pool")(x)
    if not top:
        return x
    with scope("head"):
        return classifier(x, classes)
