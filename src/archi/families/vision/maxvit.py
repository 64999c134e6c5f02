"""MaxViT: convolutions, attention to neighbours, and attention to a grid over the whole image.

Tu, Talebi, Zhang, Yang, Milanfar, Bovik, Li: MaxViT: Multi-Axis Vision Transformer, ECCV 2022.

`maxvit-t` is layer by layer the network of torchvision; the larger ones have the widths and
depths of the paper's Table 1. Deviates from the authors' code as torchvision does: keys are
divided by √C rather than by the root of a head's channels; a block that halves the image
projects its shortcut where the channels stay as many too; the first convolution of the stem
and the classifier have no bias.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from archi.families._blocks import MORE_THAN_MACS, channel_axis, squeeze_excite
from archi.families.options import Int
from archi.families.registry import Paper, Published, family
from archi.families.vision import _torchvision
from archi.families.vision._torchvision import weights_metadata
from archi.families.vision._transformers import (
    Letter,
    attend,
    channels_back,
    channels_last,
    join,
    known,
    mlp,
    multiple_of,
    normalize,
    partition,
    position_bias,
    project,
    rates,
    residual,
)
from archi.graph import Tensor, scope
from archi.layers import (
    AveragePooling2D,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    ZeroPadding2D,
)
from archi.ops import arithmetic


class Size(NamedTuple):
    """Channels of the stem and of the stages, blocks of each stage, share training skips."""

    stem: int
    channels: tuple[int, ...]
    blocks: tuple[int, ...]
    skipped: float


TABLE_1 = {  # rates of the authors' code, maxvit/models/hp/vision_i1k.py; xl has that of l
    "t": Size(64, (64, 128, 256, 512), (2, 2, 5, 2), 0.2),
    "s": Size(64, (96, 192, 384, 768), (2, 2, 5, 2), 0.3),
    "b": Size(64, (96, 192, 384, 768), (2, 6, 14, 2), 0.4),
    "l": Size(128, (128, 256, 512, 1024), (2, 6, 14, 2), 0.6),
    "xl": Size(192, (192, 384, 768, 1536), (2, 6, 14, 2), 0.6),
}
HEAD = 32  # channels of a head
EXPANSION, SQUEEZE = 4, 0.25  # of the channels that a convolution block gives

batch_normalize = partial(_torchvision.normalize, momentum=0.99, epsilon=1e-3)
conv_gelu = partial(_torchvision.conv_bn, activation="gelu", momentum=0.99, epsilon=1e-3)
depthwise_gelu = partial(_torchvision.depthwise_bn, activation="gelu", momentum=0.99, epsilon=1e-3)


def mbconv(x: Tensor, filters: int, strides: int, rate: float, name: str) -> Tensor:
    """Widen, convolve depthwise, squeeze and excite, narrow, behind a normalisation."""
    wide = EXPANSION * filters
    y = batch_normalize(x, f"{name}_norm")
    y = conv_gelu(y, wide, 1, f"{name}_expand")
    y = depthwise_gelu(y, 3, f"{name}_depthwise", strides=strides)
    y = squeeze_excite(y, int(SQUEEZE * filters), f"{name}_se", activation="silu")
    y = Conv2D(filters, 1, name=f"{name}_narrow")(y)
    if strides > 1:
        x = ZeroPadding2D(1, name=f"{name}_0_pad")(x)
        x = AveragePooling2D(3, strides=strides, name=f"{name}_0_pool")(x)
    if strides > 1 or x.shape[channel_axis()] != filters:
        x = Conv2D(filters, 1, name=f"{name}_0_conv")(x)
    return residual(x, y, name, rate)


def attention(x: Tensor, size: int, rate: float, name: str, *, grid: bool) -> Tensor:
    """Attention with a bias for each offset, and MLP, in windows or over a grid: Figure 3."""
    height, width, channels = known(x)
    heads = channels // HEAD
    x = partition(x, size, name, grid=grid)
    y = normalize(x, f"{name}_norm1")
    query, key, value = (
        project(y, heads, f"{name}_{which}") for which in ("query", "key", "value")
    )
    key = arithmetic.Multiply(name=f"{name}_scale")(key, channels**-0.5)
    bias = position_bias(y, size, heads, f"{name}_bias")
    x = residual(x, attend(query, key, value, bias, name), name, rate)
    y = mlp(normalize(x, f"{name}_norm2"), EXPANSION * channels, name)
    x = residual(x, y, f"{name}_mlp", rate)
    return join(x, height, width, size, name, grid=grid)


AUTHORS = "github.com/google-research/maxvit, README.md"


@family(
    "maxvit-{size}",
    paper=Paper(
        "MaxViT: Multi-Axis Vision Transformer",
        "Tu, Talebi, Zhang, Yang, Milanfar, Bovik, Li",
        2022,
        "https://arxiv.org/abs/2204.01697",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "size": Letter(*TABLE_1, help="tiny, small, base, large or extra large"),
        "window": Int(1, 64, default=7, help="positions along the side of a window and a grid"),
    },
    elsewhere={
        "torchvision": {"maxvit_t": "maxvit-t"},
    },
    missing={
        "maxvit*tf*": "timm's MaxViT is the authors', whose classifier has a bias and whose"
        " shortcuts are projected only where channels change",
        "maxvit*rw*": "timm's own MaxViTs have other stems, channels and attention",
        "maxvit*pm*": "timm's own MaxViTs have other stems, channels and attention",
    },
    published=(
        *weights_metadata("MaxVit", {"maxvit-t": ("30,919,624", "5.558G")}),
        Published("maxvit-t", "trainable_params", "31M", AUTHORS),
        Published("maxvit-t", "macs", "5.6G", AUTHORS),
        Published("maxvit-s", "trainable_params", "69M", AUTHORS),
        Published("maxvit-s", "macs", "11.7G", AUTHORS, MORE_THAN_MACS),
        Published("maxvit-b", "trainable_params", "119M", AUTHORS),
        Published("maxvit-b", "macs", "24.2G", AUTHORS, MORE_THAN_MACS),
        Published("maxvit-l", "trainable_params", "212M", AUTHORS),
        Published("maxvit-l", "macs", "43.9G", AUTHORS, MORE_THAN_MACS),
        Published("maxvit-xl", "trainable_params", "475M", AUTHORS),
        Published("maxvit-xl", "macs", "97.8G", AUTHORS, MORE_THAN_MACS),
    ),
    recipe={
        "optimizer": "AdamW",
        "learning rate": "3e-3, warm-up of 10k steps, cosine decay to 1e-5",
        "batch": "4096",
        "weight decay": "0.05",
        "stochastic depth": "0.2 (T), 0.3 (S), 0.4 (B), 0.6 (L)",
        "epochs": "300",
        "gradients": "clipped to a norm of 1",
        "source": "github.com/google-research/maxvit, maxvit/models/hp/vision_i1k.py",
    },
)
def maxvit(x: Tensor, classes: int, top: bool, size: str, window: int) -> Tensor:
    """The network: stem, four stages that each halve the image, classifier: Figure 2."""
    stem, channels, blocks, skipped = TABLE_1[size]
    multiple_of(x, 32 * window, "32 times the window")
    rate = iter(rates(skipped, sum(blocks)))
    with scope("stem"):
        x = conv_gelu(x, stem, 3, "stem_1", strides=2)
        x = Conv2D(stem, 3, padding="same", name="stem_2")(x)
    for stage, (filters, count) in enumerate(zip(channels, blocks, strict=True), start=1):
        with scope(f"stage{stage}"):
            for i in range(1, count + 1):
                name, skip = f"stage{stage}_block{i}", next(rate)
                with scope(f"block{i}", "MaxViT"):
                    x = mbconv(x, filters, 2 if i == 1 else 1, skip, f"{name}_mbconv")
                    x = channels_last(x)
                    x = attention(x, window, skip, f"{name}_window", grid=False)
                    x = attention(x, window, skip, f"{name}_grid", grid=True)
                    x = channels_back(x)
    if not top:
        return x
    with scope("head"):
        x = GlobalAveragePooling2D(name="avg_pool")(x)
        x = normalize(x, "norm")
        x = Dense(channels[-1], activation="tanh", name="hidden")(x)
        return Dense(classes, activation="softmax", use_bias=False, name="predictions")(x)
