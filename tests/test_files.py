"""Model files against real Keras: what it writes and reads back is what archi shows."""

from __future__ import annotations

import inspect
import json
import zipfile

import listing
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_models import RandomModels

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


def applications(keras):
    return [name for name, made in vars(keras.applications).items() if inspect.isfunction(made)]


def build(keras, name, **options):
    keras.backend.clear_session()
    with keras.StatelessScope(initialize_variables=False):
        return getattr(keras.applications, name)(weights=None, **options)


def test_every_network_of_keras(keras, tmp_path):
    names = applications(keras)
    assert len(names) >= 38
    for number, name in enumerate(names):
        model = build(keras, name)
        text = model.to_json()
        if number % 2:
            path = config_only(tmp_path / f"{name}.keras", text)
        else:
            (tmp_path / f"{name}.json").write_text(text)
            path = str(tmp_path / f"{name}.json")
        graph = archi.load(path)
        assert_equal(graph, model)
        if None not in graph.inputs[0].shape[1:]:
            assert count(graph).uncounted == []


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


quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


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
