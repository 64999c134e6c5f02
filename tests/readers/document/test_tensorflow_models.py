"""Models of Keras 2 with functions of TensorFlow in their graphs, and what is counted in them."""

from __future__ import annotations

import json
import random
from contextlib import suppress

import pytest

import archi
from archi.analysis.counts import count
from archi.bridge.model import to_keras
from archi.errors import ArchiError
from archi.readers.document.reader import build_graph

CONSTANT = [[[1.0], [2.0], [3.0], [4.0]]]


@pytest.fixture(scope="module")
def keras2():
    pytest.importorskip("tensorflow")
    pytest.importorskip("tf_keras")
    from support import tf_models

    return tf_models


def split(tf, k):
    x = k.Input((8, 6))
    first, second = tf.split(x, num_or_size_splits=2, axis=-1)
    return x, [k.layers.Dense(3)(second), k.layers.Flatten()(first)]


def split_by_sizes(tf, k):
    x = k.Input((8, 6))
    _, middle, last = tf.split(x, [1, 2, -1], axis=2)
    return x, k.layers.Dense(5)(tf.concat([last, middle], axis=2))


def tiled_constant(tf, k):
    x = k.Input((4, 3))
    tiled = tf.tile(tf.constant(CONSTANT), [tf.shape(x)[0], 1, 1])
    return x, k.layers.Dense(2)(k.layers.Concatenate()([x, tiled]))


def grid(tf, k):
    """The positions of an image beside its channels, as CoordConv has them."""
    x = k.Input((5, 7, 3))
    batch, height, width = tf.shape(x)[0], tf.shape(x)[1], tf.shape(x)[2]
    rows = tf.reshape(tf.range(height), [1, height, 1, 1])
    rows = tf.cast(tf.tile(rows, [batch, 1, width, 1]), tf.float32)
    return x, k.layers.Conv2D(4, 1)(tf.concat([x, rows], axis=-1))


def subtracted(tf, k):
    x = k.Input((16, 16, 3))
    return x, k.layers.Conv2D(4, 3)(x - tf.constant([103.9, 116.8, 123.7]))


def reshaped(tf, k):
    x = k.Input((4, 4, 8))
    return x, k.layers.Dense(2)(tf.reshape(x, [tf.shape(x)[0], 16, 8]))


def rows_into_the_batch(tf, k):
    """Four rows of each sample as samples of their own, and back."""
    x = k.Input((4, 4, 8))
    batch = tf.shape(x)[0]
    rows = k.layers.Dense(3)(tf.reshape(x, [batch * 4, 32]))
    return x, k.layers.Dense(2)(tf.reshape(rows, [batch, 4, 3]))


def padded(tf, k):
    x = k.Input((8, 9, 3))
    return x, k.layers.Conv2D(4, 3)(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]))


def attention(tf, k):
    x = k.Input((10, 16))
    heads = [k.layers.Dense(16, name=name)(x) for name in "qkv"]
    shape = [tf.shape(x)[0], tf.shape(x)[1], 4, 4]
    q, key, value = (tf.transpose(tf.reshape(head, shape), [0, 2, 1, 3]) for head in heads)
    scores = tf.nn.softmax(tf.matmul(q, key, transpose_b=True) / 2.0, axis=-1)
    joined = tf.transpose(tf.matmul(scores, value), [0, 2, 1, 3])
    return x, k.layers.Dense(16)(tf.reshape(joined, [tf.shape(x)[0], -1, 16]))


def squeeze_and_excite(tf, k):
    x = k.Input((8, 8, 16))
    pooled = tf.reduce_mean(x, axis=[1, 2], keepdims=True)
    gate = tf.nn.sigmoid(k.layers.Conv2D(16, 1)(tf.nn.relu(k.layers.Conv2D(4, 1)(pooled))))
    return x, k.layers.GlobalAveragePooling2D()(x * gate)


def sampled(tf, k):
    """The latent of a VAE."""
    x = k.Input((12,))
    mean, spread = k.layers.Dense(4)(x), k.layers.Dense(4)(x)
    noise = tf.random.normal(shape=(tf.shape(mean)[0], tf.shape(mean)[1]))
    return x, k.layers.Dense(12)(mean + tf.exp(0.5 * spread) * noise)


def yolo_head(tf, k):
    x = k.Input((6, 6, 24))
    out = tf.reshape(x, (-1, 6, 6, 3, 8))
    place, size, score = tf.split(out, (2, 2, 4), axis=-1)
    return x, tf.concat([tf.sigmoid(place), tf.exp(size) * [1.5, 2.0], tf.sigmoid(score)], -1)


def called_twice(tf, k):
    """A model with functions inside, on inputs of two lengths."""
    inner_x = k.Input((None, 4))
    inner = k.Model(inner_x, tf.reduce_sum(k.layers.Dense(4)(inner_x) * 2.0, axis=1))
    a, b = k.Input((3, 4)), k.Input((5, 4))
    return [a, b], tf.concat([inner(a), inner(b)], axis=-1)


def held(tf, k):
    inner_x = k.Input((6, 4))
    inner = k.Model(inner_x, k.layers.Dense(3)(tf.reduce_max(inner_x, axis=1)))
    x = k.Input((5, 6, 4))
    return x, k.layers.TimeDistributed(inner)(x)


def by_name_alone(tf, k):
    x, y = k.Input((4, 6)), k.Input((6, 5))
    product = tf.matmul(a=x, b=y)
    return [x, y], k.layers.Dense(2)(tf.concat(values=[product, product], axis=-1))


# The model, its params, and its MACs by hand.
MODELS = [
    (split, 12, 8 * 3 * 3),
    (split_by_sizes, 30, 8 * 5 * 5),
    (tiled_constant, 10, 4 * 4 * 2),
    (grid, 20, 5 * 7 * 4 * 4),
    (subtracted, 112, 14 * 14 * 27 * 4),
    (reshaped, 18, 16 * 8 * 2),
    (rows_into_the_batch, 107, 4 * 32 * 3 + 4 * 3 * 2),
    (padded, 112, 8 * 9 * 27 * 4),
    (attention, 4 * 272, 4 * 10 * 16 * 16 + 2 * 4 * 10 * 10 * 4),
    (squeeze_and_excite, 68 + 80, 2 * 16 * 4),
    (sampled, 2 * 52 + 60, 2 * 12 * 4 + 4 * 12),
    (yolo_head, 0, 0),
    (called_twice, 20, 3 * 16 + 5 * 16),
    (held, 15, 5 * 12),
    (by_name_alone, 22, 4 * 6 * 5 + 4 * 10 * 2),
]


@pytest.mark.parametrize("suffix", [".h5", ".keras", ".json"])
@pytest.mark.parametrize(("make", "params", "macs"), MODELS, ids=[m[0].__name__ for m in MODELS])
def test_models(keras2, make, params, macs, suffix, tmp_path):
    import tensorflow as tf

    k = keras2.tf_keras()
    model = k.Model(*make(tf, k))
    path = keras2.saved(model, tmp_path, suffix)
    graph = archi.load(path)
    if suffix != ".json":
        model = k.models.load_model(path, compile=False)
    found, expected = keras2.shapes_in_archi(graph), keras2.shapes_in_keras(model)
    assert {name: found[name] for name in found if name in expected} == {
        name: expected[name] for name in expected if name in found
    }
    assert graph.totals.params == params == model.count_params()
    assert graph.totals.macs == macs
    assert not count(graph).uncounted
    assert graph.outputs[0].shape == tuple(model.outputs[0].shape.as_list())


PRODUCTS = [
    "tf.matmul(x, z)",
    "tf.matmul(x, y, transpose_b=True)",
    "tf.linalg.matvec(m, m[:, 0])",
    "tf.tensordot(x, kernel(6, 3), axes=1)",
    "tf.compat.v1.nn.xw_plus_b(v, kernel(8, 3), kernel(3))",
    "K.dot(x, kernel(6, 3))",
    "K.batch_dot(x, y, axes=2)",
    "K.batch_dot(v, w)",
    "tf.nn.conv1d(x, kernel(3, 6, 5), 1, 'SAME')",
    "tf.nn.conv2d(im, kernel(3, 3, 3, 5), 1, 'SAME')",
    "tf.nn.conv2d(im, kernel(3, 3, 3, 5), 1, 'VALID', dilations=2)",
    "tf.nn.conv2d(wide, kernel(3, 3, 2, 6), 1, 'SAME')",
    "tf.nn.conv3d(vol, kernel(3, 3, 3, 2, 4), [1, 1, 1, 1, 1], 'SAME')",
    "tf.nn.depthwise_conv2d(im, kernel(3, 3, 3, 2), [1, 1, 1, 1], 'SAME')",
    "tf.nn.separable_conv2d(im, kernel(3, 3, 3, 2), kernel(1, 1, 6, 4), [1, 1, 1, 1], 'SAME')",
    "tf.nn.conv2d_transpose(im, kernel(3, 3, 5, 3), [tf.shape(im)[0], 16, 18, 5], 2)",
    "tf.compat.v1.nn.conv2d_backprop_filter(im, [3, 3, 3, 5], im[..., :1] + kernel(5),"
    " [1, 1, 1, 1], 'SAME')",
    "tf.image.rgb_to_yuv(im)",
]


@pytest.mark.parametrize("expression", PRODUCTS)
def test_macs_are_those_of_the_profiler(keras2, expression):
    graph = build_graph(json.loads(keras2.built(expression).to_json()), title="model")
    assert count(graph).totals.macs == keras2.profiled_macs(expression) > 0


def test_macs_of_a_matrix_turned_first(keras2):
    """By hand: of `transpose_a` the profiler sums over the wrong axis."""
    model = keras2.built("tf.matmul(x, y, transpose_a=True)")
    graph = build_graph(json.loads(model.to_json()), title="model")
    assert count(graph).totals.macs == 6 * 4 * 6


@pytest.mark.parametrize(
    ("expression", "flops"),
    [
        ("tf.nn.moments(x, axes=[1])", 4 * 24),
        ("tf.math.l2_normalize(x, axis=-1)", 3 * 24),
        ("tf.math.squared_difference(x, y)", 2 * 24),
        ("tf.nn.batch_normalization(im, kernel(3), kernel(3), kernel(3), kernel(3), 0.1)", 2 * 216),
        ("tf.nn.max_pool2d(im, 2, 2, 'VALID')", 4 * 4 * 4 * 3),
        ("tf.image.resize(im, [4, 5])", 4 * 4 * 5 * 3),
        ("tf.zeros(tf.shape(x))", 0),
        ("tf.pad(x, tf.constant([[0, 0], [1, 1], [2, 2]]))", 0),
        ("tf.random.normal([tf.shape(x)[0], 3])", 3),
    ],
)
def test_flops(keras2, expression, flops):
    model = keras2.built(expression, whole=True)
    graph = build_graph(json.loads(model.to_json()), title="model")
    (node,) = [node for node in graph.nodes if node.outputs[0] is graph.outputs[0]]
    assert (node.inference.macs, node.inference.elementwise) == (0, flops)


@pytest.mark.parametrize(
    "expression", ["tf.einsum('bij,bkj->bik', x, y)", "tf.meshgrid(n, n)", "x == y", "x != y"]
)
def test_what_keras_forgot_is_unknown(keras2, expression):
    """It writes the arguments that it has names for; of these none, or the first."""
    document = json.loads(keras2.built(expression).to_json())
    graph = build_graph(document, title="model")
    (uncounted,) = count(graph).uncounted
    assert uncounted.why in (
        "what it is called on is not in the file",
        "what else it is called on is not in the file",
    )


def test_the_rest_of_a_file_with_a_forgotten_call(keras2, tmp_path):
    import tensorflow as tf

    k = keras2.tf_keras()
    x = k.Input((5, 8))
    model = k.Model(x, tf.einsum("bqd,bkd->bqk", x, k.layers.Dense(8)(x)))
    graph = archi.load(keras2.saved(model, tmp_path, ".h5"))
    assert (graph.totals.params, graph.totals.trainable_params) == (72, 72)


def test_a_layer_of_the_users_own_with_two_outputs(keras2, tmp_path):
    import tensorflow as tf

    k = keras2.tf_keras()

    class Halves(k.layers.Layer):
        def call(self, x):
            return tf.unstack(x, axis=1)

    x = k.Input((2, 12))
    model = k.Model(x, k.layers.Dense(2)(k.layers.Concatenate()(Halves()(x))))
    graph = archi.load(keras2.saved(model, tmp_path, ".h5"))
    assert graph.totals.params == 50
    assert {row.layer.class_name for row in count(graph).uncounted} >= {"Halves"}


def test_one_layer_called_with_other_arguments(keras2):
    import tensorflow as tf

    k = keras2.tf_keras()
    x = k.Input((4, 6))
    first = tf.reduce_sum(x, axis=1)
    layer = first._keras_history.layer
    outputs = [first, layer(x, axis=2, keepdims=True), layer(x, axis=-1)]
    model = k.Model(x, outputs)
    graph = build_graph(json.loads(model.to_json()), title="model")
    assert [t.shape for t in graph.outputs] == [tuple(t.shape.as_list()) for t in outputs]
    assert [each.name for each in graph.layers[1:]] == [
        "tf.math.reduce_sum",
        "tf.math.reduce_sum.1",
        "tf.math.reduce_sum.2",
    ] or len({each.name for each in graph.layers}) == len(graph.layers)
    assert not count(graph).uncounted


def test_ragged_tensors_stay_unknown(keras2):
    import tensorflow as tf

    k = keras2.tf_keras()
    x, rows = k.Input(batch_shape=(9, 4)), k.Input(batch_shape=(4,), dtype="int64")
    ragged = tf.RaggedTensor.from_row_splits(x, rows)
    model = k.Model([x, rows], k.layers.Dense(3)(ragged.to_tensor()))
    graph = build_graph(json.loads(model.to_json()), title="model")
    assert "ClassMethod" in {row.layer.class_name for row in count(graph).uncounted}


def test_what_keras_3_has_is_built_and_what_not_is_named(keras2):
    pytest.importorskip("keras")
    document = json.loads(keras2.built("tf.split(x, [2, 4], axis=-1)").to_json())
    assert to_keras(build_graph(document, title="model")).outputs
    document = json.loads(keras2.built("tf.unique(n)").to_json())
    with pytest.raises(ArchiError, match=r"no operation that does what .* does, tf\.unique"):
        to_keras(build_graph(document, title="model"))


def test_sizes_are_bounded():
    """Sizes that are multiplied again and again are no longer known, and take no time."""
    layers = [
        {
            "class_name": "InputLayer",
            "name": "x",
            "config": {"name": "x", "batch_input_shape": [None, 9], "dtype": "int32"},
            "inbound_nodes": [],
        },
        function("f0", "shape", ["x", 0, 0, {}]),
        *(
            function(f"f{n}", "math.multiply", [f"f{n - 1}", 0, 0, {"y": [f"f{n - 1}", 0, 0]}])
            for n in range(1, 200)
        ),
        function("end", "zeros", ["f199", 0, 0, {}]),
    ]
    config = {
        "name": "m",
        "layers": layers,
        "input_layers": [["x", 0, 0]],
        "output_layers": [["end", 0, 0]],
    }
    graph = build_graph({"class_name": "Functional", "config": config}, title="m")
    assert graph.outputs[0].shape == (None, None)


def function(name, symbol, call):
    return {
        "class_name": "TFOpLambda",
        "name": name,
        "config": {"name": name, "function": symbol},
        "inbound_nodes": [call],
    }


JUNK = [None, -1, 0, 2**70, 1.5, float("nan"), "x", "", [], {}, [[]], [None], True, [2**70], "math"]


@pytest.mark.parametrize("seed", range(4))
def test_arguments_may_be_anything(seed):
    """Nothing but an error of archi's, or a layer that is unknown, comes of junk."""
    from archi.tensorflow.function import rules
    from archi.tensorflow.operations import ROWS

    choose = random.Random(seed)
    source = {
        "class_name": "InputLayer",
        "name": "x",
        "config": {"name": "x", "batch_input_shape": [None, 4, 6], "dtype": "float32"},
        "inbound_nodes": [],
    }
    for symbol in sorted({*rules(), *ROWS}):
        names = parameters(symbol)
        kwargs = {name: choose.choice([*JUNK, ["x", 0, 0]]) for name in names[1:]}
        layer = function("f", symbol, ["x", 0, 0, kwargs])
        config = {
            "name": "m",
            "layers": [source, layer],
            "input_layers": [["x", 0, 0]],
            "output_layers": [["f", 0, 0]],
        }
        with suppress(ArchiError):
            count(build_graph({"class_name": "Functional", "config": config}, title="m"))


def parameters(symbol):
    from archi.tensorflow.function import rules
    from archi.tensorflow.operations import ROWS

    if symbol in ROWS:
        return ROWS[symbol].parameters
    code = rules()[symbol].__code__
    return code.co_varnames[1 : code.co_argcount]
