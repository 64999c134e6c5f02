"""Inception-ResNet-v2: Inception modules whose scaled output is added to their input.

Szegedy, Ioffe, Vanhoucke, Alemi: Inception-v4, Inception-ResNet and the Impact of Residual
Connections on Learning, AAAI 2017. Equal to `keras.applications.inception_resnet_v2` layer by
layer.

Deviates from the paper as the authors' code does, which Keras follows: the stem is that of
Inception-v3 with one module behind it, blocks are repeated 10, 20 and 10 times where the paper
has 5, 10 and 5, and reductions and blocks have widths of their own. The auxiliary classifier
for training is left out, as in Keras.
"""

from __future__ import annotations

from typing import NamedTuple

from archi.families._blocks import classifier, image_channel_axis, keras_table
from archi.families.registry import Paper, family
from archi.families.vision._inception import (
    Kernel,
    branch,
    conv_bn,
    halve,
    join,
    module_35,
    reduction_a,
    stem,
)
from archi.graph import Tensor, scope
from archi.layers import Activation, Conv2D, MaxPooling2D
from archi.layers.applications import CustomScaleLayer

Convs = tuple[tuple[int, Kernel], ...]  # filters and kernel of each convolution of a branch


class Block(NamedTuple):
    """A kind of residual block: how its branch is scaled, how often it comes, its branches."""

    name: str
    scale: float
    repeats: int
    branches: tuple[Convs, ...]


BLOCK_35 = Block(  # Inception-ResNet-A
    "block35", 0.17, 10, (((32, 1),), ((32, 1), (32, 3)), ((32, 1), (48, 3), (64, 3)))
)
BLOCK_17 = Block(  # Inception-ResNet-B
    "block17", 0.1, 20, (((192, 1),), ((128, 1), (160, (1, 7)), (192, (7, 1))))
)
BLOCK_8 = Block(  # Inception-ResNet-C; the last is neither scaled nor activated
    "block8", 0.2, 10, (((192, 1),), ((192, 1), (224, (1, 3)), (256, (3, 1))))
)


def residual(x: Tensor, block: Block, name: str, last: bool = False) -> Tensor:
    """Branches side by side, brought to the input's width by 1×1, scaled and added to it."""
    mixed = join([branch(x, *convs) for convs in block.branches], f"{name}_mixed")
    up = Conv2D(x.shape[image_channel_axis()], 1, padding="same", name=f"{name}_conv")(mixed)
    x = CustomScaleLayer(1.0 if last else block.scale)([x, up])
    return x if last else Activation("relu", name=f"{name}_ac")(x)


def repeated(x: Tensor, block: Block) -> Tensor:
    """A block as often as it comes."""
    for number in range(1, block.repeats + 1):
        name = f"{block.name}_{number}"
        with scope(name, "residual"):
            x = residual(x, block, name, last=block is BLOCK_8 and number == block.repeats)
    return x


def reduction_b(x: Tensor, name: str) -> Tensor:
    """From 17×17 to 8×8 (Figure 18)."""
    branches = [
        halve(branch(x, (256, 1)), 384),
        halve(branch(x, (256, 1)), 288),
        halve(branch(x, (256, 1), (288, 3)), 320),
        MaxPooling2D(3, strides=2)(x),
    ]
    return join(branches, name)


@family(
    "inception-resnet-v2",
    paper=Paper(
        "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning",
        "Szegedy, Ioffe, Vanhoucke, Alemi",
        2016,
        "https://arxiv.org/abs/1602.07261",
    ),
    input=(299, 299, 3),
    classes=1000,
    applications={
        "inception-resnet-v2": "InceptionResNetV2()",
        "inception-resnet-v2,top=false,input=97x75x1": (
            "InceptionResNetV2(include_top=False, input_shape=(97, 75, 1))"
        ),
    },
    published=keras_table("inception-resnet-v2", "55.9M", "449"),
    recipe={
        "optimizer": "RMSProp, decay 0.9, epsilon 1.0, over 20 replicas",
        "learning rate": "0.045, ×0.94 every 2 epochs",
        "dropout": "0.2 before the classifier",
        "source": "Szegedy et al. 2016, Section 4 and Figure 15",
    },
)
def inception_resnet_v2(x: Tensor, classes: int, top: bool) -> Tensor:
    """The network: stem, three kinds of residual blocks with reductions between, classifier."""
    with scope("stem"):
        x = stem(x)
    with scope("35x35"):
        with scope("mixed_5b", "1×1, 5×5, 3×3"):
            x = module_35(x, 96, 64, "mixed_5b")
        x = repeated(x, BLOCK_35)
    with scope("17x17"):
        with scope("mixed_6a", "reduction"):
            x = reduction_a(x, (256, 256, 384), 384, "mixed_6a")
        x = repeated(x, BLOCK_17)
    with scope("8x8"):
        with scope("mixed_7a", "reduction"):
            x = reduction_b(x, "mixed_7a")
        x = repeated(x, BLOCK_8)
    with scope("head"):
        x = conv_bn(x, 1536, 1, name="conv_7b")
    return classifier(x, classes) if top else x
