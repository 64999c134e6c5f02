"""Arguments of Keras 2's layers away from their defaults, as tf_keras saves them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from support.saved_by_keras2 import FORMATS, assert_read, keras2, read

import archi
from archi.analysis.counts import count
from archi.bridge.code import keras_code
from archi.cli import main

IMAGE, CHANNELS_FIRST, SEQUENCE, VECTOR = (8, 9, 3), (3, 8, 9), (7, 5), (6,)
FRAMES = (3, 8, 8, 2)
CLIPPING = {"rmax": 3.0, "rmin": 0.3, "dmax": 5.0}
# By name: the class, its arguments, and the shape it is called on.
KNOWN = {
    "renorm": ("BatchNormalization", {"renorm": True, "renorm_clipping": CLIPPING}, IMAGE),
    "not fused": ("BatchNormalization", {"fused": False}, IMAGE),
    "causal": ("Conv1D", {"filters": 3, "kernel_size": 2, "padding": "causal"}, SEQUENCE),
    "groups": ("Conv2D", {"filters": 6, "kernel_size": 2, "groups": 3}, IMAGE),
    "output padding": ("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2,
                       "output_padding": 1}, IMAGE),
    "dilated transpose": ("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "dilation_rate": 2},
                          IMAGE),
    "transpose": ("Conv2DTranspose", {"filters": 4, "kernel_size": 3,
                  "data_format": "channels_first"}, CHANNELS_FIRST),
    "depthwise": ("DepthwiseConv2D", {"kernel_size": 3, "dilation_rate": (2, 2)}, IMAGE),
    "separable": ("SeparableConv2D", {"filters": 4, "kernel_size": 3, "depth_multiplier": 2,
                  "dilation_rate": 2}, IMAGE),
    "input length": ("Embedding", {"input_dim": 9, "output_dim": 4, "input_length": 6}, VECTOR),
    "input lengths": ("Embedding", {"input_dim": 9, "output_dim": 4, "input_length": (6, 3)},
                      (6, 3)),
    "sparse": ("Embedding", {"input_dim": 9, "output_dim": 4, "sparse": True}, VECTOR),
    "implementation": ("LSTM", {"units": 4, "implementation": 0}, SEQUENCE),
    "reset before": ("GRU", {"units": 4, "reset_after": False, "implementation": 1}, SEQUENCE),
    "noise": ("Dropout", {"rate": 0.3, "noise_shape": (None, 1, 5), "seed": 3}, SEQUENCE),
    "alpha noise": ("AlphaDropout", {"rate": 0.3, "noise_shape": (None, 1, 5)}, SEQUENCE),
    "axes of softmax": ("Softmax", {"axis": [1, 2]}, SEQUENCE),
    "slope": ("LeakyReLU", {"alpha": 0.1}, VECTOR),
    "interpolation": ("UpSampling2D", {"size": 2, "interpolation": "lanczos5"}, IMAGE),
    "axes of normalisation": ("LayerNormalization", {"axis": [1, -1], "center": False}, SEQUENCE),
    "statistics": ("Normalization", {"mean": [0.0] * 5, "variance": [1.0] * 5}, SEQUENCE),
    "inverse": ("Normalization", {"axis": None, "invert": True}, SEQUENCE),
    "lists": ("Rescaling", {"scale": [1.0, 2.0, 3.0], "offset": [0.0, 1.0, 2.0]}, IMAGE),
    "range": ("RandomBrightness", {"factor": 0.2, "value_range": (0.0, 1.0)}, IMAGE),
    "fill": ("RandomRotation", {"factor": (-0.1, 0.2), "fill_mode": "nearest"}, IMAGE),
    "dilated frames": ("ConvLSTM2D", {"filters": 3, "kernel_size": 2, "padding": "same",
                       "return_state": True, "dilation_rate": 2}, FRAMES),
    "channels first": ("MaxPooling2D", {"pool_size": 2, "strides": 1, "padding": "same",
                       "data_format": "channels_first"}, CHANNELS_FIRST),
    "bins": ("Discretization", {"num_bins": 4, "epsilon": 0.02}, VECTOR),
    "counts": ("CategoryEncoding", {"num_tokens": 5, "output_mode": "count"}, VECTOR),
    "one group": ("GroupNormalization", {"groups": -1}, IMAGE),
    "swish": ("Dense", {"units": 3, "activation": "swish"}, VECTOR),
    "activity": ("Dense", {"units": 3, "activity_regularizer": "l2"}, VECTOR),
    "policy": ("Dense", {"units": 3, "dtype": "mixed_float16"}, VECTOR),
}  # fmt: skip


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("case", KNOWN)
def test_an_argument_is_known(case, format, tmp_path):
    keras = keras2()
    name, arguments, shape = KNOWN[case]
    x = keras.Input(shape)
    y = getattr(keras.layers, name)(**arguments)(x)
    assert_read(keras.Model(x, y), tmp_path, format)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ["Attention", "AdditiveAttention"])
def test_attention_to_what_came_before(name, format, tmp_path):
    """An early Keras 2 wrote `causal` as an argument of the constructor."""
    keras = keras2()
    query, value = keras.Input((10, 16)), keras.Input((12, 16))
    model = keras.Model([query, value], getattr(keras.layers, name)(causal=True)([query, value]))
    counts = assert_read(model, tmp_path, format)
    assert counts.totals.macs == 2 * 10 * 12 * 16


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        ("LSTM", {"units": 4, "time_major": True}, "has no argument 'time_major'"),
        ("BatchNormalization", {"virtual_batch_size": 2}, "has no argument 'virtual_batch_size'"),
        ("BatchNormalization", {"axis": [1, 2]}, "axis must be a whole number"),
    ],
)
def test_what_keras_3_lacks_is_named_and_its_weights_are_the_file_s(name, arguments, why, tmp_path):
    keras = keras2()
    x = keras.Input(SEQUENCE)
    model = keras.Model(x, getattr(keras.layers, name)(**arguments)(x))
    for format in ("h5", "keras"):
        counts = read(model, tmp_path, format)
        (row,) = counts.uncounted
        assert row.why.startswith(why)
        assert counts.totals.params == model.count_params()


def test_models_that_are_lists_inside_of_others(tmp_path):
    """As Keras before 2.2 wrote them: no name in a config, calls of models counted from 1."""

    def listed(*layers, **others):
        return {"class_name": "Sequential", "config": list(layers), **others}

    def dense(name, units, **others):
        return {"class_name": "Dense", "config": {"name": name, "units": units, **others}}

    x = {"name": "x", "batch_input_shape": [None, 8], "dtype": "float32", "sparse": False}
    layers = [
        {"class_name": "InputLayer", "name": "x", "config": x, "inbound_nodes": []},
        {**listed(dense("a", 4), listed(dense("b", 3)), listed(dense("c", 3))), "name": "row",
         "inbound_nodes": [[["x", 0, 0, {}]]]},
        {"class_name": "RepeatVector", "name": "repeat", "config": {"name": "repeat", "n": 5},
         "inbound_nodes": [[["row", 1, 0, {}]]]},
        {"class_name": "TimeDistributed", "name": "each", "config": {"name": "each",
         "layer": listed(dense("d", 2, batch_input_shape=[None, 3]))},
         "inbound_nodes": [[["repeat", 0, 0, {}]]]},
    ]  # fmt: skip
    config = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]],
              "output_layers": [["each", 0, 0]]}  # fmt: skip
    (tmp_path / "model.json").write_text(json.dumps({"class_name": "Model", "config": config}))
    counts = count(archi.load(str(tmp_path / "model.json")))
    found = {row.layer.name: (row.params, row.output_shapes) for row in counts.layers}
    assert found == {
        "x": (0, [(None, 8)]),
        "row/a": (8 * 4 + 4, [(None, 4)]),
        "row/sequential_1/b": (4 * 3 + 3, [(None, 3)]),
        "row/sequential_2/c": (3 * 3 + 3, [(None, 3)]),
        "repeat": (0, [(None, 5, 3)]),
        "each": (3 * 2 + 2, [(None, 5, 2)]),
    }
    assert counts.uncounted == []


def custom(keras, folder, units=4):
    """Write a model with an activation of people's own, as Keras 3 does, and return where."""

    @keras.saving.register_keras_serializable("mypkg")
    def own(x):
        return x

    x = keras.Input((5,))
    model = keras.Model(x, keras.layers.Dense(units, activation=own, name="dense")(x))
    path = folder / f"model{units}.keras"
    model.save(path)
    return str(path)


def test_what_the_commands_say_of_an_activation_of_people_s_own(keras, tmp_path):
    path, other = custom(keras, tmp_path), custom(keras, tmp_path, units=5)
    run = CliRunner().invoke
    graph = archi.load(path)
    assert (graph.totals.params, graph.totals.macs) == (24, 20)
    assert 'activation="mypkg>own"' in keras_code(graph)
    difference = json.loads(run(main, ["diff", path, other, "--format", "json"]).stdout)
    assert difference["totals"]["macs"] == {"a": 20, "b": 25, "delta": 5, "gained": 5, "lost": 0}
    keras.saving.get_custom_objects().clear()
    verified = run(main, ["verify", path])
    assert verified.exit_code == 2
    assert "the activation of 'dense', 'mypkg>own', is none of Keras's own" in verified.stderr


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("version", [2, 3])
def test_a_lambda_as_an_activation(keras, version, format, tmp_path):
    keras = keras2() if version == 2 else keras
    x = keras.Input((5,))
    model = keras.Model(x, keras.layers.Dense(3, activation=lambda x: x, name="dense")(x))
    (row,) = read(model, tmp_path, format).uncounted
    assert (row.params, row.macs, row.output_shapes) == (18, 15, [(None, 3)])
    assert row.why == "its activation 'lambda' is unknown"
