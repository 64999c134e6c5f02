"""Layers around whole models, as TimeDistributed around a network for images, against Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import listing
from support.hostile import layer
from support.real import frozen, profiled

import archi
from archi.analysis.counts import count
from archi.analysis.memory import training
from archi.bridge.code import keras_code
from archi.bridge.config import functional_json
from archi.bridge.verify import verify
from archi.errors import ArchiError

SUFFIXES = ("keras", "h5", "json")
STEP = (16, 16, 3)


def sequential(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(STEP),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Conv2D(5, 3, trainable=False),
            layers.Flatten(),
            layers.Dense(6),
        ],
        name="cnn",
    )


def functional(keras: Any) -> Any:
    layers = keras.layers
    source = keras.Input(STEP)
    shared = layers.Conv2D(3, 3, padding="same")
    x = layers.Add()([shared(shared(source)), source * 2.0])
    return keras.Model(source, layers.GlobalAveragePooling2D()(x))


def frozen_whole(keras: Any) -> Any:
    model = sequential(keras)
    model.trainable = False
    return model


def nested(keras: Any) -> Any:
    layers = keras.layers
    rows = keras.Sequential([keras.Input((16, 3)), layers.Flatten(), layers.Dense(4)])
    inner = keras.Sequential([keras.Input(STEP), layers.TimeDistributed(rows)])
    source = keras.Input(STEP)
    return keras.Model(source, layers.LSTM(2)(inner(source)))


def integers(keras: Any) -> Any:
    source = keras.Input(STEP, dtype="int32")
    x = keras.layers.Embedding(9, 2)(source)
    return keras.Model(source, keras.layers.Dense(3)(keras.layers.Reshape((-1,))(x)))


MODELS = [sequential, functional, frozen_whole, nested, integers]
Make = Callable[[Any], Any]


def video(keras: Any, make: Make, steps: int | None = 5, batch: int | None = None) -> Any:
    """Return a network with a model at every step, and what that model is alone."""
    keras.backend.clear_session()
    inner = make(keras)
    source = keras.Input((steps, *STEP), batch_size=batch)
    x = keras.layers.TimeDistributed(inner, name="each")(source)
    return keras.Model(source, keras.layers.LSTM(3)(x)), inner


def saved(model: Any, folder: Path, suffix: str) -> str:
    path = folder / f"model.{suffix}"
    if suffix == "json":
        path.write_text(model.to_json())
    else:
        model.save(path)
    return str(path)


def row_of(graph: Any, name: str) -> Any:
    return next(row for row in count(graph).layers if row.layer.name == name)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("make", MODELS)
def test_files_are_as_keras_has_them(keras, tmp_path, make, suffix):
    model, inner = video(keras, make)
    graph = archi.load(saved(model, tmp_path, suffix))
    assert listing.of_graph(graph) == listing.of_model(model)
    each = next(found for found in graph.layers if found.name == "each")
    names = [(w.name, w.shape, w.trainable) for w in each.weights]
    trained = set(map(id, inner.trainable_weights))
    assert names == [(w.name, tuple(w.shape), id(w) in trained) for w in inner.weights]
    assert graph.totals.params == model.count_params()
    assert count(graph).uncounted == []
    assert verify(graph).ok


@pytest.mark.parametrize("make", MODELS)
def test_every_step_counts_as_the_model_alone(keras, tmp_path, make):
    model, inner = video(keras, make)
    alone = archi.load(saved(inner, tmp_path, "json"))
    row = row_of(archi.load(saved(model, tmp_path, "json")), "each")
    assert row.macs == 5 * alone.totals.macs
    assert row.flops == 5 * alone.totals.flops > 0


def test_tensorflow_counts_the_same(keras, tmp_path):
    """The profiler of TensorFlow, which has no word on pooling, is asked of the rest."""
    keras.backend.clear_session()
    layers = keras.layers
    inner = keras.Sequential(
        [keras.Input(STEP), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(6)]
    )
    source = keras.Input((5, *STEP))
    model = keras.Model(source, layers.TimeDistributed(inner)(source))
    graph = archi.load(saved(model, tmp_path, "json"))
    assert profiled(frozen(graph)) == graph.totals.flops > 0


def test_activations_of_a_step_are_those_of_the_model_alone(keras, tmp_path):
    """All there is but the input and the output, which are the wrapper's, at each step."""
    model, inner = video(keras, sequential)
    alone = archi.load(saved(inner, tmp_path, "json"))
    graph = archi.load(saved(model, tmp_path, "json"))
    source = 4 * 16 * 16 * 3
    assert row_of(graph, "each").activation_bytes == 5 * (alone.totals.activation_bytes - source)

    head = keras.Model(model.inputs, model.get_layer("each").output)
    each = archi.load(saved(head, tmp_path, "json"))
    kept = training(alone, "sgd").activation_bytes
    assert training(each, "sgd").activation_bytes == 5 * kept


@pytest.mark.parametrize(("steps", "batch"), [(None, None), (None, 2), (5, 2)])
def test_unknown_and_known_sizes(keras, tmp_path, steps, batch):
    model, inner = video(keras, sequential, steps, batch)
    graph = archi.load(saved(model, tmp_path, "keras"))
    assert listing.of_graph(graph) == listing.of_model(model)
    assert verify(graph, run=False).ok
    row = row_of(graph, "each")
    if steps is None:
        assert (row.macs, row.why) == (None, "the number of its steps is unknown")
    else:
        alone = archi.load(saved(inner, tmp_path, "json"))
        assert row.macs == 2 * 5 * alone.totals.macs


@pytest.mark.parametrize("make", [sequential, functional, nested])
def test_exported_it_is_the_same_network(keras, tmp_path, make):
    model, _ = video(keras, make)
    graph = archi.load(saved(model, tmp_path, "keras"))
    back = keras.models.model_from_json(functional_json(graph))
    assert listing.of_model(back) == listing.of_model(model)
    space: dict[str, Any] = {}
    exec(keras_code(graph), space)
    assert listing.of_model(space["build"]()) == listing.of_model(model)


def test_another_input_goes_into_the_model_too(keras, tmp_path):
    model, _ = video(keras, sequential)
    path = saved(model, tmp_path, "keras")
    command = [sys.executable, "-m", "archi", "verify", path, "--input", "3x12x12x3"]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_pipeline_may_have_a_model(keras, tmp_path):
    keras.backend.clear_session()
    source = keras.Input(STEP)
    inner = sequential(keras)
    pipeline = keras.layers.Pipeline([keras.layers.Rescaling(2.0), inner])
    model = keras.Model(source, pipeline(source))
    graph = archi.load(saved(model, tmp_path, "keras"))
    assert verify(graph).ok
    assert graph.totals.params == inner.count_params()
    alone = archi.load(saved(inner, tmp_path, "json"))
    assert graph.totals.macs == alone.totals.macs


def test_an_unknown_layer_in_it_is_named(keras, tmp_path):
    keras.backend.clear_session()

    @keras.saving.register_keras_serializable("archi_tests")
    class Gate(keras.layers.Layer):
        def call(self, x):
            return x

        def compute_output_shape(self, shape):
            return shape

    inner = keras.Sequential(
        [keras.Input(STEP), keras.layers.Conv2D(4, 3), Gate(name="gate"), keras.layers.Flatten()]
    )
    source = keras.Input((5, *STEP))
    x = keras.layers.TimeDistributed(inner, name="each")(source)
    model = keras.Model(source, keras.layers.LSTM(3)(x))
    row = row_of(archi.load(saved(model, tmp_path, "keras")), "each")
    assert row.why == "the layer 'gate' of the model in it: its class 'Gate' is unknown"
    assert (row.output_shapes, row.params) == ([(None, 5, 784)], inner.count_params())


LIVE = """
import keras

def build(whole=True):
    inner = keras.layers.Dense(4, name="inner")
    if whole:
        inner = keras.Sequential([keras.Input((3,)), inner])
    sources = keras.Input((5, 3)), keras.Input((3,))
    each = keras.layers.TimeDistributed(inner)(sources[0])
    return keras.Model(sources, [each, inner(sources[1])])

def apart():
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    source = keras.Input((5, 3))
    return keras.Model(source, keras.layers.TimeDistributed(inner)(source))

class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.each = apart()

    def call(self, x):
        return self.each(x) * 2.0

def own():
    model = Own()
    model(keras.Input((5, 3)))
    return model
"""


@pytest.mark.parametrize("target", ["build", "build,whole=false", "apart", "own"])
def test_python_targets(keras, tmp_path, monkeypatch, target):
    (tmp_path / "live_models.py").write_text(LIVE)
    monkeypatch.chdir(tmp_path)
    graph = archi.load(f"live_models:{target}")
    row = next(row for row in count(graph).layers if row.layer.class_name == "TimeDistributed")
    assert row.macs == 5 * 3 * 4
    assert graph.totals.params == 3 * 4 + 4  # once, where the layer is called by itself as well
    assert verify(graph).ok


# --- documents that no Keras wrote --------------------------------------------------------


def start(*sizes: int) -> dict[str, Any]:
    return layer("InputLayer", "start", batch_shape=[None, *sizes])


def tensor(name: str, index: int = 0, place: int = 0) -> dict[str, Any]:
    config = {"shape": [None, 3], "dtype": "float32", "keras_history": [name, index, place]}
    return {"args": [{"class_name": "__keras_tensor__", "config": config}], "kwargs": {}}


def called(made: dict[str, Any], name: str, index: int = 0) -> dict[str, Any]:
    return {**made, "inbound_nodes": [tensor(name, index)]}


def in_order(*layers: dict[str, Any], name: str = "inner") -> dict[str, Any]:
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": name, "layers": layers},
    }


def graph_of(layers: list[Any], inputs: Any, outputs: Any) -> dict[str, Any]:
    config = {"name": "inner", "layers": layers, "input_layers": inputs, "output_layers": outputs}
    return {"module": "keras.src.models.functional", "class_name": "Functional", "config": config}


def around(model: Any, class_name: str = "TimeDistributed") -> dict[str, Any]:
    return in_order(start(5, 3), layer(class_name, "each", layer=model), name="whole")


def read(document: Any, folder: Path) -> Any:
    path = folder / "model.json"
    path.write_text(json.dumps(document))
    return archi.load(str(path))


DENSE = layer("Dense", "a", units=2)
END = ["a", 0, 0]
BEGIN = ["start", 0, 0]


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (
            graph_of(
                [start(3), called(DENSE, "b"), called({**DENSE, "name": "b"}, "a")], BEGIN, END
            ),
            "in a circle",
        ),
        (graph_of([start(3), called(DENSE, "start", 3)], BEGIN, END), "reads call 3 of 'start'"),
        (graph_of([start(3), called(DENSE, "start")], BEGIN, ["a", 0, 7]), "no output 7 of call 0"),
        (in_order(), "has no layers"),
        (in_order(DENSE, DENSE), "two layers are named 'a'"),
    ],
)
def test_a_damaged_model_in_a_layer_is_refused(tmp_path, model, says):
    with pytest.raises(ArchiError, match=says):
        read(around(model), tmp_path)


TWO_INPUTS = [start(3), {**start(3), "name": "other"}, called(DENSE, "start")]


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (graph_of(TWO_INPUTS, [BEGIN, ["other", 0, 0]], END), "the model in it has 2 inputs"),
        (
            graph_of([start(3), called(DENSE, "start")], BEGIN, [END, BEGIN]),
            "inner (Sequential): gives one tensor",
        ),
        (
            in_order(layer("Dense", "a", unit=2)),
            "the layer 'a' of the model in it: has no argument",
        ),
        (
            in_order(layer("Conv2D", "a", filters=2, kernel_size=3)),
            "each/inner/a (Conv2D): wants an input of 4 dimensions",
        ),
    ],
)
def test_why_a_model_in_a_layer_is_not_known(tmp_path, model, why):
    row = row_of(read(around(model), tmp_path), "each")
    assert row.macs is None
    assert row.why.startswith(why.replace("Sequential", model["class_name"]))


@pytest.mark.parametrize("class_name", ["Bidirectional", "SpectralNormalization"])
def test_a_layer_that_takes_no_model_in_keras_takes_none(tmp_path, class_name):
    assert row_of(read(around(in_order(DENSE), class_name), tmp_path), "each").macs is None


def chain(length: int) -> dict[str, Any]:
    model = in_order(DENSE)
    for _ in range(length):
        model = in_order(layer("TimeDistributed", "each", layer=model))
    return in_order(start(*[1] * length, 3), *model["config"]["layers"], name="whole")


def test_models_in_layers_in_models_are_bounded(tmp_path):
    assert read(chain(15), tmp_path).totals.macs == 6
    deeper = row_of(read(chain(18), tmp_path), "each")
    assert "fewer than 32 in each other" in deeper.why
    with pytest.raises(ArchiError, match="nested more than 40 deep"):
        read(chain(60), tmp_path)


def test_calls_inside_are_calls_of_the_network(tmp_path):
    many = in_order(*[layer("ReLU", f"a{number}") for number in range(15_000)])
    document = in_order(
        start(2, 3), *[layer("TimeDistributed", f"t{n}", layer=many) for n in range(4)]
    )
    with pytest.raises(ArchiError, match="more than 51,000 layers"):
        read(document, tmp_path)
