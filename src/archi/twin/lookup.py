"""The twin of a name: which layer, or operation, of `layers/` and `ops/` a class name means."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from archi.twin.index import Index

if TYPE_CHECKING:
    from archi.twin.layer import Layer
    from archi.twin.operation import Operation

_layers: Index[Layer] = Index("archi.layers")
_dropped: Index[Layer] = Index("archi.layers.keras2")
_operations: Index[Operation] = Index("archi.ops")


def layer_class(name: str) -> type[Layer]:
    """Return a layer class by its Keras name, or one of Keras's aliases. Raises KeyError.

    Layers that Keras 2 alone had are among them.
    """
    for index in (_layers, _dropped):
        for known_as in (name, _canonical(name)):
            if known_as in index:
                return index[known_as]
    raise KeyError(name)


def _canonical(name: str) -> str:
    """Return the class's own name for an alias: `AvgPool2D`, `Convolution2DTranspose`."""
    name = name.replace("Convolution", "Conv").replace("AvgPool", "AveragePool")
    return re.sub(r"Pool(?=\dD$)", "Pooling", name)


def dropped_layer_classes() -> dict[str, type[Layer]]:
    """Return the layer classes that Keras 2 alone had, by their names there."""
    return _dropped.all()


def layer_names() -> list[str]:
    """Return the Keras names of all layer classes, without importing any."""
    return _layers.names()


def layer_classes() -> dict[str, type[Layer]]:
    """Return every layer class by its Keras name."""
    return _layers.all()


@cache
def operation(name: str) -> type[Operation]:
    """Return the class of an operation by Keras's name of it. Raises KeyError."""
    return _operations[name]


def operation_names() -> list[str]:
    """Return the Keras names of all operation classes, without importing any."""
    return _operations.names()


def operation_classes() -> dict[str, type[Operation]]:
    """Return every operation class by its Keras name."""
    return _operations.all()
