"""What DenseNets share: the paper, dense blocks with transitions between, how they end."""

from __future__ import annotations

from typing import Any

from archi.families._blocks import classifier, image_channel_axis, normalize
from archi.families.options import Decimal, Int, Option
from archi.families.registry import Paper
from archi.graph import Tensor, scope
from archi.layers import Activation, AveragePooling2D, Concatenate, Conv2D, Dropout

PAPER = Paper(
    "Densely Connected Convolutional Networks",
    "Huang, Liu, van der Maaten, Weinberger",
    2016,
    "https://arxiv.org/abs/1608.06993",
)


def bn_relu(x: Tensor, name: str) -> Tensor:
    """Normalisation and activation."""
    return Activation("relu", name=f"{name}relu")(normalize(x, f"{name}bn"))


def conv(x: Tensor, filters: int, kernel: int, dropout: float, name: str) -> Tensor:
    """A convolution that keeps the size, and dropout where there is any."""
    padding = "same" if kernel > 1 else "valid"
    x = Conv2D(filters, kernel, padding=padding, use_bias=False, name=f"{name}_conv")(x)
    return Dropout(dropout, name=f"{name}_dropout")(x) if dropout else x


def layer(x: Tensor, growth: int, bottleneck: bool, dropout: float, name: str) -> Tensor:
    """Adds `growth` channels by a 3×3 convolution, behind a 1×1 one with a bottleneck."""
    y = bn_relu(x, f"{name}_0_")
    if bottleneck:
        y = conv(y, 4 * growth, 1, dropout, f"{name}_1")
        y = bn_relu(y, f"{name}_1_")
    y = conv(y, growth, 3, dropout, f"{name}_{1 + bottleneck}")
    return Concatenate(axis=image_channel_axis(), name=f"{name}_concat")([x, y])


def transition(x: Tensor, compression: float, dropout: float, name: str) -> Tensor:
    """Thins out to `compression` times the channels and halves the resolution."""
    channels = x.shape[image_channel_axis()] or 0
    x = bn_relu(x, f"{name}_")
    x = conv(x, int(channels * compression), 1, dropout, name)
    return AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def densenet(
    x: Tensor,
    classes: int,
    top: bool,
    layers: tuple[int, ...],
    growth: int,
    bottleneck: bool = True,
    compression: float = 0.5,
    dropout: float = 0.0,
) -> Tensor:
    """All behind the stem: dense blocks of so many `layers`, a last activation, classifier."""
    for stage, count in enumerate(layers, start=2):
        if stage > 2:
            with scope(f"pool{stage - 1}"):
                x = transition(x, compression, dropout, f"pool{stage - 1}")
        with scope(f"conv{stage}"):
            for i in range(1, count + 1):
                with scope(f"block{i}", "dense layer"):
                    x = layer(x, growth, bottleneck, dropout, f"conv{stage}_block{i}")
    with scope("head"):
        x = bn_relu(x, "")
    return classifier(x, classes) if top else x


# --- CIFAR ---------------------------------------------------------------------------

TABLE_2 = "Huang et al. 2016, Table 2"
CIFAR: dict[str, Any] = {  # what both CIFAR families declare alike
    "paper": PAPER,
    "input": (32, 32, 3),
    "classes": 10,
    "recipe": {
        "optimizer": "SGD, Nesterov momentum 0.9",
        "learning rate": "0.1, divided by 10 after a half and three quarters of the epochs",
        "batch": "64",
        "weight decay": "1e-4",
        "epochs": "300",
        "dropout": "0.2 where images are not augmented",
        "source": "Huang et al. 2016, Section 4.2 (CIFAR)",
    },
}


def cifar_options(least: int, step: int, rule: str, help: str) -> dict[str, Option]:
    """Return the options of a CIFAR family whose depth is `rule`, in steps from `least`."""
    return {
        # Before the depth: from one k on, counts are a polynomial in the depth, and fit is quick.
        "growth": Int(
            1,
            128,
            help="growth rate k: channels that a layer adds",
            search=range(4, 61, 4),
        ),
        "depth": Int(
            least,
            2000,
            step=step,
            rule=rule,
            help=help,
            search=range(4 + step, 251, step),
        ),
        "dropout": Decimal(0, 0.99, default=0.0, help="dropout rate behind every convolution"),
    }


def cifar_stem(x: Tensor, filters: int) -> Tensor:
    """A 3×3 convolution."""
    return Conv2D(filters, 3, padding="same", use_bias=False, name="conv1_conv")(x)
