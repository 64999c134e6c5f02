"""What the weights in a file say of an input whose shape is unknown.

A dense layer behind something unknown has a kernel of a certain height: that many features
come in. A convolution or a recurrence has a rank besides, and what it gives goes on from there.
"""

from __future__ import annotations

from typing import Any

from archi.errors import LayerError
from archi.graph import UNKNOWN, Inference, Shape, Tensor, Weight
from archi.twin.layer import Layer
from archi.twin.opaque import OpaqueLayer


def informed(
    layer: Layer,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    weights: tuple[Weight, ...] | None,
) -> Inference | None:
    """Return what a layer's rule says of the one size of its channels that gives these weights.

    None where no size does, or several, or the layer is called on anything but one tensor.
    """
    if isinstance(layer, OpaqueLayer) or len(args) != 1:
        return None
    (x,) = args
    if not isinstance(x, Tensor) or any(isinstance(value, Tensor) for value in kwargs.values()):
        return None
    shape = x.shape if x.shape is not UNKNOWN else (None,) * _dimensions(layer)
    if not shape:
        return None
    found = {
        inference.outputs: inference
        for each in _with_channels(layer, shape, weights or ())
        if (inference := _inferred(layer, each)) is not None
        and _shapes(inference.weights) == _shapes(weights)
    }
    return next(iter(found.values())) if len(found) == 1 else None


def _dimensions(layer: Layer) -> int:
    """Return how many dimensions a layer's input has, the batch's among them; 0 for any."""
    inner = getattr(layer, "layer", layer) if layer.class_name == "Bidirectional" else layer
    found: int = getattr(inner, "input_rank", 0)  # a recurrence has one
    return found or (layer.rank + 2 if layer.rank else 0)


def _with_channels(layer: Layer, shape: Shape, weights: tuple[Weight, ...]) -> list[Shape]:
    axis = getattr(layer, "channel_axis", -1)
    if len(shape) < 2 or shape[axis] is not None:
        return [shape]
    groups = getattr(layer, "groups", 1)
    sizes = {size for weight in weights for size in weight.shape}
    options = sorted(sizes | {size * groups for size in sizes if type(groups) is int})
    filled = [list(shape) for _ in options]
    for each, size in zip(filled, options, strict=True):
        each[axis] = size
    return [tuple(each) for each in filled] or [shape]


def _inferred(layer: Layer, shape: Shape) -> Inference | None:
    try:
        inference = layer.infer(shape)
        layer.check_countable(inference)
        return inference
    except (LayerError, TypeError):  # it takes several, or more than shapes
        return None


def _shapes(weights: tuple[Weight, ...] | None) -> list[tuple[int, ...]]:
    return sorted(weight.shape for weight in weights or ())
