"""DenseNet-BC for CIFAR: dense blocks of bottlenecks (B), with compression between (C).

Huang, Liu, van der Maaten, Weinberger: Densely Connected Convolutional Networks, CVPR 2017,
Section 3 and Table 2. `densenet-bc-L-k` has L weighted layers and growth rate k: a layer is a
1×1 convolution of 4k filters and a 3×3 one of k, and transitions halve the channels. Weights
start as those of `keras.applications.densenet` do; the paper has He's initialisation.
"""

from __future__ import annotations

from archi.families.registry import Published, family
from archi.families.vision._densenet import CIFAR, TABLE_2, cifar_options, cifar_stem, densenet
from archi.graph import Tensor, scope


@family(
    "densenet-bc-{depth}-{growth}",
    **CIFAR,
    options=cifar_options(10, 6, "6n+4", "weighted layers, 6n+4: n pairs in each dense block"),
    catalogue=("densenet-bc-100-12", "densenet-bc-250-24", "densenet-bc-190-40"),
    published=(
        Published("densenet-bc-100-12", "trainable_params", "0.8M", TABLE_2),
        Published("densenet-bc-250-24", "trainable_params", "15.3M", TABLE_2),
        Published("densenet-bc-190-40", "trainable_params", "25.6M", TABLE_2),
        Published("densenet-bc-100-12", "depth", "100", TABLE_2),
        Published("densenet-bc-250-24", "depth", "250", TABLE_2),
        Published("densenet-bc-190-40", "depth", "190", TABLE_2),
    ),
)
def densenet_bc(
    x: Tensor, classes: int, top: bool, depth: int, growth: int, dropout: float
) -> Tensor:
    """The network: a 3×3 convolution, three dense blocks with transitions between, classifier."""
    with scope("stem"):
        x = cifar_stem(x, 2 * growth)
    layers = ((depth - 4) // 6,) * 3
    return densenet(x, classes, top, layers, growth, dropout=dropout)
