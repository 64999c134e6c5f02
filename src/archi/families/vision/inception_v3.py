"""Inception-v3: modules of branches whose large convolutions are factorised.

Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the Inception Architecture for Computer
Vision, CVPR 2016, Table 1. Equal to `keras.applications.inception_v3` layer by layer.

Deviates from the paper as the authors' code does, which Keras follows: the modules at 35×35
have a 5×5 convolution where Figure 5 has two 3×3, and the stem has a 1×1 convolution and a
second pooling where Table 1 has strides. The auxiliary classifier for training is left out,
as in Keras.
"""

from __future__ import annotations

from archi.families._blocks import classifier, keras_table
from archi.families.registry import Paper, Published, family
from archi.families.vision._inception import (
    branch,
    conv_bn,
    halve,
    join,
    module_35,
    pooled,
    reduction_a,
    stem,
)
from archi.graph import Tensor, scope
from archi.layers import MaxPooling2D

POOL_FILTERS = (32, 64, 64)  # of the three modules at 35×35
INNER_FILTERS = (128, 160, 160, 192)  # of the four modules at 17×17


def module_17(x: Tensor, inner: int, name: str) -> Tensor:
    """7×7 convolutions as pairs of 1×7 and 7×1 (Figure 6)."""
    row, column = (1, 7), (7, 1)
    branches = [
        branch(x, (192, 1)),
        branch(x, (inner, 1), (inner, row), (192, column)),
        branch(x, (inner, 1), (inner, column), (inner, row), (inner, column), (192, row)),
        pooled(x, 192),
    ]
    return join(branches, name)


def reduction_b(x: Tensor, name: str) -> Tensor:
    """From 17×17 to 8×8."""
    branches = [
        halve(branch(x, (192, 1)), 320),
        halve(branch(x, (192, 1), (192, (1, 7)), (192, (7, 1))), 192),
        MaxPooling2D(3, strides=2)(x),
    ]
    return join(branches, name)


def module_8(x: Tensor, name: str, inner_name: str) -> Tensor:
    """Filter banks that widen: 1×3 beside 3×1 at the ends of branches (Figure 7)."""

    def fan(y: Tensor, name: str | None = None) -> Tensor:
        return join([conv_bn(y, 384, (1, 3)), conv_bn(y, 384, (3, 1))], name)

    branches = [
        branch(x, (320, 1)),
        fan(branch(x, (384, 1)), inner_name),
        fan(branch(x, (448, 1), (384, 3))),
        pooled(x, 192),
    ]
    return join(branches, name)


@family(
    "inception-v3",
    paper=Paper(
        "Rethinking the Inception Architecture for Computer Vision",
        "Szegedy, Vanhoucke, Ioffe, Shlens, Wojna",
        2015,
        "https://arxiv.org/abs/1512.00567",
    ),
    input=(299, 299, 3),
    classes=1000,
    applications={
        "inception-v3": "InceptionV3()",
        "inception-v3,top=false,input=97x75x1": (
            "InceptionV3(include_top=False, input_shape=(97, 75, 1))"
        ),
    },
    published=(
        *keras_table("inception-v3", "23.9M", "189"),
        Published(
            "inception-v3",
            "trainable_params",
            "23,626,728",
            "Chollet 2016, Table 3",
            "why is unknown; Keras's own network has 190,624 more",
        ),
        Published("inception-v3", "macs", "5.713G", "torchvision.models, weights' metadata"),
        Published("inception-v3", "macs", "5G", "Szegedy et al. 2015, abstract", "perhaps cut off"),
    ),
    recipe={
        "optimizer": "RMSProp, decay 0.9, epsilon 1.0, over 50 replicas",
        "learning rate": "0.045, ×0.94 every 2 epochs",
        "batch": "32 on each replica",
        "epochs": "100",
        "label smoothing": "0.1",
        "gradient clipping": "2.0",
        "source": "Szegedy et al. 2015, Sections 7 and 8",
    },
)
def inception_v3(x: Tensor, classes: int, top: bool) -> Tensor:
    """The network: stem, three, four and two modules with reductions between, classifier."""
    mixed = 0
    with scope("stem"):
        x = stem(x)
    with scope("35x35"):
        for filters in POOL_FILTERS:
            with scope(f"mixed{mixed}", "1×1, 5×5, 3×3"):
                x = module_35(x, 64, filters, f"mixed{mixed}")
            mixed += 1
    with scope("17x17"):
        with scope(f"mixed{mixed}", "reduction"):
            x = reduction_a(x, (64, 96, 96), 384, f"mixed{mixed}")
        for inner in INNER_FILTERS:
            mixed += 1
            with scope(f"mixed{mixed}", "1×7, 7×1"):
                x = module_17(x, inner, f"mixed{mixed}")
    with scope("8x8"):
        mixed += 1
        with scope(f"mixed{mixed}", "reduction"):
            x = reduction_b(x, f"mixed{mixed}")
        for number in (0, 1):
            mixed += 1
            with scope(f"mixed{mixed}", "1×3, 3×1"):
                x = module_8(x, f"mixed{mixed}", f"mixed9_{number}")
    return classifier(x, classes) if top else x
