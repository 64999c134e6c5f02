"""What weights say of what comes into a layer behind something unknown, against Keras 2."""

from __future__ import annotations

import pytest
from support.saved_by_keras2 import keras2, save

import archi
from archi.analysis.counts import count
from archi.graph import UNKNOWN

# By name: the shape of a sample, the class and its arguments, and what archi can know.
KNOWN = {
    "conv1d": ((9, 5), "Conv1D", (3, 2), {}, (None, None, 3)),
    "conv2d": ((9, 9, 5), "Conv2D", (3, 2), {"padding": "same"}, (None, None, None, 3)),
    "square": ((9, 9, 3), "Conv2D", (3, 3), {"use_bias": False}, (None, None, None, 3)),
    "grouped": ((9, 9, 6), "Conv2D", (4, 2), {"groups": 2}, (None, None, None, 4)),
    "conv3d": ((5, 5, 5, 2), "Conv3D", (3, 2), {}, (None, None, None, None, 3)),
    "transposed": ((9, 9, 5), "Conv2DTranspose", (3, 2), {}, (None, None, None, 3)),
    "depthwise": ((9, 9, 5), "DepthwiseConv2D", (3,), {"depth_multiplier": 2},
                  (None, None, None, 10)),
    "separable": ((9, 9, 5), "SeparableConv2D", (3, 2), {}, (None, None, None, 3)),
    "first": ((5, 9, 9), "Conv2D", (3, 2), {"data_format": "channels_first"},
              (None, 3, None, None)),
    "lstm": ((9, 5), "LSTM", (3,), {}, (None, 3)),
    "gru": ((9, 5), "GRU", (3,), {"return_sequences": True}, (None, None, 3)),
    "simple": ((9, 5), "SimpleRNN", (3,), {}, (None, 3)),
    "padded": ((9, 9, 5), "ZeroPadding2D", (1,), {}, (None, None, None, None)),
    "pooled": ((9, 9, 5), "GlobalMaxPooling2D", (), {}, (None, None)),
    "dense": ((5,), "Dense", (3,), {}, UNKNOWN),  # of how many dimensions nothing says
    "norm": ((9, 9, 5), "BatchNormalization", (), {}, UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_a_layer_behind_something_unknown(name, tmp_path):
    keras = keras2()
    sample, class_name, args, kwargs, shape = KNOWN[name]
    x = keras.Input(sample)
    known = keras.layers.Dense(sample[-1], name="known")(x)
    y = keras.layers.Lambda(lambda x: x, name="mine")(known)
    model = keras.Model(x, getattr(keras.layers, class_name)(*args, **kwargs)(y))
    counts = count(archi.load(save(model, tmp_path, "h5")))
    found = counts.layers[-1].output_shapes[0]
    assert found == shape
    assert counts.totals.params == model.count_params()
    if shape is not UNKNOWN:
        assert len(found) == len(model.output.shape)
        assert all(a in (None, b) for a, b in zip(found, model.output.shape, strict=True))


def test_in_both_directions(tmp_path):
    keras = keras2()
    x = keras.Input((9, 5))
    y = keras.layers.Lambda(lambda x: x, name="mine")(x)
    y = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True))(y)
    model = keras.Model(x, keras.layers.Dense(2)(y))
    counts = count(archi.load(save(model, tmp_path, "h5")))
    assert [row.output_shapes[0] for row in counts.layers[2:]] == [(None, None, 6), (None, None, 2)]
    assert counts.totals.params == model.count_params()


@pytest.mark.parametrize("known_first", [True, False])
def test_a_layer_that_is_called_on_something_known_as_well(known_first, tmp_path):
    keras = keras2()
    x = keras.Input((9, 9, 5))
    mine = keras.layers.Lambda(lambda x: x, name="mine")(x)
    conv = keras.layers.Conv2D(3, 2, name="conv")
    ends = [conv(each) for each in ((x, mine) if known_first else (mine, x))]
    model = keras.Model(
        x, [keras.layers.Conv2D(4, 1, name=f"end{i}")(y) for i, y in enumerate(ends)]
    )
    counts = count(archi.load(save(model, tmp_path, "h5")))
    rows = {row.layer.name: row for row in counts.layers}
    open_, whole = (None, None, None, 3), (None, 8, 8, 3)
    assert rows["conv"].output_shapes == ([whole, open_] if known_first else [open_, whole])
    assert [rows[f"end{i}"].output_shapes[0][-1] for i in (0, 1)] == [4, 4]
    assert counts.totals.params == model.count_params()
