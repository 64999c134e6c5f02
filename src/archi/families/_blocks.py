"""Blocks that several families share, in the Keras functional style."""

from __future__ import annotations

from archi.graph import Tensor, current_build, scope
from archi.layers import Dense, GlobalAveragePooling2D


def channel_axis() -> int:
    """Return the positive axis of the channels of an image batch."""
    return 3 if current_build().data_format == "channels_last" else 1


def last_axis() -> int:
    """Return the channels axis as NASNet and Xception write it: -1, or 1 when first."""
    return -1 if current_build().data_format == "channels_last" else 1


def classifier(x: Tensor, classes: int, pool_name: str | None = "avg_pool") -> Tensor:
    """Global average pooling and a softmax over `classes`: how Keras ends its networks."""
    with scope("head"):
        x = GlobalAveragePooling2D(name=pool_name)(x)
        return Dense(classes, activation="softmax", name="predictions")(x)
