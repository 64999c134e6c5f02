"""ConvNeXt: a ResNet brought, step by step, to the design of a vision transformer.

Liu, Mao, Wu, Feichtenhofer, Darrell, Xie: A ConvNet for the 2020s, CVPR 2022, Section 3. Equal
to `keras.applications.convnext` layer by layer, with the normalisation of pixels that is part
of it there; `convnext-C-B` has C channels and B blocks in the third stage, as the paper
describes its sizes, and is what Keras's code builds from these numbers.

Keras holds the stem and the downsampling layers as small models inside the network; the names
of their layers begin with those of these models.
"""

from __future__ import annotations

from archi.errors import GraphError
from archi.families._blocks import keras_table
from archi.families.elsewhere import HUGGING_FACE
from archi.families.options import Decimal, Flag, Int
from archi.families.registry import Paper, Published, family
from archi.graph import Tensor, current_build, scope
from archi.layers import (
    Activation,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    LayerNormalization,
    Normalization,
    Sequential,
)
from archi.layers.applications import LayerScale, StochasticDepth

SIZES = {  # Section 3: channels C of the first stage, blocks B of the third
    "tiny": (96, 9),
    "small": (96, 27),
    "base": (128, 27),
    "large": (192, 27),
    "xlarge": (256, 27),
}
IMAGENET_MEAN = [0.485 * 255, 0.456 * 255, 0.406 * 255]  # of red, green and blue
IMAGENET_VARIANCE = [(0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2]


def normalize(name: str) -> LayerNormalization:
    """Layer normalisation with the authors' epsilon."""
    return LayerNormalization(epsilon=1e-6, name=name)


def block(x: Tensor, drop_rate: float, layer_scale: float, name: str) -> Tensor:
    """7×7 depthwise convolution, and a dense layer to four times the width and back."""
    channels = x.shape[-1] or 0
    y = Conv2D(channels, 7, padding="same", groups=channels, name=f"{name}_depthwise_conv")(x)
    y = normalize(f"{name}_layernorm")(y)
    y = Dense(4 * channels, name=f"{name}_pointwise_conv_1")(y)
    y = Activation("gelu", name=f"{name}_gelu")(y)
    y = Dense(channels, name=f"{name}_pointwise_conv_2")(y)
    y = LayerScale(layer_scale, channels, name=f"{name}_layer_scale")(y)
    if drop_rate:
        y = StochasticDepth(drop_rate, name=f"{name}_stochastic_depth")(y)
    else:
        y = Activation("linear", name=f"{name}_identity")(y)
    return x + y


def downsample(x: Tensor, channels: int, name: str, number: int) -> Tensor:
    """Normalisation and a 2×2 convolution that halves the resolution."""
    layers = [
        normalize(f"{name}_downsampling_layernorm_{number}"),
        Conv2D(channels, 2, strides=2, name=f"{name}_downsampling_conv_{number}"),
    ]
    return Sequential(layers, name=f"{name}_downsampling_block_{number}")(x)


def stem(x: Tensor, channels: int, name: str) -> Tensor:
    """A 4×4 convolution of patches that do not overlap, normalised."""
    layers = [
        Conv2D(channels, 4, strides=4, name=f"{name}_stem_conv"),
        normalize(f"{name}_stem_layernorm"),
    ]
    return Sequential(layers, name=f"{name}_stem")(x)


def preprocess(x: Tensor, name: str) -> Tensor:
    """Normalise the pixels of a colour image; Keras leaves others as they are."""
    if x.shape[-1] != 3:
        return x
    layer = Normalization(
        mean=IMAGENET_MEAN, variance=IMAGENET_VARIANCE, name=f"{name}_prestem_normalization"
    )
    return layer(x)


def classifier(x: Tensor, classes: int, name: str) -> Tensor:
    """Global average pooling, normalisation and a softmax over `classes`."""
    x = GlobalAveragePooling2D(name=f"{name}_head_gap")(x)
    x = normalize(f"{name}_head_layernorm")(x)
    return Dense(classes, activation="softmax", name=f"{name}_head_dense")(x)


TABLE_1 = "Liu et al. 2022, Table 1"
CUT = "cut off, not rounded"
TORCHVISION = "torchvision.models, ConvNeXt weights' metadata"


@family(
    "convnext-{channels}-{blocks}",
    paper=Paper(
        "A ConvNet for the 2020s",
        "Liu, Mao, Wu, Feichtenhofer, Darrell, Xie",
        2022,
        "https://arxiv.org/abs/2201.03545",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "channels": Int(1, 2048, help="channels C of the first stage", search=range(32, 321, 16)),
        "blocks": Int(
            1, 200, help="blocks B of the third stage; the others have 3", search=range(3, 46, 3)
        ),
        "preprocessing": Flag(True, help="a first layer that normalises pixels from 0…255"),
        "drop_path": Decimal(
            0, 0.99, default=0.0, help="share of samples for which the last block is left out"
        ),
    },
    presets={
        f"convnext-{size}": {"channels": channels, "blocks": blocks}
        for size, (channels, blocks) in SIZES.items()
    },
    catalogue=tuple(f"convnext-{size}" for size in SIZES),
    applications={
        "convnext-tiny": "ConvNeXtTiny()",
        "convnext-small": "ConvNeXtSmall()",
        "convnext-base": "ConvNeXtBase()",
        "convnext-large": "ConvNeXtLarge()",
        "convnext-xlarge": "ConvNeXtXLarge()",
        "convnext-tiny,top=false,input=33x64x1": (
            "ConvNeXtTiny(include_top=False, input_shape=(33, 64, 1))"
        ),
        "convnext-tiny,preprocessing=false,classes=7": (
            "ConvNeXtTiny(include_preprocessing=False, classes=7)"
        ),
    },
    elsewhere={
        "torchvision": {
            f"convnext_{size}": f"convnext-{size}" for size in SIZES if size != "xlarge"
        },
        "timm": {f"convnext_{size}": f"convnext-{size}" for size in SIZES},
        HUGGING_FACE: {
            **{
                f"facebook/convnext-{size}-{side}{trained}": (
                    f"convnext-{size},input={side}x{side}x3,classes={classes}"
                )
                for size in SIZES
                for side in (224, 384)
                for trained, classes in (("", 1000), ("-22k-1k", 1000), ("-22k", 21841))
            },
        },
    },
    missing={
        "convnext-v2-*": "ConvNeXt V2 normalises global responses",
        "convnext*mlp": "its classifier has a hidden layer",
        "convnext*hnf": "its classifier normalises before it pools",
        "convnext-xxlarge": "its second stage has four blocks, not three",
        "convnext-zepto*": "timm's own, of other widths and depths",
        "convnext-atto*": "timm's own, of other widths and depths",
        "convnext-femto*": "timm's own, of other widths and depths",
        "convnext-pico*": "timm's own, of other widths and depths",
        "convnext-nano*": "timm's own, of other widths and depths",
    },
    published=(
        Published("convnext-tiny", "params", "29M", TABLE_1),
        Published("convnext-small", "params", "50M", TABLE_1),
        Published("convnext-base", "params", "89M", TABLE_1),
        Published("convnext-large", "params", "198M", TABLE_1),
        Published("convnext-xlarge", "params", "350M", TABLE_1),
        Published("convnext-tiny", "macs", "4.5G", TABLE_1),
        Published("convnext-small", "macs", "8.7G", TABLE_1),
        Published("convnext-base", "macs", "15.4G", TABLE_1),
        Published("convnext-large", "macs", "34.4G", TABLE_1),
        Published("convnext-xlarge", "macs", "60.9G", TABLE_1),
        *keras_table("convnext-tiny", "28.6M"),
        *keras_table("convnext-small", "50.2M"),
        *keras_table("convnext-base", "88.5M", note=CUT),
        *keras_table("convnext-large", "197.7M", note=CUT),
        *keras_table("convnext-xlarge", "350.1M", note=CUT),
        Published("convnext-tiny", "trainable_params", "28,589,128", TORCHVISION),
        Published("convnext-small", "trainable_params", "50,223,688", TORCHVISION),
        Published("convnext-base", "trainable_params", "88,591,464", TORCHVISION),
        Published("convnext-large", "trainable_params", "197,767,336", TORCHVISION),
        Published("convnext-tiny", "macs", "4.456G", TORCHVISION),
        Published("convnext-small", "macs", "8.684G", TORCHVISION),
        Published("convnext-base", "macs", "15.355G", TORCHVISION),
        Published("convnext-large", "macs", "34.361G", TORCHVISION),
    ),
    recipe={
        "optimizer": "AdamW",
        "learning rate": "4e-3, 20 epochs of warm-up, then a cosine to 0",
        "batch": "4096",
        "weight decay": "0.05",
        "epochs": "300",
        "augmentation": "Mixup, CutMix, RandAugment, random erasing; label smoothing 0.1",
        "stochastic depth": "0.1 (T), 0.4 (S), 0.5 (B, L)",
        "source": "Liu et al. 2022, Section 3.1 and Table 5 (ImageNet-1K)",
    },
)
def convnext(
    x: Tensor,
    classes: int,
    top: bool,
    channels: int,
    blocks: int,
    preprocessing: bool,
    drop_path: float,
) -> Tensor:
    """The network: preprocessing, four stages of blocks behind stem or downsampling, classifier.

    Raises GraphError where channels come first: its dense layers take the last axis.
    """
    if current_build().data_format == "channels_first":
        raise GraphError("ConvNeXt has its channels last, in Keras too")
    sizes = {size: f"convnext_{word}" for word, size in SIZES.items()}
    name = sizes.get((channels, blocks), "convnext")
    depths = (3, 3, blocks, 3)
    number, last = 0, sum(depths) - 1
    for stage, depth in enumerate(depths):
        width = channels * 2**stage
        with scope(f"stage{stage + 1}"):
            if stage:
                x = downsample(x, width, name, stage - 1)
            else:
                x = stem(preprocess(x, name) if preprocessing else x, width, name)
            for i in range(depth):
                with scope(f"block{i + 1}", "ConvNeXt block"):
                    rate = drop_path if number == last else number * (drop_path / last)
                    x = block(x, rate, 1e-6, f"{name}_stage_{stage}_block_{i}")
                number += 1
    with scope("head"):
        return classifier(x, classes, name) if top else LayerNormalization(epsilon=1e-6)(x)
