"""Functions that make tensors: of one number, of a row of them, or at random."""

from __future__ import annotations

from typing import Any

from archi.graph import Inference
from archi.tensorflow._arguments import own_dtype
from archi.tensorflow.function import Function, rule
from archi.twin.layer import product
from archi.twin.sizes import value_of


@rule("zeros", "ones", "keras.backend.ones", "keras.backend.zeros")
def zeros(op: Function, shape: Any, dtype: Any = "float32") -> Inference:
    """One number everywhere; no arithmetic."""
    return op.free(op.sizes(shape), dtype or "float32")


@rule("fill")
def fill(op: Function, dims: Any, value: Any) -> Inference:
    return op.free(op.sizes(dims), own_dtype(value))


@rule("zeros_like", "ones_like")
def zeros_like(op: Function, tensor: Any, dtype: Any = None) -> Inference:
    x = op.array(tensor)
    return op.free(x.shape, dtype or x.dtype)


@rule("keras.backend.constant")
def constant(op: Function, value: Any, dtype: Any = None, shape: Any = None) -> Inference:
    x = op.array(value)
    return op.free(x.shape if shape is None else op.sizes(shape), dtype or "float32")


@rule("convert_to_tensor")
def convert_to_tensor(op: Function, value: Any, dtype: Any = None) -> Inference:
    """The tensor itself, or a list of the graph's own sizes as a shape."""
    x = op.array(value)
    return op.free(x.shape, dtype or x.dtype)._replace(values=(value_of(value),))


@rule("eye", "linalg.eye")
def eye(
    op: Function,
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = "float32",
) -> Inference:
    """Ones on the diagonal."""
    outer = () if batch_shape is None else op.sizes(batch_shape)
    rows = op.size(num_rows)
    columns = rows if num_columns is None else op.size(num_columns)
    return op.free((*outer, rows, columns), dtype)


@rule("keras.backend.eye")
def backend_eye(op: Function, size: Any, dtype: Any = None) -> Inference:
    return eye(op, size, dtype=dtype or "float32")


@rule("range", "keras.backend.arange")
def range_(
    op: Function,
    start: Any,
    limit: Any = None,
    delta: Any = 1,
    dtype: Any = None,
    stop: Any = None,
    step: Any = None,
) -> Inference:
    """Numbers at equal distances: a step times its number, from the start."""
    end = limit if stop is None else stop
    first, last = (0, start) if end is None else (start, end)
    distance = delta if step is None else step
    bounds = [_number(each) for each in (first, last, distance)]
    count = None
    if None not in bounds and bounds[2]:
        count = max(-int((bounds[0] - bounds[1]) // bounds[2]), 0)
    kinds = [own_dtype(each) for each in (first, last, distance)]
    kind = next((each for each in kinds if each != "int32"), "int32")
    return op.maps((count,), dtype or kind, 2)


def _number(value: Any) -> Any:
    return value if type(value) is float else value_of(value)


@rule("linspace")
def linspace(op: Function, start: Any, stop: Any, num: Any, axis: Any = 0) -> Inference:
    one = op.array(start)
    shape = op.broadcast(one.shape, op.array(stop).shape)
    place = op.axis_of(op.axes(axis), len(shape) + 1)
    return op.maps((*shape[:place], op.size(num), *shape[place:]), one.dtype, 2)


@rule("one_hot", "keras.backend.one_hot")
def one_hot(
    op: Function,
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
) -> Inference:
    """Whole numbers as vectors that are one at a place; no arithmetic."""
    x = op.array(indices)
    place = op.axis_of(-1 if axis is None else op.axes(axis), len(x.shape) + 1)
    own = "float32" if on_value is None else own_dtype(on_value)
    return op.free((*x.shape[:place], op.size(depth), *x.shape[place:]), dtype or own)


@rule("sequence_mask")
def sequence_mask(op: Function, lengths: Any, maxlen: Any = None, dtype: Any = "bool") -> Inference:
    """Which places are before an end: a question to each."""
    x = op.array(lengths)
    return op.maps((*x.shape, None if maxlen is None else op.size(maxlen)), dtype or "bool")


@rule(
    "random.normal",
    "random.truncated_normal",
    "random.uniform",
    "random.stateless_normal",
    "random.stateless_truncated_normal",
    "random.stateless_uniform",
    "random.stateless_parameterized_truncated_normal",
    "random.stateless_poisson",
    "random.stateless_binomial",
    "random.stateless_gamma",
    "keras.backend.random_bernoulli",
    "keras.backend.random_binomial",
    "keras.backend.random_normal",
    "keras.backend.random_uniform",
    "keras.backend.truncated_normal",
)
def random(
    op: Function,
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = "float32",
    minval: Any = 0,
    maxval: Any = None,
    seed: Any = None,
    p: Any = None,
    means: Any = None,
    stddevs: Any = None,
    minvals: Any = None,
    maxvals: Any = None,
    alpha: Any = None,
    beta: Any = None,
    lam: Any = None,
    counts: Any = None,
    probs: Any = None,
    output_dtype: Any = None,
) -> Inference:
    """Numbers at random: one FLOP each, as drawing one has."""
    return op.maps(op.sizes(shape), output_dtype or dtype or "float32")


@rule("random.gamma", "random.poisson")
def random_of(
    op: Function,
    shape: Any,
    alpha: Any = None,
    beta: Any = None,
    dtype: Any = "float32",
    lam: Any = None,
) -> Inference:
    """Numbers at random for each of some parameters."""
    parameters = op.array(lam if alpha is None else alpha)
    inner = (
        parameters.shape if beta is None else op.broadcast(parameters.shape, op.array(beta).shape)
    )
    return op.maps((*op.sizes(shape), *inner), dtype)


@rule("compat.v1.random.poisson")
def random_poisson(op: Function, lam: Any, shape: Any, dtype: Any = "float32") -> Inference:
    """As `random_of`."""
    return random_of(op, shape, dtype=dtype, lam=lam)


@rule(
    "random.categorical",
    "random.multinomial",
    "random.stateless_categorical",
    "random.stateless_multinomial",
)
def categorical(
    op: Function, logits: Any, num_samples: Any, dtype: Any = "int64", seed: Any = None
) -> Inference:
    """Classes at random by their odds: an exponential for each odd, a number for each sample."""
    x, count = op.array(logits), op.size(num_samples)
    shape = (x.shape[0], count)
    drawn, odds = product(*shape), product(*x.shape)
    total = None if None in (drawn, odds) else drawn + odds  # type: ignore[operator]
    return op.counted([(shape, dtype or "int64")], total)


@rule("random.fold_in")
def fold_in(op: Function, seed_: Any, data: Any) -> Inference:
    return op.free((2,), "int32")


@rule("random.split", "random.experimental.stateless_split")
def random_split(op: Function, seed_: Any, num: Any = 2) -> Inference:
    return op.free((op.size(num), 2), "int32")


@rule("random_index_shuffle")
def random_index_shuffle(
    op: Function, index: Any, seed: Any = None, max_index: Any = None, rounds: Any = 4
) -> Inference:
    x = op.array(index)
    return op.maps(x.shape, x.dtype)
