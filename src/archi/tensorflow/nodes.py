"""Operations by their names in TensorFlow's graphs: `AddV2`, `ConcatV2`, `StridedSlice`.

Before 2.4 Keras 2 wrote calls of TensorFlow as nodes of its graph (`TensorFlowOpLayer`).
Each is a function of TensorFlow. A node's inputs are the first parameters of it, or those
that `INPUTS` names, `*` before one that takes as many as there are; its attributes are others.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

_UNARY = {
    "Abs": "math.abs",
    "Acos": "math.acos",
    "Acosh": "math.acosh",
    "Asin": "math.asin",
    "Asinh": "math.asinh",
    "Atan": "math.atan",
    "Atanh": "math.atanh",
    "Ceil": "math.ceil",
    "Cos": "math.cos",
    "Cosh": "math.cosh",
    "Digamma": "math.digamma",
    "Elu": "nn.elu",
    "Erf": "math.erf",
    "Erfc": "math.erfc",
    "Exp": "math.exp",
    "Expm1": "math.expm1",
    "Floor": "math.floor",
    "Identity": "identity",
    "Inv": "math.reciprocal",
    "IsFinite": "math.is_finite",
    "IsInf": "math.is_inf",
    "IsNan": "math.is_nan",
    "L2Loss": "nn.l2_loss",
    "LeakyRelu": "nn.leaky_relu",
    "Lgamma": "math.lgamma",
    "Log": "math.log",
    "Log1p": "math.log1p",
    "LogicalNot": "math.logical_not",
    "LogSoftmax": "nn.log_softmax",
    "Neg": "math.negative",
    "OnesLike": "ones_like",
    "Rank": "rank",
    "Reciprocal": "math.reciprocal",
    "Relu": "nn.relu",
    "Relu6": "nn.relu6",
    "Rint": "math.rint",
    "Round": "math.round",
    "Rsqrt": "math.rsqrt",
    "Selu": "nn.selu",
    "Shape": "shape",
    "Sigmoid": "math.sigmoid",
    "Sign": "math.sign",
    "Sin": "math.sin",
    "Sinh": "math.sinh",
    "Size": "size",
    "Softmax": "nn.softmax",
    "Softplus": "math.softplus",
    "Softsign": "nn.softsign",
    "Sqrt": "math.sqrt",
    "Square": "math.square",
    "Squeeze": "squeeze",
    "StopGradient": "stop_gradient",
    "Tan": "math.tan",
    "Tanh": "math.tanh",
    "ZerosLike": "zeros_like",
    "Cast": "cast",
    "DepthToSpace": "nn.depth_to_space",
    "SpaceToDepth": "nn.space_to_depth",
    "AvgPool": "nn.avg_pool",
    "MaxPool": "nn.max_pool",
    "AvgPool3D": "nn.avg_pool3d",
    "MaxPool3D": "nn.max_pool3d",
    "RGBToHSV": "image.rgb_to_hsv",
    "HSVToRGB": "image.hsv_to_rgb",
    "LRN": "nn.local_response_normalization",
}
_BINARY = {
    "Add": "math.add",
    "AddV2": "math.add",
    "Atan2": "math.atan2",
    "BatchMatMul": "linalg.matmul",
    "BatchMatMulV2": "linalg.matmul",
    "BiasAdd": "nn.bias_add",
    "BroadcastTo": "broadcast_to",
    "Div": "compat.v1.div",
    "DivNoNan": "math.divide_no_nan",
    "Equal": "math.equal",
    "ExpandDims": "expand_dims",
    "Fill": "fill",
    "FloorDiv": "math.floordiv",
    "FloorMod": "math.floormod",
    "GatherNd": "gather_nd",
    "Greater": "math.greater",
    "GreaterEqual": "math.greater_equal",
    "Less": "math.less",
    "LessEqual": "math.less_equal",
    "LogicalAnd": "math.logical_and",
    "LogicalOr": "math.logical_or",
    "MatMul": "linalg.matmul",
    "Maximum": "math.maximum",
    "Minimum": "math.minimum",
    "Mul": "math.multiply",
    "NotEqual": "math.not_equal",
    "Pow": "math.pow",
    "RealDiv": "realdiv",
    "ResizeBilinear": "image.resize",
    "ResizeNearestNeighbor": "image.resize",
    "Reshape": "reshape",
    "ReverseV2": "reverse",
    "SquaredDifference": "math.squared_difference",
    "Sub": "math.subtract",
    "Tile": "tile",
    "TopKV2": "math.top_k",
    "Transpose": "transpose",
    "Xdivy": "math.xdivy",
    "Xlogy": "math.xlogy",
    "Conv2D": "nn.conv2d",
    "Conv3D": "nn.conv3d",
    "DepthwiseConv2dNative": "nn.depthwise_conv2d",
    "Pad": "pad",
    "PadV2": "pad",
    "MirrorPad": "pad",
    "ArgMax": "math.argmax",
    "ArgMin": "math.argmin",
    "Cumsum": "math.cumsum",
    "Cumprod": "math.cumprod",
    "Max": "math.reduce_max",
    "Mean": "math.reduce_mean",
    "Min": "math.reduce_min",
    "Prod": "math.reduce_prod",
    "Sum": "math.reduce_sum",
    "All": "math.reduce_all",
    "Any": "math.reduce_any",
}
_MORE = {
    "ClipByValue": "clip_by_value",
    "GatherV2": "gather",
    "LinSpace": "linspace",
    "OneHot": "one_hot",
    "Range": "range",
    "Select": "where",
    "SelectV2": "where",
    "Slice": "slice",
    "StridedSlice": "strided_slice",
    "Pack": "stack",
    "ConcatV2": "concat",
    "AddN": "math.add_n",
    "Unpack": "unstack",
    "Split": "split",
    "SplitV": "split",
    "Einsum": "einsum",
}
FUNCTIONS = {**_UNARY, **_BINARY, **_MORE}


INPUTS = {
    "AddN": "*inputs",
    "ConcatV2": "*values axis",
    "Einsum": "*inputs",
    "GatherV2": "params indices axis",
    "LinSpace": "start stop num",
    "MirrorPad": "tensor paddings",
    "OneHot": "indices depth on_value off_value",
    "Pack": "*values",
    "PadV2": "tensor paddings constant_values",
    "Range": "start limit delta",
    "Split": "axis value",
    "SplitV": "value num_or_size_splits axis",
}
# Attributes of nodes, by the names of the parameters.
ATTRIBUTES = {
    "DstT": "dtype",
    "adj_x": "transpose_a",
    "adj_y": "transpose_b",
    "alpha": "alpha",
    "axis": "axis",
    "batch_dims": "batch_dims",
    "begin_mask": "begin_mask",
    "block_size": "block_size",
    "data_format": "data_format",
    "depth_radius": "depth_radius",
    "dilations": "dilations",
    "ellipsis_mask": "ellipsis_mask",
    "end_mask": "end_mask",
    "exclusive": "exclusive",
    "keep_dims": "keepdims",
    "ksize": "ksize",
    "mode": "mode",
    "new_axis_mask": "new_axis_mask",
    "num": "num",
    "num_split": "num_or_size_splits",
    "out_type": "out_type",
    "output_type": "output_type",
    "padding": "padding",
    "reverse": "reverse",
    "shrink_axis_mask": "shrink_axis_mask",
    "sorted": "sorted",
    "squeeze_dims": "axis",
    "strides": "strides",
    "transpose_a": "transpose_a",
    "transpose_b": "transpose_b",
}
# What a function must be told that the node's name says.
TOLD: dict[str, dict[str, Any]] = {"ResizeNearestNeighbor": {"method": "nearest"}}
OUT_TYPED = ("out_type", "output_type", "DstT")


def node_arguments(
    node: Mapping[str, Any], inputs: list[Any]
) -> tuple[list[Any], dict[str, Any]] | None:
    """Return what a node's function is called with, None for a node that is none.

    `node` is a `NodeDef` as JSON has it.
    """
    name, attributes = node.get("op"), node.get("attr")
    if not isinstance(name, str):
        return None
    attributes = attributes if isinstance(attributes, dict) else {}
    kwargs = dict(TOLD.get(name, {}))
    for key, value in attributes.items():
        found = _attribute(key, value)
        if key in ATTRIBUTES and found not in (None, []):
            kwargs[ATTRIBUTES[key]] = found
    if name == "Einsum":
        equation = _attribute("equation", attributes.get("equation"))
        return [equation, *inputs], {}
    words = INPUTS.get(name, "").split()
    if not words:
        return list(inputs), kwargs
    return [], {**kwargs, **_named(words, list(inputs))}


def _named(words: list[str], inputs: list[Any]) -> dict[str, Any]:
    """Return the inputs of a node by the parameters that they are for."""
    named: dict[str, Any] = {}
    for place, word in enumerate(words):
        if word.startswith("*"):
            cut = len(inputs) - len(words[place + 1 :])
            named[word[1:]], inputs = inputs[:cut], inputs[cut:]
        elif inputs:
            named[word], *inputs = inputs
    return named


def _attribute(key: str, value: Any) -> Any:
    """Return an attribute's value: a number, a truth value, a word, or a list of numbers."""
    if not isinstance(value, dict):
        return None
    if "i" in value:
        return _whole(value["i"])
    if "list" in value and isinstance(value["list"], dict):
        numbers = value["list"].get("i", [])
        return [_whole(each) for each in numbers] if isinstance(numbers, list) else None
    if "s" in value:
        return _word(value["s"])
    if "type" in value:
        return _dtype(value["type"]) if key in OUT_TYPED else None
    return value.get("b", value.get("f"))


def _whole(text: Any) -> Any:
    try:
        return int(text)
    except (TypeError, ValueError):
        return None


def _word(text: Any) -> str | None:
    try:
        return base64.b64decode(str(text), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None


def _dtype(text: Any) -> str | None:
    word = str(text).removeprefix("DT_").lower()
    return {"float": "float32", "double": "float64", "half": "float16"}.get(word, word)


def function_of(node: str) -> tuple[str, ...]:
    """Return the function that an operation of the graph is, nothing where archi knows none."""
    found = FUNCTIONS.get(node)
    return (found,) if found else ()
