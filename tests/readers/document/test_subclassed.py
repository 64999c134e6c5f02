"""Models of people's own classes: the layers whose weights a file has, as a tree."""

from __future__ import annotations

import pytest

import archi
from archi.analysis.counts import count
from archi.graph import Weight
from archi.readers.document._by_weights import class_by_weights


def block_of(keras):
    layers = keras.layers

    class Block(layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.project = layers.Dense(units, name="project")
            self.norm = layers.BatchNormalization(name="norm")

        def call(self, x):
            return self.norm(self.project(x))

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.words = layers.Embedding(20, 6, name="words")
            self.memory = layers.LSTM(5, name="memory")
            self.block = Block(4, name="block")
            self.head = layers.Dense(3, name="head")

        def call(self, x):
            return self.head(self.block(self.memory(self.words(x))))

    return Net


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_layers_are_a_tree_with_classes_and_params(keras, suffix, tmp_path):
    import numpy as np

    path = tmp_path / f"net{suffix}"
    net = block_of(keras)()
    net(np.zeros((1, 7), "int32"))
    net.save(path)
    graph = archi.load(str(path))
    rows = {row.layer.name: row for row in count(graph).layers}
    params = {name: row.params for name, row in rows.items() if row.params}
    assert sum(params.values()) == net.count_params() == graph.totals.params
    block = [row for name, row in rows.items() if "block" in name]
    assert sum(row.params for row in block) == 5 * 4 + 4 + 4 * 4
    assert {row.scope.path for row in block if row.scope} == {"block"}
    assert (
        count(graph).uncounted[-1].why.endswith("give the code as a target, such as net.py:build")
    )


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"kernel": (3, 4), "bias": (4,)}, "Dense"),
        ({"kernel": (3, 4)}, "Dense"),
        ({"kernel": (3, 3, 8, 16), "bias": (16,)}, "Conv2D"),
        ({"kernel": (3, 3, 16, 16), "bias": (16,)}, None),  # as well a transposed one's
        ({"kernel": (3, 3, 16, 8), "bias": (16,)}, None),
        ({"kernel": (3, 3, 1, 8), "bias": (8,)}, None),  # as well a depthwise one's
        ({"kernel": (3, 3, 8, 16)}, None),
        ({"kernel": (3, 8, 16), "bias": (16,)}, None),
        ({"gamma": (4,), "beta": (4,)}, None),
        ({"moving_mean": (4,), "moving_variance": (4,), "beta": (4,)}, "BatchNormalization"),
        ({"moving_mean": (4,), "moving_variance": (4,), "mine": (4,)}, None),
        ({"embeddings": (10, 4)}, "Embedding"),
        ({"kernel": (3, 16), "recurrent_kernel": (4, 16), "bias": (16,)}, "LSTM"),
        ({"kernel": (3, 12), "recurrent_kernel": (4, 12), "bias": (2, 12)}, "GRU"),
        ({"kernel": (3, 4), "recurrent_kernel": (4, 4)}, "SimpleRNN"),
        ({"depthwise_kernel": (3, 3, 8, 1), "pointwise_kernel": (1, 1, 8, 4)}, "SeparableConv2D"),
        ({"kernel": (3, 4), "scale": (4,)}, None),
        ({}, None),
    ],
)
def test_a_class_is_said_where_it_is_certain(weights, expected):
    found = tuple(Weight(f"net/{name}", shape) for name, shape in weights.items())
    assert class_by_weights(found) == expected
