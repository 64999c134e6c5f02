"""MACs and FLOPs of operations, counted one by one; receptive fields, memory, the batch."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from support import op_parity
from support.einsums import einsums
from support.op_parity import X
from support.pixels import pixels_seen
from support.real import frozen, profiled

from archi import Graph, ops
from archi.analysis.counts import count
from archi.analysis.memory import training
from archi.graph import building
from archi.layers import Conv2D, Dense, GlobalAveragePooling2D, Input
from archi.ops import operation
from archi.twin.values import Constant


class Counted:
    """A number that counts the products it takes part in."""

    products = 0

    def __mul__(self, other):
        Counted.products += 1
        return self

    __rmul__ = __mul__

    def __add__(self, other):
        return self

    __radd__ = __sub__ = __rsub__ = __add__

    def conjugate(self):
        return self


def array(shape):
    """Return a NumPy array of counting numbers."""
    import numpy as np

    numbers = np.empty(shape, object)
    numbers.fill(Counted())
    return numbers


def products(function, *args, **kwargs) -> int:
    """Return how many products a function of NumPy takes."""
    Counted.products = 0
    function(*args, **kwargs)
    return Counted.products


def inference(function: str, *args, **kwargs):
    """Return the inference of a call; `X` in the arguments are tensors."""
    with building():
        made = [op_parity._twin_input(x) if isinstance(x, X) else x for x in args]
        outputs = getattr(ops, function)(*made, **kwargs)
        return (outputs[0] if isinstance(outputs, list) else outputs).node.inference


# --- products, each counted by NumPy as it is taken -------------------------------------


@pytest.mark.parametrize(
    ("function", "shapes", "options"),
    [
        ("matmul", [(1, 4, 6), (1, 6, 5)], {}),
        ("matmul", [(1, 2, 4, 6), (6, 5)], {}),
        ("matmul", [(4,), (1, 4, 3)], {}),
        ("matmul", [(1, 3, 4), (4,)], {}),
        ("dot", [(1, 4, 6), (1, 6, 5)], {}),
        ("dot", [(1, 4, 6), (6,)], {}),
        ("inner", [(1, 4, 6), (1, 6)], {}),
        ("vdot", [(1, 6), (1, 6)], {}),
        ("outer", [(1, 4), (3, 2)], {}),
        ("kron", [(1, 3), (4, 5)], {}),
        ("tensordot", [(1, 3, 4), (3, 4, 5)], {}),
        ("tensordot", [(1, 3, 4), (4, 5)], {"axes": 1}),
        ("tensordot", [(1, 3), (4, 5)], {"axes": 0}),
        ("tensordot", [(1, 3, 4), (4, 5, 3)], {"axes": ([1, 2], [2, 0])}),
    ],
)
def test_macs_are_the_products_that_numpy_takes(keras, function, shapes, options):
    """Where the first size is 1 it is the batch; there a sample is all that NumPy sees."""
    import numpy as np

    expected = products(getattr(np, function), *map(array, shapes), **options)
    opened = [X((None, *shape[1:]) if shape[0] == 1 else shape) for shape in shapes]
    found = inference(function, *opened, **options)
    assert (found.macs, found.elementwise) == (expected, 0)


def test_a_cross_product_is_six_products(keras):
    import numpy as np

    expected = products(np.cross, array((1, 5, 3)), array((1, 5, 3)))
    assert inference("cross", X((None, 5, 3)), X((5, 3))).macs == expected == 6 * 5


@pytest.mark.parametrize("mode", ["valid", "same", "full"])
def test_a_correlation_is_counted_in_full(mode):
    """Also where the shorter vector hangs over an end, as a convolution's padding is."""
    with building():
        vectors = [op_parity._twin_input(X((length,))) for length in (4, 9)]
        found = operation("Correlate")(mode).infer(*vectors)
    assert found.macs == 4 * {"valid": 9 - 4 + 1, "same": 9, "full": 9 + 4 - 1}[mode]


@settings(max_examples=60)
@given(case=einsums())
def test_macs_of_sums_of_products_are_those_that_numpy_takes(keras, case):
    import numpy as np

    subscripts, shapes = case
    expected = products(np.einsum, subscripts, *map(array, shapes), optimize=False)
    with building():
        tensors = [op_parity._twin_input(X((1, *shape))) for shape in shapes]
        ones = [ops.squeeze(tensor, 0) for tensor in tensors]
        found = ops.einsum(subscripts, *ones).node.inference
    assert found.macs == expected


def test_a_sum_by_letters_of_one_operand_is_a_reduction_and_of_three_unknown():
    assert inference("einsum", "bij->bi", X((None, 3, 4)))[2:4] == (0, 12)
    assert inference("einsum", "bij->bji", X((None, 3, 4)))[2:4] == (0, 0)
    found = inference("einsum", "ij,jk,kl->il", X((None, 3)), X((3, 4)), X((4, 5)))
    assert found[2:5] == (None, None, "its products are up to the order in which it multiplies")


# --- windows, counted by walking over them ----------------------------------------------


def walk(x, kernel, strides, dilation) -> int:
    """Return how many taps of a kernel there are over all positions it has within an image."""
    taps = 0
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    starts = [range(0, n - s + 1, t) for n, s, t in zip(x, spans, strides, strict=True)]
    for _ in itertools.product(*starts):
        taps += math.prod(kernel)
    return taps


@pytest.mark.parametrize(
    ("size", "kernel", "strides", "dilation"),
    [
        ((8, 9), (3, 3), (1, 1), (1, 1)),
        ((8, 9), (3, 2), (2, 3), (1, 1)),
        ((9, 9), (2, 3), (1, 1), (2, 3)),
    ],
)
def test_windows_cost_their_taps(size, kernel, strides, dilation):
    taps = walk(size, kernel, strides, dilation)
    image = X((None, *size, 4))
    options = {"strides": strides, "dilation_rate": dilation}
    assert inference("conv", image, X((*kernel, 4, 5)), **options).macs == taps * 4 * 5
    assert inference("depthwise_conv", image, X((*kernel, 4, 2)), **options).macs == taps * 4 * 2
    separable = inference("separable_conv", image, X((*kernel, 4, 2)), X((1, 1, 8, 5)), **options)
    positions = taps // math.prod(kernel)
    assert separable.macs == taps * 4 * 2 + positions * 8 * 5
    assert math.prod(separable.inner[0][1:]) == positions * 8
    if dilation == (1, 1):
        for pool in ("max_pool", "average_pool"):
            found = inference(pool, image, kernel, strides)
            assert (found.macs, found.elementwise) == (0, taps * 4)


def test_a_transposed_convolution_is_the_kernel_at_every_position_of_the_input():
    """As many products as the convolution has whose gradient it is."""
    there = inference("conv", X((None, 9, 7, 3)), X((3, 3, 3, 5)), 2)
    back = inference("conv_transpose", X((None, 4, 3, 5)), X((3, 3, 3, 5)), 2)
    assert there.outputs == ((None, 4, 3, 5),)
    assert back.outputs == ((None, 9, 7, 3),)
    assert there.macs == back.macs == 4 * 3 * (3 * 3 * 3 * 5)


@pytest.mark.parametrize(("size", "windows"), [(8, 2), (9, 4), (7, 7), (3, 5)])
def test_adaptive_pooling_costs_the_taps_of_its_windows(size, windows):
    taps = sum(-(-(i + 1) * size // windows) - i * size // windows for i in range(windows))
    for pool in ("adaptive_max_pool", "adaptive_average_pool"):
        found = inference(pool, X((None, 3, size, size)), (windows,) * 2, "channels_first")
        assert found.elementwise == 3 * taps**2


def test_attention_is_two_products_and_the_steps_of_its_scores(keras):
    import numpy as np

    query, key, value = (1, 5, 2, 8), (1, 7, 2, 8), (1, 7, 2, 4)
    expected = products(np.einsum, "btnh,bsnh->bnts", array(query), array(key), optimize=False)
    expected += products(np.einsum, "bnts,bsnh->btnh", array((1, 2, 5, 7)), array(value))
    tensors = [X((None, *shape[1:])) for shape in (query, key, value)]
    found = inference("dot_product_attention", *tensors)
    assert (found.macs, found.elementwise) == (expected, 2 * (2 * 5 * 7))
    assert found.inner == ((None, 1, 2, 5, 7),)
    masked = inference("dot_product_attention", *tensors, X((5, 7)), is_causal=True)
    assert masked.elementwise == 4 * (2 * 5 * 7)


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        ("matmul", [(4, 6), (6, 5)]),
        ("add", [(4, 6), (4, 6)]),
        ("multiply", [(4, 6), (4, 6)]),
        ("maximum", [(4, 6), (4, 6)]),
        ("negative", [(4, 6)]),
    ],
)
def test_the_profiler_counts_the_same(keras, function, shapes):
    """TensorFlow's profiler, where it has a count for the operation."""
    with building():
        inputs = [Input(shape, batch_size=1) for shape in shapes]
        graph = Graph(inputs, getattr(ops, function)(*inputs))
    assert profiled(frozen(graph)) == graph.totals.flops


# --- what else is counted ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "args", "flops"),
    [
        ("add", [X((None, 4, 1)), X((6,))], 24),  # an element of the output
        ("add", [X((None, 4)), 1], 4),
        ("exp", [X((None, 4, 6))], 24),
        ("greater", [X((None, 4)), 0], 4),
        ("where", [X((None, 4), "bool"), X((None, 4)), 0], 4),
        ("sum", [X((None, 4, 6)), 1], 24),  # an element of the input
        ("mean", [X((None, 4, 6))], 24),
        ("argmax", [X((None, 4, 6)), -1], 24),
        ("logsumexp", [X((None, 4)), -1], 4),
        ("cumsum", [X((None, 4, 6)), 1], 24),
        ("softmax", [X((None, 4))], 4),
        ("relu", [X((None, 4))], 4),
        ("glu", [X((None, 4))], 4),
        ("layer_normalization", [X((None, 4))], 8),
        ("normalize", [X((None, 4))], 8),
        ("moments", [X((None, 4, 6)), 1], 48),
        ("cdist", [X((None, 4, 6)), X((None, 5, 6))], 2 * 120 + 120 + 20),
        ("trace", [X((None, 4, 6)), 0, 1, 2], 4),
        ("linspace", [X((None, 3)), 1.0, 5], 30),
        ("in_top_k", [X((None,), "int32"), X((None, 9)), 2], 9),
        ("segment_sum", [X((None, 4)), X((None,), "int32"), 3], 4),
    ],
)
def test_flops_of_one_sample(function, args, flops):
    found = inference(function, *args)
    assert 2 * found.macs + found.elementwise == flops


MOVING = {
    "reshape": [(-1, 24)], "ravel": [], "squeeze": [], "expand_dims": [1], "transpose": [(0, 2, 1)],
    "swapaxes": [1, 2], "moveaxis": [1, 2], "rot90": [], "flip": [], "roll": [1], "pad": [1],
    "tile": [2], "repeat": [2, 1], "take": [[0, 1], 1], "get_item": [(0, 1)], "split": [2, 1],
    "unstack": [None, 1], "cast": ["int8"], "stop_gradient": [], "zeros_like": [], "copy": [],
    "tril": [], "diagonal": [0, 1, 2], "one_hot": [5], "ndim": [], "size": [], "view": ["int8"],
}  # fmt: skip


@pytest.mark.parametrize("function", MOVING)
def test_moving_elements_is_free(function):
    assert inference(function, X((None, 4, 6)), *MOVING[function])[2:4] == (0, 0)


def test_joining_is_free():
    for function in ("concatenate", "stack", "hstack", "vstack", "dstack"):
        with building():
            x = Input((4, 6))
            assert getattr(ops, function)([x, x]).node.inference[2:4] == (0, 0)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("sort", [X((None, 4))]),
        ("top_k", [X((None, 4)), 2]),
        ("median", [X((None, 4))]),
        ("fft2", [[X((None, 4, 4)), X((None, 4, 4))]]),
        ("svd", [X((None, 4, 4))]),
        ("inv", [X((None, 4, 4))]),
        ("ctc_loss", [X((None, 3)), X((None, 5, 7)), X((None,)), X((None,))]),
    ],
)
def test_what_can_not_be_counted_says_why(function, args):
    with building():
        made = [
            [op_parity._twin_input(x) for x in arg]
            if isinstance(arg, list)
            else op_parity._twin_input(arg)
            if isinstance(arg, X)
            else arg
            for arg in args
        ]
        outputs = getattr(ops, function)(*made)
        node = (outputs[0] if isinstance(outputs, list) else outputs).node
        graph = Graph(list(node.inputs), list(node.outputs))
    (uncounted,) = count(graph).uncounted
    assert "up to the" in uncounted.why


# --- the batch, wherever it goes --------------------------------------------------------


def windows(x, size):
    """Cut images into windows, which become samples of their own, as a Swin transformer does."""
    _, height, width, channels = x.shape
    x = ops.reshape(x, (-1, height // size, size, width // size, size, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, size * size, channels))


def test_rows_that_a_sample_is_cut_into_all_count():
    with building():
        x = Input((8, 12, 6))
        whole = Graph(x, Dense(5, activation="relu")(x)).totals
    with building():
        x = Input((8, 12, 6))
        cut = Graph(x, Dense(5, activation="relu")(windows(x, 4))).totals
    assert (cut.macs, cut.flops) == (whole.macs, whole.flops)
    with building():
        x = Input((8, 12, 6))
        y = windows(x, 4)
        products = y @ ops.transpose(y, (0, 2, 1))
    assert products.shape == (None, 16, 16)
    assert products.sample == (2 * 3, 16, 16)
    assert products.node.inference.macs == 2 * 3 * (16 * 16 * 6)


def test_bytes_of_rows_that_a_sample_is_cut_into_all_count():
    with building():
        x = Input((8, 12, 6))
        graph = Graph(x, ops.exp(windows(x, 4)))
        floats = 8 * 12 * 6
    totals = graph.totals
    assert totals.activation_bytes == 4 * floats * 3  # the input, the transposed, exp's
    assert totals.moved_bytes == 4 * floats * 4
    assert training(graph, "sgd").activation_bytes == 4 * floats


def test_a_batch_moved_to_another_axis_is_still_the_batch():
    with building():
        x = Input((7, 6))
        y = ops.exp(ops.transpose(x, (1, 0, 2)))
        z = ops.transpose(ops.reshape(y, (7, -1, 3)), (1, 0, 2))
        total = ops.sum(z)
    assert (y.shape, y.sample) == ((7, None, 6), (7, 1, 6))
    assert (z.shape, z.sample) == ((None, 7, 3), (2, 7, 3))
    assert y.node.inference.elementwise == total.node.inference.elementwise == 42


@pytest.mark.parametrize("batch", [None, 1, 3])
def test_a_fixed_batch_counts_as_many_times(batch):
    """Also where an operation names the batch's size."""
    with building():
        x = Input((8, 12, 6), batch_size=batch)
        y = ops.matmul(windows(x, 4), Constant([[0.0] * 6] * 6, "float32"))
        if batch:
            y = ops.reshape(y, (batch * 6, 4, 4, 6))
            y = ops.broadcast_to(y, (batch * 6, 4, 4, 6))
        y = GlobalAveragePooling2D()(ops.reshape(y, (-1, 4, 4, 6)))
        totals = Graph(x, ops.exp(y)).totals
    once = 8 * 12 * 6 * 6
    assert totals.macs == (batch or 1) * once
    assert totals.flops == (batch or 1) * (2 * once + 8 * 12 * 6 + 6 * 6)


def test_an_unknown_length_is_unknown_and_no_batch():
    with building():
        x = Input((None, 6), batch_size=8)
        y = ops.exp(x)
        z = ops.exp(ops.reshape(Input((10,)), (-1, 4)))
        w = Dense(3)(z)
    assert y.node.inference.elementwise is None
    assert z.node.inference.elementwise is None  # no sample is a whole number of rows
    assert w.node.inference.macs is None
    assert w.node.inference.why == "how many rows a sample has is unknown"


# --- what is seen -----------------------------------------------------------------------


def _sliced(x):
    return ops.concatenate([x[:, ::2, 1::2], x[:, 1::2, -19::2]], -1)


SEEING = {
    "elementwise": lambda x: ops.exp(-(x + x * 2.0)),
    "padded": lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 3), (0, 0))),
    "sliced": _sliced,
    "channels": lambda x: ops.softmax(ops.flip(ops.roll(x, 1, -1), -1), -1),
    "reduced": lambda x: ops.max(x, -1, keepdims=True) * x,
    "stacked": lambda x: ops.sum(ops.stack([x, x], -1), -1),
    "split": lambda x: ops.add(*ops.split(x, 2, -1)),
    "pooled": lambda x: ops.max_pool(x, (3, 2), 2, "same") + ops.average_pool(x, (1, 2), 2, "same"),
    "matrix": lambda x: x @ Constant([[1.0, 2.0], [3.0, 1.0]], "float32"),
    "cast": lambda x: ops.cast(ops.clip(ops.where(x > 0, x, 0), -1.0, 1e9), "float32"),
}


@pytest.mark.parametrize("name", SEEING)
def test_what_operations_see_is_what_keras_sees(keras, name):
    with building():
        x = inputs = Input((20, 21, 2))
        x = SEEING[name](Conv2D(2, (3, 2), padding="same")(x))
        graph = Graph(inputs, Conv2D(2, 2)(x))
    field = count(graph).field
    for axis, each in enumerate(field.axes):
        length = graph.inputs[0].shape[1 + axis]
        whole = 0
        for i, seen in enumerate(pixels_seen(graph, axis)):
            start = i * each.stride - each.padding
            assert seen <= set(range(start, start + each.size))
            if start >= 0 and start + each.size <= length:
                whole += (min(seen), max(seen)) == (start, start + each.size - 1)
        assert whole
    assert field.axes


@pytest.mark.parametrize(
    "build",
    [
        lambda x: ops.roll(x, 1, 1),
        lambda x: ops.flip(x),
        lambda x: ops.transpose(x, (0, 2, 1, 3)),
        lambda x: ops.cumsum(x, 1),
        lambda x: ops.sort(x, 2),
        lambda x: ops.softmax(x, (1, 2)),
        lambda x: ops.pad(x, 1, "reflect"),
        lambda x: x[:, ::-1],
        lambda x: ops.einsum("bhwc,bhvc->bhwv", x, x),
        lambda x: Constant([[0.0] * 8] * 8, "float32") @ x,
        lambda x: x + ops.mean(x, (1, 2), keepdims=True),
        lambda x: ops.resize(x, (16, 16)),
    ],
)
def test_what_mixes_positions_is_unbounded(build):
    with building():
        inputs = Input((8, 8, 3))
        graph = Graph(inputs, build(inputs))
    assert count(graph).field.why.startswith("unbounded from")


def test_views_take_no_memory():
    with building():
        x = Input((4, 6))
        y = ops.expand_dims(ops.squeeze(ops.reshape(x, (-1, 1, 24)), 1), 1)
        graph = Graph(x, ops.stop_gradient(ops.cast(ops.ravel(y), "float32")))
        assert graph.totals.activation_bytes == 4 * 24
        graph = Graph(x, ops.cast(x, "float16"))
        assert graph.totals.activation_bytes == (4 + 2) * 24
