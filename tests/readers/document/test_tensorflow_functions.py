"""Functions of TensorFlow in models of Keras 2, against the Keras 2 that wrote them."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from support.tensorflow_cases import CASES, INPUTS, KNOWN_BETTER
from support.tensorflow_functions import committed, installed

import archi
from archi.analysis.counts import count
from archi.readers.document.reader import build_graph
from archi.tensorflow import is_known

DOCS = Path(__file__).parents[3] / "docs" / "tensorflow.md"
SHARED = Path("/work/shared/cases")
# What is known of these but not what they cost, and why.
UNCOUNTED = re.compile(
    "up to the algorithm|no convention says|its interpolation reads is unknown"
    "|the size of its output is unknown|as wide as the image shrinks"
)


@pytest.fixture(scope="module")
def keras2():
    pytest.importorskip("tensorflow")
    pytest.importorskip("tf_keras")
    from support import tf_models

    return tf_models


def in_docs() -> set[str]:
    """Return the functions of the table of those that archi does not know."""
    rows = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    return {name for row in rows for name in re.findall("`([^`]+)`", row.rpartition("|")[0])}


def test_each_function_is_known_or_the_docs_say_why_not():
    unknown = {name for name in committed() if not is_known(name)}
    assert in_docs() == unknown


def test_the_list_is_that_of_the_installed_tensorflow(keras2):
    import tensorflow as tf

    if tf.__version__.startswith("2.21"):
        assert committed() == sorted(installed())


def assert_like_keras2(keras2, model, expression=""):
    graph = build_graph(json.loads(model.to_json()), title="model")
    better = KNOWN_BETTER.get(expression)
    assert_shapes(keras2.shapes_in_archi(graph), keras2.shapes_in_keras(model), better)
    nameless = [row.why for row in count(graph).uncounted if not UNCOUNTED.search(row.why)]
    assert not nameless
    assert sum(layer.params for layer in graph.layers) == model.count_params()
    return graph


def assert_shapes(found, expected, better):
    """Raise AssertionError where shapes differ, but for one that archi knows `better`."""
    for name, shapes in expected.items():
        if found[name] != shapes:
            assert (name, found[name]) == (name, [better] if better else shapes)


@pytest.mark.parametrize("expression", CASES)
def test_one_operation(keras2, expression):
    """A call as tf_keras makes layers of it."""
    assert_like_keras2(keras2, keras2.built(expression), expression)


@pytest.mark.parametrize("expression", [case for case in CASES if re.search(r"K\.|tf", case)])
def test_one_function(keras2, expression):
    """A call of which each function is one layer, as other versions had it."""
    model = keras2.built(expression, whole=True)
    assert_like_keras2(keras2, model, expression)


STEPS = [
    "tf.nn.relu({x})",
    "{x} * 2.0 + 1.0",
    "tf.reduce_mean({x}, axis=1, keepdims=True) + {x}",
    "tf.concat([{x}, {x}], axis=-1)",
    "tf.split({x}, [1, -1], axis=-1)[1]",
    "tf.transpose({x}, [0, 2, 1])",
    "tf.reshape({x}, [tf.shape({x})[0], -1, {x}.shape[2]])",
    "tf.pad({x}, [[0, 0], [1, 2], [0, 1]])",
    "{x}[:, ::2]",
    "{x}[:, 1:, :-1]",
    "tf.matmul({x}, {x}, transpose_b=True)",
    "tf.nn.softmax({x}, axis=1)",
    "tf.stack([{x}, {x}], axis=2)[:, :, 0]",
    "tf.tile({x}, [1, 1, 2])",
    "tf.gather({x}, [0, 1, 0], axis=1)",
    "tf.expand_dims({x}, 1)[:, 0]",
    "tf.where({x} > 0.0, {x}, tf.zeros_like({x}))",
    "tf.math.l2_normalize({x}, -1)",
    "tf.broadcast_to({x}[:, :1], tf.shape({x}))",
    "tf_keras.layers.Dense(4)({x})",
    "tf_keras.layers.LayerNormalization()({x})",
    "tf_keras.layers.Conv1D(4, 2, padding='same')({x})",
    "tf.nn.max_pool1d({x}, 2, 1, 'SAME')",
    "tf.repeat({x}, 2, axis=1)",
    "tf.reduce_max({x}, -1)[:, :, tf.newaxis] - {x}",
    "tf.cast(tf.cast({x}, tf.int32), tf.float32)",
    "tf.roll(tf.reverse({x}, [1]), 1, axis=2)",
    "tf.zeros([tf.shape({x})[0], tf.shape({x})[1], 3])",
    "tf.concat([{x}, tf.ones([tf.shape({x})[0], tf.shape({x})[1], 1])], axis=2)",
]


def chain(keras2, seed):
    """Return a model of steps at random, each on what the one before gave."""
    keras = keras2.tf_keras()
    choose = random.Random(seed)
    shape, _ = INPUTS["x"]
    names = keras2.namespace()
    start = x = keras.Input(batch_shape=shape)
    for _ in range(choose.randint(4, 12)):
        try:
            following = eval(choose.choice(STEPS).format(x="x"), names, {"x": x})
        except (TypeError, ValueError):  # one that the shape is too small for
            continue
        x = following if following.shape[-1] else x
    pooled = eval("tf.reduce_mean(x, axis=1)", names, {"x": x})
    return keras.Model(start, keras.layers.Dense(3)(pooled))


@pytest.mark.parametrize("seed", range(60))
def test_chains(keras2, seed):
    model = chain(keras2, seed)
    graph = assert_like_keras2(keras2, model)
    assert graph.outputs[0].shape == (None, 3)


@pytest.mark.parametrize("suffix", [".h5", ".keras", ".json"])
@pytest.mark.parametrize("seed", range(100, 104))
def test_chains_in_files(keras2, seed, suffix, tmp_path):
    model = chain(keras2, seed)
    graph = archi.load(keras2.saved(model, tmp_path, suffix))
    assert_shapes(keras2.shapes_in_archi(graph), keras2.shapes_in_keras(model), None)
    assert graph.totals.params == model.count_params()


@pytest.mark.parametrize("suffix", [".h5", ".keras", ".json"])
def test_all_operations_in_one_file(keras2, suffix, tmp_path):
    """Hundreds of layers in one file, as each format has them."""
    chosen = [case for case in CASES[::7] if case not in KNOWN_BETTER]
    model = keras2.built(f"[{', '.join(chosen)}]")
    graph = archi.load(keras2.saved(model, tmp_path, suffix))
    assert_shapes(keras2.shapes_in_archi(graph), keras2.shapes_in_keras(model), None)
