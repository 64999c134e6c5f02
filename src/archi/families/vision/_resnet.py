"""What residual networks share: blocks, shortcuts, stem, and where blocks stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from archi.families._blocks import bn_relu, channel_axis, normalize, squeeze_excite
from archi.graph import Tensor, scope
from archi.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dropout,
    MaxPooling2D,
    ZeroPadding2D,
)

SENET_RECIPE = {
    "optimizer": "SGD, momentum 0.9, synchronous",
    "learning rate": "0.6, divided by 10 every 30 epochs",
    "batch": "1024",
    "epochs": "100",
    "source": "Hu et al. 2017, Section 5.1 (ImageNet)",
}
SENET_TABLE_2 = "Hu et al. 2017, Table 2"


def conv_bn(
    x: Tensor,
    filters: int,
    kernel: int,
    *,
    name: str,
    number: int,
    bias: bool,
    strides: int = 1,
    groups: int = 1,
) -> Tensor:
    """A convolution and its normalisation, number `number` of block `name`."""
    padding = "same" if kernel > 1 else "valid"
    conv = Conv2D(
        filters,
        kernel,
        strides=strides,
        padding=padding,
        groups=groups,
        use_bias=bias,
        name=f"{name}_{number}_conv",
    )
    return normalize(conv(x), f"{name}_{number}_bn")


def projected(x: Tensor, filters: int, strides: int, bias: bool, name: str) -> Tensor:
    """Option B of He et al. 2015: a shortcut is a convolution where channels change."""
    if x.shape[channel_axis()] == filters:
        return x
    return conv_bn(x, filters, 1, strides=strides, bias=bias, name=name, number=0)


def relu(x: Tensor, name: str) -> Tensor:
    """The activation called `name`."""
    return Activation("relu", name=name)(x)


Gate = Callable[[Tensor, str], Tensor]  # what a residual branch ends in before the addition


def excited(reduction: int) -> Gate:
    """A gate of squeeze and excitation with `reduction` times fewer filters in between."""

    def gate(y: Tensor, name: str) -> Tensor:
        channels = y.shape[channel_axis()] or 0
        return squeeze_excite(y, channels // reduction, f"{name}_se")

    return gate


def join(shortcut: Tensor, y: Tensor, gate: Gate | None, name: str) -> Tensor:
    """The end of a residual block: gate, addition, activation."""
    y = gate(y, name) if gate else y
    return relu(Add(name=f"{name}_add")([shortcut, y]), f"{name}_out")


def basic(
    x: Tensor,
    shortcut: Tensor,
    filters: int,
    inner: int,
    strides: int,
    *,
    bias: bool,
    name: str,
    gate: Gate | None = None,
) -> Tensor:
    """Two 3×3 convolutions, the first `inner` wide, beside a shortcut (Figure 5, left)."""
    y = conv_bn(x, inner, 3, strides=strides, bias=bias, name=name, number=1)
    y = relu(y, f"{name}_1_relu")
    y = conv_bn(y, filters, 3, bias=bias, name=name, number=2)
    return join(shortcut, y, gate, name)


def bottleneck(
    x: Tensor,
    shortcut: Tensor,
    filters: int,
    inner: int,
    strides: tuple[int, int],
    *,
    bias: bool,
    name: str,
    groups: int = 1,
    gate: Gate | None = None,
) -> Tensor:
    """1×1, 3×3 and 1×1 convolutions, the first two `inner` wide (Figure 5, right).

    `strides` are those of the first two.
    """
    first, second = strides
    y = conv_bn(x, inner, 1, strides=first, bias=bias, name=name, number=1)
    y = relu(y, f"{name}_1_relu")
    y = conv_bn(y, inner, 3, strides=second, groups=groups, bias=bias, name=name, number=2)
    y = relu(y, f"{name}_2_relu")
    y = conv_bn(y, filters, 1, bias=bias, name=name, number=3)
    return join(shortcut, y, gate, name)


def he_conv(
    x: Tensor, filters: int, kernel: int, *, name: str, bias: bool = False, strides: int = 1
) -> Tensor:
    """A convolution with He initialisation."""
    return Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same",
        use_bias=bias,
        kernel_initializer="he_normal",
        name=name,
    )(x)


def preactivated(
    x: Tensor,
    convs: Sequence[tuple[int, int]],
    strides: int,
    *,
    name: str,
    bias: bool = False,
    dropout: float = 0.0,
    shortcut_bn: bool = False,
) -> Tensor:
    """BN-ReLU-conv for each (filters, kernel) of `convs`, added to the input.

    Where channels change, both ways start behind one BN-ReLU and a 1×1 convolution is the
    shortcut. Dropout precedes all convolutions but the first.
    """
    filters, _ = convs[-1]
    project = x.shape[channel_axis()] != filters
    y = bn_relu(x, f"{name}_1")
    shortcut = x
    if project:
        shortcut = he_conv(y, filters, 1, strides=strides, bias=bias, name=f"{name}_0_conv")
    if project and shortcut_bn:
        shortcut = BatchNormalization(axis=channel_axis(), name=f"{name}_0_bn")(shortcut)
    y = activated_convs(y, convs, strides, bias=bias, dropout=dropout, name=name)
    return Add(name=f"{name}_add")([shortcut, y])


def activated_convs(
    y: Tensor,
    convs: Sequence[tuple[int, int]],
    strides: int,
    *,
    name: str,
    bias: bool = False,
    dropout: float = 0.0,
) -> Tensor:
    """Convolutions of (filters, kernel), with BN-ReLU and dropout before each but the first."""
    for number, (filters, kernel) in enumerate(convs, start=1):
        if number > 1:
            y = bn_relu(y, f"{name}_{number}")
        if number > 1 and dropout:
            y = Dropout(dropout, name=f"{name}_{number}_dropout")(y)
        first = strides if number == 1 else 1
        y = he_conv(y, filters, kernel, strides=first, bias=bias, name=f"{name}_{number}_conv")
    return y


def imagenet_stem(x: Tensor, bias: bool) -> Tensor:
    """ResNet's 7×7 convolution and 3×3 max pooling, each halving the resolution."""
    with scope("stem"):
        x = ZeroPadding2D(3, name="conv1_pad")(x)
        x = Conv2D(64, 7, strides=2, use_bias=bias, name="conv1_conv")(x)
        x = relu(normalize(x, "conv1_bn"), "conv1_relu")
        x = ZeroPadding2D(1, name="pool1_pad")(x)
        return MaxPooling2D(3, strides=2, name="pool1_pool")(x)


class Place(NamedTuple):
    """Where a block stands: its stage from 0, the stride that enters it, and its name."""

    stage: int
    strides: int
    name: str


def stacked(repeats: Sequence[int], kind: str) -> Iterator[Place]:
    """Yield the places of a ResNet's blocks, inside the scopes of stage and block.

    The stages are conv2, conv3, …; each after the first begins with a stride of 2.
    """
    for stage, number in enumerate(repeats):
        with scope(f"conv{stage + 2}"):
            for i in range(1, number + 1):
                strides = 2 if i == 1 and stage else 1
                with scope(f"block{i}", kind):
                    yield Place(stage, strides, f"conv{stage + 2}_block{i}")
