"""What several families share, in the Keras functional style."""

from __future__ import annotations

from typing import Any

from archi.families.registry import Published
from archi.graph import Tensor, current_build, scope
from archi.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    GlobalAveragePooling2D,
    Multiply,
    ZeroPadding2D,
)

RESNET_TABLE_1 = {  # He et al. 2015, Table 1: depth: block, blocks in conv2_x … conv5_x
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
}
RESNET_FILTERS = (64, 128, 256, 512)  # of conv2_x … conv5_x; a bottleneck gives four times as many

IDENTITY_MAPPINGS_RECIPE = {
    "optimizer": "SGD, momentum 0.9",
    "learning rate": "0.1, divided by 10 at epochs 30 and 60",
    "batch": "256",
    "weight decay": "1e-4",
    "source": "He et al. 2016, appendix (ImageNet)",
}

PYTORCHCV = "github.com/osmr/imgclsmob, pytorch/README.md"  # source of exact counts
# why a published number of operations differs
MORE_THAN_MACS = "counts more than multiplications; what exactly is not said"


def keras_table(spec: str, params: str, depth: str = "", note: str = "") -> tuple[Published, ...]:
    """Return the figures of a network in the table of keras.io/api/applications.

    What that calls depth is the number of layers that have weights. `note` is on the params.
    """
    source = "keras.io/api/applications"
    figures = (Published(spec, "params", params, source, note),)
    return (*figures, Published(spec, "weighted_layers", depth, source)) if depth else figures


def channel_axis() -> int:
    """Return the channels axis: -1, or 1 when they come first."""
    return -1 if current_build().data_format == "channels_last" else 1


def image_channel_axis() -> int:
    """Return the channels axis of an image batch counted from the front: 3 or 1."""
    return 3 if current_build().data_format == "channels_last" else 1


def image_size(x: Tensor) -> tuple[int | None, int | None]:
    """Return height and width."""
    height = 1 if current_build().data_format == "channels_last" else 2
    return x.shape[height], x.shape[height + 1]


def pad_for_stride(x: Tensor, kernel: int, name: str) -> Tensor:
    """Pad so that a stride of 2 over `kernel` pixels covers an even or odd image alike."""
    half = kernel // 2
    margins = tuple((half - (1 if size is None else 1 - size % 2), half) for size in image_size(x))
    return ZeroPadding2D(margins, name=name)(x)


def make_divisible(filters: float, divisor: int = 8) -> int:
    """Round a number of filters to a multiple of `divisor`, never below 90% of it.

    The rule of the MobileNets' authors (github.com/tensorflow/models, research/slim).
    """
    rounded = max(divisor, int(filters + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * filters else rounded


def normalize(x: Tensor, name: str) -> Tensor:
    """Batch normalisation as Keras's ResNets have it."""
    return BatchNormalization(axis=image_channel_axis(), epsilon=1.001e-5, name=name)(x)


def bn_relu(x: Tensor, name: str) -> Tensor:
    """Normalisation with Keras's defaults, and activation."""
    x = BatchNormalization(axis=channel_axis(), name=f"{name}_bn")(x)
    return Activation("relu", name=f"{name}_relu")(x)


def squeeze_excite(
    x: Tensor, reduced: int, name: str, activation: str = "relu", gate: str = "sigmoid"
) -> Tensor:
    """Weigh the channels by what two 1×1 convolutions make of their means.

    Hu et al. 2018, Figure 2: `reduced` filters in between; `gate` gives the weights.
    """
    axis = channel_axis()
    y = GlobalAveragePooling2D(keepdims=True, name=f"{name}_squeeze")(x)
    y = Conv2D(reduced, 1, activation=activation, name=f"{name}_reduce")(y)
    y = Conv2D(x.shape[axis], 1, activation=gate, name=f"{name}_expand")(y)
    return Multiply(name=f"{name}_excite")([x, y])


def classifier(x: Tensor, classes: int, dropout: float = 0, **dense: Any) -> Tensor:
    """Global average pooling and a softmax over `classes`: how Keras ends its networks."""
    with scope("head"):
        x = GlobalAveragePooling2D(name="avg_pool")(x)
        if dropout:
            x = Dropout(dropout, name="dropout")(x)
        return Dense(classes, activation="softmax", name="predictions", **dense)(x)
