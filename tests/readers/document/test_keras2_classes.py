"""Every class of layer that Keras 2 had, saved by Keras 2 with what arguments it wrote."""

from __future__ import annotations

import inspect

import pytest
from support.saved_by_keras2 import FORMATS, assert_read, keras2

from archi.layers import layer_class
from archi.twin.lookup import dropped_layer_classes
from archi.twin.serial import FOREIGN

# What a class is constructed with, and the shapes it is called on; by class, several of each.
IMAGE, SEQUENCE, VECTOR, VIDEO = (8, 9, 3), (7, 5), (6,), (4, 8, 9, 3)
FRAMES = {"1D": (5, 8, 3), "2D": (3, 8, 8, 2), "3D": (3, 4, 4, 4, 2)}
SIZED = {"1D": SEQUENCE, "2D": IMAGE, "3D": VIDEO}
STATES = {"return_sequences": True, "return_state": True, "implementation": 1, "unroll": True}
CASES = {
    "Activation": [(("relu",), [VECTOR])],
    "AdditiveAttention": [((), [SEQUENCE, SEQUENCE]), ({"use_scale": False}, [SEQUENCE, SEQUENCE])],
    "AlphaDropout": [((0.3,), [VECTOR])],
    "Attention": [
        ((), [SEQUENCE, SEQUENCE]),
        ({"use_scale": True, "score_mode": "concat", "dropout": 0.1}, [SEQUENCE, SEQUENCE]),
    ],
    "Bidirectional": [
        (lambda k: (k.LSTM(3),), [SEQUENCE]),
        (lambda k: (k.GRU(3, return_sequences=True, reset_after=False), "sum"), [SEQUENCE]),
        (lambda k: (k.SimpleRNN(3, return_state=True), None), [SEQUENCE]),
    ],
    "BatchNormalization": [
        ((), [IMAGE]),
        ({"axis": 1, "scale": False, "renorm": True}, [IMAGE]),
        ({"synchronized": True, "center": False}, [VECTOR]),
    ],
    "CategoryEncoding": [({"num_tokens": 5, "output_mode": "multi_hot"}, [VECTOR])],
    "CenterCrop": [((4, 5), [IMAGE])],
    "Dense": [((4,), [SEQUENCE]), ({"units": 3, "use_bias": False}, [VECTOR])],
    "Discretization": [({"bin_boundaries": [0.0, 1.0]}, [VECTOR])],
    "Dot": [((1,), [VECTOR, VECTOR]), ({"axes": (2, 2), "normalize": True}, [SEQUENCE, SEQUENCE])],
    "Dropout": [((0.2,), [VECTOR]), ({"rate": 0.2, "noise_shape": (None, 1, 5)}, [SEQUENCE])],
    "EinsumDense": [(("abc,cd->abd", (7, 4)), [SEQUENCE])],
    "ELU": [((), [VECTOR]), ((0.5,), [VECTOR])],
    "Embedding": [((10, 4), [VECTOR]), ({"input_dim": 10, "output_dim": 3, "mask_zero": True,
                  "input_length": 6}, [VECTOR])],
    "Flatten": [((), [IMAGE]), (("channels_first",), [IMAGE])],
    "GaussianDropout": [((0.3,), [VECTOR])],
    "GaussianNoise": [((0.3,), [VECTOR])],
    "GroupNormalization": [((3,), [IMAGE])],
    "GRU": [((3,), [SEQUENCE]), ({"units": 3, "reset_after": False, **STATES}, [SEQUENCE])],
    "HashedCrossing": [((5,), [(1,), (1,)])],
    "Hashing": [((5,), [VECTOR]), ({"num_bins": 5, "output_mode": "multi_hot"}, [VECTOR])],
    "IntegerLookup": [({"vocabulary": [1, 2, 3]}, [VECTOR])],
    "LayerNormalization": [((), [SEQUENCE]), ({"axis": [1, 2]}, [SEQUENCE])],
    "LeakyReLU": [((), [VECTOR]), ((0.1,), [VECTOR])],
    "LSTM": [((3,), [SEQUENCE]), ({"units": 3, "use_bias": False, **STATES}, [SEQUENCE])],
    "MultiHeadAttention": [
        ((2, 3), [SEQUENCE, SEQUENCE]),
        ({"num_heads": 2, "key_dim": 3, "value_dim": 4, "output_shape": 6, "use_bias": False},
         [SEQUENCE, SEQUENCE]),
    ],
    "Permute": [(((2, 1),), [SEQUENCE])],
    "PReLU": [((), [IMAGE]), ({"shared_axes": [1, 2]}, [IMAGE])],
    "RandomBrightness": [((0.2,), [IMAGE])],
    "RandomContrast": [((0.2,), [IMAGE])],
    "RandomCrop": [((4, 5), [IMAGE])],
    "RandomHeight": [((0.2,), [IMAGE])],
    "RandomRotation": [((0.2,), [IMAGE])],
    "RandomTranslation": [((0.2, 0.3), [IMAGE])],
    "RandomWidth": [(((0.1, 0.2),), [IMAGE])],
    "RandomZoom": [((0.2,), [IMAGE])],
    "ReLU": [((), [VECTOR]), ((6.0, 0.1, 0.2), [VECTOR])],
    "RepeatVector": [((4,), [VECTOR])],
    "Rescaling": [((1 / 255,), [IMAGE])],
    "Reshape": [(((5, 7),), [SEQUENCE]), (((-1, 7),), [SEQUENCE])],
    "Resizing": [((4, 5), [IMAGE]), ({"height": 4, "width": 5, "interpolation": "lanczos3",
                 "crop_to_aspect_ratio": True}, [IMAGE])],
    "RNN": [
        (lambda k: (k.LSTMCell(3),), [SEQUENCE]),
        (lambda k: ([k.GRUCell(3), k.SimpleRNNCell(4)],), [SEQUENCE]),
        (lambda k: (k.StackedRNNCells([k.LSTMCell(3), k.LSTMCell(4)]),), [SEQUENCE]),
    ],
    "SimpleRNN": [((3,), [SEQUENCE]), ({"units": 3, "return_sequences": True}, [SEQUENCE])],
    "SpatialDropout1D": [((0.2,), [SEQUENCE])],
    "SpatialDropout2D": [((0.2,), [IMAGE])],
    "SpatialDropout3D": [((0.2,), [VIDEO])],
    "StringLookup": [({"vocabulary": ["a", "b"]}, [VECTOR])],
    "TextVectorization": [({"vocabulary": ["a", "b"], "output_sequence_length": 4}, [(1,)])],
    "ThresholdedReLU": [((), [VECTOR]), ((2.0,), [VECTOR])],
    "TimeDistributed": [(lambda k: (k.Dense(3),), [SEQUENCE]), (lambda k: (k.Conv2D(3, 2),),
                        [VIDEO])],
    "UnitNormalization": [((), [VECTOR])],
    "UpSampling1D": [((3,), [SEQUENCE])],
    "UpSampling2D": [(((2, 3),), [IMAGE]), ({"interpolation": "bicubic"}, [IMAGE])],
    "UpSampling3D": [((2,), [VIDEO])],
    "ZeroPadding1D": [((2,), [SEQUENCE])],
    "Cropping1D": [((1,), [SEQUENCE])],
}  # fmt: skip
for _name in ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"):
    CASES[_name] = [((), [SEQUENCE, SEQUENCE])]
for _rank, _shape in SIZED.items():
    CASES[f"Conv{_rank}"] = [
        ((6, 2), [_shape]),
        ({"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "use_bias": False},
         [_shape]),
        ({"filters": 4, "kernel_size": 2, "dilation_rate": 2, "activation": "relu"}, [_shape]),
    ]  # fmt: skip
    CASES[f"Conv{_rank}Transpose"] = [((4, 2), [_shape]), ({"filters": 4, "kernel_size": 3,
                                      "strides": 2, "padding": "same"}, [_shape])]  # fmt: skip
    for _kind in ("Average", "Max"):
        CASES[f"{_kind}Pooling{_rank}"] = [((2,), [_shape]), ({"padding": "same"}, [_shape])]
        CASES[f"Global{_kind}Pooling{_rank}"] = [((), [_shape]), ({"keepdims": True}, [_shape])]
    CASES[f"ConvLSTM{_rank}"] = [((4, 2), [FRAMES[_rank]]), ({"filters": 3, "kernel_size": 2,
                                 "return_sequences": True}, [FRAMES[_rank]])]  # fmt: skip
for _rank in ("1D", "2D"):
    CASES[f"DepthwiseConv{_rank}"] = [((2,), [SIZED[_rank]]), ({"kernel_size": 2,
                                      "depth_multiplier": 2}, [SIZED[_rank]])]  # fmt: skip
    CASES[f"SeparableConv{_rank}"] = [((4, 2), [SIZED[_rank]])]
    CASES[f"LocallyConnected{_rank}"] = [
        ((4, 2), [SIZED[_rank]]),
        ({"filters": 4, "kernel_size": 3, "strides": 2, "use_bias": False}, [SIZED[_rank]]),
        ({"filters": 4, "kernel_size": 3, "implementation": 2}, [SIZED[_rank]]),
        ({"filters": 4, "kernel_size": 3, "padding": "same", "implementation": 3}, [SIZED[_rank]]),
        ({"filters": 4, "kernel_size": 2, "strides": 2, "padding": "same", "implementation": 3},
         [SIZED[_rank]]),
    ]  # fmt: skip
for _name in ("ActivityRegularization", "Identity", "Masking", "Normalization", "Softmax"):
    CASES[_name] = [((), [SEQUENCE])]
for _name in ("ZeroPadding", "Cropping"):
    CASES[f"{_name}2D"] = [((1,), [IMAGE]), ((((1, 0), (2, 1)),), [IMAGE])]
    CASES[f"{_name}3D"] = [((1,), [VIDEO])]
CASES["RandomFlip"] = [((), [IMAGE])]

# Not layers to call, or no layers of a graph.
OTHERS = {
    "AbstractRNNCell", "DenseFeatures", "GRUCell", "InputLayer", "InputSpec", "LSTMCell",
    "SimpleRNNCell", "StackedRNNCells",
    "SpectralNormalization",  # which tf_keras 2.21 can't call
}  # fmt: skip


def made(layers, name, given):
    if callable(given):
        given = given(layers)
    kwargs = given if isinstance(given, dict) else {}
    return getattr(layers, name)(*(() if kwargs else given), **kwargs)


def dtype_of(name):
    if name in ("StringLookup", "TextVectorization", "HashedCrossing", "Hashing"):
        return "string"
    return "int64" if name in ("IntegerLookup", "CategoryEncoding") else "float32"


def called(keras, name, given, shapes):
    inputs = [keras.Input(shape, dtype=dtype_of(name)) for shape in shapes]
    layer = made(keras.layers, name, given)
    if name == "MultiHeadAttention":
        return keras.Model(inputs, layer(*inputs))
    if name == "HashedCrossing":
        return keras.Model(inputs, layer(tuple(inputs)))
    return keras.Model(inputs, layer(inputs if len(inputs) > 1 else inputs[0]))


EVERY_CASE = [
    pytest.param(name, given, shapes, id=f"{name}-{index}")
    for name, cases in sorted(CASES.items())
    for index, (given, shapes) in enumerate(cases)
]


@pytest.mark.parametrize(("name", "given", "shapes"), EVERY_CASE)
def test_a_class_is_read_as_keras_2_has_it(name, given, shapes, tmp_path):
    keras = keras2()
    keras.backend.clear_session()
    model = called(keras, name, given, shapes)
    assert_read(model, tmp_path, "json")
    if name not in ("RandomHeight", "RandomWidth"):
        assert_read(model, tmp_path, "h5")


def test_every_class_is_tried():
    layers = keras2().layers
    classes = {name for name in dir(layers) if inspect.isclass(getattr(layers, name))}
    # Names of one class; the one that it writes is tried.
    own = {getattr(layers, name).__name__ for name in classes} & classes
    assert own - CASES.keys() - OTHERS - FOREIGN.keys() == set()


def test_dropped_classes_are_none_of_keras_3():
    for name, twin in dropped_layer_classes().items():
        assert not twin.in_keras3
        assert layer_class(name) is twin


@pytest.mark.parametrize("format", FORMATS)
def test_losses_and_metrics_in_the_graph_are_counted(format, tmp_path):
    """`add_loss` and `add_metric` read layers that no output does: 722 params, not 178."""
    keras = keras2()
    x = keras.Input((8,))
    trunk = keras.layers.Dense(16, name="trunk")(x)
    aux = keras.layers.Dense(32, name="aux")(trunk)
    model = keras.Model(x, keras.layers.Dense(2, name="head")(trunk))
    model.add_loss(keras.backend.mean(keras.backend.square(aux)))
    model.add_metric(aux, name="size", aggregation="mean")
    counts = assert_read(model, tmp_path, format)
    assert counts.totals.params == 722
    assert counts.totals.macs == 8 * 16 + 16 * 32 + 16 * 2


@pytest.mark.parametrize("word", ["gaussian", "mitchellcubic"])
def test_what_keras_2_alone_interpolates_with_is_named(word, tmp_path):
    keras = keras2()
    x = keras.Input((8, 8, 3))
    y = keras.layers.Resizing(4, 4, interpolation=word, name="small")(x)
    y = keras.layers.UpSampling2D(2, interpolation=word, name="large")(y)
    counts = assert_read(keras.Model(x, y), tmp_path, unknown=("small", "large"))
    assert [row.macs for row in counts.layers] == [0, 0, 0]
    assert {row.why for row in counts.uncounted} == {f"its interpolation {word!r} is unknown"}
