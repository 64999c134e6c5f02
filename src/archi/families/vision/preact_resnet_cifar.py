"""Pre-activation residual networks for CIFAR, with bottlenecks: 9n+2 layers.

He, Zhang, Ren, Sun: Identity Mappings in Deep Residual Networks, ECCV 2016, Figure 4(e) and
Table 4, as the authors' code (github.com/KaimingHe/resnet-1k-layers) builds ResNet-164 and
ResNet-1001: a bottleneck of 16, 32 or 64 filters gives four times as many, its first 1×1
convolution strides, and where channels change both ways start behind one BN-ReLU and the
shortcut is a 1×1 convolution. No convolution has a bias. ResNet-110, which has no bottlenecks,
is `preact-resnet110`, one of resnet-cifar. Deviates in padding: Keras's "same" pads a strided
convolution on one side.
"""

from __future__ import annotations

from archi.families._blocks import PYTORCHCV, bn_relu, classifier
from archi.families.options import Int
from archi.families.registry import Paper, Published, family
from archi.families.vision._resnet import he_conv, preactivated, stacked
from archi.graph import Tensor, scope

FILTERS = (16, 32, 64)
TABLE_4 = "He et al. 2016, Table 4"


@family(
    "preact-resnet-cifar-{depth}",
    also=("preact-resnet{depth}-cifar", "cifar-preact-resnet{depth}"),
    paper=Paper(
        "Identity Mappings in Deep Residual Networks",
        "He, Zhang, Ren, Sun",
        2016,
        "https://arxiv.org/abs/1603.05027",
    ),
    input=(32, 32, 3),
    classes=10,
    options={
        "depth": Int(
            11,
            20_000,
            step=9,
            rule="9n+2",
            help="weighted layers, 9n+2",
            search=range(11, 1010, 9),
        ),
    },
    presets={
        "preact-resnet164": {"depth": 164},
        "preact-resnet1001": {"depth": 1001},
    },
    catalogue=("preact-resnet164", "preact-resnet1001"),
    published=(
        Published("preact-resnet164", "trainable_params", "1.7M", TABLE_4),
        Published(
            "preact-resnet1001",
            "trainable_params",
            "10.2M",
            TABLE_4,
            "leaves normalisation out: 10,178,490",
        ),
        Published("preact-resnet164", "trainable_params", "1,703,258", PYTORCHCV),
        Published("preact-resnet1001", "trainable_params", "10,327,706", PYTORCHCV),
    ),
    recipe={
        "optimizer": "SGD, momentum 0.9",
        "learning rate": "0.1 after 400 iterations at 0.01, ÷10 at 32,000 and 48,000",
        "batch": "128",
        "weight decay": "1e-4",
        "source": "He et al. 2016, appendix (CIFAR)",
    },
)
def preact_resnet_cifar(x: Tensor, classes: int, top: bool, depth: int) -> Tensor:
    """The network: a 3×3 convolution, three stages of n bottlenecks, BN-ReLU, classifier."""
    n = (depth - 2) // 9
    with scope("conv1"):
        x = he_conv(x, 16, 3, name="conv1")
    for stage, strides, name in stacked((n, n, n), "bottleneck"):
        filters = FILTERS[stage]
        convs = [(filters, 1), (filters, 3), (4 * filters, 1)]
        x = preactivated(x, convs, strides, name=name)
    with scope("head"):
        x = bn_relu(x, "post")
    return classifier(x, classes) if top else x
