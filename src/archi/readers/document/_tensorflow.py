"""TensorFlow's functions in models of Keras 2, as operations of `keras.ops`.

Keras 2 made a `TFOpLambda` layer of each function of TensorFlow called on its tensors, and
a `SlicingOpLambda` of each slice (keras/src/layers/core/tf_op_layer.py of 2.x). Those that
mean the same as an operation of Keras 3 are read as that; others stay unknown.
"""

from __future__ import annotations

from typing import Any

CLASSES = ("TFOpLambda", "SlicingOpLambda")

Parameters = dict[str, str]  # TensorFlow's, in order, and Keras's name of each

_UNARY: Parameters = {"x": "x"}
_BINARY: Parameters = {"x": "x1", "y": "x2"}
_REDUCED: Parameters = {"input_tensor": "x", "axis": "axis", "keepdims": "keepdims"}

FUNCTIONS: dict[str, tuple[str, Parameters]] = {
    "__operators__.getitem": ("GetItem", {"tensor": "x", "slice_spec": "key"}),
    "__operators__.add": ("Add", _BINARY),
    "math.add": ("Add", _BINARY),
    "math.subtract": ("Subtract", _BINARY),
    "math.multiply": ("Multiply", _BINARY),
    "math.divide": ("TrueDivide", _BINARY),
    "math.truediv": ("TrueDivide", _BINARY),
    "math.floordiv": ("FloorDivide", _BINARY),
    "math.floormod": ("Mod", _BINARY),
    "math.pow": ("Power", _BINARY),
    "math.maximum": ("Maximum", _BINARY),
    "math.minimum": ("Minimum", _BINARY),
    "math.greater": ("Greater", _BINARY),
    "math.greater_equal": ("GreaterEqual", _BINARY),
    "math.less": ("Less", _BINARY),
    "math.less_equal": ("LessEqual", _BINARY),
    "math.equal": ("Equal", _BINARY),
    "math.not_equal": ("NotEqual", _BINARY),
    "math.logical_and": ("LogicalAnd", _BINARY),
    "math.logical_or": ("LogicalOr", _BINARY),
    "math.logical_not": ("LogicalNot", _UNARY),
    "math.negative": ("Negative", _UNARY),
    "math.abs": ("Absolute", _UNARY),
    "math.exp": ("Exp", _UNARY),
    "math.log": ("Log", _UNARY),
    "math.sqrt": ("Sqrt", _UNARY),
    "math.square": ("Square", _UNARY),
    "math.sin": ("Sin", _UNARY),
    "math.cos": ("Cos", _UNARY),
    "math.tanh": ("Tanh", _UNARY),
    "math.sigmoid": ("Sigmoid", _UNARY),
    "nn.relu": ("Relu", {"features": "x"}),
    "nn.relu6": ("Relu6", {"features": "x"}),
    "nn.silu": ("Silu", {"features": "x"}),
    "nn.softmax": ("Softmax", {"logits": "x", "axis": "axis"}),
    "clip_by_value": ("Clip", {"t": "x", "clip_value_min": "x_min", "clip_value_max": "x_max"}),
    "cast": ("Cast", {"x": "x", "dtype": "dtype"}),
    "math.reduce_sum": ("Sum", _REDUCED),
    "math.reduce_mean": ("Mean", _REDUCED),
    "math.reduce_max": ("Max", _REDUCED),
    "math.reduce_min": ("Min", _REDUCED),
    "math.reduce_prod": ("Prod", _REDUCED),
    "linalg.matmul": ("Matmul", {"a": "x1", "b": "x2"}),
    "concat": ("Concatenate", {"values": "xs", "axis": "axis"}),
    "stack": ("Stack", {"values": "x", "axis": "axis"}),
    "reshape": ("Reshape", {"tensor": "x", "shape": "newshape"}),
    "expand_dims": ("ExpandDims", {"input": "x", "axis": "axis"}),
    "squeeze": ("Squeeze", {"input": "x", "axis": "axis"}),
    "compat.v1.squeeze": ("Squeeze", {"input": "x", "axis": "axis"}),
    "transpose": ("Transpose", {"a": "x", "perm": "axes"}),
    "compat.v1.transpose": ("Transpose", {"a": "x", "perm": "axes"}),
    "pad": ("Pad", {"tensor": "x", "paddings": "pad_width"}),
    "tile": ("Tile", {"input": "x", "multiples": "repeats"}),
}
_SILENT = (None, False, "CONSTANT")  # values that ask for nothing beside the function itself


def operation(
    function: Any, args: list[Any], kwargs: dict[str, Any]
) -> tuple[str, dict[str, Any], list[Any]] | None:
    """Return a call of a TensorFlow function as an operation: class, config, operands.

    None for a function that is no operation of `keras.ops`, or arguments that none has.
    """
    from archi.ops import operation as twin_of

    name, parameters = FUNCTIONS.get(function if isinstance(function, str) else "", ("", {}))
    if not name or len(args) > len(parameters):
        return None
    given = {**dict(zip(parameters, args, strict=False)), **kwargs}
    others = [key for key in given if key not in parameters and key != "name"]
    if any(given[key] not in _SILENT for key in others):
        return None
    try:
        twin = twin_of(name)
    except KeyError:
        return None
    named = {keras: given[key] for key, keras in parameters.items() if key in given}
    config = {key: value for key, value in named.items() if key in twin.arguments}
    if "slice_spec" in given:
        named["key"] = _key(given["slice_spec"])
    return name, config, [named[key] for key in twin.operands if key in named]


def _key(spec: Any) -> Any:
    """Return `x[key]`'s key, slices written as Keras 3 writes them."""
    if isinstance(spec, list):
        return [_key(item) for item in spec]
    if isinstance(spec, dict) and spec.keys() == {"start", "stop", "step"}:
        return {"class_name": "__slice__", "config": spec}
    return spec
