"""SqueezeNet: fire modules, which squeeze the channels before they expand them.

Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer: SqueezeNet: AlexNet-level accuracy with 50x
fewer parameters and <0.5MB model size, 2016, Table 1, without bypass. Version 1.1 is that of
the authors' code (github.com/forresti/SqueezeNet): a smaller stem and earlier poolings.
Layer by layer the network of torchvision. Poolings round sizes up, as they do in Caffe; the
sizes of Table 1 are those of an input of 227×227.
"""

from __future__ import annotations

from typing import NamedTuple

from archi.families._blocks import channel_axis
from archi.families.options import Release
from archi.families.registry import Paper, Published, family
from archi.families.vision._torchvision import max_pool_ceil, weights_metadata
from archi.graph import Tensor, scope
from archi.layers import Activation, Concatenate, Conv2D, Dropout, GlobalAveragePooling2D

FIRES = {  # module: filters of the squeezing 1×1, and of each of the expanding 1×1 and 3×3
    2: (16, 64),
    3: (16, 64),
    4: (32, 128),
    5: (32, 128),
    6: (48, 192),
    7: (48, 192),
    8: (64, 256),
    9: (64, 256),
}


class Version(NamedTuple):
    """The first convolution, and the modules before which there is pooling."""

    filters: int
    kernel: int
    pools: tuple[int, ...]


VERSIONS = {1.0: Version(96, 7, (2, 5, 9)), 1.1: Version(64, 3, (2, 4, 6))}


def fire(x: Tensor, squeeze: int, expand: int, name: str) -> Tensor:
    """A 1×1 convolution, then 1×1 and 3×3 ones side by side (Figure 1)."""
    x = Conv2D(squeeze, 1, activation="relu", name=f"{name}_squeeze1x1")(x)
    paths = [
        Conv2D(expand, k, padding="same", activation="relu", name=f"{name}_expand{k}x{k}")(x)
        for k in (1, 3)
    ]
    return Concatenate(axis=channel_axis(), name=f"{name}_concat")(paths)


def classifier(x: Tensor, classes: int) -> Tensor:
    """A 1×1 convolution whose channels are the classes, and its means."""
    with scope("head"):
        x = Dropout(0.5, name="dropout")(x)
        x = Conv2D(classes, 1, activation="relu", name="conv10")(x)
        x = GlobalAveragePooling2D(name="avg_pool")(x)
        return Activation("softmax", name="predictions")(x)


@family(
    "squeezenet{version}",
    also=("squeezenet-v{version}",),
    paper=Paper(
        "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size",
        "Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer",
        2016,
        "https://arxiv.org/abs/1602.07360",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={"version": Release(*VERSIONS, help="of the authors' code; 1.0 is the paper's")},
    elsewhere={
        "torchvision": {
            f"squeezenet{version}".replace(".", "_"): f"squeezenet{version}" for version in VERSIONS
        }
    },
    published=(
        *weights_metadata(
            "SqueezeNet",
            {
                "squeezenet1.0": ("1,248,424", "0.819G"),
                "squeezenet1.1": ("1,235,496", "0.349G"),
            },
        ),
        Published("squeezenet1.0", "params", "1,248,424", "Iandola et al. 2016, Table 1"),
    ),
    recipe={
        "optimizer": "SGD, momentum 0.9",
        "learning rate": "0.04, falling by a line",
        "batch": "512",
        "weight decay": "2e-4",
        "dropout": "0.5 behind the last fire module",
        "source": "the authors' code, SqueezeNet_v1.0/solver.prototxt",
    },
)
def squeezenet(x: Tensor, classes: int, top: bool, version: float) -> Tensor:
    """The network: a convolution, eight fire modules between poolings, classifier."""
    filters, kernel, pools = VERSIONS[version]
    with scope("conv1"):
        x = Conv2D(filters, kernel, strides=2, activation="relu", name="conv1")(x)
    for number, widths in FIRES.items():
        stage = 1 + sum(number >= pool for pool in pools)
        with scope(f"stage{stage}"):
            if number in pools:
                x = max_pool_ceil(x, 3, 2, f"pool{stage - 1}")
            with scope(f"fire{number}", "fire"):
                x = fire(x, *widths, f"fire{number}")
    return classifier(x, classes) if top else x
