"""Documents that say what they can't mean are called broken; what may be code is not."""

from __future__ import annotations

import json

import pytest

import archi

INPUT = {
    "class_name": "InputLayer", "name": "i", "config": {"name": "i", "batch_shape": [None, 4]},
    "inbound_nodes": [],
}  # fmt: skip


def functional(layers, **config):
    ends = {"input_layers": [["i", 0, 0]], "output_layers": [["i", 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "m", "layers": layers, **ends, **config}}


def inside(class_name, **config):
    return {"class_name": class_name, "name": "x", "config": {"name": "x", **config},
            "inbound_nodes": []}  # fmt: skip


def read(document, folder):
    path = folder / "model.json"
    path.write_text(json.dumps(document))
    return archi.load(str(path))


BROKEN = [
    (functional({"a": 1}), "the layers of 'm' are not a list"),
    (functional("abc"), "the layers of 'm' are not a list"),
    (functional(3), "the layers of 'm' are not a list"),
    (functional(None), "the Functional model in the file lists no layers"),
    (functional(["a"]), "are not a list of layers"),
    (functional([]), "the model 'm' has no layers"),
    ({"class_name": "Model", "config": {"name": "m", "layers": 5}}, "are not a list"),
    ({"class_name": "Sequential", "config": 5}, "describes no Keras model"),
    ({"class_name": "Sequential", "config": {"layers": [1]}}, "are not a list of layers"),
    ({"class_name": 5, "config": {}}, "a class_name in the file is no text, but '5'"),
    ({"class_name": None, "config": {}}, "a class_name in the file is no text, but 'None'"),
    ({"class_name": ["a"], "config": {}}, "a class_name in the file is no text"),
    ({"class_name": "", "config": {}}, "has no class_name"),
    ({"config": {}}, "has no class_name"),
    (functional([INPUT, inside(7)]), "a class_name in the file is no text, but '7'"),
    (functional([INPUT, inside(None)]), "a class_name in the file is no text, but 'None'"),
    (functional([INPUT, inside("Functional", layers={"a": 1})]), "'x' are not a list"),
    (functional([INPUT, inside("Sequential")]), "the Sequential model in the file lists no layers"),
    (functional([INPUT, inside("TimeDistributed", layer=inside("Sequential", layers={"a": 1}))]),
     "the layers of 'x' are not a list"),
    (functional([INPUT, inside("TimeDistributed", layer=inside(4))]), "is no text, but '4'"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "says"), BROKEN)
def test_it_is_said_what_is_broken(document, says, tmp_path):
    with pytest.raises(archi.ArchiError) as caught:
        read(document, tmp_path)
    assert says in caught.value.message


@pytest.mark.parametrize("layers", [12, [64, 128], {"encoder": 3}, "six", None])
def test_a_class_of_people_s_own_may_mean_anything_by_layers(layers, tmp_path):
    """A model with an argument `layers`, and a layer with one."""
    whole = read({"class_name": "Mine", "config": {"layers": layers}}, tmp_path)
    assert whole.layers[-1].class_name == "Mine"
    rest = read(functional([INPUT, inside("Mine", layers=layers)]), tmp_path)
    assert [layer.class_name for layer in rest.layers] == ["InputLayer", "Mine"]
