"""The static twins of `keras.layers`, by Keras's own class names.

`from archi.layers import Conv2D` looks the class up in the group files of this folder;
adding a class to one of them is all it takes to add a layer.
"""

from __future__ import annotations

import re
from typing import Any

from archi.layers._core import Layer
from archi.layers._index import Index

__all__ = ["Layer", "layer_class", "layer_classes", "layer_names"]

_index: Index[Layer] = Index(__name__, __file__, Layer)


def layer_class(name: str) -> type[Layer]:
    """Return a layer class by its Keras name, or one of Keras's aliases. Raises KeyError."""
    try:
        return _index[name]
    except KeyError:
        return _index[_canonical(name)]


def _canonical(name: str) -> str:
    """Return the class's own name for an alias: `AvgPool2D`, `Convolution2DTranspose`."""
    name = name.replace("Convolution", "Conv").replace("AvgPool", "AveragePool")
    return re.sub(r"Pool(?=\dD$)", "Pooling", name)


def layer_names() -> list[str]:
    """Return the Keras names of all layer classes, without importing any."""
    return _index.names()


def layer_classes() -> dict[str, type[Layer]]:
    """Return every layer class by its Keras name."""
    return _index.all()


def __getattr__(name: str) -> Any:
    if name == "Input":
        from archi.layers.core import Input

        return Input
    if name == "Sequential":
        from archi.layers._nested import Sequential

        return Sequential
    try:
        return layer_class(name)
    except KeyError:
        raise AttributeError(f"archi.layers has no layer {name!r}") from None
