"""MnasNet: mobile networks found by a search that measured latency on a phone.

Tan, Chen, Pang, Vasudevan, Sandler, Howard, Le: MnasNet: Platform-Aware Neural Architecture
Search for Mobile, CVPR 2019. `mnasnet1.0` is layer by layer the network of torchvision:
MnasNet-B1, whose blocks have no squeeze and excitation, with filters times alpha.
`mnasnet-a1` is that of Figure 7, which has. Its squeezes have a quarter of the filters that
enter a block, as in the authors' code (github.com/tensorflow/tpu, models/official/mnasnet).

Deviates from the authors' code as torchvision does: images are padded alike on all sides.
"""

from __future__ import annotations

from typing import NamedTuple

from archi.families._blocks import channel_axis, classifier, make_divisible, squeeze_excite
from archi.families.options import Decimal, OneOf, dotted
from archi.families.registry import Paper, Published, family
from archi.families.vision._torchvision import conv_bn, depthwise_bn, weights_metadata
from archi.graph import Tensor, scope
from archi.layers import Add


class Row(NamedTuple):
    """A stage: its blocks, their expansion, kernel, filters, first stride and squeeze."""

    blocks: int
    expansion: int
    kernel: int
    filters: int
    strides: int
    squeeze: float = 0


NETWORKS = {
    "a1": (  # Figure 7(a)
        Row(2, 6, 3, 24, 2),
        Row(3, 3, 5, 40, 2, 0.25),
        Row(4, 6, 3, 80, 2),
        Row(2, 6, 3, 112, 1, 0.25),
        Row(3, 6, 5, 160, 2, 0.25),
        Row(1, 6, 3, 320, 1),
    ),
    "b1": (
        Row(3, 3, 3, 24, 2),
        Row(3, 3, 5, 40, 2),
        Row(3, 6, 5, 80, 2),
        Row(2, 6, 3, 96, 1),
        Row(4, 6, 5, 192, 2),
        Row(1, 6, 3, 320, 1),
    ),
}
STEM, SEPARABLE, HEAD = 32, 16, 1280  # filters before and behind the stages; alpha spares the head
MOMENTUM = 0.9997  # of the batch normalisations


class Alpha(Decimal):
    """A width multiplier, written with a point; names write `1_0` too."""

    alphabet = "0123456789.-_"

    def parse(self, text: str) -> float:
        return super().parse(dotted(text))

    def write(self, value: float) -> str:
        text = super().write(value)
        return text if "." in text else f"{text}.0"


def inverted(x: Tensor, row: Row, filters: int, strides: int, name: str) -> Tensor:
    """Widen, convolve depthwise, narrow; the input is added where it has the same shape."""
    entering = x.shape[channel_axis()] or 0
    wide = entering * row.expansion
    y = conv_bn(x, wide, 1, f"{name}_expand", momentum=MOMENTUM)
    y = depthwise_bn(y, row.kernel, f"{name}_depthwise", strides=strides, momentum=MOMENTUM)
    if row.squeeze:
        y = squeeze_excite(y, max(1, int(entering * row.squeeze)), f"{name}_se")
    y = conv_bn(y, filters, 1, f"{name}_project", activation="", momentum=MOMENTUM)
    return Add(name=f"{name}_add")([x, y]) if strides == 1 and entering == filters else y


@family(
    "mnasnet{alpha}",
    paper=Paper(
        "MnasNet: Platform-Aware Neural Architecture Search for Mobile",
        "Tan, Chen, Pang, Vasudevan, Sandler, Howard, Le",
        2018,
        "https://arxiv.org/abs/1807.11626",
    ),
    input=(224, 224, 3),
    classes=1000,
    options={
        "alpha": Alpha(
            0.05,
            4,
            default=1.0,
            help="times the filters, in multiples of 8",
            search=[twentieth / 20 for twentieth in range(4, 61)],
        ),
        "variant": OneOf(*NETWORKS, default="b1", help="a1 has squeeze and excitation"),
    },
    also=("mnasnet", "mnasnet-b1"),
    presets={"mnasnet-a1": {"alpha": 1.0, "variant": "a1"}},
    catalogue=("mnasnet0.5", "mnasnet0.75", "mnasnet1.0", "mnasnet1.3", "mnasnet-a1"),
    elsewhere={
        "torchvision": {
            f"mnasnet{alpha.replace('.', '_')}": f"mnasnet{alpha}"
            for alpha in ("0.5", "0.75", "1.0", "1.3")
        },
        "timm": {
            f"{name}_{percent:03}": f"mnasnet{percent / 100},variant={variant}"
            for name, variant in (("mnasnet", "b1"), ("semnasnet", "a1"))
            for percent in (50, 75, 100, 140)
        },
    },
    missing={
        "mnasnet-small": "timm's own, of other blocks",
    },
    published=(
        *weights_metadata(
            "MNASNet",
            {
                "mnasnet0.5": ("2,218,512", "0.104G"),
                "mnasnet0.75": ("3,170,208", "0.215G"),
                "mnasnet1.0": ("4,383,312", "0.314G"),
                "mnasnet1.3": ("6,282,256", "0.526G"),
            },
        ),
        Published("mnasnet-a1", "trainable_params", "3.9M", "Tan et al. 2018, Table 1"),
        Published("mnasnet-a1", "macs", "312M", "Tan et al. 2018, Table 1"),
    ),
    recipe={
        "optimizer": "RMSProp, decay 0.9, momentum 0.9",
        "learning rate": "0.256 after 5 epochs of warm-up, ×0.97 every 2.4 epochs",
        "batch": "4096",
        "weight decay": "1e-5",
        "dropout": "0.2 before the classifier",
        "source": "Tan et al. 2018, Section 5",
    },
)
def mnasnet(x: Tensor, classes: int, top: bool, alpha: float, variant: str) -> Tensor:
    """The network: a separable convolution, six stages of inverted residuals, classifier."""
    with scope("stem"):
        filters = make_divisible(STEM * alpha)
        x = conv_bn(x, filters, 3, "stem", strides=2, momentum=MOMENTUM)
        x = depthwise_bn(x, 3, "stem_depthwise", momentum=MOMENTUM)
        filters = make_divisible(SEPARABLE * alpha)
        x = conv_bn(x, filters, 1, "stem_project", activation="", momentum=MOMENTUM)
    for stage, row in enumerate(NETWORKS[variant], start=2):
        kind = f"MBConv{row.expansion} {row.kernel}×{row.kernel}"
        filters = make_divisible(row.filters * alpha)
        with scope(f"stage{stage}"):
            for i in range(1, row.blocks + 1):
                strides = row.strides if i == 1 else 1
                with scope(f"block{i}", kind):
                    x = inverted(x, row, filters, strides, f"stage{stage}_block{i}")
    if not top:
        return x
    with scope("head"):
        x = conv_bn(x, HEAD, 1, "head", momentum=MOMENTUM)
    return classifier(x, classes, dropout=0.2)
