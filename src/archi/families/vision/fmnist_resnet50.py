"""A bottleneck ResNet-50 for Fashion-MNIST, 28×28 greyscale images in ten classes.

The stacks of He et al. 2015, Table 1, for 50 layers, as a tutorial on writing a ResNet in
Keras for Fashion-MNIST has them (one of the five articles archi began from; its counts are in
tests/families/test_families.py). Deviates from ResNet-50: only the very first block projects its
shortcut, by a convolution without normalisation; each later stack is entered by a strided
1×1 convolution of its own; a dense layer of 1000 units precedes the classifier. The
longest path therefore has 54 weighted layers.
"""

from __future__ import annotations

from archi.families._blocks import channel_axis
from archi.families.registry import Paper, family
from archi.graph import Tensor, scope
from archi.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    MaxPooling2D,
)

STACKS = {"conv2": (256, 3), "conv3": (512, 4), "conv4": (1024, 6), "conv5": (2048, 3)}


def conv_bn(x: Tensor, filters: int, kernel: int, name: str, strides: int = 1) -> Tensor:
    """A convolution with bias, and its normalisation."""
    conv = Conv2D(filters, kernel, strides=strides, padding="same", name=f"{name}_conv")
    return BatchNormalization(axis=channel_axis(), name=f"{name}_bn")(conv(x))


def relu(x: Tensor, name: str) -> Tensor:
    """The activation called `name`."""
    return Activation("relu", name=name)(x)


def bottleneck(x: Tensor, filters: int, name: str) -> Tensor:
    """1×1, 3×3 and 1×1 convolutions giving `filters` channels, a quarter of that inside."""
    y = relu(conv_bn(x, filters // 4, 1, f"{name}_1"), f"{name}_1_relu")
    y = relu(conv_bn(y, filters // 4, 3, f"{name}_2"), f"{name}_2_relu")
    y = conv_bn(y, filters, 1, f"{name}_3")
    if x.shape[channel_axis()] != filters:
        x = Conv2D(filters, 1, name=f"{name}_0_conv")(x)
    return relu(Add(name=f"{name}_add")([x, y]), f"{name}_out")


@family(
    "fmnist-resnet50",
    also=("fashion-mnist-resnet50",),
    paper=Paper(
        "Deep Residual Learning for Image Recognition",
        "He, Zhang, Ren, Sun",
        2015,
        "https://arxiv.org/abs/1512.03385",
    ),
    input=(28, 28, 1),
    classes=10,
)
def fmnist_resnet50(x: Tensor, classes: int, top: bool) -> Tensor:
    """The network: stem, four stacks of bottlenecks, two dense layers."""
    with scope("stem"):
        x = relu(conv_bn(x, 64, 7, "conv1", strides=2), "conv1_relu")
        x = MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    for stack, (filters, repeats) in STACKS.items():
        with scope(stack):
            if stack != "conv2":
                x = Conv2D(filters, 1, strides=2, name=f"{stack}_down")(x)
            for i in range(1, repeats + 1):
                with scope(f"block{i}", "bottleneck"):
                    x = bottleneck(x, filters, f"{stack}_block{i}")
    if not top:
        return x
    with scope("head"):
        x = GlobalAveragePooling2D(name="avg_pool")(x)
        x = Dense(1000, activation="relu", name="dense")(x)
        return Dense(classes, activation="softmax", name="predictions")(x)
