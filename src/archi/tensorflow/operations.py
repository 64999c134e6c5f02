"""The table of TensorFlow's functions that an operation of Keras 3 does as well.

A group is the parameters of its functions, in TensorFlow's order, and the operation that
each function is. A parameter is written `y:x2` where Keras calls it otherwise, `axis=0` with
TensorFlow's default where Keras has another, and `exclusive:` where Keras has none: a call
that gives it another value than that default, None or False is not that operation.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import accumulate
from typing import Any, NamedTuple

from archi.errors import LayerError
from archi.graph import is_list


class Row(NamedTuple):
    """How a function is an operation of Keras 3.

    `own` is Keras's name of each parameter, None where it has none.
    """

    twin: str
    parameters: tuple[str, ...]
    own: dict[str, str | None]
    defaults: dict[str, Any]


_GROUPS: tuple[tuple[str, dict[str, str]], ...] = (
    (
        "x",
        {
            "math.abs": "Absolute",
            "math.acos": "Arccos",
            "math.acosh": "Arccosh",
            "math.angle": "Angle",
            "math.asin": "Arcsin",
            "math.asinh": "Arcsinh",
            "math.atan": "Arctan",
            "math.atanh": "Arctanh",
            "math.bessel_i0": "I0",
            "math.ceil": "Ceil",
            "math.conj": "Conjugate",
            "math.cos": "Cos",
            "math.cosh": "Cosh",
            "math.erf": "Erf",
            "math.erfc": "Erfc",
            "math.erfinv": "Erfinv",
            "math.exp": "Exp",
            "math.expm1": "Expm1",
            "math.floor": "Floor",
            "math.imag": "Imag",
            "math.is_finite": "Isfinite",
            "math.is_inf": "Isinf",
            "math.is_nan": "Isnan",
            "math.log": "Log",
            "math.log1p": "Log1p",
            "math.log_sigmoid": "LogSigmoid",
            "math.logical_not": "LogicalNot",
            "math.negative": "Negative",
            "math.real": "Real",
            "math.reciprocal": "Reciprocal",
            "math.rint": "Round",
            "math.round": "Round",
            "math.rsqrt": "Rsqrt",
            "math.sigmoid": "Sigmoid",
            "math.sign": "Sign",
            "math.sin": "Sin",
            "math.sinh": "Sinh",
            "math.softplus": "Softplus",
            "math.sqrt": "Sqrt",
            "math.square": "Square",
            "math.tan": "Tan",
            "math.tanh": "Tanh",
            "nn.relu": "Relu",
            "nn.relu6": "Relu6",
            "nn.selu": "Selu",
            "nn.softsign": "Softsign",
            "bitwise.invert": "BitwiseInvert",
            "linalg.cholesky": "Cholesky",
            "linalg.det": "Det",
            "keras.activations.exponential": "Exp",
            "keras.activations.linear": "Copy",
            "keras.activations.selu": "Selu",
            "keras.activations.sigmoid": "Sigmoid",
            "keras.activations.softplus": "Softplus",
            "keras.activations.softsign": "Softsign",
            "keras.activations.swish": "Silu",
            "keras.activations.tanh": "Tanh",
            "keras.activations.hard_sigmoid": "HardSigmoid",
            "keras.backend.abs": "Absolute",
            "keras.backend.cos": "Cos",
            "keras.backend.exp": "Exp",
            "keras.backend.hard_sigmoid": "HardSigmoid",
            "keras.backend.log": "Log",
            "keras.backend.round": "Round",
            "keras.backend.sigmoid": "Sigmoid",
            "keras.backend.sign": "Sign",
            "keras.backend.sin": "Sin",
            "keras.backend.softplus": "Softplus",
            "keras.backend.softsign": "Softsign",
            "keras.backend.sqrt": "Sqrt",
            "keras.backend.square": "Square",
            "keras.backend.tanh": "Tanh",
            "keras.backend.transpose": "Transpose",
        },
    ),
    (
        "x:x1 y:x2",
        {
            "__operators__.add": "Add",
            "math.add": "Add",
            "math.divide": "TrueDivide",
            "math.divide_no_nan": "DivideNoNan",
            "math.equal": "Equal",
            "math.floordiv": "FloorDivide",
            "math.floormod": "Mod",
            "math.greater": "Greater",
            "math.greater_equal": "GreaterEqual",
            "math.less": "Less",
            "math.less_equal": "LessEqual",
            "math.logical_and": "LogicalAnd",
            "math.logical_or": "LogicalOr",
            "math.logical_xor": "LogicalXor",
            "math.maximum": "Maximum",
            "math.minimum": "Minimum",
            "math.multiply": "Multiply",
            "math.not_equal": "NotEqual",
            "math.pow": "Power",
            "math.subtract": "Subtract",
            "math.truediv": "TrueDivide",
            "realdiv": "TrueDivide",
            "compat.v1.div": "Divide",
            "compat.v1.floor_div": "FloorDivide",
            "keras.backend.equal": "Equal",
            "keras.backend.greater": "Greater",
            "keras.backend.greater_equal": "GreaterEqual",
            "keras.backend.less": "Less",
            "keras.backend.less_equal": "LessEqual",
            "keras.backend.maximum": "Maximum",
            "keras.backend.minimum": "Minimum",
            "keras.backend.not_equal": "NotEqual",
        },
    ),
    ("self:x1 other:x2", {"__operators__.eq": "Equal", "__operators__.ne": "NotEqual"}),
    ("x1 x2", {"math.nextafter": "Nextafter"}),
    ("x:x1 a:x2", {"keras.backend.pow": "Power"}),
    ("y:x1 x:x2", {"math.atan2": "Arctan2"}),
    ("scalar:x1 x:x2", {"math.scalar_mul": "Multiply"}),
    (
        "x y",
        {
            "bitwise.bitwise_and": "BitwiseAnd",
            "bitwise.bitwise_or": "BitwiseOr",
            "bitwise.bitwise_xor": "BitwiseXor",
            "bitwise.left_shift": "LeftShift",
            "bitwise.right_shift": "RightShift",
        },
    ),
    ("features:x alpha:negative_slope=0.2", {"nn.leaky_relu": "LeakyRelu"}),
    ("features:x approximate=false", {"nn.gelu": "Gelu"}),
    ("x approximate=false", {"keras.activations.gelu": "Gelu"}),
    ("features:x beta:=1.0", {"nn.silu": "Silu"}),
    ("features:x", {"nn.elu": "Elu"}),
    ("x alpha=1.0", {"keras.backend.elu": "Elu", "keras.activations.elu": "Elu"}),
    (
        "x alpha:=0.0 max_value: threshold:=0",
        {"keras.activations.relu": "Relu", "keras.backend.relu": "Relu"},
    ),
    ("logits:x axis=-1", {"nn.softmax": "Softmax", "nn.log_softmax": "LogSoftmax"}),
    (
        "x axis=-1",
        {
            "keras.activations.log_softmax": "LogSoftmax",
            "keras.activations.softmax": "Softmax",
            "keras.backend.argmax": "Argmax",
            "keras.backend.argmin": "Argmin",
            "keras.backend.expand_dims": "ExpandDims",
            "keras.backend.softmax": "Softmax",
        },
    ),
    (
        "input_tensor:x axis keepdims",
        {
            "math.reduce_all": "All",
            "math.reduce_any": "Any",
            "math.reduce_max": "Max",
            "math.reduce_mean": "Mean",
            "math.reduce_min": "Min",
            "math.reduce_prod": "Prod",
            "math.reduce_std": "Std",
            "math.reduce_sum": "Sum",
            "math.reduce_variance": "Var",
        },
    ),
    (
        "x axis keepdims",
        {
            "keras.backend.all": "All",
            "keras.backend.any": "Any",
            "keras.backend.max": "Max",
            "keras.backend.mean": "Mean",
            "keras.backend.min": "Min",
            "keras.backend.prod": "Prod",
            "keras.backend.std": "Std",
            "keras.backend.sum": "Sum",
        },
    ),
    (
        "x axis=0 exclusive: reverse:",
        {
            "keras.backend.cumprod": "Cumprod",
            "keras.backend.cumsum": "Cumsum",
            "math.cumprod": "Cumprod",
            "math.cumsum": "Cumsum",
        },
    ),
    ("x min_value:x_min max_value:x_max", {"keras.backend.clip": "Clip"}),
    ("t:x clip_value_min:x_min clip_value_max:x_max", {"clip_by_value": "Clip"}),
    ("x dtype", {"cast": "Cast", "keras.backend.cast": "Cast"}),
    ("value:x dtype", {"dtypes.saturate_cast": "SaturateCast"}),
    ("value:x dtype", {"convert_to_tensor": "ConvertToTensor"}),
    ("input:variable", {"stop_gradient": "StopGradient"}),
    ("input:x", {"identity": "Copy"}),
    (
        "input:x dtype",
        {
            "zeros_like": "ZerosLike",
            "ones_like": "OnesLike",
            "keras.backend.zeros_like": "ZerosLike",
            "keras.backend.ones_like": "OnesLike",
        },
    ),
    (
        "a:x1 b:x2 transpose_a: transpose_b: adjoint_a: adjoint_b: a_is_sparse: b_is_sparse: "
        "output_type:",
        {"linalg.matmul": "Matmul"},
    ),
    ("a:x1 b:x2 axes", {"tensordot": "Tensordot"}),
    ("values:xs axis", {"concat": "Concatenate"}),
    ("tensors:xs axis=-1", {"keras.backend.concatenate": "Concatenate"}),
    ("values:x axis", {"stack": "Stack"}),
    ("x axis", {"keras.backend.stack": "Stack", "keras.backend.squeeze": "Squeeze"}),
    ("x shape:newshape", {"keras.backend.reshape": "Reshape"}),
    ("tensor:x shape:newshape", {"reshape": "Reshape"}),
    ("input:x axis", {"expand_dims": "ExpandDims", "squeeze": "Squeeze"}),
    ("a:x perm:axes conjugate:", {"transpose": "Transpose"}),
    ("x pattern:axes", {"keras.backend.permute_dimensions": "Transpose"}),
    ("tensor:x axis", {"reverse": "Flip"}),
    ("x axes:axis", {"keras.backend.reverse": "Flip"}),
    ("input:x shift axis", {"roll": "Roll"}),
    ("input:x shape", {"broadcast_to": "BroadcastTo"}),
    (
        "tensor:x paddings:pad_width mode:mode=constant constant_values:=0",
        {"pad": "Pad"},
    ),
    ("input:x multiples:repeats", {"tile": "Tile"}),
    ("x n:repeats", {"keras.backend.tile": "Tile"}),
    ("input:x repeats axis", {"repeat": "Repeat"}),
    ("x rep:repeats axis", {"keras.backend.repeat_elements": "Repeat"}),
    ("tensor:x slice_spec:key", {"__operators__.getitem": "GetItem"}),
    ("input:x axis=0 output_type:", {"math.argmax": "Argmax", "math.argmin": "Argmin"}),
    ("values:x axis=-1 direction:=ASCENDING", {"sort": "Sort", "argsort": "Argsort"}),
    (
        "images",
        {
            "image.hsv_to_rgb": "HSVToRGB",
            "image.rgb_to_grayscale": "RGBToGrayscale",
            "image.rgb_to_hsv": "RGBToHSV",
            "image.sobel_edges": "SobelEdges",
        },
    ),
    ("value:x num axis=0", {"unstack": "Unstack"}),
    ("value:x num_or_size_splits:indices_or_sections axis=0 num:", {"split": "Split"}),
    ("matrix:a rhs:b adjoint:", {"linalg.solve": "Solve"}),
    ("input:x full_matrices:", {"linalg.qr": "Qr"}),
)


def _row(text: str, twin: str) -> Row:
    own: dict[str, str | None] = {}
    defaults: dict[str, Any] = {}
    for word in text.split():
        declared, equals, default = word.partition("=")
        name, colon, keras = declared.partition(":")
        own[name] = (keras or None) if colon else name
        if equals:
            defaults[name] = _read(default)
    return Row(twin, tuple(own), own, defaults)


def _read(default: str) -> Any:
    try:
        return json.loads(default)
    except ValueError:
        return default


ROWS: dict[str, Row] = {
    function: _row(text, twin)
    for text, functions in _GROUPS
    for function, twin in functions.items()
}


def _mode(mode: Any) -> Any:
    return mode.lower() if isinstance(mode, str) else mode


def _cuts(parts: Any) -> Any:
    """Return the indices to cut at for parts of these sizes. Raises LayerError for others."""
    if not is_list(parts):
        return parts
    if not parts or not all(type(size) is int and size >= 0 for size in parts):
        raise LayerError("the sizes of its parts are not all known")
    return list(accumulate(parts))[:-1]


# How the values of a parameter of Keras are made of TensorFlow's.
CONVERTED: dict[str, Callable[[Any], Any]] = {"indices_or_sections": _cuts, "mode": _mode}
