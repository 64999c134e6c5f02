"""SENet-154: the network that the authors of squeeze and excitation entered in ILSVRC 2017.

Hu, Shen, Albanie, Sun, Wu: Squeeze-and-Excitation Networks, CVPR 2018, Appendix: SE blocks
in a 64×4d ResNeXt-152 of which (a) the first 1×1 convolution of a block is half as wide,
(b) three 3×3 convolutions are the stem, (c) a shortcut that strides is a 3×3 convolution and
(d) dropout precedes the classifier. Widths of the stem as in the authors' model file.
Deviates in padding: Keras's "same" pads a strided convolution on one side.
"""

from __future__ import annotations

from archi.families._blocks import (
    PYTORCHCV,
    RESNET_FILTERS,
    RESNET_TABLE_1,
    channel_axis,
    classifier,
)
from archi.families.registry import Paper, Published, family
from archi.families.vision._resnet import conv_bn, excited, join, relu, stacked
from archi.graph import Tensor, scope
from archi.layers import MaxPooling2D

STEM = ((64, 2), (64, 1), (128, 1))  # filters and stride of its convolutions
GROUPS = 64


def conv_bn_relu(
    x: Tensor, filters: int, kernel: int, number: int, name: str, strides: int = 1, groups: int = 1
) -> Tensor:
    """A convolution without bias, normalised and activated, number `number` of `name`."""
    x = conv_bn(
        x, filters, kernel, strides=strides, groups=groups, bias=False, name=name, number=number
    )
    return relu(x, f"{name}_{number}_relu")


def shortcut(x: Tensor, filters: int, strides: int, name: str) -> Tensor:
    """Identity, or a convolution where channels change: 1×1, and 3×3 where it strides."""
    if x.shape[channel_axis()] == filters:
        return x
    kernel = 3 if strides > 1 else 1
    return conv_bn(x, filters, kernel, strides=strides, bias=False, name=name, number=0)


def block(x: Tensor, filters: int, strides: int, name: str) -> Tensor:
    """1×1, grouped 3×3 and 1×1 convolutions and a gate: 2, 4 and 4 times `filters`."""
    y = conv_bn_relu(x, 2 * filters, 1, 1, name)
    y = conv_bn_relu(y, 4 * filters, 3, 2, name, strides=strides, groups=GROUPS)
    y = conv_bn(y, 4 * filters, 1, bias=False, name=name, number=3)
    return join(shortcut(x, 4 * filters, strides, name), y, excited(16), name)


@family(
    "senet154",
    paper=Paper(
        "Squeeze-and-Excitation Networks",
        "Hu, Shen, Albanie, Sun, Wu",
        2017,
        "https://arxiv.org/abs/1709.01507",
    ),
    input=(224, 224, 3),
    classes=1000,
    elsewhere={"timm": {"senet154": "senet154", "legacy_senet154": "senet154"}},
    published=(Published("senet154", "trainable_params", "115,088,984", PYTORCHCV),),
    recipe={
        "optimizer": "SGD, momentum 0.9, synchronous over 8 servers",
        "learning rate": "1.0 at first",
        "batch": "2048",
        "label smoothing": "0.1",
        "normalisation": "frozen for the last few epochs",
        "source": "Hu et al. 2017, Appendix (ImageNet)",
    },
)
def senet(x: Tensor, classes: int, top: bool) -> Tensor:
    """The network: stem, four stages of blocks, classifier."""
    with scope("stem"):
        for number, (filters, strides) in enumerate(STEM, start=1):
            x = conv_bn_relu(x, filters, 3, number, "stem", strides=strides)
        x = MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    _, repeats = RESNET_TABLE_1[152]
    for stage, strides, name in stacked(repeats, "SE bottleneck"):
        x = block(x, RESNET_FILTERS[stage], strides, name)
    return classifier(x, classes, dropout=0.2) if top else x
