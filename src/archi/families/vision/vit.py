"""Vision Transformer: an image is a sequence of patches, and attention alone reads it.

Dosovitskiy, Beyer, Kolesnikov, Weissenborn, Zhai, Unterthiner, Dehghani, Minderer, Heigold,
Gelly, Uszkoreit, Houlsby: An Image is Worth 16x16 Words: Transformers for Image Recognition at
Scale, ICLR 2021. Table 1 has Base, Large and Huge; Tiny and Small are those of DeiT (Touvron
et al. 2021, Training data-efficient image transformers, Table 1). The patches, which a
convolution projects, follow a class token, all get position embeddings, and the classifier
reads what the encoder makes of the token.

Layer by layer the network of torchvision. Deviates from the paper's as torchvision does: no
hidden layer in the classifier, which the paper has while it pre-trains.
"""

from __future__ import annotations

from typing import NamedTuple

from archi.families.elsewhere import HUGGING_FACE
from archi.families.options import Decimal, Int
from archi.families.registry import Paper, Published, family
from archi.families.vision._torchvision import weights_metadata
from archi.families.vision._transformers import (
    SIZES,
    Letter,
    channels_last,
    known,
    mlp,
    multiple_of,
    normalize,
    residual,
)
from archi.graph import Tensor, scope
from archi.layers import (
    Add,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    MultiHeadAttention,
    Reshape,
)
from archi.ops import arithmetic, making, reductions, shaping


class Row(NamedTuple):
    """Layers, hidden size D, MLP size, heads."""

    layers: int
    hidden: int
    mlp: int
    heads: int


TABLE_1 = {
    "ti": Row(12, 192, 768, 3),  # of DeiT
    "s": Row(12, 384, 1536, 6),  # of DeiT
    "b": Row(12, 768, 3072, 12),
    "l": Row(24, 1024, 4096, 16),
    "h": Row(32, 1280, 5120, 16),
}


EPSILON = 1e-6  # of the normalisations
NORMAL = {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.02, "seed": None}}


def embed(x: Tensor) -> Tensor:
    """The sequence of a class token and patches, with their positions: Equation 1, z_0."""
    height, width, hidden = known(x)
    x = Reshape((height * width, hidden), name="sequence")(x)
    first = shaping.GetItem(name="first")(x, (slice(None), slice(0, 1), 0))
    zero = making.ZerosLike("int32", name="zero")(first)
    token = Embedding(1, hidden, embeddings_initializer="zeros", name="class_token")(zero)
    x = Concatenate(axis=1, name="tokens")([token, x])
    each = shaping.GetItem(name="each")(x, (slice(None), slice(None), 0))
    ones = making.OnesLike("int32", name="ones")(each)
    count = reductions.Cumsum(axis=1, name="count")(ones)
    positions = arithmetic.Subtract(name="positions")(count, ones)  # 0, 1, 2, …
    table = Embedding(
        1 + height * width,
        hidden,
        embeddings_initializer=NORMAL,
        name="position_embedding",
    )
    return Add(name="embedded")([x, table(positions)])


def block(x: Tensor, row: Row, dropout: float, name: str) -> Tensor:
    """Attention and MLP, each behind a normalisation and beside a shortcut: Equations 2 and 3."""
    y = normalize(x, f"{name}_norm1", EPSILON)
    y = MultiHeadAttention(row.heads, row.hidden // row.heads, name=f"{name}_attention")(y, y)
    if dropout:
        y = Dropout(dropout, name=f"{name}_attention_drop")(y)
    x = residual(x, y, f"{name}_attention")
    y = mlp(normalize(x, f"{name}_norm2", EPSILON), row.mlp, name, dropout)
    return residual(x, y, f"{name}_mlp")


PAPER = "Dosovitskiy et al. 2021, Table 1"
DEIT = "github.com/facebookresearch/deit, README_deit.md"


# Letter, patch and image of the networks that timm has, and those that Hugging Face has.
TIMM = (
    ("ti", 16, 224),
    ("ti", 16, 384),
    ("s", 32, 224),
    ("s", 32, 384),
    ("s", 16, 224),
    ("s", 16, 384),
    ("b", 32, 224),
    ("b", 32, 384),
    ("b", 16, 224),
    ("b", 16, 384),
    ("b", 8, 224),
    ("l", 32, 224),
    ("l", 32, 384),
    ("l", 16, 224),
    ("l", 16, 384),
    ("l", 14, 224),
    ("h", 14, 224),
)
GOOGLE = (
    ("b", 16, 224),
    ("b", 16, 384),
    ("b", 32, 384),
    ("l", 16, 224),
    ("l", 16, 384),
    ("l", 32, 384),
)
DEIT_NAMES = (("ti", 224), ("s", 224), ("b", 224), ("b", 384))


def spec(size: str, patch: int, side: int) -> str:
    """Return the spec of a network for images of this side."""
    return f"vit-{size}-{patch},input={side}x{side}x3"


@family(
    "vit-{size}-{patch}",
    paper=Paper(
        "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
        "Dosovitskiy, Beyer, Kolesnikov, Weissenborn, Zhai, Unterthiner, Dehghani, Minderer,"
        " Heigold, Gelly, Uszkoreit, Houlsby",
        2020,
        "https://arxiv.org/abs/2010.11929",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "size": Letter(*TABLE_1, help="tiny, small, base, large or huge"),
        "patch": Int(1, 128, help="pixels along the side of a patch", search=(8, 14, 16, 32)),
        "dropout": Decimal(0, 0.9, default=0.0, help="rate behind every part"),
    },
    also=("vit-{size}-patch{patch}", "vit-{size}/{patch}"),
    catalogue=(
        "vit-ti-16",
        "vit-s-16",
        "vit-s-32",
        "vit-b-16",
        "vit-b-32",
        "vit-l-16",
        "vit-l-32",
        "vit-h-14",
    ),
    elsewhere={
        "torchvision": {
            f"vit_{name}".replace("-", "_"): f"vit-{name}"
            for name in ("b-16", "b-32", "l-16", "l-32", "h-14")
        },
        "timm": {
            **{
                f"vit_{SIZES[size]}_patch{patch}_{side}": spec(size, patch, side)
                for size, patch, side in TIMM
            },
            **{
                f"deit_{SIZES[size]}_patch16_{side}": spec(size, 16, side)
                for size, side in DEIT_NAMES
            },
        },
        HUGGING_FACE: {
            **{
                f"google/vit-{SIZES[size]}-patch{patch}-{side}": spec(size, patch, side)
                for size, patch, side in GOOGLE
            },
            **{
                f"facebook/deit-{SIZES[size]}-patch16-{side}": spec(size, 16, side)
                for size, side in DEIT_NAMES
            },
        },
    },
    missing={
        "deit*distilled*": "a distilled DeiT has a second token and a second classifier",
        "deit3*": "DeiT III scales what its branches give",
        "vit*clip*": "CLIP's encoder has a normalisation before its blocks",
        "vit*siglip*": "SigLIP's encoder pools by attention",
        "vit*dino*": "DINO's networks have no classifier, or scale what their branches give",
        "vit*rope*": "its positions are rotations of queries and keys",
        "vit*relpos*": "its positions are biases of attention",
        "vit*reg*": "it has register tokens",
        "vit*gap*": "it has no class token: the mean of all positions is classified",
        "vit*r26*": "a hybrid, whose patches a ResNet makes",
        "vit*r50*": "a hybrid, whose patches a ResNet makes",
        "vit*-r-s16*": "a hybrid, whose patches a ResNet makes",
        "vit*resnet*": "a hybrid, whose patches a ResNet makes",
        "vit*mci*": "a hybrid, whose patches convolutions make",
        "vit*giant*": "the paper has base to huge; this size is of a later one",
        "vit*gigantic*": "the paper has base to huge; this size is of a later one",
        "vit*plus*": "its width is not the paper's",
        "vit-small-patch8-224*": "in timm it has no classifier; vit-s-8 has one",
        "vit*patch16-224-in21k": "it has no classifier",
        "vit-pe-*": "a Perception Encoder has other positions and another head",
    },
    published=(
        *weights_metadata(
            "VisionTransformer",
            {
                "vit-b-16": ("86,567,656", "17.564G"),
                "vit-b-32": ("88,224,232", "4.409G"),
                "vit-l-16": ("304,326,632", "61.555G"),
                "vit-l-32": ("306,535,400", "15.378G"),
                "vit-h-14": ("632,045,800", "167.295G"),
                "vit-b-16,input=384x384x3": ("86,859,496", "55.484G"),
                "vit-l-16,input=512x512x3": ("305,174,504", "361.986G"),
                "vit-h-14,input=518x518x3": ("633,470,440", "1016.717G"),
            },
        ),
        Published("vit-b-16", "trainable_params", "86M", PAPER, "86.6M, cut off, not rounded"),
        Published("vit-l-16", "trainable_params", "307M", PAPER, "307M is what vit-l-32 has"),
        Published("vit-h-14", "trainable_params", "632M", PAPER),
        Published("vit-ti-16", "trainable_params", "5M", DEIT, "5.7M, cut off, not rounded"),
        Published("vit-s-16", "trainable_params", "22M", DEIT),
    ),
    recipe={
        "optimizer": "Adam, β 0.9 and 0.999",
        "learning rate": "3e-3, warm-up of 10k steps, cosine decay",
        "batch": "4096",
        "weight decay": "0.3",
        "dropout": "0.1",
        "epochs": "300",
        "gradients": "clipped to a global norm of 1",
        "source": "Dosovitskiy et al. 2021, Table 3 (ImageNet)",
    },
)
def vit(x: Tensor, classes: int, top: bool, size: str, patch: int, dropout: float) -> Tensor:
    """The network: patches, layers of the encoder, classifier on the class token."""
    row = TABLE_1[size]
    multiple_of(x, patch, "the size of a patch")
    with scope("embedding"):
        x = channels_last(Conv2D(row.hidden, patch, strides=patch, name="patches")(x))
        with scope("tokens", "embedding"):
            x = embed(x)
            if dropout:
                x = Dropout(dropout, name="embedding_drop")(x)
    with scope("encoder"):
        for i in range(1, row.layers + 1):
            with scope(f"block{i}", "transformer"):
                x = block(x, row, dropout, f"block{i}")
        x = normalize(x, "norm", EPSILON)
    if not top:
        return x
    with scope("head"):
        x = shaping.GetItem(name="token")(x, (slice(None), 0))
        return Dense(classes, activation="softmax", name="predictions")(x)
