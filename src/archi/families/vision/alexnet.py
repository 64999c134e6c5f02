"""AlexNet: five convolutions and three large dense layers.

Krizhevsky: One weird trick for parallelizing convolutional neural networks, 2014, whose
network is that of Krizhevsky, Sutskever, Hinton: ImageNet Classification with Deep
Convolutional Neural Networks, NeurIPS 2012, in one column. `alexnet` is layer by layer the
network of torchvision; `alexnet-2012` has the widths of the first paper, and its two columns
as groups. Both deviate from the papers: local response normalisation, which has no weights,
is left out. As in torchvision, the last feature map of an image of another size is pooled to
6×6.

The 2012 paper states images of 224×224; its network fits 227×227, or a padding of 2.
"""

from __future__ import annotations

from typing import NamedTuple

from archi.families._blocks import image_size
from archi.families.options import OneOf
from archi.families.registry import Paper, Published, family
from archi.families.vision._torchvision import weights_metadata
from archi.graph import Tensor, scope
from archi.layers import (
    AdaptiveAveragePooling2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
    ZeroPadding2D,
)


class Row(NamedTuple):
    """A convolution: its filters, its groups, and whether pooling follows."""

    filters: int
    groups: int
    pool: bool


KERNELS = (11, 5, 3, 3, 3)
LAST = (6, 6)  # size of the last feature map, of images of 224×224
NETWORKS = {
    2012: (
        Row(96, 1, True),
        Row(256, 2, True),
        Row(384, 1, False),
        Row(384, 2, False),
        Row(256, 2, True),
    ),
    2014: (
        Row(64, 1, True),
        Row(192, 1, True),
        Row(384, 1, False),
        Row(256, 1, False),
        Row(256, 1, True),
    ),
}


def classifier(x: Tensor, classes: int) -> Tensor:
    """Three dense layers over all positions of the last feature map, pooled to 6×6."""
    with scope("head"):
        if image_size(x) != LAST:
            x = AdaptiveAveragePooling2D(LAST, name="avg_pool")(x)
        x = Flatten(name="flatten")(x)
        for name in ("fc6", "fc7"):
            x = Dropout(0.5, name=f"{name}_dropout")(x)
            x = Dense(4096, activation="relu", name=name)(x)
        return Dense(classes, activation="softmax", name="predictions")(x)


@family(
    "alexnet[-{year}]",
    paper=Paper(
        "One weird trick for parallelizing convolutional neural networks",
        "Krizhevsky",
        2014,
        "https://arxiv.org/abs/1404.5997",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "year": OneOf(2012, 2014, default=2014, help="of the paper whose widths it has"),
    },
    catalogue=("alexnet", "alexnet-2012"),
    elsewhere={"torchvision": {"alexnet": "alexnet"}},
    published=(
        *weights_metadata("AlexNet", {"alexnet": ("61,100,840", "0.714G")}),
        Published(
            "alexnet-2012",
            "params",
            "60M",
            "Krizhevsky et al. 2012, Section 1",
            "the layers it describes have 61.0 M",
        ),
    ),
    recipe={
        "optimizer": "SGD, momentum 0.9",
        "learning rate": "0.01, divided by 10 when the error stops falling",
        "batch": "128",
        "weight decay": "5e-4",
        "epochs": "90",
        "dropout": "0.5 before the first two dense layers",
        "source": "Krizhevsky et al. 2012, Section 5",
    },
)
def alexnet(x: Tensor, classes: int, top: bool, year: int) -> Tensor:
    """The network: five convolutions, three of them before poolings, and the dense layers."""
    for number, (row, kernel) in enumerate(zip(NETWORKS[year], KERNELS, strict=True), start=1):
        name = f"conv{number}"
        with scope(name):
            strides, padding = 1, "same"
            if number == 1:
                strides, padding = 4, "valid"
                x = ZeroPadding2D(2, name="conv1_pad")(x)
            x = Conv2D(
                row.filters,
                kernel,
                strides=strides,
                padding=padding,
                groups=row.groups,
                activation="relu",
                name=name,
            )(x)
            if row.pool:
                x = MaxPooling2D(3, strides=2, name=f"pool{number}")(x)
    return classifier(x, classes) if top else x
