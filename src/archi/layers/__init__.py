"""The static twins of `keras.layers`, by Keras's own class names.

`from archi.layers import Conv2D` looks the class up in the group files of this folder;
adding a class to one of them is all it takes to add a layer. Only the file that defines the
class is imported: which one that is is read off the files' text, once.
"""

from __future__ import annotations

import os
import re
from importlib import import_module
from typing import Any

from archi.layers._core import Layer

__all__ = ["Layer", "layer_class", "layer_classes"]


def layer_classes() -> dict[str, type[Layer]]:
    """Return every layer class by its Keras name."""
    found = {name: _defined(name) for name in _groups()}
    return {name: value for name, value in found.items() if issubclass(value, Layer)}


def layer_class(name: str) -> type[Layer]:
    """Return the layer class of this Keras name or alias. Raises KeyError where there is none."""
    if name not in _classes:
        found = _defined(name if name in _groups() else _canonical(name))
        if not issubclass(found, Layer):
            raise KeyError(name)
        _classes[name] = found
    return _classes[name]


def _defined(name: str) -> type:
    found: type = vars(import_module(f"{__name__}.{_groups()[name]}"))[name]
    return found


_classes: dict[str, type[Layer]] = {}
_files: dict[str, str] = {}


def _groups() -> dict[str, str]:
    """Return the group file, without its suffix, that defines each layer class."""
    if not _files:
        folder = os.path.dirname(__file__)
        for file in sorted(os.listdir(folder)):
            if file.endswith(".py") and not file.startswith("_"):
                _index(os.path.join(folder, file), file[:-3])
    return _files


def _index(path: str, group: str) -> None:
    with open(path, encoding="utf-8") as source:
        names = re.findall(r"^class ([A-Za-z]\w*)\(", source.read(), re.MULTILINE)
    for name in names:
        if name in _files:
            raise RuntimeError(f"{name} is defined in {_files[name]}.py already")
        _files[name] = group


def _canonical(name: str) -> str:
    """Return the class's own name for one of Keras's aliases: `AvgPool2D`, `Convolution2D`."""
    name = name.replace("Convolution", "Conv")
    return re.sub(r"(Average|Avg|Max)Pool(?=\dD$)", _pooling, name)


def _pooling(match: re.Match[str]) -> str:
    return "MaxPooling" if match[1] == "Max" else "AveragePooling"


def __getattr__(name: str) -> Any:
    if name == "Input":
        from archi.layers.core import Input

        return Input
    try:
        return layer_class(name)
    except KeyError:
        raise AttributeError(f"archi.layers has no layer {name!r}") from None
