"""Wide residual networks (WRN) for CIFAR.

Zagoruyko, Komodakis: Wide Residual Networks, BMVC 2016, Table 1, and the authors'
code (github.com/szagoruyko/wide-residual-networks): no convolution has a bias, and
where the number of channels changes, both ways start behind one BN-ReLU and the
shortcut is a plain 1×1 convolution. Deviates in padding: Keras's "same" pads a strided
convolution on one side.

A published depth counts the three projections: 28 = stem + 24 in blocks + 3. The
longest path of WRN-28-10 has 26 weighted layers, stem and classifier included.
"""

from __future__ import annotations

from archi.families._blocks import bn_relu, classifier
from archi.families.options import Decimal, Flag, Int, Option
from archi.families.registry import Paper, Published, family
from archi.families.vision._resnet import he_conv, preactivated, stacked
from archi.graph import Tensor, scope

FILTERS = (16, 32, 64)  # Table 1, of conv2 … conv4 at k = 1


class Kernels(Option):
    """Kernel sizes of a block's convolutions: 33 is B(3,3), 131 is B(1,3,1)."""

    alphabet = "0123456789,() "
    wanted = "one to six kernel sizes of 1, 3, 5 or 7, such as 33 or (3,1,3)"

    def parse(self, text: str) -> tuple[int, ...]:
        sizes = [c for c in text if c not in ",() "]
        if not 1 <= len(sizes) <= 6 or not set(sizes) <= set("1357"):
            raise self.refuse((3, 3), (3, 1, 3))
        return tuple(map(int, sizes))

    def write(self, value: tuple[int, ...]) -> str:
        return "".join(map(str, value))


TABLE_2 = "Zagoruyko & Komodakis 2016, Table 2"
TABLE_4 = "Zagoruyko & Komodakis 2016, Table 4"
PARAMETERS = {  # as printed; the authors' framework counts trainable ones only
    "wrn-40-2-b131": ("1.4M", TABLE_2),
    "wrn-40-2-b31": ("1.2M", TABLE_2),
    "wrn-40-2-b13": ("1.3M", TABLE_2),
    "wrn-40-2-b311": ("1.3M", TABLE_2),
    "wrn-28-2": ("1.5M", TABLE_2),
    "wrn-22-2-b313": ("1.1M", TABLE_2),
    "wrn-40-1": ("0.6M", TABLE_4),
    "wrn-40-2": ("2.2M", TABLE_4),
    "wrn-40-4": ("8.9M", TABLE_4),
    "wrn-40-8": ("35.7M", TABLE_4),
    "wrn-28-10": ("36.5M", TABLE_4),
    "wrn-28-12": ("52.5M", TABLE_4),
    "wrn-22-8": ("17.2M", TABLE_4),
    "wrn-22-10": ("26.8M", TABLE_4),
    "wrn-16-8": ("11.0M", TABLE_4),
    "wrn-16-10": ("17.1M", TABLE_4),
}


@family(
    "wrn-{depth}-{width}[-b{blocks}]",
    also=("wide-resnet-{depth}-{width}[-b{blocks}]",),
    paper=Paper(
        "Wide Residual Networks",
        "Zagoruyko, Komodakis",
        2016,
        "https://arxiv.org/abs/1605.07146",
    ),
    input=(32, 32, 3),
    classes=10,
    options={
        "depth": Int(
            10,
            20_000,
            step=6,
            rule="6n+4",
            help="depth as the paper counts it, 6n+4",
            search=range(10, 101, 6),
        ),
        "width": Decimal(
            1 / 16,
            1000,
            step=1 / 16,
            rule="whose 16-fold is whole",
            help="widening factor k: times the filters of a ResNet",
            search=[quarters / 4 for quarters in range(1, 257)],
        ),
        "blocks": Kernels((3, 3), help="kernel sizes in a block, B(3,3) written 33"),
        "dropout": Decimal(0, 0.99, default=0.0, help="dropout rate before a block's later convs"),
        "shortcut_bn": Flag(False, help="normalisation after the 1×1 projections"),
        "stem_bias": Flag(False, help="a bias in the first convolution"),
        "bias": Flag(False, help="a bias in every convolution"),
    },
    catalogue=(
        "wrn-16-8",
        "wrn-16-10",
        "wrn-22-8",
        "wrn-22-10",
        "wrn-28-10",
        "wrn-28-12",
        "wrn-40-1",
        "wrn-40-2",
        "wrn-40-4",
        "wrn-40-8",
    ),
    published=tuple(
        Published(spec, "trainable_params", text, table)
        for spec, (text, table) in PARAMETERS.items()
    ),
    recipe={
        "optimizer": "SGD, Nesterov momentum 0.9",
        "learning rate": "0.1, ×0.2 at epochs 60, 120 and 160",
        "batch": "128",
        "weight decay": "5e-4",
        "epochs": "200",
        "source": "Zagoruyko & Komodakis 2016, Section 3",
    },
)
def wrn(
    x: Tensor,
    classes: int,
    top: bool,
    depth: int,
    width: float,
    blocks: tuple[int, ...],
    dropout: float,
    shortcut_bn: bool,
    stem_bias: bool,
    bias: bool,
) -> Tensor:
    """The network: a 3×3 convolution, three groups of N blocks, BN-ReLU, classifier."""
    n = (depth - 4) // 6
    kind = f"B({','.join(map(str, blocks))})"
    with scope("conv1"):
        x = he_conv(x, 16, 3, bias=bias or stem_bias, name="conv1")
    for stage, strides, name in stacked((n, n, n), kind):
        filters = int(FILTERS[stage] * width)
        x = preactivated(
            x,
            [(filters, kernel) for kernel in blocks],
            strides,
            bias=bias,
            dropout=dropout,
            shortcut_bn=shortcut_bn,
            name=name,
        )
    with scope("head"):
        x = bn_relu(x, "post")
    return classifier(x, classes) if top else x
