"""`archi verify` of networks with masks: what Keras adds to compute them is not missing."""

from __future__ import annotations

import pytest
from support.saved_by_keras2 import keras2

import archi
from archi.bridge.model import to_keras
from archi.bridge.verify import compare, verify


def words(keras, *layers):
    return keras.Sequential(
        [keras.Input((9,)), keras.layers.Embedding(10, 4, mask_zero=True), *layers]
    )


def recurrent(keras):
    return words(keras, keras.layers.LSTM(3), keras.layers.Dense(2))


def two(keras):
    return words(keras, keras.layers.GRU(3, return_sequences=True), keras.layers.LSTM(2))


def skipped(keras):
    return keras.Sequential([keras.Input((9, 4)), keras.layers.Masking(), keras.layers.LSTM(3)])


def both(keras):
    layers = keras.layers
    first = layers.Bidirectional(layers.LSTM(3, return_sequences=True))
    return words(keras, first, layers.Dropout(0.5), layers.Bidirectional(layers.GRU(2)))


def each_step(keras):
    layers = keras.layers
    return words(keras, layers.TimeDistributed(layers.Dense(3)), layers.LSTM(3))


def pooled(keras):
    return words(keras, keras.layers.GlobalAveragePooling1D())


def row_in_a_row(keras):
    inner = words(keras, keras.layers.LSTM(3, return_sequences=True))
    return keras.Sequential([keras.Input((9,)), inner, keras.layers.LSTM(3)])


def row_in_a_graph(keras):
    x = keras.Input((9,))
    return keras.Model(x, keras.layers.Dense(1)(recurrent(keras)(x)))


def joined(keras):
    x = keras.Input((9,))
    y = keras.layers.Embedding(10, 4, mask_zero=True)(x)
    z = keras.layers.LSTM(2, return_sequences=True)(y)
    return keras.Model(x, keras.layers.LSTM(3)(keras.layers.Concatenate(name="join")([y, z])))


CASES = (recurrent, two, skipped, both, each_step, pooled, row_in_a_row, row_in_a_graph, joined)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("build", CASES)
def test_what_keras_adds_for_masks_is_not_missing(keras, build, version, tmp_path):
    model = build(keras if version == 3 else keras2())
    (tmp_path / "model.json").write_text(model.to_json())
    graph = archi.load(str(tmp_path / "model.json"))
    found = verify(graph, run=False)
    assert found.ok
    assert found.mismatches == []
    assert found.static == found.real
    assert found.real["params"] == model.count_params()


@pytest.mark.parametrize("build", [recurrent, joined])
def test_a_layer_that_is_missing_is_still_seen(keras, build, tmp_path):
    """The real model of another network is not taken for this one's."""
    (tmp_path / "model.json").write_text(build(keras).to_json())
    graph = archi.load(str(tmp_path / "model.json"))
    (tmp_path / "model.json").write_text(two(keras).to_json())
    other = archi.load(str(tmp_path / "model.json"))
    assert list(compare(other, to_keras(graph))) != []
