"""Swin Transformer: attention within windows of an image, shifted from block to block.

Liu, Lin, Cao, Hu, Wei, Zhang, Lin, Guo: Swin Transformer: Hierarchical Vision Transformer
using Shifted Windows, ICCV 2021.

Layer by layer the network of torchvision; `swin-l`, which it lacks, is the paper's. Deviates
from the authors' code as torchvision does: images that windows do not cover are padded, in
each block, and windows stay as large in stages that are smaller than they.
"""

from __future__ import annotations

from archi.families.elsewhere import HUGGING_FACE
from archi.families.options import Int
from archi.families.registry import Paper, Published, family
from archi.families.vision._swin import SIZES, in_windows, neighbours
from archi.families.vision._swin import swin as network
from archi.families.vision._torchvision import weights_metadata
from archi.families.vision._transformers import SIZES as SIZE_WORDS
from archi.families.vision._transformers import (
    Letter,
    attend,
    known,
    mlp,
    normalize,
    position_bias,
    project,
    residual,
)
from archi.graph import Tensor
from archi.layers import Dense
from archi.ops import arithmetic


def attention(x: Tensor, heads: int, window: int, name: str, mask: Tensor | None) -> Tensor:
    """Attention with a bias for each offset: Equation 4, softmax(Q K^T / √d + B) V."""
    query, key, value = (
        project(x, heads, f"{name}_{which}") for which in ("query", "key", "value")
    )
    d = known(query)[-1]
    query = arithmetic.Multiply(name=f"{name}_scale")(query, d**-0.5)
    bias = position_bias(x, window, heads, f"{name}_bias")
    return attend(query, key, value, bias, name, mask)


def block(x: Tensor, heads: int, window: int, shift: int, rate: float, name: str) -> Tensor:
    """Attention in windows and MLP, behind normalisations and beside shortcuts: Equation 3."""
    y = normalize(x, f"{name}_norm1")
    y = in_windows(
        y,
        window,
        shift,
        name,
        lambda windows, mask: attention(windows, heads, window, f"{name}_attention", mask),
    )
    x = residual(x, y, f"{name}_attention", rate)
    y = mlp(normalize(x, f"{name}_norm2"), 4 * known(x)[-1], name)
    return residual(x, y, f"{name}_mlp", rate)


def merge(x: Tensor, name: str) -> Tensor:
    """Halve the image: a normalisation and 2C channels of the 4C of 2×2 positions."""
    channels = known(x)[-1]
    x = normalize(neighbours(x, name), f"{name}_norm")
    return Dense(2 * channels, use_bias=False, name=f"{name}_reduce")(x)


MODEL_HUB = "github.com/microsoft/Swin-Transformer, MODELHUB.md"
MODELS = {  # params and FLOPs, which are MACs; those of 224×224 are in Table 1 of the paper too
    "swin-t": ("28M", "4.5G"),
    "swin-s": ("50M", "8.7G"),
    "swin-b": ("88M", "15.4G"),
    "swin-b,input=384x384x3,window=12": ("88M", "47.1G"),
    "swin-l": ("197M", "34.5G"),
    "swin-l,input=384x384x3,window=12": ("197M", "103.9G"),
}


# Letter, window and image of the authors' networks, as timm and Hugging Face name them.
MICROSOFT = (
    ("t", 7, 224),
    ("s", 7, 224),
    ("b", 7, 224),
    ("b", 12, 384),
    ("l", 7, 224),
    ("l", 12, 384),
)


def spec(size: str, window: int, side: int) -> str:
    """Return the spec of a network for images of this side."""
    return f"swin-{size},window={window},input={side}x{side}x3"


@family(
    "swin-{size}",
    paper=Paper(
        "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows",
        "Liu, Lin, Cao, Hu, Wei, Zhang, Lin, Guo",
        2021,
        "https://arxiv.org/abs/2103.14030",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "size": Letter(*SIZES, help="tiny, small, base or large"),
        "window": Int(1, 64, default=7, help="positions along the side of a window"),
    },
    also=("swin-v1-{size}",),
    elsewhere={
        "torchvision": {f"swin_{size}": f"swin-{size}" for size in "tsb"},
        "timm": {
            f"swin_{SIZE_WORDS[size]}_patch4_window{window}_{side}": spec(size, window, side)
            for size, window, side in MICROSOFT
        },
        HUGGING_FACE: {
            f"microsoft/swin-{SIZE_WORDS[size]}-patch4-window{window}-{side}{trained}": (
                f"{spec(size, window, side)},classes={classes}"
            )
            for size, window, side in MICROSOFT
            for trained, classes in (("", 1000), ("-in22k", 21841))
            if size in "bl" or not trained
        },
    },
    missing={
        "swin-s3*": "its sizes were searched for, in AutoFormerV2",
    },
    published=(
        *weights_metadata(
            "SwinTransformer",
            {
                "swin-t": ("28,288,354", "4.491G"),
                "swin-s": ("49,606,258", "8.741G"),
                "swin-b": ("87,768,224", "15.431G"),
            },
        ),
        *(
            Published(spec, metric, figure, MODEL_HUB)
            for spec, pair in MODELS.items()
            for metric, figure in zip(("trainable_params", "macs"), pair, strict=True)
        ),
    ),
    recipe={
        "optimizer": "AdamW",
        "learning rate": "1e-3, linear warm-up of 20 epochs, cosine decay",
        "batch": "1024",
        "weight decay": "0.05",
        "stochastic depth": "0.2 (T), 0.3 (S), 0.5 (B)",
        "epochs": "300",
        "gradients": "clipped to a norm of 1",
        "source": "Liu et al. 2021, Section 4.1 and Appendix A2.1",
    },
)
def swin(x: Tensor, classes: int, top: bool, size: str, window: int) -> Tensor:
    """The network: Figure 3."""
    return network(x, classes, top, SIZES[size], window, block, merge)
