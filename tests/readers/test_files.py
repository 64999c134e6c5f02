"""Model files against real Keras: what it writes and reads back is what archi shows."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import listing
from support.random_models import RandomModels

import archi
from archi.analysis.counts import count


def config_only(path, text):
    """Write a `.keras` file of a config alone."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", text)
    return str(path)


def assert_equal(graph, model):
    """Names, classes, shapes of every call, weights and counts, in order; all of it known."""
    assert listing.of_graph(graph) == listing.of_model(model)
    assert graph.totals.params == model.count_params()
    assert [(row.layer, row.why) for row in count(graph).layers if row.params is None] == []


# --- the networks of keras.applications ---------------------------------------------------


@pytest.mark.parametrize("name", ["MobileNet", "MobileNetV2", "EfficientNetB0"])
def test_files_with_weights(keras, tmp_path, name):
    keras.backend.clear_session()
    options = {"input_shape": (32, 32, 3), "weights": None, "classes": 5}
    model = getattr(keras.applications, name)(**options)
    for suffix in ("keras", "h5"):
        path = str(tmp_path / f"model.{suffix}")
        model.save(path)
        graph = archi.load(path)
        assert_equal(graph, model)
        assert count(graph).uncounted == []


# --- random models ------------------------------------------------------------------------


def read_back(keras, text):
    """Return what Keras makes of a document. Sharing across models it does not always keep."""
    sharing = keras.src.saving.serialization_lib.ObjectSharingScope()
    with keras.StatelessScope(initialize_variables=False), sharing:
        return keras.src.saving.deserialize_keras_object(json.loads(text))


def as_saved(keras, model):
    """Return the config that `model.save` puts into a `.keras` file."""
    with keras.src.saving.serialization_lib.ObjectSharingScope():
        return json.dumps(keras.src.saving.serialize_keras_object(model))


quick = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
@quick
@given(chance=st.randoms(use_true_random=False), saved=st.booleans())
def test_random_models(twin_keras, tmp_path, chance, saved):
    keras = twin_keras
    keras.backend.clear_session()
    with keras.StatelessScope(initialize_variables=False):
        model = RandomModels(keras, chance).model()
    text = as_saved(keras, model) if saved else model.to_json()
    path = tmp_path / "model.json"
    path.write_text(text)
    back = read_back(keras, text)
    graph = archi.load(config_only(tmp_path / "model.keras", text) if saved else str(path))
    assert_equal(graph, back)
    assert count(graph).uncounted == []
    assert [tensor.shape for tensor in graph.inputs] == [tuple(x.shape) for x in back.inputs]
    assert [tensor.shape for tensor in graph.outputs] == [tuple(x.shape) for x in back.outputs]
    assert [tensor.dtype for tensor in graph.outputs] == [x.dtype for x in back.outputs]


# --- layers that archi does not know --------------------------------------------------------


def custom(keras):
    """Return a class of layer that archi can't know, with layers in it, and one of model."""
    layers = keras.layers

    @keras.saving.register_keras_serializable("archi_tests")
    class Block(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.project = layers.Dense(4)
            self.normalize = layers.BatchNormalization()
            self.more = [layers.Dense(5), layers.Dense(5)]
            self.drop = layers.Dropout(0.5)  # its seed is no parameter

        def build(self, shape):
            self.scale = self.add_weight(shape=(7,), name="scale")
            self.project.build(shape)
            self.normalize.build((None, 4))
            self.more[0].build((None, 4))
            self.more[1].build((None, 5))

        def call(self, x):
            return self.drop(self.normalize(self.project(x)))

        def compute_output_shape(self, shape):
            return (shape[0], 4)

    @keras.saving.register_keras_serializable("archi_tests")
    class Subclassed(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.block = Block()
            self.heads = [layers.Dense(3), layers.Dense(2)]
            self.inner = keras.Sequential([layers.Dense(6)])

        def call(self, x):
            for each in (self.block, *self.heads, self.inner):
                x = each(x)
            return x

    return Block, Subclassed


def with_unknown(keras):
    """Return a trained model with unknown layers at the top, inside, shared and frozen."""
    block, _ = custom(keras)
    x = keras.Input((6,))
    inner = keras.Sequential([keras.Input((4,)), block(name="in_it"), keras.layers.Dense(4)])
    frozen = block(name="frozen", trainable=False)
    shared = block(name="shared")
    y = keras.layers.Dense(4)(shared(frozen(x)[:, :4] * 1.0))
    y = keras.layers.Add()([inner(y), shared(y)])
    y = keras.layers.Lambda(lambda z: z + 1, name="plus")(y)
    model = keras.Model(x, keras.layers.Dense(2)(y))
    model.compile("adam", "mse")
    model.train_on_batch(np.zeros((4, 6)), np.zeros((4, 2)))
    return model


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_unknown_layers_have_the_weights_in_the_file(keras, tmp_path, suffix):
    keras.backend.clear_session()
    model = with_unknown(keras)
    path = str(tmp_path / f"model.{suffix}")
    model.save(path)
    graph = archi.load(path)
    params = {layer.name: layer.count_params() for layer in model._flatten_layers()}
    found = {layer.name.rpartition("/")[2]: layer.params for layer in graph.layers}
    assert {name: params.get(name, 0) for name in found} == found
    assert graph.totals.params == model.count_params()
    uncounted = {row.layer.name: row.layer.class_name for row in count(graph).uncounted}
    block = "Block" if suffix == "keras" else "archi_tests>Block"
    inner = next(name for name in uncounted if name.endswith("/in_it"))
    expected = {inner: block, "frozen": block, "shared": block, "plus": "Lambda"}
    if suffix == "h5":  # nothing there says what `in_it` gives
        expected |= {name: "Dense" for name in uncounted if name.startswith("sequential/dense")}
        assert len(expected) == 5
    assert uncounted == expected
    assert next(layer for layer in graph.layers if layer.name == "frozen").trainable_params == 0
    # What reads them says what they give.
    shapes = {row.layer.name: row.output_shapes for row in count(graph).layers}
    assert shapes["frozen"] == [(None, 4)]
    assert shapes["shared"] == [(None, 4)] * 2
    assert graph.outputs[0].shape == (None, 2)


def test_without_weights_those_of_unknown_layers_are_unknown(keras, tmp_path):
    keras.backend.clear_session()
    path = tmp_path / "model.json"
    path.write_text(with_unknown(keras).to_json())
    graph = archi.load(str(path))
    unknown = {layer.name for layer in graph.layers if layer.params is None}
    assert {name.rpartition("/")[2] for name in unknown} == {"frozen", "shared", "in_it", "plus"}


def test_damaged_weights_leave_the_rest(keras, tmp_path):
    keras.backend.clear_session()
    path = tmp_path / "model.keras"
    model = with_unknown(keras)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", as_saved(keras, model))
        archive.writestr("model.weights.h5", b"no HDF5")
    graph = archi.load(str(path))
    frozen = next(row for row in count(graph).uncounted if row.layer.name == "frozen")
    assert frozen.params is None
    assert "its weights can't be read: can't read" in frozen.why


def test_a_model_of_its_own_code(keras, tmp_path):
    keras.backend.clear_session()
    _, subclassed = custom(keras)
    model = subclassed(name="mine")
    model.compile("adam", "mse")
    model.train_on_batch(np.zeros((4, 6)), np.zeros((4, 6)))
    path = str(tmp_path / "model.keras")
    model.save(path)
    graph = archi.load(path)
    assert graph.totals.params == model.count_params()
    rows = {layer.name: (layer.class_name, layer.params) for layer in graph.layers}
    assert rows == {
        "input": ("InputLayer", 0),
        "block/more/dense": ("Dense", 25),
        "block/more/dense_1": ("Dense", 30),
        "block/normalize": ("BatchNormalization", 16),
        "block/project": ("Dense", 28),
        "block": ("?", 7),
        "heads/dense": ("Dense", 15),
        "heads/dense_1": ("Dense", 8),
        "inner/layers/dense": ("Dense", 18),
        "mine": ("Subclassed", 0),
    }
    assert graph.totals.macs is None
    assert {row.layer.name for row in count(graph).uncounted} == set(rows) - {"input"}
