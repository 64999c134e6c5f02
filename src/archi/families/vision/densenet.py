"""DenseNet for ImageNet: every layer reads all layers before it.

Huang, Liu, van der Maaten, Weinberger: Densely Connected Convolutional Networks, CVPR 2017,
Table 1, with bottlenecks and compression (DenseNet-BC). Depths 121, 169 and 201 equal
`keras.applications.densenet` layer by layer; 264 is the table's last column, and 161 the
authors' wider network, which torchvision has too.
"""

from __future__ import annotations

from archi.families._blocks import keras_table, normalize
from archi.families.options import OneOf
from archi.families.registry import Published, family
from archi.families.vision._densenet import PAPER
from archi.families.vision._densenet import densenet as dense_blocks
from archi.graph import Tensor, scope
from archi.layers import Activation, Conv2D, MaxPooling2D, ZeroPadding2D

TABLE_1 = {  # depth: layers in each dense block, growth rate k
    121: ((6, 12, 24, 16), 32),
    161: ((6, 12, 36, 24), 48),
    169: ((6, 12, 32, 32), 32),
    201: ((6, 12, 48, 32), 32),
    264: ((6, 12, 64, 48), 32),
}


def stem(x: Tensor, filters: int) -> Tensor:
    """7×7 convolution and 3×3 max pooling, each halving the resolution."""
    x = ZeroPadding2D(3)(x)
    x = Conv2D(filters, 7, strides=2, use_bias=False, name="conv1_conv")(x)
    x = Activation("relu", name="conv1_relu")(normalize(x, "conv1_bn"))
    x = ZeroPadding2D(1)(x)
    return MaxPooling2D(3, strides=2, name="pool1")(x)


PAPER_TABLE_1 = "Huang et al. 2016, Table 1"
TORCHVISION = "torchvision.models, DenseNet weights' metadata"


@family(
    "densenet{depth}",
    paper=PAPER,
    input=(224, 224, 3),
    classes=1000,
    options={"depth": OneOf(*TABLE_1, help="weighted layers")},
    applications={
        "densenet121": "DenseNet121()",
        "densenet169": "DenseNet169()",
        "densenet201": "DenseNet201()",
        "densenet121,top=false,input=64x97x1": (
            "DenseNet121(include_top=False, input_shape=(64, 97, 1))"
        ),
    },
    elsewhere={
        library: {f"densenet{depth}": f"densenet{depth}" for depth in (121, 161, 169, 201)}
        for library in ("torchvision", "timm")
    },
    missing={
        "densenetblur*": "it blurs where it strides",
        "densenet264d": "with ResNet-D's stem",
    },
    published=(
        Published("densenet121", "depth", "121", PAPER_TABLE_1),
        Published("densenet169", "depth", "169", PAPER_TABLE_1),
        Published("densenet201", "depth", "201", PAPER_TABLE_1),
        Published(
            "densenet264", "depth", "264", PAPER_TABLE_1, "its column has 2 × 130 + 5 of them"
        ),
        *keras_table("densenet121", "8.1M", "242"),
        *keras_table("densenet169", "14.3M", "338"),
        *keras_table("densenet201", "20.2M", "402"),
        Published("densenet121", "trainable_params", "7,978,856", TORCHVISION),
        Published("densenet161", "trainable_params", "28,681,000", TORCHVISION),
        Published("densenet169", "trainable_params", "14,149,480", TORCHVISION),
        Published("densenet201", "trainable_params", "20,013,928", TORCHVISION),
        Published("densenet121", "macs", "2.834G", TORCHVISION),
        Published("densenet161", "macs", "7.728G", TORCHVISION),
        Published("densenet169", "macs", "3.360G", TORCHVISION),
        Published("densenet201", "macs", "4.291G", TORCHVISION),
    ),
    recipe={
        "optimizer": "SGD, Nesterov momentum 0.9",
        "learning rate": "0.1, divided by 10 at epochs 30 and 60",
        "batch": "256",
        "weight decay": "1e-4",
        "epochs": "90",
        "source": "Huang et al. 2016, Section 4.2 (ImageNet)",
    },
)
def densenet(x: Tensor, classes: int, top: bool, depth: int) -> Tensor:
    """The network: stem, four dense blocks with transitions between, classifier."""
    layers, growth = TABLE_1[depth]
    with scope("stem"):
        x = stem(x, 2 * growth)
    return dense_blocks(x, classes, top, layers, growth)
