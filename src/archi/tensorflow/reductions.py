"""Functions that make few elements of many."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference, is_list
from archi.tensorflow.function import Function, rule
from archi.twin.layer import product


@rule("math.reduce_logsumexp")
def reduce_logsumexp(
    op: Function, input_tensor: Any, axis: Any = None, keepdims: Any = False
) -> Inference:
    found = op.like("Logsumexp", {"axis": op.axes(axis), "keepdims": bool(keepdims)}, input_tensor)
    return found._replace(dtypes=(op.array(input_tensor).dtype,))


@rule(
    *(f"math.reduce_{kind}" for kind in ("all", "any", "max", "mean", "min", "prod", "sum")),
)
def reduced(op: Function, input_tensor: Any, axis: Any = None, keepdims: Any = False) -> Inference:
    """A reduction along axes that the graph computes, or of a number of other kinds."""
    x = op.array(input_tensor)
    return op.reduces(x, op.without(x.shape, op.axes(axis), bool(keepdims)), x.dtype)


@rule("math.reduce_euclidean_norm")
def euclidean_norm(
    op: Function, input_tensor: Any, axis: Any = None, keepdims: Any = False
) -> Inference:
    """Squares and their sum."""
    x = op.array(input_tensor)
    return op.reduces(x, op.without(x.shape, op.axes(axis), bool(keepdims)), x.dtype, 2)


@rule("math.count_nonzero")
def count_nonzero(
    op: Function, input: Any, axis: Any = None, keepdims: Any = False, dtype: Any = "int64"
) -> Inference:
    x = op.array(input)
    return op.reduces(x, op.without(x.shape, op.axes(axis), bool(keepdims)), dtype or "int64")


@rule("math.zero_fraction")
def zero_fraction(op: Function, value: Any) -> Inference:
    return op.reduces(op.array(value), (), "float32")


@rule("math.argmax", "math.argmin")
def arg_extremum(
    op: Function, input: Any, axis: Any = None, output_type: Any = "int64"
) -> Inference:
    x = op.array(input)
    return op.reduces(x, op.without(x.shape, op.axes(0 if axis is None else axis)), output_type)


@rule("nn.l2_loss")
def l2_loss(op: Function, t: Any) -> Inference:
    """Half the sum of squares."""
    return op.reduces(op.array(t), (), op.array(t).dtype, 2)


@rule("math.l2_normalize", "keras.backend.l2_normalize")
def l2_normalize(op: Function, x: Any, axis: Any = None, epsilon: Any = 1e-12) -> Inference:
    """Squares, their sum, and each element times the root's reciprocal."""
    x = op.array(x)
    op.without(x.shape, op.axes(axis), keepdims=True)
    return op.maps(x.shape, x.dtype, 3)


@rule("norm", "linalg.norm")
def norm(
    op: Function, tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: Any = None
) -> Inference:
    """The norm of all, of vectors or of matrices."""
    x = op.array(tensor)
    axes = op.axes(axis)
    shape = op.without(x.shape, axes, bool(keepdims))
    singular = is_list(axes) and len(axes) == 2 and ord in (2, "nuc", -2)
    count = None if singular else product(2, *x.shape)
    return op.counted([(shape, x.dtype)], count)


@rule("linalg.normalize")
def normalize(op: Function, tensor: Any, ord: Any = "euclidean", axis: Any = None) -> Inference:
    """The tensor over its norm, and the norm."""
    x = op.array(tensor)
    norms = op.without(x.shape, op.axes(axis), keepdims=True)
    return op.counted([(x.shape, x.dtype), (norms, x.dtype)], product(3, *x.shape))


@rule("linalg.global_norm")
def global_norm(op: Function, t_list: Any) -> Inference:
    counts = [product(2, *op.array(each).shape) for each in t_list]
    count = None if None in counts else sum(map(int, counts))  # type: ignore[arg-type]
    return op.counted([((), op.array(t_list[0]).dtype)], count)


@rule("nn.moments")
def moments(op: Function, x: Any, axes: Any, shift: Any = None, keepdims: Any = False) -> Inference:
    """Mean and variance: a sum, then a difference, a square and a sum."""
    x = op.array(x)
    shape = op.without(x.shape, op.axes(axes), bool(keepdims))
    return op.counted([(shape, x.dtype)] * 2, product(4, *x.shape))


@rule("nn.weighted_moments")
def weighted_moments(
    op: Function, x: Any, axes: Any, frequency_weights: Any, keepdims: Any = False
) -> Inference:
    """As `moments`, each element times its weight."""
    x = op.array(x)
    whole = op.broadcast(x.shape, op.array(frequency_weights).shape)
    shape = op.without(whole, op.axes(axes), bool(keepdims))
    return op.counted([(shape, x.dtype)] * 2, product(6, *whole))


@rule("nn.sufficient_statistics")
def sufficient_statistics(
    op: Function, x: Any, axes: Any, shift: Any = None, keepdims: Any = False
) -> Inference:
    """How many there are, their sum, the sum of squares, and the shift if there is one."""
    x = op.array(x)
    shape = op.without(x.shape, op.axes(axes), bool(keepdims))
    shifts = [] if shift is None else [(op.array(shift).shape, x.dtype)]
    outputs = [((), x.dtype), (shape, x.dtype), (shape, x.dtype), *shifts]
    return op.counted(outputs, product(3, *x.shape))


@rule("nn.normalize_moments")
def normalize_moments(
    op: Function, counts: Any, mean_ss: Any, variance_ss: Any, shift: Any
) -> Inference:
    mean = op.array(mean_ss)
    return op.counted([(mean.shape, mean.dtype)] * 2, product(5, *mean.shape))


@rule("math.cumsum", "math.cumprod")
def cumulative(
    op: Function, x: Any, axis: Any = 0, exclusive: Any = False, reverse: Any = False
) -> Inference:
    x = op.array(x)
    return op.maps(x.shape, x.dtype)


@rule("math.cumulative_logsumexp")
def cumulative_logsumexp(
    op: Function, x: Any, axis: Any = 0, exclusive: Any = False, reverse: Any = False
) -> Inference:
    """An exponential, a sum and a logarithm for each element."""
    x = op.array(x)
    return op.maps(x.shape, x.dtype, 3)


@rule("math.top_k")
def top_k(
    op: Function, input: Any, k: Any = 1, sorted: Any = True, index_type: Any = "int32"
) -> Inference:
    """The largest of the last axis and where they are; one FLOP for each element."""
    x, count = op.array(input), op.size(k)
    shape = (*x.shape[:-1], count)
    return op.counted([(shape, x.dtype), (shape, index_type)], product(*x.shape))


@rule("approx_top_k", "math.approx_max_k", "math.approx_min_k")
def approximate_top_k(
    op: Function,
    input: Any,
    k: Any,
    reduction_dimension: Any = -1,
    recall_target: Any = 0.95,
    is_max_k: Any = True,
    reduction_input_size_override: Any = -1,
    aggregate_to_topk: Any = True,
) -> Inference:
    x = op.array(input)
    axis = op.axis_of(reduction_dimension, len(x.shape))
    shape = (*x.shape[:axis], op.size(k), *x.shape[axis + 1 :])
    return op.counted([(shape, x.dtype), (shape, "int32")], product(*x.shape))


@rule("compat.v1.math.in_top_k", "keras.backend.in_top_k")
def in_top_k(op: Function, predictions: Any, targets: Any, k: Any) -> Inference:
    """Whether a class is among the likeliest: a comparison for each."""
    x = op.array(predictions)
    return op.reduces(x, x.shape[:1], "bool")


@rule("math.in_top_k")
def in_top_k_v2(op: Function, targets: Any, predictions: Any, k: Any) -> Inference:
    """As `in_top_k`."""
    return in_top_k(op, predictions, targets, k)


@rule("math.lbeta")
def lbeta(op: Function, x: Any) -> Inference:
    """The logarithm of the beta function over the last axis."""
    x = op.array(x)
    return op.reduces(x, x.shape[:-1], x.dtype)


@rule("nn.isotonic_regression")
def isotonic_regression(
    op: Function, inputs: Any, decreasing: Any = True, axis: Any = -1
) -> Inference:
    """The nearest numbers that only fall, and which of them are one."""
    x = op.array(inputs)
    why = "its cost is up to the algorithm"
    return op.counted([(x.shape, x.dtype), (x.shape, "int32")], None, why=why)


@rule("sort", "argsort")
def sort(op: Function, values: Any, axis: Any = -1, direction: Any = "ASCENDING") -> Inference:
    """Sorting has no arithmetic."""
    x = op.array(values)
    return op.free(x.shape, "int32" if op.function_name == "argsort" else x.dtype)


@rule(*(f"math.segment_{kind}" for kind in ("max", "mean", "min", "prod", "sum")))
def segment(op: Function, data: Any, segment_ids: Any) -> Inference:
    """What belongs to a segment becomes one; how many there are is in the numbers."""
    x = op.array(data)
    return op.reduces(x, (None, *x.shape[1:]), x.dtype)


@rule(
    *(f"math.unsorted_segment_{kind}" for kind in ("max", "mean", "min", "prod", "sqrt_n", "sum"))
)
def unsorted_segment(op: Function, data: Any, segment_ids: Any, num_segments: Any) -> Inference:
    x, ids = op.array(data), op.array(segment_ids)
    return op.reduces(x, (op.size(num_segments), *x.shape[len(ids.shape) :]), x.dtype)


@rule("math.bincount")
def bincount(
    op: Function,
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = "int32",
    axis: Any = None,
    binary_output: Any = False,
) -> Inference:
    """How often each number is there; the largest says how many, but for bounds."""
    x = op.array(arr)
    least, most = op.size(minlength), op.size(maxlength)
    count = least if least is not None and least == most else None
    shape = (count,) if axis is None else (*x.shape[:-1], count)
    return op.reduces(x, shape, dtype if weights is None else op.array(weights).dtype)


@rule("histogram_fixed_width")
def histogram(
    op: Function, values: Any, value_range: Any, nbins: Any = 100, dtype: Any = "int32"
) -> Inference:
    return op.reduces(op.array(values), (op.size(nbins),), dtype, 3)


@rule("histogram_fixed_width_bins")
def histogram_bins(
    op: Function, values: Any, value_range: Any, nbins: Any = 100, dtype: Any = "int32"
) -> Inference:
    return op.maps(op.array(values).shape, dtype, 3)


@rule("math.confusion_matrix")
def confusion_matrix(
    op: Function,
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    weights: Any = None,
    dtype: Any = "int32",
) -> Inference:
    """How often each class was taken for each."""
    count = op.size(num_classes)
    return op.reduces(op.array(labels), (count, count), dtype)


@rule("searchsorted")
def searchsorted(
    op: Function, sorted_sequence: Any, values: Any, side: Any = "left", out_type: Any = "int32"
) -> Inference:
    x = op.array(values)
    return op.free(x.shape, out_type)
