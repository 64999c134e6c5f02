"""Documents that Keras 2 wrote, against what Keras 2 said of their layers."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

import archi
from archi.analysis.counts import count

FOLDER = Path(__file__).parents[2] / "support" / "keras2"
LAYERS = json.loads((FOLDER / "layers.json").read_text("utf-8"))
# What Keras 3 has no layer for any more, or none that says what it does.
UNKNOWN = {"lambda": "Lambda"}
FUNCTIONS = ("TFOpLambda", "SlicingOpLambda")


def rows(graph):
    return [
        [
            layer.name,
            layer.class_name,
            [list(t.shape) for node in graph.calls_of(layer) for t in node.outputs],
            layer.params,
            layer.trainable_params,
        ]
        for layer in graph.listed_layers
    ]


def assert_like_keras2(graph, name):
    for here, there in zip(rows(graph), LAYERS[name], strict=True):
        if "/" in here[0]:  # Keras 2 says it once, whatever the calls of the model around
            here[2] = here[2][: len(there[2])]
        if there[1] in FUNCTIONS:  # shown as the operation that it is
            here[1] = there[1]
        if there[0] in UNKNOWN and here[3] is None:
            assert (here[0], here[1]) == (there[0], there[1])
            continue
        assert here == there
    uncounted = {row.layer.name for row in count(graph).uncounted}
    if name != "rnn":  # the length of its sequence is open
        assert uncounted == {row[0] for row in LAYERS[name]} & set(UNKNOWN)


@pytest.mark.parametrize("name", LAYERS)
def test_json(name):
    assert_like_keras2(archi.load(str(FOLDER / f"{name}.json")), name)


@pytest.mark.parametrize("name", LAYERS)
def test_h5(name, tmp_path):
    path = tmp_path / "model.h5"
    document = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(document)
        file.attrs["keras_version"] = "2.21.0"
        file["model_weights/dense/dense/kernel:0"] = np.zeros((3, 2), "float32")
    graph = archi.load(str(path))
    assert_like_keras2(graph, name)
    # The file shows that they have no weights.
    assert [layer.params for layer in graph.layers if layer.name in UNKNOWN] == [0] * len(
        [row for row in LAYERS[name] if row[0] in UNKNOWN]
    )


def test_names_with_a_slash():
    document = json.loads((FOLDER / "seq.json").read_text("utf-8"))
    document["config"]["layers"][1]["config"]["name"] = "conv1/conv"
    graph = build(document)
    assert graph.layers[1].name == "conv1/conv"
    assert graph.layers[1].params == 40


def build(document):
    from archi.readers.document.reader import build_graph

    return build_graph(document, title="model")


def operation_call(function, kwargs, entry=("x", 0, 0)):
    """Return what becomes of a function of TensorFlow called on an input of 4 × 6."""
    call = [*entry, kwargs]
    layer = {
        "class_name": "TFOpLambda",
        "config": {"name": "f", "trainable": True, "dtype": "float32", "function": function},
        "name": "f",
        "inbound_nodes": [call],
    }
    x = {
        "class_name": "InputLayer",
        "config": {"batch_input_shape": [None, 4, 6], "dtype": "float32", "name": "x"},
        "name": "x",
        "inbound_nodes": [],
    }
    config = {
        "name": "m",
        "layers": [x, layer],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["f", 0, 0]],
    }
    graph = build({"class_name": "Functional", "config": config})
    return graph.layers[-1].class_name, graph.outputs[0].shape


@pytest.mark.parametrize(
    ("function", "kwargs", "expected"),
    [
        ("math.add", {"y": ["x", 0, 0], "name": None}, ("Add", (None, 4, 6))),
        ("math.multiply", {"y": 2.0}, ("Multiply", (None, 4, 6))),
        ("math.reduce_max", {"axis": -1, "keepdims": True}, ("Max", (None, 4, 1))),
        ("reshape", {"shape": [-1, 24]}, ("Reshape", (None, 24))),
        ("transpose", {"perm": [0, 2, 1]}, ("Transpose", (None, 6, 4))),
        ("compat.v1.transpose", {"perm": [0, 2, 1]}, ("Transpose", (None, 6, 4))),
        ("linalg.matmul", {"b": ["x", 0, 0], "transpose_b": True}, ("TFOpLambda", (None, 4, 4))),
        ("expand_dims", {"axis": -1}, ("ExpandDims", (None, 4, 6, 1))),
        ("pad", {"paddings": [[0, 0], [1, 2], [0, 0]]}, ("Pad", (None, 7, 6))),
        ("cast", {"dtype": "float16"}, ("Cast", (None, 4, 6))),
        ("clip_by_value", {"clip_value_min": 0, "clip_value_max": 1}, ("Clip", (None, 4, 6))),
        ("tile", {"multiples": [1, 2, 1]}, ("Tile", (None, 8, 6))),
        ("nn.softmax", {"axis": -1}, ("Softmax", (None, 4, 6))),
        ("image.resize", {"size": [2, 2]}, ("TFOpLambda", (2, 2, 6))),
        ("py_function", {"Tout": "float32"}, ("TFOpLambda", (None,))),
    ],
)
def test_functions_of_tensorflow(function, kwargs, expected):
    assert operation_call(function, kwargs) == expected
