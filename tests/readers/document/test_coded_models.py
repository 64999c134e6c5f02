"""Models that are code: what a file can tell of them, compared with Keras that saved it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.saved_by_keras2 import keras2

import archi
from archi.graph import Weight
from archi.readers.document._by_weights import known

SENTENCE = "how its layers are connected is in code; give the code as a target"


def network(keras):
    """A model that is code, with layers as attributes, in lists, in dicts, and in others."""
    layers = keras.layers

    class Block(layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.first = layers.Dense(units)
            self.norm = layers.LayerNormalization()
            self.bn = layers.BatchNormalization()
            self.more = [layers.Dense(units, use_bias=False), layers.Dense(units)]

        def build(self, shape):
            self.scale = self.add_weight(name="scale", shape=(3,))
            self.built = True

        def call(self, x):
            return self.bn(self.norm(self.more[1](self.more[0](self.first(x)))))

    class Net(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.words = layers.Embedding(10, 6)
            self.lstm = layers.LSTM(5, return_sequences=True)
            self.gru = layers.GRU(4, return_sequences=True)
            self.both = layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True))
            self.attention = layers.MultiHeadAttention(2, 3)
            self.blocks = [Block(4), Block(4)]
            self.inner = keras.Sequential([layers.Dense(3), layers.Dense(2)])
            self.heads = {"a": layers.Dense(3)}

        def call(self, x):
            x = self.both(self.gru(self.lstm(self.words(x))))
            x = self.attention(x, x)
            for block in self.blocks:
                x = block(x)
            return self.heads["a"](self.inner(x))

    model = Net(name="net")
    model(np.zeros((2, 7)))
    return model


def trainable(model):
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


@pytest.mark.parametrize(("version", "suffix"), [(3, "keras"), (3, "h5"), (2, "keras")])
def test_a_model_that_is_code_has_all_its_weights(keras, tmp_path, version, suffix):
    keras = keras if version == 3 else keras2()
    model = network(keras)
    path = str(tmp_path / f"model.{suffix}")
    model.save(path)
    graph = archi.load(path)
    assert graph.totals.params == model.count_params()
    assert graph.totals.trainable_params == trainable(model)
    whole = graph.layers[-1]
    assert (whole.class_name, whole.nodes[0].inference.why) == ("Net", SENTENCE)
    classes = sorted(layer.class_name for layer in graph.layers)
    assert classes.count("Dense") == 9
    assert classes.count("BatchNormalization") == 2
    assert classes.count("EinsumDense") == 4
    assert classes.count("SimpleRNNCell") == 2
    assert classes.count("LSTMCell") == classes.count("GRUCell") == 1


@pytest.mark.parametrize(("version", "suffix"), [(3, "keras"), (3, "h5"), (2, "keras")])
def test_branches_have_the_params_of_what_is_in_them(keras, tmp_path, version, suffix):
    keras = keras if version == 3 else keras2()
    model = network(keras)
    path = str(tmp_path / f"model.{suffix}")
    model.save(path)
    report = archi.load(path).summary(depth=1).data
    stages = {row["name"]: row["params"] for row in report["stages"]}
    block, inner = model.blocks[0].count_params(), model.inner.count_params()
    other = model.blocks[1].count_params()
    first, second = [each.name for each in model.blocks] if suffix == "h5" else ("block", "block_1")
    named = {"blocks": block + other} if "blocks" in stages else {first: block, second: other}
    for name, params in named.items():
        assert stages[name] == params
    assert inner in stages.values()
    assert model.lstm.count_params() in stages.values()
    assert model.attention.count_params() in stages.values()


def test_weights_that_belong_to_the_model_itself(keras, tmp_path):
    class Scaled(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(4)
            self.scale = self.add_weight(shape=(4,), name="scale")

        def call(self, x):
            return self.dense(x) * self.scale

    model = Scaled()
    model(np.zeros((2, 3)))
    for suffix in ("keras", "h5"):
        path = str(tmp_path / f"model.{suffix}")
        model.save(path)
        graph = archi.load(path)
        assert graph.totals.params == model.count_params() == 20
        assert [layer.params for layer in graph.layers[1:]] == [16, 4]


def weights(shapes, names=None):
    names = names or [f"vars/{index}" for index in range(len(shapes))]
    return tuple(Weight(name, shape) for name, shape in zip(names, shapes, strict=True))


BUILT = {
    "Dense": [((5,), {"units": 3})],
    "EinsumDense": [((6, 5), {"equation": "abc,cde->abde", "output_shape": (None, 2, 3),
                              "bias_axes": "de"})],
    "Embedding": [((5,), {"input_dim": 9, "output_dim": 4})],
    "Conv1D": [((9, 5), {"filters": 4, "kernel_size": 3})],
    "Conv2D": [((9, 9, 5), {"filters": 4, "kernel_size": 3}),
               ((9, 9, 5), {"filters": 5, "kernel_size": 3, "use_bias": False})],
    "Conv3D": [((9, 9, 9, 5), {"filters": 4, "kernel_size": 3})],
    "Conv1DTranspose": [((9, 5), {"filters": 4, "kernel_size": 3})],
    "Conv2DTranspose": [((9, 9, 5), {"filters": 4, "kernel_size": 3})],
    "Conv3DTranspose": [((5, 5, 5, 5), {"filters": 4, "kernel_size": 3})],
    "DepthwiseConv1D": [((9, 5), {"kernel_size": 3, "depth_multiplier": 2})],
    "DepthwiseConv2D": [((9, 9, 5), {"kernel_size": 3})],
    "SeparableConv1D": [((9, 5), {"filters": 4, "kernel_size": 3})],
    "SeparableConv2D": [((9, 9, 5), {"filters": 4, "kernel_size": 3, "use_bias": False})],
    "BatchNormalization": [((5,), {}), ((5,), {"scale": False})],
    "LayerNormalization": [((5,), {})],
    "GroupNormalization": [((8,), {"groups": 4})],
    "PReLU": [((5,), {})],
    "LSTMCell": [((5,), {"units": 3})],
    "GRUCell": [((5,), {"units": 3}), ((5,), {"units": 3, "reset_after": False})],
    "SimpleRNNCell": [((5,), {"units": 3})],
}  # fmt: skip


@pytest.mark.parametrize("name", BUILT)
def test_the_weights_that_keras_makes_are_those_of_the_class(keras, name):
    """By the name that Keras gives a layer, its class is told; trainable or not as Keras has it."""
    for shape, arguments in BUILT[name]:
        layer = getattr(keras.layers, name)(**arguments)
        layer.build((None, *shape))
        own = [weight for weight in layer.weights if "seed" not in weight.name]
        shapes = [tuple(weight.shape) for weight in own]
        trains = [weight.trainable for weight in own]
        names = [weight.name for weight in own]
        for given in (weights(shapes), weights(shapes, names)):
            found = known(f"layers/{layer.name}", given)
            assert found.class_name == name
            if given[0].name in names:  # else, of three vectors the first is gamma or beta
                assert [weight.name for weight in found.weights] == names
            assert [weight.trainable for weight in found.weights] == trains
        alone = known("mine", weights(shapes))
        assert alone.class_name in (name, None)


@pytest.mark.parametrize(
    ("path", "shapes", "class_name"),
    [
        ("head", [(5, 3), (3,)], "Dense"),
        ("head", [(5, 3)], None),  # an embedding, or dense without a bias
        ("conv", [(3, 3, 5, 4), (4,)], "Conv2D"),
        ("up", [(3, 3, 5, 4), (5,)], "Conv2DTranspose"),
        ("conv", [(3, 3, 4, 4), (4,)], None),  # either
        ("conv", [(3, 3, 5, 4)], None),
        ("conv", [(3, 3, 5, 2), (10,)], "DepthwiseConv2D"),
        ("conv2d_7", [(3, 3, 4, 4)], "Conv2D"),
        ("norm", [(4,)] * 4, "BatchNormalization"),
        ("norm", [(4,)] * 2, None),
        ("layer_normalization", [(4,)] * 2, "LayerNormalization"),
        ("dense", [(7,)], None),  # an attribute of another class
        ("rnn/cell", [(5, 3), (3, 3), (3,)], "SimpleRNNCell"),
        ("mine", [(5, 3), (3, 3), (3,)], None),
        ("mine", [(5, 12), (3, 12), (12,)], "LSTMCell"),
        ("mine", [(5, 9), (3, 9), (2, 9)], "GRUCell"),
        ("mine", [], None),
        ("mine", [(2, 2, 2, 2, 2, 2)], None),
    ],
)
def test_a_class_is_told_where_it_is_certain(path, shapes, class_name):
    assert known(path, weights(shapes)).class_name == class_name
