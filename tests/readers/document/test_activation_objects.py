"""Activations that are layers: what Keras 2 and Keras 3 say of `Dense(3, activation=PReLU())`."""

from __future__ import annotations

import json

import pytest
from support.saved_by_keras2 import FORMATS, assert_read, keras2, read

import archi
from archi.analysis.counts import count
from archi.bridge.config import functional_json

AROUND = {
    "dense": lambda layers, activation: layers.Dense(3, activation=activation),
    "convolution": lambda layers, activation: layers.Conv1D(3, 2, activation=activation),
    "activation": lambda layers, activation: layers.Activation(activation),
    "in time": lambda layers, activation: layers.TimeDistributed(
        layers.Dense(3, activation=activation)
    ),
    "recurrent": lambda layers, activation: layers.LSTM(4, activation=activation),
}
WEIGHTLESS = {
    "leaky": lambda layers: layers.LeakyReLU(0.1),
    "relu": lambda layers: layers.ReLU(6.0),
    "softmax": lambda layers: layers.Softmax(),
    "elu": lambda layers: layers.ELU(),
}


def model_of(keras, layer):
    x = keras.Input((7, 5))
    return keras.Model(x, keras.layers.Flatten()(layer(x)))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("activation", [*WEIGHTLESS, "thresholded"])
@pytest.mark.parametrize("around", AROUND)
def test_of_keras_2_without_weights(around, activation, format, tmp_path):
    layers = keras2().layers
    made = WEIGHTLESS.get(activation, lambda layers: layers.ThresholdedReLU(0.2))
    assert_read(model_of(keras2(), AROUND[around](layers, made(layers))), tmp_path, format)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("shared", [None, [1]])
@pytest.mark.parametrize("around", ["dense", "convolution", "activation"])
def test_a_prelu_of_keras_2_adds_its_weights(around, shared, format, tmp_path):
    layers = keras2().layers
    layer = AROUND[around](layers, layers.PReLU(shared_axes=shared))
    assert_read(model_of(keras2(), layer), tmp_path, format)


@pytest.mark.parametrize("around", AROUND)
def test_a_layer_of_people_s_own_may_have_weights_in_keras_2(around, tmp_path):
    keras = keras2()

    class Swish(keras.layers.Layer):
        def build(self, shape):
            self.beta = self.add_weight(name="beta", shape=(1,), initializer="ones")

        def call(self, x):
            return x * self.beta

    model = model_of(keras, AROUND[around](keras.layers, Swish()))
    for format in FORMATS:
        counts = read(model, tmp_path, format)
        (row,) = counts.uncounted
        assert row.why == "its activation 'Swish' may have weights"
        assert row.macs == {"dense": 105, "convolution": 180, "activation": 0, "in time": 105,
                            "recurrent": 7 * (5 + 4) * 16}[around]  # fmt: skip
        assert counts.layers[-1].output_shapes == [model.output_shape]
        assert row.params == (None if format == "json" else model.count_params())


@pytest.mark.parametrize("activation", [*WEIGHTLESS, "prelu"])
@pytest.mark.parametrize("around", AROUND)
def test_of_keras_3_the_weights_are_not_counted(keras, around, activation, tmp_path):
    """Keras 3 tracks no layer that is an activation: `count_params` leaves it out."""
    layers = keras.layers
    made = WEIGHTLESS.get(activation, lambda layers: layers.PReLU())
    layer = AROUND[around](layers, made(layers))
    model = model_of(keras, layer)
    (tmp_path / "model.json").write_text(model.to_json())
    graph = archi.load(str(tmp_path / "model.json"))
    assert count(graph).uncounted == []
    assert graph.totals.params == model.count_params()
    assert activation_in(functional_json(graph)) == activation_in(model.to_json())


def activation_in(text):
    config = json.loads(text)["config"]["layers"][1]["config"]
    return (config["layer"]["config"] if "layer" in config else config)["activation"]
