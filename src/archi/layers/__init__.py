"""The static twins of `keras.layers`, by Keras's own class names.

`from archi.layers import Conv2D` looks the class up in the group files of this folder;
adding a class to one of them is all it takes to add a layer.
"""

from __future__ import annotations

from typing import Any

from archi.twin.layer import Layer
from archi.twin.lookup import layer_class, layer_classes, layer_names

__all__ = ["Layer", "layer_class", "layer_classes", "layer_names"]


def __getattr__(name: str) -> Any:
    if name == "Input":
        from archi.layers.core import Input

        return Input
    if name == "Sequential":
        from archi.twin.nested import Sequential

        return Sequential
    try:
        return layer_class(name)
    except KeyError:
        raise AttributeError(f"archi.layers has no layer {name!r}") from None
