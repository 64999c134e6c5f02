"""What boxes say of a layer: its kind, a short word, and its arguments as papers give them."""

from __future__ import annotations

import re

from archi.analysis.stages import resolution
from archi.graph import Graph, Shape
from archi.layers import Layer
from archi.units import si


def params_line(params: int | None) -> str:
    """Return what a box says of its parameters."""
    return "? params" if params is None else f"{si(params)} params"


# The groups of `layers/`, which are Keras's, as kinds of boxes.
KINDS = {
    "convolutional": "conv",
    "pooling": "pool",
    "merging": "merge",
    "normalization": "norm",
    "activations": "activation",
    "reshaping": "shape",
}
SHORT = {
    "BatchNormalization": "BN",
    "Normalization": "Norm",
    "Pooling": "Pool",
    "Average": "Avg",
    "Separable": "Sep",
    "Concatenate": "Concat",
    "CustomScaleLayer": "Scaled Add",
    "Padding": "Pad",
    "Cropping": "Crop",
}
FUNCTIONS = {
    "relu": "ReLU", "relu6": "ReLU6", "leaky_relu": "Leaky ReLU", "elu": "ELU", "selu": "SELU",
    "gelu": "GELU", "silu": "SiLU", "hard_silu": "Hard SiLU", "celu": "CELU", "glu": "GLU",
}  # fmt: skip


def kind(layer: Layer) -> str:
    """Return the kind of box a layer is drawn as."""
    package, _, group = type(layer).__module__.rpartition(".")
    if layer.merges or (package == "archi.ops" and len(layer.nodes[0].inputs) > 1):
        return "merge"
    if package == "archi.ops":
        return "other"
    if group == "core":
        return "dense" if layer.weights else "input" if not layer.nodes[0].inputs else "other"
    return KINDS.get(group, "other")


def word(layer: Layer) -> str:
    """Return what a layer is called in a box: `Conv`, `BN`, `MaxPool`, `ReLU`."""
    if kind(layer) == "activation":
        return function(layer) or layer.class_name
    if kind(layer) == "input":
        return "Input"
    word = "".join(SHORT.get(part, part) for part in _parts(layer.class_name))
    return word.replace("Global", "Global ").replace("ZeroPad", "Pad")


def phrase(layer: Layer) -> str:
    """Return a layer as papers write it: `7×7 conv, 64, /2`, `3×3 max pool, /2`."""
    if kind(layer) in ("activation", "merge", "norm"):
        return word(layer)
    words = " ".join(_parts(word(layer))).lower()
    kernel, *rest = _window(layer)
    activation = function(layer).replace("Softmax", "softmax")
    return ", ".join(filter(None, [f"{kernel} {words}".strip(), *rest, activation]))


def function(layer: Layer) -> str:
    """Return the activation that a layer applies: `ReLU`, or "" for none."""
    if layer.class_name == "ReLU":
        return "ReLU6" if getattr(layer, "max_value", None) == 6 else "ReLU"
    name = getattr(layer, "activation", "linear")
    if not isinstance(name, str) or name == "linear":
        return ""
    return FUNCTIONS.get(name, name.replace("_", " ").capitalize())


def arguments(layer: Layer) -> str:
    """Return kernel, filters and stride: `3×3, 64, /2`; "" where there are none."""
    return ", ".join(filter(None, _window(layer)))


def _window(layer: Layer) -> list[str]:
    """Return the window, and the arguments beside it that are not the usual ones."""
    window = _sizes(layer, "kernel_size") or _sizes(layer, "pool_size")
    strides = _sizes(layer, "strides")
    enlarges = layer.class_name.startswith("UpSampling") or "Transpose" in layer.class_name
    steps = _sizes(layer, "size") if layer.class_name.startswith("UpSampling") else strides
    dilation = _sizes(layer, "dilation_rate")
    groups = getattr(layer, "groups", 1)
    filters = getattr(layer, "filters", None)
    rate = getattr(layer, "rate", None)
    return [
        _times(window),
        str(filters) if filters else "",
        f"{'×' if enlarges else '/'}{_alike(steps)}" if set(steps) - {1} else "",
        f"dilation {_alike(dilation)}" if set(dilation) - {1} else "",
        f"groups {groups}" if groups != 1 else "",
        _short(rate) if rate else "",
    ]


def _short(rate: float) -> str:
    """Return a rate as people write it, of long ones two digits: `0.5`, `0.036`."""
    text = f"{rate:g}"
    return text if len(text) <= len("0.125") else f"{rate:.2g}"


def _sizes(layer: Layer, name: str) -> tuple[int, ...]:
    """Return an argument's size along each dimension of an image; operations may have one."""
    value = getattr(layer, name, None) or ()
    if not isinstance(value, int):
        return tuple(value)
    inputs = layer.nodes[0].inputs
    return (value,) * max(1, len(inputs[0].shape) - 2 if inputs else 1)


def _times(sizes: tuple[int, ...]) -> str:
    return "×".join(map(str, sizes))


def _alike(sizes: tuple[int, ...]) -> str:
    """Return one number for a square, `2×1` for others."""
    return str(sizes[0]) if len(set(sizes)) == 1 else _times(sizes)


def _parts(name: str) -> list[str]:
    """Split `GlobalAveragePooling2D` into words; the usual two dimensions are left out."""
    name = name.removesuffix("2D")
    if name in SHORT:
        return [name]
    return re.findall(r"\d+D|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name) or [name]


def scaling(graph: Graph, before: Shape, after: Shape) -> str:
    """Return `/2` where the resolution halves between two shapes, `×2` where it doubles.

    An image that becomes a sequence, or the other way round, does neither.
    """
    ones, others = resolution(graph, before), resolution(graph, after)
    if len(ones) != len(others):
        return ""
    factors = {_factor(a, b) for a, b in zip(ones, others, strict=True) if a and b}
    return factors.pop() if len(factors) == 1 else ""


def _factor(before: int, after: int) -> str:
    down, up = round(before / after), round(after / before)
    return f"/{down}" if down > 1 else f"×{up}" if up > 1 else ""
