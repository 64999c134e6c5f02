"""What a file lists is in the totals, whoever reads it: compared with Keras that saved it."""

from __future__ import annotations

import json
import math

import pytest
from support.saved_by_keras2 import FORMATS, keras2, save

import archi
from archi.analysis.counts import count
from archi.bridge.verify import verify


def with_head(keras, add):
    """A network with a dense layer that no output reads: `add` says who does."""
    x = keras.Input((8,))
    y = keras.layers.Dense(4)(x)
    spare = keras.layers.Dense(6, name="spare")(y)
    model = keras.Model(x, keras.layers.Dense(3)(y))
    add(model, spare)
    return model


def add_loss(model, tensor):
    import tensorflow as tf

    model.add_loss(tf.reduce_mean(tensor))


def add_metric(model, tensor):
    import tensorflow as tf

    model.add_metric(tf.reduce_mean(tensor), name="mine")


def for_a_loss(keras):
    return with_head(keras, add_loss)


def for_a_metric(keras):
    return with_head(keras, add_metric)


def in_a_model_inside(keras):
    x = keras.Input((8,))
    return keras.Model(x, keras.layers.Dense(2)(with_head(keras, add_loss)(x)))


def in_a_row(keras):
    return keras.Sequential(
        [keras.Input((8,)), with_head(keras, add_metric), keras.layers.Dense(2)]
    )


def in_a_model_that_a_layer_holds(keras):
    x = keras.Input((5, 8))
    return keras.Model(x, keras.layers.TimeDistributed(with_head(keras, add_loss))(x))


def a_model_for_a_loss(keras):
    x = keras.Input((8,))
    y = keras.layers.Dense(4)(x)
    layers = [keras.layers.Dense(5), keras.layers.BatchNormalization(), keras.layers.Dense(7)]
    model = keras.Model(x, keras.layers.Dense(3)(y))
    add_loss(model, keras.Sequential(layers)(y))
    return model


def a_second_call_for_a_loss(keras):
    x = keras.Input((8,))
    shared = keras.layers.Dense(8)
    y = shared(x)
    model = keras.Model(x, keras.layers.Dense(3)(y))
    add_loss(model, shared(y))
    return model


def an_input_for_a_loss(keras):
    x, z = keras.Input((8,)), keras.Input((5,))
    model = keras.Model([x, z], keras.layers.Dense(3)(x))
    add_loss(model, keras.layers.Dense(6)(z))
    return model


def a_frozen_row_in_a_row(keras):
    layers = keras.layers
    inner = keras.Sequential([keras.Input((8,)), layers.Dense(4), layers.BatchNormalization()])
    inner.trainable = False
    return keras.Sequential([keras.Input((8,)), inner, layers.Dense(2)])


CASES = (
    for_a_loss, for_a_metric, in_a_model_inside, in_a_row, in_a_model_that_a_layer_holds,
    a_model_for_a_loss, a_second_call_for_a_loss, an_input_for_a_loss, a_frozen_row_in_a_row,
)  # fmt: skip


HEAD = 8 * 4 + 4 * 6 + 4 * 3  # kernels, each used once for a sample
MACS = {
    "for_a_loss": HEAD,
    "for_a_metric": HEAD,
    "in_a_model_inside": HEAD + 3 * 2,
    "in_a_row": HEAD + 3 * 2,
    "in_a_model_that_a_layer_holds": 5 * HEAD,
    "a_model_for_a_loss": 8 * 4 + 4 * 3 + 4 * 5 + 5 * 7,
    "a_second_call_for_a_loss": 2 * 8 * 8 + 8 * 3,
    "an_input_for_a_loss": 8 * 3 + 5 * 6,
    "a_frozen_row_in_a_row": 8 * 4 + 4 * 2,
}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("build", CASES)
def test_what_a_file_lists_is_counted(build, format, tmp_path):
    model = build(keras2())
    counts = count(archi.load(save(model, tmp_path, format)))
    assert counts.uncounted == []
    assert counts.totals.params == model.count_params()
    trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    assert counts.totals.trainable_params == trainable
    assert counts.totals.macs == MACS[build.__name__]


def edited(model, *change):
    """Return the JSON of a Keras 3 model whose document was changed."""
    document = json.loads(model.to_json())
    for each in change:
        each(document)
    return json.dumps(document)


def read(text, folder):
    path = folder / "model.json"
    path.write_text(text)
    return archi.load(str(path))


def heads(keras):
    """A network with two heads, as a function that has Keras's document forget the second."""
    x = keras.Input((8,), name="x")
    y = keras.layers.Dense(4, name="trunk")(x)
    outputs = [keras.layers.Dense(3, name="a")(y), keras.layers.Dense(6, name="b")(y)]
    return keras.Model(x, outputs, name="heads")


def forget(document):
    document["config"]["output_layers"] = document["config"]["output_layers"][0]


def without_calls(document):
    document["config"]["output_layers"] = document["config"]["output_layers"][0]
    document["config"]["layers"][-1]["inbound_nodes"] = []


def test_verify_proves_what_no_output_reads(keras, tmp_path):
    model = heads(keras)
    graph = read(edited(model, forget), tmp_path)
    assert graph.totals.params == model.count_params()
    result = verify(graph)
    assert result.ok
    assert result.static == result.real
    assert result.real["params"] == model.count_params()


@pytest.mark.parametrize("wrap", ["inside", "twice"])
def test_verify_proves_what_no_output_reads_of_a_model_inside(keras, tmp_path, wrap):
    inner = heads(keras)
    x = keras.Input((8,))
    y = inner(x)
    if wrap == "twice":
        y = inner(keras.layers.Concatenate()([*y[:1], y[0], y[0][:, :2]]))
    model = keras.Model(x, keras.layers.Dense(2)(y[0]))

    def forget_inside(document):
        for layer in document["config"]["layers"]:
            if layer["class_name"] == "Functional":
                forget(layer)

    graph = read(edited(model, forget_inside), tmp_path)
    assert graph.totals.params == model.count_params()
    result = verify(graph, run=False)
    assert result.mismatches == []
    assert result.static == result.real


def test_verify_says_that_keras_leaves_out_what_nothing_calls(keras, tmp_path):
    graph = read(edited(heads(keras), without_calls), tmp_path)
    assert [(row.layer.name, row.params) for row in count(graph).uncounted] == [("b", None)]
    with pytest.raises(archi.ArchiError, match="does not know enough of b"):
        verify(graph, run=False)


def test_verify_is_not_equal_where_the_weights_of_what_nothing_calls_are_known(keras, tmp_path):
    """A file with weights knows those of a layer that Keras itself leaves out."""
    import zipfile

    model = heads(keras)
    whole, path = tmp_path / "whole.keras", tmp_path / "model.keras"
    model.save(whole)
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(path, "w") as written:
        for name in archive.namelist():
            data = archive.read(name)
            if name == "config.json":
                document = json.loads(data)
                without_calls(document)
                data = json.dumps(document).encode()
            written.writestr(name, data)
    graph = archi.load(str(path))
    assert graph.totals.params == model.count_params()
    result = verify(graph, run=False)
    assert not result.ok
    assert any("missing on one side: b (Dense) here" in each for each in result.mismatches)
    assert keras.models.load_model(path).count_params() == result.real["params"]


def test_a_row_in_a_row_lists_its_input_and_is_verified(keras, tmp_path):
    inner = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4)], name="inner")
    model = keras.Sequential([keras.Input((8,)), inner, keras.layers.Dense(2)])
    graph = read(model.to_json(), tmp_path)
    assert graph.layers[0].class_name == "InputLayer"
    assert graph.listed_layers == graph.layers[1:]
    result = verify(graph)
    assert result.ok
    assert result.real["params"] == model.count_params() == 46
