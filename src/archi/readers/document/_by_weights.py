"""The class of a layer by the names and shapes of its weights, where no other has them."""

from __future__ import annotations

from archi.graph import Weight

_GATES = {4: "LSTM", 3: "GRU", 1: "SimpleRNN"}
_SEPARABLE = {3: "SeparableConv1D", 4: "SeparableConv2D"}
_ALONE: dict[
    tuple[tuple[str, ...], int], str
] = {  # by the names of all weights but a bias, and the rank of the first
    (("embeddings",), 2): "Embedding",
    (("kernel",), 2): "Dense",
    (("kernel",), 5): "Conv3D",
    (("depthwise_kernel",), 4): "DepthwiseConv2D",  # as Keras 2 named it
}


def class_by_weights(weights: tuple[Weight, ...]) -> str | None:
    """Return the class that certainly has these weights, None where several may.

    A kernel of rank 4 with a bias for each of its last channels, more than one, is Conv2D's.
    One of rank 3 may be Conv1D's as well as EinsumDense's; gamma and beta alone are those of
    several normalisations.
    """
    shapes = {weight.name.rpartition("/")[2]: weight.shape for weight in weights}
    bias = shapes.pop("bias", None)
    names = tuple(sorted(shapes))
    if {"moving_mean", "moving_variance"} <= shapes.keys():
        return "BatchNormalization" if set(names) <= _NORMALIZATION else None
    if names == ("kernel", "recurrent_kernel"):
        units, gates = shapes["recurrent_kernel"][0], shapes["recurrent_kernel"][-1]
        return _GATES.get(gates // units) if units and len(shapes["kernel"]) == 2 else None
    if names == ("depthwise_kernel", "pointwise_kernel"):
        return _SEPARABLE.get(len(shapes["pointwise_kernel"]))
    if names == ("kernel",) and len(shapes["kernel"]) == 4:
        return _of_image(shapes["kernel"], bias)
    first = shapes[names[0]] if len(names) == 1 else ()
    return _ALONE.get((names, len(first)))


_NORMALIZATION = {"beta", "gamma", "moving_mean", "moving_variance"}


def _of_image(kernel: tuple[int, ...], bias: tuple[int, ...] | None) -> str | None:
    """Return Conv2D where its bias is for the last axis, and for no other one can be."""
    *_, channels, filters = kernel
    others = {channels, channels * filters}  # of Conv2DTranspose and DepthwiseConv2D
    return "Conv2D" if bias == (filters,) and filters not in others else None
