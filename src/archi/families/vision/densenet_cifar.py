"""DenseNet for CIFAR: three dense blocks, every layer reads all layers of its block.

Huang, Liu, van der Maaten, Weinberger: Densely Connected Convolutional Networks, CVPR 2017,
Section 3 and Table 2. `densenet-L-k` has L weighted layers and growth rate k; with bottlenecks
and compression it is `densenet-bc-L-k`. Weights start as those of `keras.applications.densenet`
do; the paper has He's initialisation.
"""

from __future__ import annotations

from archi.families.registry import Published, family
from archi.families.vision._densenet import CIFAR, TABLE_2, cifar_options, cifar_stem, densenet
from archi.graph import Tensor, scope


@family(
    "densenet-{depth}-{growth}",
    **CIFAR,
    options=cifar_options(7, 3, "3n+4", "weighted layers, 3n+4: n in each dense block"),
    catalogue=("densenet-40-12", "densenet-100-12", "densenet-100-24"),
    published=(
        Published("densenet-40-12", "trainable_params", "1.0M", TABLE_2),
        Published("densenet-100-12", "trainable_params", "7.0M", TABLE_2),
        Published("densenet-100-24", "trainable_params", "27.2M", TABLE_2),
        Published("densenet-40-12", "depth", "40", TABLE_2),
        Published("densenet-100-12", "depth", "100", TABLE_2),
        Published("densenet-100-24", "depth", "100", TABLE_2),
    ),
)
def densenet_cifar(
    x: Tensor, classes: int, top: bool, depth: int, growth: int, dropout: float
) -> Tensor:
    """The network: a 3×3 convolution, three dense blocks with transitions between, classifier."""
    with scope("stem"):
        x = cifar_stem(x, 16)
    layers = ((depth - 4) // 3,) * 3
    return densenet(
        x, classes, top, layers, growth, bottleneck=False, compression=1.0, dropout=dropout
    )
