"""ShuffleNet V2: half of the channels pass a block by, and channels are shuffled behind it.

Ma, Zhang, Zheng, Sun: ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture
Design, ECCV 2018, Figure 3(c, d) and Table 5. Layer by layer the network of torchvision.
"""

from __future__ import annotations

from archi import ops
from archi.families._blocks import channel_axis, classifier
from archi.families.options import Release
from archi.families.registry import Paper, Published, family
from archi.families.vision._torchvision import conv_bn, depthwise_bn, weights_metadata
from archi.graph import Tensor, scope
from archi.layers import Concatenate, MaxPooling2D, Permute, Reshape, ZeroPadding2D

TABLE_5 = {  # multiplier: channels of stages 2, 3 and 4, and of the last convolution
    0.5: (48, 96, 192, 1024),
    1.0: (116, 232, 464, 1024),
    1.5: (176, 352, 704, 1024),
    2.0: (244, 488, 976, 2048),
}
REPEATS = (4, 8, 4)  # blocks of stages 2, 3 and 4
STEM = 24


def shuffle(x: Tensor, name: str) -> Tensor:
    """Take the channels from the first and the second half in turn."""
    half = (x.shape[channel_axis()] or 0) // 2
    if channel_axis() == -1:
        halves, order = (*x.shape[1:3], 2, half), (1, 2, 4, 3)
    else:
        halves, order = (2, half, *x.shape[2:]), (2, 1, 3, 4)
    y = Reshape(halves, name=f"{name}_halves")(x)
    y = Permute(order, name=f"{name}_shuffle")(y)
    return Reshape(x.shape[1:], name=f"{name}_out")(y)


def branch(x: Tensor, filters: int, strides: int, name: str) -> Tensor:
    """1×1, depthwise 3×3 and 1×1 convolutions, the second without activation."""
    x = conv_bn(x, filters, 1, f"{name}_1")
    x = depthwise_bn(x, 3, f"{name}_2", strides=strides, activation="")
    return conv_bn(x, filters, 1, f"{name}_3")


def unit(x: Tensor, name: str) -> Tensor:
    """Convolve one half of the channels; the other stays (Figure 3c)."""
    stays, x = ops.split(x, 2, axis=channel_axis())
    x = branch(x, x.shape[channel_axis()] or 0, 1, name)
    x = Concatenate(axis=channel_axis(), name=f"{name}_concat")([stays, x])
    return shuffle(x, name)


def halving(x: Tensor, channels: int, name: str) -> Tensor:
    """Halve the resolution, in two branches with half of the `channels` each (Figure 3d)."""
    y = depthwise_bn(x, 3, f"{name}_4", strides=2, activation="")
    y = conv_bn(y, channels // 2, 1, f"{name}_5")
    x = branch(x, channels // 2, 2, name)
    x = Concatenate(axis=channel_axis(), name=f"{name}_concat")([y, x])
    return shuffle(x, name)


PAPER_TABLE_5 = "Ma et al. 2018, Table 5"
MORE = "more is counted than MACs; the paper does not say what"


@family(
    "shufflenet-v2-x{width}",
    paper=Paper(
        "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design",
        "Ma, Zhang, Zheng, Sun",
        2018,
        "https://arxiv.org/abs/1807.11164",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={"width": Release(*TABLE_5, help="multiplier of Table 5")},
    elsewhere={
        "torchvision": {
            f"shufflenet_v2_x{width}".replace(".", "_"): f"shufflenet-v2-x{width}"
            for width in TABLE_5
        }
    },
    published=(
        *weights_metadata(
            "ShuffleNet V2",
            {
                "shufflenet-v2-x0.5": ("1,366,792", "0.04G"),
                "shufflenet-v2-x1.0": ("2,278,604", "0.145G"),
                "shufflenet-v2-x1.5": ("3,503,624", "0.296G"),
                "shufflenet-v2-x2.0": ("7,393,996", "0.583G"),
            },
        ),
        Published("shufflenet-v2-x0.5", "trainable_params", "1.4M", PAPER_TABLE_5),
        Published("shufflenet-v2-x1.0", "trainable_params", "2.3M", PAPER_TABLE_5),
        Published("shufflenet-v2-x1.5", "trainable_params", "3.5M", PAPER_TABLE_5),
        Published("shufflenet-v2-x2.0", "trainable_params", "7.4M", PAPER_TABLE_5),
        Published("shufflenet-v2-x0.5", "macs", "41M", PAPER_TABLE_5, MORE),
        Published("shufflenet-v2-x1.0", "macs", "146M", PAPER_TABLE_5, MORE),
        Published("shufflenet-v2-x1.5", "macs", "299M", PAPER_TABLE_5, MORE),
        Published("shufflenet-v2-x2.0", "macs", "591M", PAPER_TABLE_5, MORE),
    ),
    recipe={
        "optimizer": "SGD",
        "learning rate": "0.5, falling by a line to 0",
        "batch": "1024",
        "weight decay": "4e-5",
        "iterations": "300,000",
        "source": "Zhang et al. 2017 (ShuffleNet), Section 4, whose settings the paper keeps",
    },
)
def shufflenet_v2(x: Tensor, classes: int, top: bool, width: float) -> Tensor:
    """The network: stem, three stages of shuffled units, a 1×1 convolution, classifier."""
    *stages, last = TABLE_5[width]
    with scope("stem"):
        x = conv_bn(x, STEM, 3, "conv1", strides=2)
        x = ZeroPadding2D(1, name="pool1_pad")(x)
        x = MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, (channels, repeats) in enumerate(zip(stages, REPEATS, strict=True), start=2):
        with scope(f"stage{stage}"):
            for block in range(1, repeats + 1):
                name = f"stage{stage}_block{block}"
                with scope(f"block{block}", "shuffle /2" if block == 1 else "shuffle"):
                    x = unit(x, name) if block > 1 else halving(x, channels, name)
    with scope("conv5"):
        x = conv_bn(x, last, 1, "conv5")
    return classifier(x, classes) if top else x
