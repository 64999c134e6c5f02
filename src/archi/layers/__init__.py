"""The static twins of `keras.layers`, by Keras's own class names.

`from archi.layers import Conv2D` looks the class up in the group files of this folder;
adding a class to one of them is all it takes to add a layer.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from archi.layers._core import Layer

__all__ = ["Layer", "layer_classes"]


def layer_classes() -> dict[str, type[Layer]]:
    """Return every layer class by its Keras name."""
    if not _classes:
        for file in sorted(os.listdir(os.path.dirname(__file__))):
            if file.endswith(".py") and not file.startswith("_"):
                _collect(import_module(f"{__name__}.{file[:-3]}"))
    return _classes


_classes: dict[str, type[Layer]] = {}


def _collect(module: Any) -> None:
    for name, value in vars(module).items():
        if (
            isinstance(value, type)
            and issubclass(value, Layer)
            and value.__module__ == module.__name__
            and not name.startswith("_")
        ):
            if name in _classes:
                raise RuntimeError(f"{name} is defined in {_classes[name].__module__} already")
            _classes[name] = value


def __getattr__(name: str) -> Any:
    if name == "Input":
        from archi.layers.core import Input

        return Input
    try:
        return layer_classes()[name]
    except KeyError:
        raise AttributeError(f"archi.layers has no layer {name!r}") from None
