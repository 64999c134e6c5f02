"""Inputs of models: their layers, and fresh tensors of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archi.errors import LayerError, ReadError, quote
from archi.graph import UNKNOWN, Inference, Node, Shape, Tensor
from archi.layers.core import InputLayer
from archi.readers.document._places import name_of
from archi.twin.layer import Layer

INPUT = "InputLayer"


def plain_input(document: Mapping[str, Any]) -> Layer:
    """Return the shape and dtype of an input that says more than its twin understands."""
    config = document.get("config")
    known = {key: config.get(key) for key in ("batch_shape", "dtype")} if config else {}
    try:
        return InputLayer(**known, name="input")
    except LayerError as error:
        name = quote(name_of(document))
        raise ReadError(f"the input {name} can't be read: {error.message}") from None


def fresh_input(shape: Shape, dtype: str, name: str) -> Tensor:
    """Return a tensor of this shape from outside the network."""
    layer = InputLayer(batch_shape=tuple(shape), dtype=dtype)
    layer.name = name
    tensor = layer.add_call((), {}).outputs[0]
    if shape is UNKNOWN:  # which a config has no word for
        tensor.shape = UNKNOWN
    return tensor


def enter(layer: Layer, tensor: Tensor) -> Tensor:
    """Return a tensor as the input of a model inside another, which `layer` is.

    Where its shape is unknown, it is what the input says. Raises LayerError where the two
    can't be the same.
    """
    if tensor.shape is not UNKNOWN:
        return layer.add_call((tensor,), {}).outputs[0]
    shape: Shape = getattr(layer, "batch_shape", None) or UNKNOWN
    node = Node(layer, (tensor,), {}, Inference((shape,), (), 0, 0))
    layer.nodes.append(node)
    return node.outputs[0]
