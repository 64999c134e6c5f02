"""Swin Transformer V2: cosine attention, positions' biases by a network, norms after branches.

Liu, Hu, Lin, Yao, Xie, Wei, Ning, Cao, Zhang, Dong, Wei, Guo: Swin Transformer V2: Scaling Up
Capacity and Resolution, CVPR 2022. A bias is what two dense layers make of the logarithms of
an offset, so that it goes on to larger windows; queries and keys are compared by their angle.

Layer by layer the network of torchvision, where keys have a bias that always is zero: it is a
parameter all the same, which a constraint holds at zero here. `swin-v2-l`, which torchvision
lacks, is the authors'. Deviates from their code as torchvision does: keys have that bias,
which `key_bias=false` leaves out; images that windows do not cover are padded, in each block,
and windows stay as large in stages that are smaller than they.
"""

from __future__ import annotations

from functools import partial
from math import copysign, log, log2

from archi.families.elsewhere import HUGGING_FACE
from archi.families.options import Flag, Int
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
    offsets,
    plus,
    project,
    residual,
    zero,
)
from archi.graph import Tensor
from archi.layers import Dense, Embedding, Permute, Reshape, UnitNormalization
from archi.ops import arithmetic, shaping

HIDDEN = 512  # units of the network that gives biases
LARGEST_BIAS = 16.0
SCALE, LARGEST_SCALE = 10, 100  # 1/τ: at first, and at most

AT_ZERO = {"class_name": "MaxNorm", "config": {"max_value": 0, "axis": 0}}


def continuous_bias(x: Tensor, size: int, heads: int, name: str) -> Tensor:
    """Return a number for each head and offset, (1, 1, heads, N, N): Section 3.3.

    For all offsets there are, a network of two layers reads the logarithms of Equation 4,
    sign(Δ) · log(1 + |Δ|), of offsets that reach from -8 to 8.
    """
    span = 2 * size - 1
    steps = [8 * (step - size + 1) / max(size - 1, 1) for step in range(span)]
    logs = [copysign(log2(1 + abs(step)) / log2(8), step) for step in steps]
    table = zero(x, f"{name}_log", "float32")
    table = plus(table, [[[[row, 0.0]] for row in logs]], f"{name}_log_rows")
    table = plus(table, [[[[0.0, column] for column in logs]]], f"{name}_log_columns")
    table = Reshape((span**2, 2), name=f"{name}_log_offsets")(table)
    table = Dense(HIDDEN, activation="relu", name=f"{name}_1")(table)
    table = Dense(heads, activation="sigmoid", use_bias=False, name=f"{name}_2")(table)
    table = arithmetic.Multiply(name=f"{name}_table")(table, LARGEST_BIAS)
    bias = shaping.Take(axis=1, name=f"{name}_pairs")(table, offsets(x, size, name))
    return Permute((1, 4, 2, 3), name=f"{name}_heads")(bias)


def scale(x: Tensor, heads: int, name: str) -> Tensor:
    """Return what the cosines are multiplied by, learned for each head, (1, heads, 1)."""
    row = shaping.Reshape((1, 1), name=f"{name}_row")(zero(x, name))
    start = {"class_name": "Constant", "config": {"value": log(SCALE)}}
    logits = Embedding(1, heads, embeddings_initializer=start, name=f"{name}_logits")(row)
    logits = Reshape((heads, 1), name=f"{name}_heads")(logits)
    logits = arithmetic.Minimum(name=f"{name}_bounded")(logits, log(LARGEST_SCALE))
    return arithmetic.Exp(name=f"{name}_exp")(logits)


def attention(
    x: Tensor, heads: int, window: int, name: str, mask: Tensor | None, key_bias: bool = True
) -> Tensor:
    """Attention by the cosine of queries and keys: Equation 3, cos(q, k) / τ + B."""
    query = project(x, heads, f"{name}_query")
    at_zero = {"bias_constraint": AT_ZERO} if key_bias else {"use_bias": False}
    key = project(x, heads, f"{name}_key", **at_zero)
    value = project(x, heads, f"{name}_value")
    query = UnitNormalization(name=f"{name}_query_unit")(query)
    key = UnitNormalization(name=f"{name}_key_unit")(key)
    by = scale(x, heads, f"{name}_scale")
    query = arithmetic.Multiply(name=f"{name}_query_scaled")(query, by)
    bias = continuous_bias(x, window, heads, f"{name}_bias")
    return attend(query, key, value, bias, name, mask)


def block(
    x: Tensor,
    heads: int,
    window: int,
    shift: int,
    rate: float,
    name: str,
    *,
    key_bias: bool = True,
) -> Tensor:
    """Attention in windows and MLP, normalised before the shortcut: res-post-norm, Figure 1.

    Windows are no larger than the image.
    """
    window = min(window, *known(x)[:2])
    shift = min(shift, window // 2)
    y = in_windows(
        x,
        window,
        shift,
        name,
        lambda windows, mask: attention(
            windows, heads, window, f"{name}_attention", mask, key_bias
        ),
    )
    x = residual(x, normalize(y, f"{name}_norm1"), f"{name}_attention", rate)
    y = mlp(x, 4 * known(x)[-1], name)
    return residual(x, normalize(y, f"{name}_norm2"), f"{name}_mlp", rate)


def merge(x: Tensor, name: str) -> Tensor:
    """Halve the image: 2C channels of the 4C of 2×2 positions, and their normalisation."""
    channels = known(x)[-1]
    x = Dense(2 * channels, use_bias=False, name=f"{name}_reduce")(neighbours(x, name))
    return normalize(x, f"{name}_norm")


MODEL_HUB = "github.com/microsoft/Swin-Transformer, MODELHUB.md"
MODELS = {  # params, FLOPs, which are MACs, and those left out where they show in the figure
    "swin-v2-t": ("28M", "5.9G", ""),
    "swin-v2-s": ("50M", "11.5G", ""),
    "swin-v2-b": ("88M", "20.3G", ""),
    "swin-v2-t,window=16": ("28M", "6.6G", "60.1M"),
    "swin-v2-s,window=16": ("50M", "12.6G", "142.8M"),
    "swin-v2-b,window=16": ("88M", "21.8G", "183.0M"),
    "swin-v2-b,input=384x384x3,window=24": ("88M", "54.7G", "421.1M"),
    "swin-v2-l,window=16": ("197M", "47.5G", "263.4M"),
    "swin-v2-l,input=384x384x3,window=24": ("197M", "115.4G", "606.2M"),
}

MICROSOFT_NAMES = {  # as timm and Hugging Face have them, which have no bias of keys at all
    **{
        f"{SIZE_WORDS[size]}-window{window}-256": f"swin-v2-{size},window={window},key_bias=false"
        for size in "tsb"
        for window in (8, 16)
    },
    **{
        f"{SIZE_WORDS[size]}-window{name}": (
            f"swin-v2-{size},window={window},key_bias=false,input={side}x{side}x3,classes={classes}"
        )
        for size in "bl"
        for name, window, side, classes in (
            ("12-192", 12, 192, 21841),
            ("12to16-192to256", 16, 256, 1000),
            ("12to24-192to384", 24, 384, 1000),
        )
    },
}
TRAINED = {"12-192": "-22k", "12to16-192to256": "-22kto1k-ft", "12to24-192to384": "-22kto1k-ft"}


@family(
    "swin-v2-{size}",
    paper=Paper(
        "Swin Transformer V2: Scaling Up Capacity and Resolution",
        "Liu, Hu, Lin, Yao, Xie, Wei, Ning, Cao, Zhang, Dong, Wei, Guo",
        2021,
        "https://arxiv.org/abs/2111.09883",
    ),
    input=(256, 256, 3),
    classes=1000,
    options={
        "size": Letter(*SIZES, help="tiny, small, base or large"),
        "window": Int(1, 64, default=8, help="positions along the side of a window"),
        "key_bias": Flag(True, help="the bias of keys that is held at zero, as torchvision has it"),
    },
    elsewhere={
        "torchvision": {f"swin_v2_{size}": f"swin-v2-{size}" for size in "tsb"},
        "timm": {
            f"swinv2_{name}".replace("-", "_"): spec for name, spec in MICROSOFT_NAMES.items()
        },
        HUGGING_FACE: {
            f"microsoft/swinv2-{name.replace('-', '-patch4-', 1)}"
            f"{TRAINED.get(name.partition('-window')[2], '')}": spec
            for name, spec in MICROSOFT_NAMES.items()
        },
    },
    missing={
        "swin-v2-cr-*": "another implementation, whose blocks differ from the authors'",
    },
    published=(
        *weights_metadata(
            "SwinTransformer V2",
            {
                "swin-v2-t": ("28,351,570", "5.94G"),
                "swin-v2-s": ("49,737,442", "11.546G"),
                "swin-v2-b": ("87,930,848", "20.325G"),
            },
        ),
        *(
            Published(spec, metric, figure, MODEL_HUB, note)
            for spec, (params, macs, network) in MODELS.items()
            for metric, figure, note in (
                ("trainable_params", params, ""),
                ("macs", macs, network and f"without the networks of the biases, {network}"),
            )
        ),
    ),
    recipe={
        "optimizer": "AdamW",
        "learning rate": "1e-3, linear warm-up of 20 epochs, cosine decay",
        "batch": "1024",
        "weight decay": "0.05",
        "stochastic depth": "0.2 (T), 0.3 (S), 0.5 (B)",
        "epochs": "300",
        "gradients": "clipped to a norm of 5",
        "source": "github.com/microsoft/Swin-Transformer, config.py and configs/swinv2",
    },
)
def swin_v2(x: Tensor, classes: int, top: bool, size: str, window: int, key_bias: bool) -> Tensor:
    """The network: that of the first version, with other blocks."""
    own_block = partial(block, key_bias=key_bias)
    return network(x, classes, top, SIZES[size], window, own_block, merge)
