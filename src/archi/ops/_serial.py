"""A node from the document that Keras writes of it: a layer, or an operation."""

from __future__ import annotations

from typing import Any

from archi.errors import LayerError, quote
from archi.layers._core import Layer
from archi.layers._serial import read_layer

KERAS_OPERATIONS = "keras.src.ops."


def read_node(document: dict[str, Any]) -> Layer:
    """Return the twin of a layer's or an operation's document.

    Raises LayerError for a class that archi does not know, or a config it can't have.
    """
    if not str(document.get("module")).startswith(KERAS_OPERATIONS):
        return read_layer(document)
    from archi.ops import operation

    name, config = document.get("class_name"), document.get("config")
    try:
        twin = operation(str(name))
    except KeyError:
        raise LayerError(f"archi does not know the operation {quote(str(name))}") from None
    if not isinstance(config, dict):
        raise LayerError("an operation is written as its class_name and config")
    return twin(**config)
